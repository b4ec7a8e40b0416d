/* Tables of options into structs; the contract is in options.h. */
#include "options.h"

#include <stdbool.h>
#include <stdint.h>

static void read_option(lua_State *L, const kube_option *option, char *out) {
  void *field = out + option->offset;
  switch (option->type) {
    case KUBE_OPTION_TEXT:
      /* only strings: a number would be converted on the stack and its text lost with it */
      if (lua_type(L, -1) == LUA_TSTRING) *(const char **)field = lua_tostring(L, -1);
      break;
    case KUBE_OPTION_INTEGER: *(int64_t *)field = (int64_t)lua_tonumber(L, -1); break;
    case KUBE_OPTION_SECONDS: {
      lua_Number ms = lua_tonumber(L, -1) * 1000;
      *(int64_t *)field = ms <= 0 ? 0 : ms < 1 ? 1 : ms > 1e15 ? (int64_t)1e15 : (int64_t)ms;
      break;
    }
    case KUBE_OPTION_FLAG: *(bool *)field = lua_toboolean(L, -1); break;
  }
}

void kube_read_options(lua_State *L, int index, const kube_option *list, void *out) {
  if (!lua_istable(L, index)) return;
  for (; list->name; list++) {
    lua_getfield(L, index, list->name);
    if (!lua_isnil(L, -1)) read_option(L, list, out);
    lua_pop(L, 1);
  }
}
