/* Tables of options into structs; the contract is in options.h. */
#include "options.h"

#include <stdbool.h>
#include <string.h>

int64_t kube_integer_of(lua_Number n) {
  const lua_Number most = 1e15;
  return n > most ? (int64_t)most : n < -most ? -(int64_t)most : n == n ? (int64_t)n : 0;
}

int64_t kube_milliseconds_of(lua_Number seconds) {
  const lua_Number n = seconds * 1000;
  return n > 0 && n < 1 ? 1 : kube_integer_of(n > 0 ? n : 0);
}

/* Reads the value at the top; whether it must stay there. */
static bool read_option(lua_State *L, const kube_option *option, char *out) {
  void *field = out + option->offset;
  const char *text;
  size_t length;
  switch (option->type) {
    case KUBE_OPTION_TEXT:
      if (lua_type(L, -1) != LUA_TSTRING) break;
      text = lua_tolstring(L, -1, &length);
      if (strlen(text) != length) luaL_error(L, "%s holds a NUL byte", option->name);
      *(const char **)field = text;
      return true;
    case KUBE_OPTION_INTEGER: *(int64_t *)field = kube_integer_of(lua_tonumber(L, -1)); break;
    case KUBE_OPTION_NUMBER: *(double *)field = lua_tonumber(L, -1); break;
    case KUBE_OPTION_SECONDS: *(int64_t *)field = kube_milliseconds_of(lua_tonumber(L, -1)); break;
    case KUBE_OPTION_FLAG: *(bool *)field = lua_toboolean(L, -1); break;
  }
  return false;
}

void kube_read_options(lua_State *L, int index, const kube_option *list, void *out) {
  if (!lua_istable(L, index)) return;
  for (; list->name; list++) {
    luaL_checkstack(L, 4, "options");
    lua_getfield(L, index, list->name);
    if (lua_isnil(L, -1) || !read_option(L, list, out)) lua_pop(L, 1);
  }
}

const char *const *kube_read_texts(lua_State *L, int index, const char *name) {
  const char **texts;
  size_t i, n = 0, count, length;
  luaL_checkstack(L, 6, name);
  lua_getfield(L, index, name);
  if (!lua_istable(L, -1)) return NULL;
  count = lua_rawlen(L, -1);
  texts = lua_newuserdatauv(L, (count + 1) * sizeof *texts, 0);
  lua_createtable(L, (int)count, 0);
  for (i = 1; i <= count; i++) {
    lua_rawgeti(L, -3, (int)i);
    if (lua_type(L, -1) != LUA_TSTRING) {
      lua_pop(L, 1);
      break;
    }
    texts[n] = lua_tolstring(L, -1, &length);
    if (strlen(texts[n]) != length) luaL_error(L, "%s holds a NUL byte", name);
    lua_rawseti(L, -2, (int)++n);
  }
  texts[n] = NULL;
  return texts;
}

void kube_set_text(lua_State *L, const char *field, const char *text) {
  lua_pushstring(L, text);
  lua_setfield(L, -2, field);
}

void kube_set_texts(lua_State *L, const char *field, const char *const *texts) {
  int i;
  lua_newtable(L);
  for (i = 0; texts && texts[i]; i++) {
    lua_pushstring(L, texts[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, field);
}
