#!/bin/sh
# Debian's Lua under valgrind.
exec valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect \
  --errors-for-leak-kinds=definite,indirect --error-exitcode=99 --child-silent-after-fork=yes \
  @LUA@ "$@"
