/*
** The C API of Lua 5.4, as far as kube uses it, on 5.1, LuaJIT, 5.2 and 5.3: write for 5.4, include
** this instead of lua.h. Types that older functions do not return are not promised: lua_rawget and
** its siblings are used as statements.
*/
#ifndef KUBE_LUA_COMPAT_H
#define KUBE_LUA_COMPAT_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <math.h>

/* Integers are a subtype of numbers. */
#if LUA_VERSION_NUM >= 503
#define KUBE_LUA_INTEGERS 1
#endif

#ifndef LUA_OK
#define LUA_OK 0
#endif

#ifndef LUA_LOADED_TABLE
#define LUA_LOADED_TABLE "_LOADED"
#endif

#if LUA_VERSION_NUM < 504 && !defined(lua_newuserdatauv)
static inline void *kube_compat_newuserdatauv(lua_State *L, size_t size, int values) {
  (void)values; /* zero or one: older Luas give each userdata one */
  return lua_newuserdata(L, size);
}
#define lua_newuserdatauv kube_compat_newuserdatauv
#endif

#if LUA_VERSION_NUM < 503
/* Whether the value is a number without a fraction that an int64 can hold. */
static inline int kube_compat_isinteger(lua_State *L, int index) {
  lua_Number x;
  if (lua_type(L, index) != LUA_TNUMBER) return 0;
  x = lua_tonumber(L, index);
  return x >= -9223372036854775808.0 && x < 9223372036854775808.0 && floor(x) == x;
}
#define lua_isinteger kube_compat_isinteger
#endif

#if LUA_VERSION_NUM < 502
static inline int kube_compat_absindex(lua_State *L, int index) {
  return index > 0 || index <= LUA_REGISTRYINDEX ? index : lua_gettop(L) + index + 1;
}
#define lua_absindex kube_compat_absindex

#define lua_rawlen lua_objlen

static inline void kube_compat_rawgetp(lua_State *L, int index, const void *key) {
  index = kube_compat_absindex(L, index);
  lua_pushlightuserdata(L, (void *)key);
  lua_rawget(L, index);
}
#define lua_rawgetp kube_compat_rawgetp

static inline void kube_compat_rawsetp(lua_State *L, int index, const void *key) {
  index = kube_compat_absindex(L, index);
  lua_pushlightuserdata(L, (void *)key);
  lua_insert(L, -2);
  lua_rawset(L, index);
}
#define lua_rawsetp kube_compat_rawsetp

/* LuaJIT has these two by itself, spelt in parentheses; plain 5.1 has not. */
static inline void kube_compat_setfuncs(lua_State *L, const luaL_Reg *list, int upvalues) {
  luaL_checkstack(L, upvalues + 1, "too many upvalues");
  for (; list->name; list++) {
    int i;
    for (i = 0; i < upvalues; i++) lua_pushvalue(L, -upvalues);
    lua_pushcclosure(L, list->func, upvalues);
    lua_setfield(L, -(upvalues + 2), list->name);
  }
  lua_pop(L, upvalues);
}
#undef luaL_setfuncs
#define luaL_setfuncs kube_compat_setfuncs

static inline void *kube_compat_testudata(lua_State *L, int index, const char *name) {
  void *box = lua_touserdata(L, index);
  int same;
  if (box == NULL || !lua_getmetatable(L, index)) return NULL;
  luaL_getmetatable(L, name);
  same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same ? box : NULL;
}
#undef luaL_testudata
#define luaL_testudata kube_compat_testudata

#ifndef luaL_setmetatable
static inline void kube_compat_setmetatable(lua_State *L, const char *name) {
  luaL_getmetatable(L, name);
  lua_setmetatable(L, -2);
}
#define luaL_setmetatable kube_compat_setmetatable
#endif

/* Runs open unless package.loaded has the module already, and leaves the module on the stack. */
static inline void kube_compat_requiref(lua_State *L, const char *name, lua_CFunction open,
                                        int global) {
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_getfield(L, -1, name);
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    lua_pushcfunction(L, open);
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, name);
  }
  lua_remove(L, -2);
  if (global) {
    lua_pushvalue(L, -1);
    lua_setglobal(L, name);
  }
}
#define luaL_requiref kube_compat_requiref

#undef luaL_newlibtable
#define luaL_newlibtable(L, list) lua_createtable(L, 0, (int)(sizeof(list) / sizeof((list)[0]) - 1))
#undef luaL_newlib
#define luaL_newlib(L, list) (luaL_newlibtable(L, list), luaL_setfuncs(L, list, 0))
#endif

#endif
