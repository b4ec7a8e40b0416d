/* Handles and errors for Lua; the contract is in box.h. */
#include "box.h"

#include <string.h>

void kube_box_type(lua_State *L, const char *type, const luaL_Reg *methods, lua_CFunction release) {
  if (!luaL_newmetatable(L, type)) {
    lua_pop(L, 1);
    return;
  }
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_pushcfunction(L, release);
  lua_setfield(L, -2, "close");
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, release);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, release);
  lua_setfield(L, -2, "__close");
  lua_pushstring(L, type);
  lua_setfield(L, -2, "__metatable"); /* the methods cannot be taken away from under a handle */
  lua_pop(L, 1);
}

void **kube_box_new(lua_State *L, const char *type) {
  void **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  luaL_setmetatable(L, type);
  return box;
}

void **kube_box_at(lua_State *L, int index, const char *type) {
  return luaL_checkudata(L, index, type);
}

void *kube_box_check(lua_State *L, int index, const char *type) {
  void **box = kube_box_at(L, index, type);
  if (*box == NULL) luaL_error(L, "this %s is closed", type);
  return *box;
}

int kube_box_lend(lua_State *L, const char *type, lua_CFunction body) {
  void **box = kube_box_at(L, 1, type), *held;
  const int n = lua_gettop(L);
  int i, status;
  luaL_checkstack(L, n + 1, type);
  lua_pushcfunction(L, body); /* the last chance of a finalizer to close it */
  held = kube_box_check(L, 1, type);
  lua_pushlightuserdata(L, held);
  for (i = 2; i <= n; i++) lua_pushvalue(L, i);
  *box = NULL;
  status = lua_pcall(L, n, LUA_MULTRET, 0);
  *box = held;
  return status == LUA_OK ? lua_gettop(L) - n : lua_error(L);
}

static int buffer_close(lua_State *L) {
  kube_buffer_clear_secret(lua_touserdata(L, 1));
  return 0;
}

kube_buffer *kube_push_buffer(lua_State *L) {
  kube_buffer *buffer = lua_newuserdatauv(L, sizeof *buffer, 0);
  memset(buffer, 0, sizeof *buffer);
  if (luaL_newmetatable(L, "kube.buffer")) {
    lua_pushcfunction(L, buffer_close);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
  }
  lua_setmetatable(L, -2);
  return buffer;
}

int kube_push_error(lua_State *L, const kube_error *err) {
  lua_pushnil(L);
  lua_createtable(L, 0, 5);
  lua_pushstring(L, err->reason);
  lua_setfield(L, -2, "reason");
  lua_pushstring(L, err->message);
  lua_setfield(L, -2, "message");
  if (err->code) {
    lua_pushinteger(L, err->code);
    lua_setfield(L, -2, "code");
  }
  if (err->retry_after) {
    lua_pushinteger(L, err->retry_after);
    lua_setfield(L, -2, "retryAfter");
  }
  luaL_setmetatable(L, "kube.error");
  return 2;
}
