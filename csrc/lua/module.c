/* kube.core: puts the parts together; see module.h. */
#include "module.h"
#include "../core/tls.h"

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

static void open_constants(lua_State *L) {
  lua_pushliteral(L, KUBE_VERSION);
  lua_setfield(L, -2, "version");
  lua_pushstring(L, kube_user_agent());
  lua_setfield(L, -2, "user_agent");
}

/* log_level([level]) -> the level of the log, the process's; with a level, which is set */
static int log_level(lua_State *L) {
  if (!lua_isnoneornil(L, 1)) kube_log_set_level((int)luaL_checkinteger(L, 1));
  lua_pushinteger(L, kube_log_level());
  return 1;
}

static void open_log(lua_State *L) {
  lua_pushcfunction(L, log_level);
  lua_setfield(L, -2, "log_level");
}

KUBE_API int luaopen_kube_core(lua_State *L);

KUBE_API int luaopen_kube_core(lua_State *L) {
  kube_error err = {0};
  if (kube_tls_check_library(&err) != KUBE_OK) return luaL_error(L, "%s", err.message);
  lua_newtable(L);
  open_constants(L);
  open_error(L);
  open_log(L);
  open_json(L);
  kube_lua_open_engine(L);
  kube_lua_open_config(L);
  kube_lua_open_client(L);
  kube_lua_open_call(L);
  kube_lua_open_discovery(L);
  kube_lua_open_yaml(L);
  kube_lua_open_kubeconfig(L);
  kube_lua_open_certificates(L);
  kube_lua_open_nginx(L);
  kube_lua_open_rest(L);
  return 1;
}
