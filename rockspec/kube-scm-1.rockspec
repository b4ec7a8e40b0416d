-- luarocks --lua-version=5.4 make rockspec/kube-scm-1.rockspec    (5.1 for LuaJIT and Lua 5.1)
-- The Makefile builds: this file only tells it where LuaRocks wants things.
rockspec_format = "3.0"
package = "kube"
version = "scm-1"
source = { url = "git+file://." } -- the tree that it lies in
description = {
  summary = "client-go for Lua: a Kubernetes client with a C core",
  detailed = "Kubeconfigs, TLS, lists, watches, server-side apply, discovery; for scripts, event "
    .. "loops and LuaJIT. Needs libcurl on OpenSSL, cJSON, libyaml and pkg-config.",
  license = "Apache-2.0",
  labels = { "kubernetes", "client" },
}
dependencies = { "lua >= 5.1, < 5.5" } -- and luv, for kube.fake alone
supported_platforms = { "linux" }
build = {
  type = "make",
  build_target = "rock",
  install_target = "install-lua",
  variables = {
    LUA = "this", LUA_CFLAGS = "-I$(LUA_INCDIR)", LUA_DIR = "$(LUADIR)", LUA_LIBDIR = "$(LIBDIR)",
    CC = "$(CC)", CFLAGS = "$(CFLAGS)", BUILD = "build/rock",
  },
}
