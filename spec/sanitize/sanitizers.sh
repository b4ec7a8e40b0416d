#!/bin/bash
# Debian's Lua with the runtime of the sanitizers, which a module that is built with them needs.
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1
LD_PRELOAD="@BUILD@/under/libasan.so @BUILD@/under/alone.so" exec -a lua5.4 @LUA@ "$@"
