#!/usr/bin/env bash
# Form and arrows. (Warnings are errors where make check compiles: see the Makefile.)
set -u
cd "$(dirname "$0")/.."
bad=0
fail() {
  echo "lint: $*" >&2
  bad=1
}

mapfile -t sources < <(find csrc spec examples -name '*.[ch]' | sort)
clang-format --dry-run -Werror "${sources[@]}" || fail "clang-format: make format mends it"
luacheck -q --no-color lua spec examples docs || fail "luacheck"

# Arrows point down (the compiler's include paths say the rest).
found=$(grep -lE '#include *[<"](lua|lauxlib|lualib)\.h' -r csrc | grep -v '^csrc/lua/')
[ -z "$found" ] || fail "lua.h outside csrc/lua: $found"
found=$(grep -nE '#include *"(\.\./)*client/' -r csrc/core)
[ -z "$found" ] || fail "core looks up into client: $found"
found=$(grep -nE 'require *\(? *"kube\.' -r lua/kube/api | grep -v '"kube\.api\.')
[ -z "$found" ] || fail "lua/kube/api requires something outside: $found"

exit $bad
