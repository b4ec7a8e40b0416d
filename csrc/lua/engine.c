/* The engine as a Lua handle. Arguments in, one core call, results out. */
#include <string.h>

#include "module.h"

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

/* engine:keep_log(whether): lines of the log wait for take_log instead of going to stderr */
static int engine_keep_log(lua_State *L) {
  kube_engine_keep_log(check_engine(L), lua_toboolean(L, 2));
  return 0;
}

/* engine:take_log() -> the oldest line | nil */
static int engine_take_log(lua_State *L) {
  kube_buffer *line = kube_push_buffer(L);
  line->data = kube_engine_take_log(check_engine(L));
  if (line->data == NULL) return 0;
  line->end = strlen(line->data);
  line->size = line->end + 1;
  lua_pushlstring(L, line->data, line->end);
  kube_buffer_clear_secret(line);
  return 1;
}

static const luaL_Reg engine_methods[] = {{"fd", engine_fd},
                                          {"timeout", engine_timeout},
                                          {"step", engine_step},
                                          {"wait", engine_wait},
                                          {"next_ready", engine_next_ready},
                                          {"now", engine_now},
                                          {"advance", engine_advance},
                                          {"is_ours", engine_is_ours},
                                          {"keep_log", engine_keep_log},
                                          {"take_log", engine_take_log},
                                          {NULL, NULL}};

void kube_lua_open_engine(lua_State *L) {
  static const luaL_Reg functions[] = {{"engine", engine_new}, {NULL, NULL}};
  kube_box_type(L, KUBE_LUA_ENGINE, engine_methods, engine_close);
  luaL_setfuncs(L, functions, 0);
}
