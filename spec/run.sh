#!/usr/bin/env bash
# Runs every suite against one real control plane and sums them up in the last line.
#   spec/run.sh                    all (make test)
#   spec/run.sh LUA SPEC...        some spec files on one Lua (make spec LUA= SPEC=)
#   spec/run.sh sanitize           those under sanitizers and valgrind (make sanitize)
# All is two halves that run side by side, each with servers of its own: specs wait more than they work.
# A suite that cannot run counts as a failure: nothing is skipped in silence.
set -u
cd "$(dirname "$0")/.."
top=$PWD
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
export KUBE_SPEC_BUILD=$build KUBE_SPEC_TOP=$top

# Built first: the downloads may need the proxies and roots that the specs must not see.
binary=$(spec/cluster/build.sh) || binary=
unset KUBECONFIG KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT POD_NAMESPACE
export KUBECACHEDIR=/dev/null # nobody's cache of what servers serve is read or filled
unset HTTP_PROXY HTTPS_PROXY http_proxy https_proxy ALL_PROXY all_proxy SSL_CERT_FILE SSL_CERT_DIR

passed=0 failed=0 skipped=0
work=$(mktemp -d)
export KUBE_SPEC_PRINTED=$work/printed # all that the suites printed, and the logs of their nginx
export KUBE_SPEC_FAILURES=${KUBE_SPEC_FAILURES:-$work/failures} # those of both halves
servers=()

stop() {
  exec 3>&- 4>&- 5>&- 2>/dev/null
  for pid in "${servers[@]:-}" "${besides[@]:-}"; do [ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

count() { passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3)); }

# What failed is told again just before the last line: a log of which only the end is kept says it too.
recall() { printf '%s\n' "$*" >>"$KUBE_SPEC_FAILURES"; }

say() { printf '\n== %s\n' "$*"; }

broken() {
  echo "FAILED: $*" >&2
  recall "$*"
  count 0 1 0
}

# Starts a server that prints one line when it is ready and ends with our end of a pipe.
# start NAME FD SECONDS COMMAND...: the line goes to $work/NAME.
start() {
  local name=$1 fd=$2 patience=$3
  shift 3
  mkfifo "$work/$name.in"
  "$@" <"$work/$name.in" >"$work/$name" 2>"$work/$name.log" &
  servers+=($!)
  eval "exec $fd>'$work/$name.in'"
  local i
  for ((i = 0; i < patience * 10; i++)); do
    [ -s "$work/$name" ] && return 0
    kill -0 "${servers[-1]}" 2>/dev/null || break
    sleep 0.1
  done
  echo "$name did not start:" >&2
  tail -n 20 "$work/$name.log" >&2
  return 1
}

start_servers() {
  start faults 4 20 python3 -B spec/support/fault_server.py "$work/scripts" || return 1
  KUBE_SPEC_FAULTS=$(head -n 1 "$work/faults")
  start proxies 5 20 python3 -B spec/support/proxy_server.py "$work/scripts" || return 1
  KUBE_SPEC_PROXIES=$(head -n 1 "$work/proxies")
  [ -n "$binary" ] || return 1
  start cluster 3 120 "$binary" || return 1
  KUBE_SPEC_CLUSTER=$(head -n 1 "$work/cluster")
  export KUBE_SPEC_CLUSTER KUBE_SPEC_FAULTS KUBE_SPEC_PROXIES
}

# A C test prints its counts in its last line.
run_c() {
  local out=$work/c.out
  timeout -k 10 600 "$1" >"$out" 2>&1
  count_c "$1" $? "$out"
}

# count_c NAME EXIT OUTPUT: one that counts no failure, but fails, has leaked or crashed at its end.
count_c() {
  tee -a "$KUBE_SPEC_PRINTED" <"$3"
  if [[ $(tail -n 1 "$3") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] && [ "${BASH_REMATCH[1]}" -gt 0 ]; then
    count "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" 0
    [ "${BASH_REMATCH[2]}" -eq 0 ] || recall "$1: $(grep -aE '^[^ ]+\.[ch]:[0-9]+: ' "$3" | head -n 3)"
    [ "$2" -eq 0 ] || [ "${BASH_REMATCH[2]}" -gt 0 ] || broken "$1 ended with $2"
  else
    broken "$1 ended without its counts"
  fi
}

# busted's counts: "12 successes / 0 failures / 0 errors / 0 pending : ..."
run_lua() {
  local lua=$1 out=$work/busted.out
  shift
  LUA_PATH="$top/lua/?.lua;$top/lua/?/init.lua;$top/?.lua;;" LUA_CPATH="$build/$lua/?.so;;" \
    KUBE_SPEC_LUA=$lua timeout -k 10 1500 "$lua" /usr/bin/busted --output=plainTerminal --helper=spec/support/helper.lua \
    --pattern=_spec "$@" 2>&1 | tee "$out"
  local code=${PIPESTATUS[0]}
  sed -i 's/\x1b\[[0-9;]*m//g' "$out"
  cat "$out" >>"$KUBE_SPEC_PRINTED"
  local pattern='^([0-9]+) success(es)? / ([0-9]+) failures? / ([0-9]+) errors? / ([0-9]+) pending'
  local line
  line=$(grep -aE "$pattern" "$out" | tail -n 1)
  if [[ $line =~ $pattern ]] && [ "${BASH_REMATCH[1]}" -gt 0 ]; then
    count "${BASH_REMATCH[1]}" $((BASH_REMATCH[3] + BASH_REMATCH[4])) "${BASH_REMATCH[5]}"
    [ $((BASH_REMATCH[3] + BASH_REMATCH[4])) -eq 0 ] || recall "$lua: $(grep -aE -A 2 '^(Failure|Error) ' "$out")"
    [ "$code" -eq 0 ] || [ $((BASH_REMATCH[3] + BASH_REMATCH[4])) -gt 0 ] || broken "busted on $lua ended with $code"
  else
    broken "busted on $lua ended without its counts"
  fi
}

# Nothing that was printed may show a secret: spec/support/secrets.lua has the marks of those of the specs.
look_for_secrets() {
  local marks=$work/marks found=$work/secrets
  sed -n 's/^  "\(.*\)",$/\1/p' spec/support/secrets.lua >"$marks"
  if [ ! -s "$marks" ] || [ ! -s "$KUBE_SPEC_PRINTED" ]; then
    broken "nothing was printed that could show a secret"
  elif grep -anF -f "$marks" "$KUBE_SPEC_PRINTED" >"$found"; then
    head -n 20 "$found" >&2
    broken "what was printed shows a secret $(wc -l <"$found") times"
  else
    count 1 0 0
  fi
}

# The specs for every Lua. Those of spec/openresty look at nginx and Neovim, which have their own: they
# run once.
specs() { find spec -name '*_spec.lua' -not -path 'spec/openresty/*' "$@" | sort; }

. spec/sanitize/suites.sh

run_luas() {
  local lua
  for lua in "$@"; do
    say "$lua"
    run_lua "$lua" $(specs)
  done
}

first_half() {
  local test
  say "lint"
  if spec/lint.sh; then count 1 0 0; else broken "make lint"; fi
  say "servers"
  start_servers || broken "the servers of the suite"
  for test in "$build"/spec/*/*_test; do
    say "${test#"$build"/}"
    run_c "$test"
  done
  run_luas lua5.4 luajit
}

second_half() {
  start_servers || broken "the servers of the suite's second half"
  run_luas lua5.1
  say "nginx, neovim"
  run_lua luajit spec/openresty
  sanitize
}

# It told what failed by $KUBE_SPEC_FAILURES, and has looked for secrets in what it printed.
await_second_half() {
  wait "${besides[second-half]}"
  unset "besides[second-half]"
  cat "$work/second-half.out"
  if [[ $(tail -n 1 "$work/second-half.out") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
    count "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
  else
    broken "the second half ended without its counts"
  fi
}

if [ "${1-}" = sanitize ]; then
  start_servers || broken "the servers of the suite"
  sanitize
elif [ "${1-}" = second-half ]; then
  second_half
elif [ $# -gt 0 ]; then
  lua=$1
  shift
  start_servers || broken "the servers of the suite"
  run_lua "$lua" "${@:-spec}"
else
  spec/run.sh second-half >"$work/second-half.out" 2>&1 &
  besides[second-half]=$!
  first_half
  await_second_half
fi
look_for_secrets

if [ -s "$work/failures" ]; then
  say "what failed"
  head -c 4000 "$work/failures"
fi
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
