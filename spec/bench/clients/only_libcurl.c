/*
** A Lua module that does nothing but load libcurl, and with require("only_libcurl")() gets it
** ready: what any module that stands on libcurl costs.
*/
#include <curl/curl.h>
#include <lauxlib.h>
#include <lua.h>

static int init(lua_State *L) {
  lua_pushinteger(L, curl_global_init(CURL_GLOBAL_DEFAULT));
  return 1;
}

int luaopen_only_libcurl(lua_State *L);

int luaopen_only_libcurl(lua_State *L) {
  lua_pushcfunction(L, init);
  return 1;
}
