/* The engine and the configuration as Lua handles. Arguments in, one core call, results out. */
#include "module.h"

/* ---- engine ---- */

static kube_engine *check_engine(lua_State *L) { return kube_box_check(L, 1, KUBE_LUA_ENGINE); }

/* engine() -> engine | nil, err */
static int engine_new(lua_State *L) {
  kube_error err = {0};
  void **box = kube_box_new(L, KUBE_LUA_ENGINE);
  *box = kube_engine_new(&err);
  return *box ? 1 : kube_push_error(L, &err);
}

static int engine_close(lua_State *L) {
  void **box = kube_box_at(L, 1, KUBE_LUA_ENGINE);
  kube_engine *engine = *box;
  *box = NULL;
  kube_engine_free(engine);
  return 0;
}

/* engine:fd() -> the descriptor to watch */
static int engine_fd(lua_State *L) {
  lua_pushinteger(L, kube_engine_fd(check_engine(L)));
  return 1;
}

/* engine:timeout() -> seconds to wait at most | nil: for ever */
static int engine_timeout(lua_State *L) {
  int ms = kube_engine_timeout(check_engine(L));
  if (ms < 0) return 0;
  lua_pushnumber(L, ms / 1000.0);
  return 1;
}

/* engine:step() -> true | nil, err */
static int engine_step(lua_State *L) {
  kube_error err = {0};
  if (kube_engine_step(check_engine(L), &err) != KUBE_OK) return kube_push_error(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/*
** engine:wait([seconds]) -> true | false at a time-out or a signal | nil, err. Blocks, then steps. nil:
** for ever; less than 0, where a deadline passed just now: not at all.
*/
static int engine_wait(lua_State *L) {
  kube_error err = {0};
  const bool for_ever = lua_isnoneornil(L, 2);
  const lua_Number seconds = for_ever ? 0 : luaL_checknumber(L, 2);
  const int ms = for_ever        ? KUBE_FOREVER
                 : seconds < 0   ? 0
                 : seconds < 2e6 ? (int)(seconds * 1000 + 0.999)
                                 : 2000000000;
  kube_status status = kube_engine_wait(check_engine(L), ms, &err);
  if (status != KUBE_OK && status != KUBE_AGAIN) return kube_push_error(L, &err);
  lua_pushboolean(L, status == KUBE_OK);
  return 1;
}

/* engine:next_ready() -> the id of a call that moved | nil */
static int engine_next_ready(lua_State *L) {
  kube_call *call = kube_engine_next_ready(check_engine(L));
  if (call == NULL) return 0;
  lua_pushnumber(L, (lua_Number)kube_call_id(call));
  return 1;
}

/* engine:now() -> seconds of the engine's monotonic clock */
static int engine_now(lua_State *L) {
  lua_pushnumber(L, kube_engine_seconds(check_engine(L)));
  return 1;
}

/* engine:is_ours() -> whether this process made it: not so in a child after a fork */
static int engine_is_ours(lua_State *L) {
  lua_pushboolean(L, kube_engine_is_ours(check_engine(L)));
  return 1;
}

/* engine:advance(seconds): moves the clock forward, for specs */
static int engine_advance(lua_State *L) {
  kube_engine_advance(check_engine(L), (long long)(luaL_checknumber(L, 2) * 1000));
  return 0;
}

static const luaL_Reg engine_methods[] = {
    {"fd", engine_fd},           {"timeout", engine_timeout},       {"step", engine_step},
    {"wait", engine_wait},       {"next_ready", engine_next_ready}, {"now", engine_now},
    {"advance", engine_advance}, {"is_ours", engine_is_ours},       {NULL, NULL}};

/* ---- config ---- */

static const kube_option config_options[] = {
    {"kubeconfig", KUBE_OPTION_TEXT, offsetof(kube_config_options, kubeconfig)},
    {"context", KUBE_OPTION_TEXT, offsetof(kube_config_options, context)},
    {"cluster", KUBE_OPTION_TEXT, offsetof(kube_config_options, cluster)},
    {"user", KUBE_OPTION_TEXT, offsetof(kube_config_options, user)},
    {"namespace", KUBE_OPTION_TEXT, offsetof(kube_config_options, ns)},
    {"server", KUBE_OPTION_TEXT, offsetof(kube_config_options, server)},
    {NULL, KUBE_OPTION_TEXT, 0}};

/* config([options]) -> config | nil, err */
static int config_load(lua_State *L) {
  kube_error err = {0};
  kube_config_options options = {0};
  void **box;
  kube_read_options(L, 1, config_options, &options);
  box = kube_box_new(L, KUBE_LUA_CONFIG);
  *box = kube_config_load(&options, &err);
  return *box ? 1 : kube_push_error(L, &err);
}

static int config_close(lua_State *L) {
  void **box = kube_box_at(L, 1, KUBE_LUA_CONFIG);
  kube_config *config = *box;
  *box = NULL;
  kube_config_free(config);
  return 0;
}

/* config:describe() -> { server =, namespace =, context =, source = }: nothing secret */
static int config_describe(lua_State *L) {
  const kube_config *config = kube_box_check(L, 1, KUBE_LUA_CONFIG);
  lua_createtable(L, 0, 4);
  lua_pushstring(L, kube_config_server(config));
  lua_setfield(L, -2, "server");
  lua_pushstring(L, kube_config_namespace(config));
  lua_setfield(L, -2, "namespace");
  lua_pushstring(L, kube_config_context(config));
  lua_setfield(L, -2, "context");
  lua_pushstring(L, kube_config_source(config));
  lua_setfield(L, -2, "source");
  return 1;
}

static const luaL_Reg config_methods[] = {{"describe", config_describe}, {NULL, NULL}};

void kube_lua_open_engine(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"engine", engine_new}, {"config", config_load}, {NULL, NULL}};
  kube_box_type(L, KUBE_LUA_ENGINE, engine_methods, engine_close);
  kube_box_type(L, KUBE_LUA_CONFIG, config_methods, config_close);
  luaL_setfuncs(L, functions, 0);
}
