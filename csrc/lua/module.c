/* kube.core: puts the parts together; see module.h. */
#include "module.h"

#include <stdlib.h>
#include <string.h>

/* ---- a buffer that Lua owns ---- */

kube_buffer *kube_push_buffer(lua_State *L) {
  kube_buffer *buffer = lua_newuserdatauv(L, sizeof *buffer, 0);
  memset(buffer, 0, sizeof *buffer);
  luaL_setmetatable(L, KUBE_LUA_BUFFER);
  return buffer;
}

static int buffer_close(lua_State *L) {
  kube_buffer_clear_secret(luaL_checkudata(L, 1, KUBE_LUA_BUFFER));
  return 0;
}

/* ---- the module ---- */

/* The metatable of errors: lua/kube/errors.lua gives it its behaviour. */
static void open_error(lua_State *L) {
  luaL_newmetatable(L, "kube.error");
  lua_setfield(L, -2, "error_mt");
}

static void open_json(lua_State *L) {
  kube_lua_open_json(L);
  lua_setfield(L, -2, "json");
}

/* Functions outside a handle that lua/kube needs: none yet but the version. */
static void open_constants(lua_State *L) {
  lua_pushliteral(L, KUBE_VERSION);
  lua_setfield(L, -2, "version");
}

KUBE_API int luaopen_kube_core(lua_State *L);

KUBE_API int luaopen_kube_core(lua_State *L) {
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  kube_box_type(L, KUBE_LUA_BUFFER, no_methods, buffer_close);
  lua_newtable(L);
  open_constants(L);
  open_error(L);
  open_json(L);
  kube_lua_open_engine(L);
  kube_lua_open_client(L);
  kube_lua_open_call(L);
  kube_lua_open_discovery(L);
  kube_lua_open_yaml(L);
  return 1;
}
