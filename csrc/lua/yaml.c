/* YAML and JSON texts for Lua: the values are made by the JSON decoder. */
#include "../core/yaml_json.h"
#include "module.h"

#define READER "kube.yaml_reader"

static int reader_close(lua_State *L) {
  void **box = kube_box_at(L, 1, READER);
  kube_yaml_reader *reader = *box;
  *box = NULL;
  kube_yaml_close(reader);
  return 0;
}

/* to_json(text) -> { JSON text of each document } | nil, err */
static int yaml_to_json(lua_State *L) {
  kube_error err = {0};
  kube_status status;
  int n = 0;
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  void **box = kube_box_new(L, READER);
  kube_buffer *json = kube_push_buffer(L);
  *box = kube_yaml_open(text, length, NULL, &err);
  if (*box == NULL) return kube_push_error(L, &err);
  lua_newtable(L);
  while ((status = kube_yaml_next(*box, json, &err)) == KUBE_OK) {
    lua_pushlstring(L, kube_buffer_bytes(json), kube_buffer_length(json));
    lua_rawseti(L, -2, ++n);
  }
  if (status != KUBE_EOF) return kube_push_error(L, &err);
  return 1;
}

/* from_json(text) -> YAML text | nil, err */
static int yaml_from_json(lua_State *L) {
  kube_error err = {0};
  kube_slice json;
  kube_buffer *out;
  json.bytes = luaL_checklstring(L, 1, &json.length);
  out = kube_push_buffer(L);
  if (kube_yaml_from_json(json, out, &err) != KUBE_OK) return kube_push_error(L, &err);
  lua_pushlstring(L, kube_buffer_bytes(out), kube_buffer_length(out));
  return 1;
}

void kube_lua_open_yaml(lua_State *L) {
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"to_json", yaml_to_json}, {"from_json", yaml_from_json}, {NULL, NULL}};
  kube_box_type(L, READER, no_methods, reader_close);
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "yaml");
}
