# The suites under sanitizers and valgrind; spec/run.sh sources this and calls sanitize.

# Runs a program beside the others, politely: beside NAME COMMAND..., later await NAME.
declare -A besides=()
beside() {
  local name=$1
  shift
  mkdir -p "$(dirname "$work/$name")"
  nice -n 10 timeout -k 10 600 "$@" >"$work/$name.out" 2>&1 &
  besides[$name]=$!
}

await() {
  local code=0
  say "sanitize: $1"
  wait "${besides[$1]}" || code=$?
  unset "besides[$1]"
  count_c "$1" "$code" "$work/$1.out"
}

# What is planted must be found: caught FUNCTION WORDS INTERPRETER DIRECTORY
caught() {
  local out=$work/planted.out
  if timeout 60 "$3/lua5.4" -e "package.loadlib('$4/planted.so', '$1')()" >"$out" 2>&1 || ! grep -q "$2" "$out"; then
    cat "$out"
    broken "a planted $1 was not found by $3"
  else
    count 1 0 0
  fi
}

# Two builds of the readers must make the same of the same bytes.
same_digest() {
  local first second
  first=$(grep '^digest' "$work/$1.out") second=$(grep '^digest' "$work/$2.out")
  if [ -n "$first" ] && [ "$first" = "$second" ]; then
    count 1 0 0
  else
    broken "$1 says $first, $2 says $second"
  fi
}

sanitize() {
  local plain=$build build=$build/sanitize name test
  local under=$build/under
  local -x KUBE_SPEC_BUILD=$build

  say "sanitize: what is planted"
  caught leak "33 byte(s) leaked" "$under/sanitizers" "$build"
  caught overrun "heap-buffer-overflow" "$under/sanitizers" "$build"
  caught overflow "signed integer overflow" "$under/sanitizers" "$build"
  caught leak "33 bytes in 1 blocks are definitely lost" "$under/valgrind" "$plain"
  caught overrun "Invalid read of size 1" "$under/valgrind" "$plain"

  # These beside Lua's suite, which mostly waits
  beside valgrind/handles_test valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect \
    --errors-for-leak-kinds=definite,indirect --error-exitcode=99 --child-silent-after-fork=yes \
    "$plain"/spec/client/handles_test 6
  for test in "$build"/spec/*/*_test; do
    beside "${test#"$build"/}" "$test"
  done
  say "sanitize: lua5.4"
  PATH=$under/sanitizers:$PATH run_lua lua5.4 $(specs -not -name 'install*') # which is about files
  for name in valgrind/handles_test "$build"/spec/*/*_test; do
    await "${name#"$build"/}"
  done
  same_digest spec/sanitize/bytes_test spec/sanitize/bytes_plain_test

  say "sanitize: valgrind lua5.4"
  build=$plain
  PATH=$under/valgrind:$PATH KUBE_SPEC_EVERY=4 run_lua lua5.4 spec/handles_spec.lua spec/finalizer_spec.lua
}
