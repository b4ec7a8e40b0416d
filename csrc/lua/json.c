/*
** The module's table `json`, what a Lua state has for JSON, and the options of decoding.
** lua/kube/json.lua says what each function promises.
*/
#include "json.h"

#include <string.h>

#include "box.h"

static const char STATE = 0; /* its address is the registry's key */
const char KUBE_JSON_NULLS = 0;

static const char PROJECTION[] = "kube.json.projection";

/* ---- the state ---- */

/* The C API of LuaJIT cannot make cdata: these two functions do. */
static const char INT64[] =
    "local found, ffi = pcall(require, 'ffi')\n"
    "if not found then return end\n"
    "local int64, uint64 = ffi.typeof('int64_t'), ffi.typeof('uint64_t')\n"
    "local function make(high, low) return int64(high) * 4294967296LL + int64(low) end\n"
    "local function print(value)\n"
    "  if ffi.istype(int64, value) or ffi.istype(uint64, value) then\n"
    "    return (tostring(value):gsub('U?LL$', ''))\n"
    "  end\n"
    "end\n"
    "return make, print\n";

static void set_weak_table(lua_State *L, int slot) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawseti(L, -2, slot);
}

void kube_json_push_loaded(lua_State *L, const char *name) {
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  if (!lua_istable(L, -1)) {
    lua_pop(L, 1);
    lua_pushnil(L);
    return;
  }
  lua_pushstring(L, name);
  lua_rawget(L, -2);
  lua_remove(L, -2);
}

static bool is_luajit(lua_State *L) {
  bool found;
  kube_json_push_loaded(L, "jit");
  found = lua_istable(L, -1);
  lua_pop(L, 1);
  return found;
}

/* Only LuaJIT is given the chunk: elsewhere it does not parse. Without ffi it returns nothing. */
static void set_int64(lua_State *L) {
  const int state = lua_gettop(L);
  if (is_luajit(L) && luaL_loadbuffer(L, INT64, sizeof INT64 - 1, "=kube.json") == 0) {
    lua_call(L, 0, 2);
    lua_rawseti(L, state, KUBE_JSON_PRINT_INT64);
    lua_rawseti(L, state, KUBE_JSON_MAKE_INT64);
  }
  lua_settop(L, state);
}

static void make_state(lua_State *L) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "array");
  lua_setfield(L, -2, "__name");
  lua_rawseti(L, -2, KUBE_JSON_ARRAY_MT);
  set_weak_table(L, KUBE_JSON_NULLS_BY_NAME);
  set_weak_table(L, KUBE_JSON_NULLS_BY_SET);
  set_int64(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &STATE);
}

void kube_json_push_state(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &STATE);
  if (lua_istable(L, -1)) return;
  lua_pop(L, 1);
  make_state(L);
}

static void push_array_mt(lua_State *L) {
  kube_json_push_state(L);
  lua_rawgeti(L, -1, KUBE_JSON_ARRAY_MT);
  lua_remove(L, -2);
}

bool kube_json_has_room(lua_State *L, int slots) {
  if (lua_checkstack(L, slots)) return true;
  lua_newuserdatauv(L, (size_t)slots * 16, 0); /* as much as the slots take: throws */
  lua_pop(L, 1);
  return lua_checkstack(L, slots);
}

/* ---- projections ---- */

/* How many nodes a path needs at most, and whether it is one. */
static size_t count_steps(const char *path) {
  kube_json_step step;
  size_t n = 0;
  while (kube_json_path_step(&path, &step)) {
    if (step.kind != KUBE_STEP_NAME) return 0;
    n++;
  }
  return n;
}

/* The path at [i] of the list; throws on what is none. */
static const char *path_at(lua_State *L, int list, size_t i, size_t *n) {
  const char *path;
  lua_rawgeti(L, list, (int)i);
  path = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, n) : NULL;
  if (path == NULL || strlen(path) != *n || count_steps(path) == 0)
    luaL_error(L, "field %d is no path such as \"metadata.name\" (arrays need no index)", (int)i);
  lua_pop(L, 1);
  return path;
}

/* What compiling fills: nodes from the front, the text of names behind them all. */
typedef struct room {
  kube_json_node *nodes;
  size_t used;
  char *text;
} room;

static kube_json_node *child_of(room *r, kube_json_node *parent, kube_slice name) {
  const kube_json_node *at;
  kube_json_node *node;
  for (at = parent->child; at; at = at->next)
    if (at->name.length == name.length && memcmp(at->name.bytes, name.bytes, name.length) == 0)
      return &r->nodes[at - r->nodes];
  node = &r->nodes[r->used++];
  memcpy(r->text, name.bytes, name.length);
  *node = (kube_json_node){{r->text, name.length}, NULL, parent->child, false};
  r->text += name.length;
  parent->child = node;
  return node;
}

static void add_path(room *r, const char *path) {
  kube_json_node *node = r->nodes;
  kube_json_step step;
  while (kube_json_path_step(&path, &step)) node = child_of(r, node, step.name);
  node->whole = true;
}

/* Pushes the projection that the list of paths at index is. */
static const kube_json_node *push_projection(lua_State *L, int list) {
  const size_t n = lua_rawlen(L, list);
  size_t i, length, nodes = 1, text = 0;
  room r = {NULL, 1, NULL};
  for (i = 1; i <= n; i++) {
    nodes += count_steps(path_at(L, list, i, &length));
    text += length;
  }
  r.nodes = lua_newuserdatauv(L, nodes * sizeof *r.nodes + text, 0);
  r.nodes[0] = (kube_json_node){{NULL, 0}, NULL, NULL, false};
  r.text = (char *)(r.nodes + nodes);
  for (i = 1; i <= n; i++) add_path(&r, path_at(L, list, i, &length));
  luaL_setmetatable(L, PROJECTION);
  return r.nodes;
}

static int json_projection(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  push_projection(L, 1);
  return 1;
}

/* ---- options ---- */

static kube_slice check_text(lua_State *L, const char *name) {
  kube_slice text = {NULL, 0};
  if (lua_isnil(L, -1)) return text;
  if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "option '%s' must be a string", name);
  text.bytes = lua_tolstring(L, -1, &text.length);
  return text;
}

static bool check_flag(lua_State *L, const char *name) {
  if (!lua_isboolean(L, -1)) luaL_error(L, "option '%s' must be true or false", name);
  return lua_toboolean(L, -1);
}

/* The projection at the top, a list being compiled; it replaces what is at anchor. */
static const kube_json_node *check_fields(lua_State *L, int anchor) {
  const kube_json_node *fields = luaL_testudata(L, -1, PROJECTION);
  if (fields) {
    lua_pushvalue(L, -1);
  } else {
    if (!lua_istable(L, -1)) luaL_error(L, "option 'fields' must be a list of paths");
    fields = push_projection(L, lua_gettop(L));
  }
  lua_replace(L, anchor);
  return fields;
}

/* Reads the option whose name and value are at the top. */
static void check_option(lua_State *L, int anchor, kube_json_options *options) {
  const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
  if (strcmp(name, "strip_managed_fields") == 0) {
    options->strip_managed_fields = check_flag(L, name);
  } else if (strcmp(name, "fields") == 0) {
    options->fields = check_fields(L, anchor);
  } else if (strcmp(name, "api_version") == 0) {
    options->api_version = check_text(L, name);
  } else if (strcmp(name, "kind") == 0) {
    options->kind = check_text(L, name);
  } else {
    luaL_error(L, "unknown option '%s'", name);
  }
}

void kube_json_check_options(lua_State *L, int index, kube_json_options *options) {
  int anchor;
  index = lua_absindex(L, index);
  memset(options, 0, sizeof *options);
  luaL_checkstack(L, 8, "options");
  lua_pushnil(L);
  anchor = lua_gettop(L);
  if (lua_isnoneornil(L, index)) return;
  if (!lua_istable(L, index)) luaL_error(L, "the options must be a table");
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) check_option(L, anchor, options);
}

static void check_format(lua_State *L, int index, kube_json_format *format) {
  *format = (kube_json_format){false, 0};
  if (lua_isnoneornil(L, index)) return;
  luaL_checktype(L, index, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
    if (strcmp(name, "sort_keys") == 0) {
      format->sort_keys = check_flag(L, name);
    } else if (strcmp(name, "indent") == 0) {
      format->indent = lua_isnumber(L, -1) ? (int)lua_tointeger(L, -1) : -1;
      if (format->indent < 0 || format->indent > 16)
        luaL_error(L, "option 'indent' must be a number from 0 to 16");
    } else {
      luaL_error(L, "unknown option '%s'", name);
    }
  }
}

/* ---- functions ---- */

/* decode(text [, options]) -> value | nil, message, offset */
static int json_decode(lua_State *L) {
  kube_json_options options;
  kube_json_fault fault;
  kube_error err;
  size_t n;
  const char *text;
  luaL_checktype(L, 1, LUA_TSTRING);
  text = lua_tolstring(L, 1, &n);
  lua_settop(L, 2);
  kube_json_check_options(L, 2, &options);
  if (kube_json_push_or_fault(L, text, n, &options, &fault)) return 1;
  kube_json_fail(&err, text, &fault);
  lua_pushnil(L);
  lua_pushstring(L, err.message);
  lua_pushinteger(L, (lua_Integer)(fault.at - text));
  return 3;
}

/* encode(value [, options]) -> text | nil, message, reason */
static int json_encode(lua_State *L) {
  kube_json_format format;
  kube_error err;
  kube_buffer *out;
  luaL_checkany(L, 1);
  lua_settop(L, 2);
  check_format(L, 2, &format);
  out = kube_push_buffer(L);
  if (kube_json_encode(L, 1, out, &format, &err) != KUBE_OK) {
    kube_buffer_clear(out);
    lua_pushnil(L);
    lua_pushstring(L, err.message);
    lua_pushstring(L, err.reason);
    return 3;
  }
  lua_pushlstring(L, kube_buffer_bytes(out), kube_buffer_length(out));
  kube_buffer_clear(out);
  return 1;
}

/* array([t]) -> t, which is an array from now on */
static int json_array(lua_State *L) {
  lua_settop(L, 1);
  if (lua_isnil(L, 1)) {
    lua_newtable(L);
    lua_replace(L, 1);
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  push_array_mt(L);
  lua_setmetatable(L, 1);
  return 1;
}

/* is_array(value) -> whether it is a table that is marked as an array */
static int json_is_array(lua_State *L) {
  luaL_checkany(L, 1);
  push_array_mt(L);
  lua_pushboolean(L, lua_istable(L, 1) && lua_getmetatable(L, 1) && lua_rawequal(L, -1, -2));
  return 1;
}

/* nulls(t) -> the sorted names of the members that came as null and have no value since */
static int json_nulls(lua_State *L) {
  size_t i, n, found = 0;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_newtable(L);
  if (!lua_getmetatable(L, 1)) return 1;
  lua_rawgetp(L, 3, &KUBE_JSON_NULLS);
  n = lua_istable(L, 4) ? lua_rawlen(L, 4) : 0;
  for (i = 1; i <= n; i++) {
    lua_rawgeti(L, 4, (int)i);
    lua_pushvalue(L, -1);
    lua_rawget(L, 1);
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      lua_rawseti(L, 2, (int)++found);
    } else {
      lua_pop(L, 2);
    }
  }
  lua_settop(L, 2);
  return 1;
}

static const luaL_Reg functions[] = {{"decode", json_decode},
                                     {"encode", json_encode},
                                     {"array", json_array},
                                     {"is_array", json_is_array},
                                     {"nulls", json_nulls},
                                     {"projection", json_projection},
                                     {NULL, NULL}};

int kube_lua_open_json(lua_State *L) {
  luaL_newmetatable(L, PROJECTION);
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  push_array_mt(L);
  lua_setfield(L, -2, "array_mt");
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  return 1;
}
