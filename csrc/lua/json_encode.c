/* Lua values to JSON; the contract is in json.h. Only raw access: no metamethod runs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#define LUAJIT_TCDATA 10 /* what lua_type says of cdata; no header of LuaJIT's names it */

/* Where a value is: a list from the inside out, for messages. */
typedef struct crumb {
  const struct crumb *outer; /* NULL: the value itself, whose fields say nothing */
  const char *name;          /* of a member; NULL for an element */
  size_t length;
  size_t index; /* of an element, from 1 */
} crumb;

typedef struct encoder {
  lua_State *L;
  kube_buffer *out;
  kube_json_format format;
  kube_error *err;
  int state; /* index of the state's table */
  const void *array_mt;
  int depth;
} encoder;

static kube_status write_value(encoder *e, int index, const crumb *at);

/* ---- failing ---- */

typedef struct path {
  char text[320];
  size_t used;
} path;

static void path_add(path *p, const char *text, size_t n) {
  size_t i;
  for (i = 0; i < n && p->used < sizeof p->text - 1; i++) {
    const unsigned char c = (unsigned char)text[i];
    p->text[p->used++] = (char)(c >= 0x20 && c < 0x7F ? c : '?');
  }
}

static bool is_plain_name(const crumb *at) {
  size_t i;
  for (i = 0; i < at->length; i++)
    if (strchr(".[]'\"", at->name[i])) return false; /* NUL too */
  return at->length > 0;
}

static void path_of(path *p, const crumb *at) {
  char index[32];
  if (at->outer == NULL) return;
  path_of(p, at->outer);
  if (at->name == NULL) {
    path_add(p, index, (size_t)snprintf(index, sizeof index, "[%zu]", at->index));
  } else if (is_plain_name(at)) {
    if (p->used) path_add(p, ".", 1);
    path_add(p, at->name, at->length);
  } else {
    path_add(p, "['", 2);
    path_add(p, at->name, at->length);
    path_add(p, "']", 2);
  }
}

static kube_status fail(encoder *e, const crumb *at, const char *what) {
  path p = {{0}, 0};
  path_of(&p, at);
  return kube_fail(e->err, KUBE_EUSAGE, "cannot encode %s: %s", p.used ? p.text : "the value",
                   what);
}

static kube_status fail_type(encoder *e, const crumb *at, int type) {
  char what[64];
  snprintf(what, sizeof what, "a %s", lua_typename(e->L, type));
  return fail(e, at, what);
}

/* ---- writing ---- */

static inline kube_status put(encoder *e, const char *bytes, size_t n) {
  kube_buffer *b = e->out;
  if (b->ceiling || b->size - b->end < n) return kube_buffer_add(b, bytes, n, e->err);
  memcpy(b->data + b->end, bytes, n);
  b->end += n;
  return KUBE_OK;
}

static inline kube_status put_char(encoder *e, char c) { return put(e, &c, 1); }

/* A new line at this depth, when people are to read it. */
static kube_status put_line(encoder *e) {
  static const char spaces[] = "                ";
  kube_status status;
  int i;
  if (e->format.indent == 0) return KUBE_OK;
  status = put_char(e, '\n');
  for (i = 0; i < e->depth && status == KUBE_OK; i++)
    status = put(e, spaces, (size_t)e->format.indent);
  return status;
}

/* ---- scalars ---- */

static kube_status write_string(encoder *e, const char *bytes, size_t n, const crumb *at) {
  const char *end = bytes + n;
  kube_status status;
  if (kube_json_run(bytes, end) == end && !e->out->ceiling && e->out->size - e->out->end >= n + 2) {
    char *to = e->out->data + e->out->end;
    to[0] = '"';
    memcpy(to + 1, bytes, n);
    to[n + 1] = '"';
    e->out->end += n + 2;
    return KUBE_OK;
  }
  status = kube_json_quote(e->out, bytes, n, e->err);
  return status == KUBE_EUSAGE ? fail(e, at, "a string that is not UTF-8") : status;
}

static kube_status write_integer(encoder *e, int64_t value) {
  char text[24], *p = text + sizeof text;
  uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do {
    *--p = (char)('0' + magnitude % 10);
    magnitude /= 10;
  } while (magnitude);
  if (value < 0) *--p = '-';
  return put(e, p, (size_t)(text + sizeof text - p));
}

/* With integers, a float stays one: 1.0. Without, what is integral is written as an integer. */
static kube_status write_float(encoder *e, double x, const crumb *at) {
  char text[KUBE_JSON_DOUBLE];
  kube_status status;
  size_t n;
  if (!isfinite(x)) return fail(e, at, "a number that is not finite");
#ifndef KUBE_LUA_INTEGERS
  if (floor(x) == x && fabs(x) <= 9007199254740992.0 && !(x == 0 && signbit(x)))
    return write_integer(e, (int64_t)x);
#endif
  n = kube_json_print_double(x, text);
  status = put(e, text, n);
#ifdef KUBE_LUA_INTEGERS
  if (status == KUBE_OK && strpbrk(text, ".e") == NULL) status = put(e, ".0", 2);
#endif
  return status;
}

static kube_status write_number(encoder *e, int index, const crumb *at) {
#ifdef KUBE_LUA_INTEGERS
  if (lua_isinteger(e->L, index)) return write_integer(e, lua_tointeger(e->L, index));
#endif
  return write_float(e, (double)lua_tonumber(e->L, index), at);
}

/* LuaJIT's int64 and uint64; other cdata has no JSON. */
static kube_status write_cdata(encoder *e, int index, const crumb *at) {
  lua_State *L = e->L;
  size_t n;
  lua_rawgeti(L, e->state, KUBE_JSON_PRINT_INT64);
  if (lua_isfunction(L, -1)) {
    lua_pushvalue(L, index);
    lua_call(L, 1, 1);
    if (lua_type(L, -1) == LUA_TSTRING) {
      const char *text = lua_tolstring(L, -1, &n);
      const kube_status status = put(e, text, n);
      lua_pop(L, 1);
      return status;
    }
  }
  lua_pop(L, 1);
  return fail_type(e, at, LUAJIT_TCDATA);
}

/* ---- what lua-cjson marks ---- */

/* Whether the value at the top is this field of lua-cjson, if that is loaded. */
static bool is_cjson(lua_State *L, const char *field) {
  static const char *const modules[] = {"cjson", "cjson.safe"};
  const int value = lua_gettop(L);
  bool same = false;
  size_t i;
  for (i = 0; i < 2 && !same; i++) {
    kube_json_push_loaded(L, modules[i]);
    if (lua_istable(L, -1)) {
      lua_pushstring(L, field);
      lua_rawget(L, -2);
      same = lua_rawequal(L, -1, value);
    }
    lua_settop(L, value);
  }
  return same;
}

static kube_status write_pointer(encoder *e, int index, const crumb *at) {
  bool empty_array;
  if (lua_touserdata(e->L, index) == NULL) return put(e, "null", 4);
  lua_pushvalue(e->L, index);
  empty_array = is_cjson(e->L, "empty_array");
  lua_pop(e->L, 1);
  return empty_array ? put(e, "[]", 2) : fail_type(e, at, LUA_TLIGHTUSERDATA);
}

/* ---- tables ---- */

typedef enum mark { UNMARKED, ARRAY, ARRAY_WHEN_EMPTY, HAS_NULLS } mark;

/* What the metatable says; pushes the list of the names of null members, or nil. */
static mark read_mark(encoder *e, int table) {
  lua_State *L = e->L;
  mark found = UNMARKED;
  if (!lua_getmetatable(L, table)) {
    lua_pushnil(L);
    return UNMARKED;
  }
  if (lua_topointer(L, -1) == e->array_mt) {
    found = ARRAY;
  } else {
    lua_rawgetp(L, -1, &KUBE_JSON_NULLS);
    if (lua_istable(L, -1)) {
      lua_remove(L, -2);
      return HAS_NULLS;
    }
    lua_pop(L, 1);
    if (is_cjson(L, "array_mt")) {
      found = ARRAY;
    } else if (is_cjson(L, "empty_array_mt")) {
      found = ARRAY_WHEN_EMPTY;
    }
  }
  lua_pop(L, 1);
  lua_pushnil(L);
  return found;
}

static kube_status mixed(encoder *e, const crumb *at) {
  return fail(e, at, "a table with both array and object keys");
}

/* Counts the elements of what must be an array: keys 1..n and no other. */
static kube_status count_elements(encoder *e, int table, size_t *n, const crumb *at) {
  lua_State *L = e->L;
  double last = 0;
  *n = 0;
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1), ++*n) {
    double key;
    if (lua_type(L, -2) != LUA_TNUMBER) return mixed(e, at);
    key = (double)lua_tonumber(L, -2);
    if (!(key >= 1) || floor(key) != key) return fail(e, at, "a key that is no index");
    if (key > last) last = key;
  }
  return last == (double)*n ? KUBE_OK : fail(e, at, "an array with holes");
}

static kube_status write_array(encoder *e, int table, const crumb *at) {
  lua_State *L = e->L;
  crumb inner = {at, NULL, 0, 0};
  size_t n;
  kube_status status = count_elements(e, table, &n, at);
  if (status == KUBE_OK) status = put_char(e, '[');
  for (inner.index = 1; inner.index <= n && status == KUBE_OK; inner.index++) {
    if (inner.index > 1) status = put_char(e, ',');
    if (status == KUBE_OK) status = put_line(e);
    lua_rawgeti(L, table, (int)inner.index);
    if (status == KUBE_OK) status = write_value(e, lua_gettop(L), &inner);
    lua_pop(L, 1);
  }
  e->depth--;
  if (status == KUBE_OK && n > 0) status = put_line(e);
  e->depth++;
  return status == KUBE_OK ? put_char(e, ']') : status;
}

/* Writes the comma, the name and the colon of a member. */
static kube_status write_name(encoder *e, const crumb *member, bool *first) {
  kube_status status = *first ? KUBE_OK : put_char(e, ',');
  *first = false;
  if (status == KUBE_OK) status = put_line(e);
  if (status == KUBE_OK) status = write_string(e, member->name, member->length, member);
  if (status == KUBE_OK) status = e->format.indent ? put(e, ": ", 2) : put_char(e, ':');
  return status;
}

/* The members in the table's order; name and value are at the top. */
static kube_status write_members(encoder *e, int table, const crumb *at, bool *first) {
  lua_State *L = e->L;
  crumb member = {at, NULL, 0, 0};
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    kube_status status;
    if (lua_type(L, -2) != LUA_TSTRING) return mixed(e, at);
    member.name = lua_tolstring(L, -2, &member.length);
    status = write_name(e, &member, first);
    if (status == KUBE_OK) status = write_value(e, lua_gettop(L), &member);
    if (status != KUBE_OK) return status;
  }
  return KUBE_OK;
}

/* The null members that were remembered and have no value. */
static kube_status write_nulls(encoder *e, int table, int nulls, const crumb *at, bool *first) {
  lua_State *L = e->L;
  crumb member = {at, NULL, 0, 0};
  kube_status status = KUBE_OK;
  const size_t n = lua_rawlen(L, nulls);
  size_t i;
  for (i = 1; i <= n && status == KUBE_OK; i++) {
    lua_rawgeti(L, nulls, (int)i);
    member.name = lua_tolstring(L, -1, &member.length);
    lua_pushvalue(L, -1);
    lua_rawget(L, table);
    if (lua_isnil(L, -1)) {
      status = write_name(e, &member, first);
      if (status == KUBE_OK) status = put(e, "null", 4);
    }
    lua_pop(L, 2);
  }
  return status;
}

static int by_name(const void *a, const void *b) {
  const crumb *x = a, *y = b;
  const size_t n = x->length < y->length ? x->length : y->length;
  const int order = n ? memcmp(x->name, y->name, n) : 0;
  return order ? order : (x->length > y->length) - (x->length < y->length);
}

/* The names of a table and its nulls, sorted, in a userdata that is pushed; NULL: mixed keys. */
static crumb *push_sorted(encoder *e, int table, int nulls, const crumb *at, size_t *n) {
  lua_State *L = e->L;
  const size_t null_count = lua_istable(L, nulls) ? lua_rawlen(L, nulls) : 0;
  crumb *names;
  size_t i, count = 0;
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) count++;
  names = lua_newuserdatauv(L, (count + null_count + 1) * sizeof *names, 0);
  *n = 0;
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1), ++*n) {
    if (lua_type(L, -2) != LUA_TSTRING) return NULL;
    names[*n] = (crumb){at, NULL, 0, 0};
    names[*n].name = lua_tolstring(L, -2, &names[*n].length);
  }
  for (i = 1; i <= null_count; i++) {
    lua_rawgeti(L, nulls, (int)i);
    lua_pushvalue(L, -1);
    lua_rawget(L, table);
    names[*n] = (crumb){at, NULL, 0, 0};
    names[*n].name = lua_tolstring(L, -2, &names[*n].length);
    *n += lua_isnil(L, -1);
    lua_pop(L, 2);
  }
  qsort(names, *n, sizeof *names, by_name);
  return names;
}

/* Pushes the value of this name, or kube.null: what has no value is a remembered null. */
static void push_member(lua_State *L, int table, const crumb *member) {
  lua_pushlstring(L, member->name, member->length);
  lua_rawget(L, table);
  if (!lua_isnil(L, -1)) return;
  lua_pop(L, 1);
  lua_pushlightuserdata(L, NULL);
}

static kube_status write_sorted(encoder *e, int table, int nulls, const crumb *at, bool *first) {
  kube_status status = KUBE_OK;
  size_t i, n;
  crumb *names = push_sorted(e, table, nulls, at, &n);
  if (names == NULL) return mixed(e, at);
  for (i = 0; i < n && status == KUBE_OK; i++) {
    status = write_name(e, &names[i], first);
    push_member(e->L, table, &names[i]);
    if (status == KUBE_OK) status = write_value(e, lua_gettop(e->L), &names[i]);
    lua_pop(e->L, 1);
  }
  lua_pop(e->L, 1);
  return status;
}

/* nulls: the index of the list of names of null members, or of nil. */
static kube_status write_object(encoder *e, int table, int nulls, const crumb *at) {
  bool first = true;
  kube_status status = put_char(e, '{');
  if (status != KUBE_OK) return status;
  if (e->format.sort_keys) {
    status = write_sorted(e, table, nulls, at, &first);
  } else {
    status = write_members(e, table, at, &first);
    if (status == KUBE_OK && lua_istable(e->L, nulls))
      status = write_nulls(e, table, nulls, at, &first);
  }
  e->depth--;
  if (status == KUBE_OK && !first) status = put_line(e);
  e->depth++;
  return status == KUBE_OK ? put_char(e, '}') : status;
}

/* An array is what is marked so, or whose first key is a number. */
static bool is_array(encoder *e, int table, mark found) {
  lua_State *L = e->L;
  bool number;
  if (found == ARRAY) return true;
  lua_pushnil(L);
  if (!lua_next(L, table)) return found == ARRAY_WHEN_EMPTY;
  number = lua_type(L, -2) == LUA_TNUMBER;
  lua_pop(L, 2);
  return number;
}

static kube_status write_table(encoder *e, int table, const crumb *at) {
  lua_State *L = e->L;
  const int nulls = lua_gettop(L) + 1;
  kube_status status;
  mark found;
  if (e->depth == KUBE_JSON_DEPTH) return fail(e, at, "nested deeper than 512: a cycle?");
  if (!kube_json_has_room(L, 16)) return fail(e, at, "nested too deep for Lua's stack");
  found = read_mark(e, table);
  e->depth++;
  status = is_array(e, table, found) && found != HAS_NULLS ? write_array(e, table, at)
                                                           : write_object(e, table, nulls, at);
  e->depth--;
  if (status == KUBE_OK) lua_settop(L, nulls - 1);
  return status;
}

/* ---- all together ---- */

/* Writes the value at index (absolute). After a failure the stack is in any state. */
static kube_status write_value(encoder *e, int index, const crumb *at) {
  lua_State *L = e->L;
  const int type = lua_type(L, index);
  size_t n;
  const char *text;
  switch (type) {
    case LUA_TSTRING: text = lua_tolstring(L, index, &n); return write_string(e, text, n, at);
    case LUA_TTABLE: return write_table(e, index, at);
    case LUA_TNUMBER: return write_number(e, index, at);
    case LUA_TBOOLEAN: return lua_toboolean(L, index) ? put(e, "true", 4) : put(e, "false", 5);
    case LUA_TLIGHTUSERDATA: return write_pointer(e, index, at);
    case LUAJIT_TCDATA: return write_cdata(e, index, at);
    default: return fail_type(e, at, type);
  }
}

kube_status kube_json_encode(lua_State *L, int index, kube_buffer *out,
                             const kube_json_format *format, kube_error *err) {
  static const kube_json_format compact = {false, 0};
  static const crumb root = {NULL, NULL, 0, 0};
  const int base = lua_gettop(L);
  const size_t before = kube_buffer_length(out);
  encoder e = {L, out, format ? *format : compact, err, base + 1, NULL, 0};
  kube_status status;
  index = lua_absindex(L, index);
  luaL_checkstack(L, 16, "JSON");
  kube_json_push_state(L);
  lua_rawgeti(L, e.state, KUBE_JSON_ARRAY_MT);
  e.array_mt = lua_topointer(L, -1);
  status = write_value(&e, index, &root);
  if (status != KUBE_OK) out->end = out->start + before;
  lua_settop(L, base);
  return status;
}
