/*
** The REST client for Lua: the steps that a request was written in, as a list, done in C. The box owns
** the request: whatever throws, it is freed.
*/
#include <limits.h>
#include <string.h>

#include "module.h"
#include "options.h"

typedef struct piece {
  const char *name;
  void (*set)(kube_rest *rest, const char *text);
} piece;

static const piece pieces[] = {{"namespace", kube_rest_namespace},
                               {"resource", kube_rest_resource},
                               {"name", kube_rest_name},
                               {"suffix", kube_rest_suffix},
                               {"abs_path", kube_rest_abs_path},
                               {"subresource", kube_rest_subresource},
                               {NULL, NULL}};

/* steps[i], which the list keeps alive: so no number that would be made a text. */
static kube_slice bytes_at(lua_State *L, int i) {
  kube_slice bytes;
  lua_rawgeti(L, 3, i);
  if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "step %d of a request is no string", i);
  bytes.bytes = lua_tolstring(L, -1, &bytes.length);
  lua_pop(L, 1);
  return bytes;
}

static const char *text_at(lua_State *L, int i) {
  const kube_slice text = bytes_at(L, i);
  if (strlen(text.bytes) != text.length) luaL_error(L, "a request's text holds a NUL byte");
  return text.bytes;
}

static lua_Number number_at(lua_State *L, int i) {
  lua_Number number;
  lua_rawgeti(L, 3, i);
  number = luaL_checknumber(L, -1);
  lua_pop(L, 1);
  return number;
}

static int count_at(lua_State *L, int i) {
  const int64_t n = kube_integer_of(number_at(L, i));
  return n < 0 ? 0 : n > INT_MAX ? INT_MAX : (int)n;
}

/* A step is an operation and two values behind it. */
static void take_step(lua_State *L, kube_rest *rest, const char *operation, int i) {
  const piece *p;
  for (p = pieces; p->name; p++)
    if (strcmp(p->name, operation) == 0) p->set(rest, text_at(L, i));
  if (strcmp(operation, "group_version") == 0)
    kube_rest_group_version(rest, text_at(L, i), text_at(L, i + 1));
  else if (strcmp(operation, "param") == 0)
    kube_rest_param(rest, text_at(L, i), text_at(L, i + 1));
  else if (strcmp(operation, "header") == 0)
    kube_rest_header(rest, text_at(L, i), text_at(L, i + 1));
  else if (strcmp(operation, "body") == 0)
    kube_rest_body(rest, bytes_at(L, i), text_at(L, i + 1));
  else if (strcmp(operation, "timeout") == 0)
    kube_rest_timeout(rest, kube_milliseconds_of(number_at(L, i)));
  else if (strcmp(operation, "max_retries") == 0)
    kube_rest_max_retries(rest, count_at(L, i));
}

/* Writes the request that the arguments 2 (the verb) and 3 (the steps) tell of; NULL and *err. */
static kube_rest *write_request(lua_State *L, kube_error *err) {
  void **box = kube_box_new(L, KUBE_LUA_REST);
  kube_client *client = kube_box_check(L, 1, KUBE_LUA_CLIENT);
  kube_rest *rest = *box = kube_rest_new(client, luaL_checkstring(L, 2), err);
  const int n = (int)lua_rawlen(L, 3);
  int i;
  for (i = 1; rest && i + 2 <= n; i += 3) take_step(L, rest, text_at(L, i), i + 1);
  return rest;
}

static int start(lua_State *L, kube_call *send(const kube_rest *, kube_error *)) {
  kube_error err = {0};
  kube_rest *rest;
  void **box;
  luaL_checktype(L, 3, LUA_TTABLE);
  box = kube_box_new(L, KUBE_LUA_CALL);
  rest = write_request(L, &err);
  if (rest) *box = send(rest, &err);
  if (*box == NULL) return kube_push_error(L, &err);
  lua_pushvalue(L, 4);
  return 1;
}

int kube_lua_rest_send(lua_State *L) {
  lua_settop(L, 3);
  return start(L, kube_rest_send);
}

int kube_lua_rest_stream(lua_State *L) {
  lua_settop(L, 3);
  return start(L, kube_rest_stream);
}

int kube_lua_rest_url(lua_State *L) {
  kube_error err = {0};
  kube_rest *rest;
  kube_buffer *url;
  int n;
  lua_settop(L, 3);
  luaL_checktype(L, 3, LUA_TTABLE);
  rest = write_request(L, &err);
  if (rest == NULL) return kube_push_error(L, &err);
  url = kube_push_buffer(L);
  n = kube_rest_url(rest, NULL, 0, &err);
  if (n < 0 || kube_buffer_reserve(url, (size_t)n + 1, &err) != KUBE_OK)
    return kube_push_error(L, &err);
  if (kube_rest_url(rest, url->data, (size_t)n + 1, &err) < 0) return kube_push_error(L, &err);
  lua_pushstring(L, url->data);
  return 1;
}

static int rest_free(lua_State *L) {
  void **box = kube_box_at(L, 1, KUBE_LUA_REST);
  kube_rest *rest = *box;
  *box = NULL;
  kube_rest_free(rest);
  return 0;
}

void kube_lua_open_rest(lua_State *L) {
  static const luaL_Reg none[] = {{NULL, NULL}};
  kube_box_type(L, KUBE_LUA_REST, none, rest_free);
}
