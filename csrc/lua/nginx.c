/* What the driver for nginx needs of C: a waker as a Lua handle, and how many Lua states there are. */
#include <stdatomic.h>

#include "../core/waker.h"
#include "module.h"

#define KUBE_LUA_WAKER "kube.waker"

/* ---- the waker ---- */

static kube_waker *check_waker(lua_State *L) { return kube_box_check(L, 1, KUBE_LUA_WAKER); }

/* waker(fd) -> waker | nil, err */
static int waker_new(lua_State *L) {
  kube_error err = {0};
  int fd = (int)luaL_checkinteger(L, 1);
  void **box = kube_box_new(L, KUBE_LUA_WAKER);
  *box = kube_waker_new(fd, &err);
  return *box ? 1 : kube_push_error(L, &err);
}

static int waker_close(lua_State *L) {
  void **box = kube_box_at(L, 1, KUBE_LUA_WAKER);
  kube_waker *waker = *box;
  *box = NULL;
  kube_waker_free(waker);
  return 0;
}

/* waker:path() -> where to connect, once */
static int waker_path(lua_State *L) {
  lua_pushstring(L, kube_waker_path(check_waker(L)));
  return 1;
}

/* waker:arm(): one byte the next time the descriptor is readable */
static int waker_arm(lua_State *L) {
  kube_waker_arm(check_waker(L));
  return 0;
}

/* waker:ring(): one byte now */
static int waker_ring(lua_State *L) {
  kube_waker_ring(check_waker(L));
  return 0;
}

static const luaL_Reg waker_methods[] = {
    {"path", waker_path}, {"arm", waker_arm}, {"ring", waker_ring}, {NULL, NULL}};

/* ---- Lua states ---- */

static atomic_int states; /* of this process, that loaded kube and were not closed */

static int state_close(lua_State *L) {
  (void)L;
  atomic_fetch_sub(&states, 1);
  return 0;
}

/* Counts this state as long as it lives. */
static void count_state(lua_State *L) {
  lua_newuserdatauv(L, 1, 0);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, state_close);
  lua_setfield(L, -2, "__gc");
  atomic_fetch_add(&states, 1); /* what allocates below would run __gc if it threw */
  lua_setmetatable(L, -2);
  lua_setfield(L, LUA_REGISTRYINDEX, "kube.state");
}

/* states() -> how many Lua states of this process have loaded kube: one, unless a host makes more */
static int states_get(lua_State *L) {
  lua_pushinteger(L, atomic_load(&states));
  return 1;
}

void kube_lua_open_nginx(lua_State *L) {
  static const luaL_Reg functions[] = {{"waker", waker_new}, {"states", states_get}, {NULL, NULL}};
  kube_box_type(L, KUBE_LUA_WAKER, waker_methods, waker_close);
  luaL_setfuncs(L, functions, 0);
  count_state(L);
}
