/*
** JSON to Lua values, in one pass; the contract is in json.h.
** The values of a container are collected on the Lua stack until their number is known, so that its
** table is made once with the right size. Large containers are moved into their table in batches.
*/
#include <stdlib.h>
#include <string.h>

#include "json.h"

#if defined(__GNUC__)
#define RARE __attribute__((noinline, cold))
#else
#define RARE
#endif

/* Where a value is, as far as it matters to what is stripped. */
typedef enum place {
  PLAIN,   /* nothing here is left out */
  TOP,     /* the whole text */
  ITEMS,   /* items of the top */
  ITEM,    /* one of them */
  METADATA /* of the top or of an item */
} place;

/* How much of a value is wanted. */
typedef struct view {
  const kube_json_node *fields; /* only what is below; NULL for all */
  place place;
} view;

static const view ALL = {NULL, PLAIN};

typedef struct decoder {
  lua_State *L;
  const char *end;
  int depth;
  int state; /* index of the state's table, then of the metatable of arrays */
  int array_mt;
  const kube_json_options *options;
  kube_json_fault *fault;
} decoder;

static const char *push_value(decoder *d, const char *p, view v);

static const char *bad(decoder *d, const char *at, const char *what) {
  return kube_json_bad(d->fault, at, what);
}

/* ---- scalars ---- */

static RARE void push_escaped(lua_State *L, const char *p, size_t n) {
  char small[1024];
  char *text = n <= sizeof small ? small : lua_newuserdatauv(L, n, 0);
  lua_pushlstring(L, text, kube_json_unescape(p, n, text));
  if (text != small) lua_remove(L, -2);
}

/* Pushes the string whose first byte is p; one past its closing quote. */
static inline const char *push_string(decoder *d, const char *p) {
  bool escaped;
  const char *close = kube_json_string(p, d->end, &escaped, d->fault);
  if (close == NULL) return NULL;
  if (escaped) {
    push_escaped(d->L, p, (size_t)(close - p));
  } else {
    lua_pushlstring(d->L, p, (size_t)(close - p));
  }
  return close + 1;
}

#ifdef KUBE_LUA_INTEGERS

static inline void push_integer(decoder *d, const kube_json_number *number) {
  lua_pushinteger(d->L, (lua_Integer)kube_json_number_integer(number));
}

#else

/* Beyond 2^53 not each integer is a number: LuaJIT has cdata for them. */
static RARE void push_large_integer(decoder *d, int64_t value) {
  lua_State *L = d->L;
  lua_rawgeti(L, d->state, KUBE_JSON_MAKE_INT64);
  if (lua_isfunction(L, -1)) {
    lua_pushnumber(L, (lua_Number)(int32_t)((uint64_t)value >> 32));
    lua_pushnumber(L, (lua_Number)(uint32_t)value);
    lua_call(L, 2, 1);
  } else {
    lua_pop(L, 1);
    lua_pushnumber(L, (lua_Number)value);
  }
}

static inline void push_integer(decoder *d, const kube_json_number *number) {
  const int64_t value = kube_json_number_integer(number);
  if (number->magnitude <= (uint64_t)1 << 53) {
    lua_pushnumber(d->L, (lua_Number)value);
  } else {
    push_large_integer(d, value);
  }
}

#endif

static RARE const char *push_float(decoder *d, const char *p, const char *stop) {
  double x;
  if (!kube_json_double(p, (size_t)(stop - p), &x)) return bad(d, p, "a number out of range");
  lua_pushnumber(d->L, (lua_Number)x);
  return stop;
}

static inline const char *push_number(decoder *d, const char *p) {
  kube_json_number number;
  const char *stop = kube_json_number_end(p, d->end, &number, d->fault);
  if (stop == NULL || !number.integer) return stop ? push_float(d, p, stop) : NULL;
  push_integer(d, &number);
  return stop;
}

static inline const char *push_boolean(decoder *d, const char *p) {
  const int value = *p == 't';
  lua_pushboolean(d->L, value);
  return value ? kube_json_word(p, d->end, "true", 4, d->fault)
               : kube_json_word(p, d->end, "false", 5, d->fault);
}

static inline const char *push_null(decoder *d, const char *p) {
  lua_pushlightuserdata(d->L, NULL);
  return kube_json_word(p, d->end, "null", 4, d->fault);
}

/* ---- what is wanted ---- */

static const kube_json_node *child_named(const kube_json_node *node, kube_slice raw) {
  for (node = node->child; node; node = node->next)
    if (kube_json_name_is(raw, node->name.bytes, node->name.length)) return node;
  return NULL;
}

static bool is(kube_slice raw, const char *name) {
  return kube_json_name_is(raw, name, strlen(name));
}

/* apiVersion and kind are decoded whatever the fields, when the caller knows what they are else. */
static bool identifies(const decoder *d, kube_slice raw) {
  return d->depth == 1 && ((d->options->api_version.length && is(raw, "apiVersion")) ||
                           (d->options->kind.length && is(raw, "kind")));
}

/* The place of the member of this name; false when it is to be stripped. */
static bool enter_place(place outer, kube_slice raw, place *inner) {
  *inner = PLAIN;
  if (outer == METADATA) return !is(raw, "managedFields");
  if ((outer == TOP || outer == ITEM) && is(raw, "metadata")) *inner = METADATA;
  if (outer == TOP && is(raw, "items")) *inner = ITEMS;
  return true;
}

/* Below a name that is wanted in part, scalars are nothing. */
static bool has_wanted(view v, const char *p, const char *end) {
  return v.fields == NULL || (p < end && (*p == '{' || *p == '['));
}

/* Whether the member of this name, whose value is at p, is wanted, and how. */
static RARE bool enter_member(const decoder *d, view outer, kube_slice raw, const char *p,
                              view *inner) {
  *inner = ALL;
  if (!enter_place(outer.place, raw, &inner->place)) return false;
  if (outer.fields == NULL) return true;
  inner->fields = child_named(outer.fields, raw);
  if (inner->fields == NULL) return identifies(d, raw);
  if (inner->fields->whole) inner->fields = NULL;
  return has_wanted(*inner, p, d->end);
}

/* ---- null members ---- */

/* A metatable that remembers names, which are at the index names: a string, or a list of them. */
static void push_nulls_mt(lua_State *L, int names) {
  lua_createtable(L, 0, 1);
  if (lua_type(L, names) == LUA_TSTRING) {
    lua_createtable(L, 1, 0);
    lua_pushvalue(L, names);
    lua_rawseti(L, -2, 1);
  } else {
    lua_pushvalue(L, names);
  }
  lua_rawsetp(L, -2, &KUBE_JSON_NULLS);
}

/* Pushes cache[key], which for a new key (at the top, popped) is made from the names. */
static void push_interned_mt(lua_State *L, int cache, int key, int names) {
  lua_pushvalue(L, key);
  lua_rawget(L, cache);
  if (!lua_isnil(L, -1)) return;
  lua_pop(L, 1);
  push_nulls_mt(L, names);
  lua_pushvalue(L, key);
  lua_pushvalue(L, -2);
  lua_rawset(L, cache);
}

typedef struct name {
  const char *bytes;
  size_t length;
} name;

static int by_bytes(const void *a, const void *b) {
  const name *x = a, *y = b;
  const size_t n = x->length < y->length ? x->length : y->length;
  const int order = n ? memcmp(x->bytes, y->bytes, n) : 0;
  return order ? order : (x->length > y->length) - (x->length < y->length);
}

/* Drops what is there twice; returns how many are left. */
static size_t unique(name *names, size_t n) {
  size_t i, kept = 0;
  for (i = 0; i < n; i++)
    if (kept == 0 || by_bytes(&names[kept - 1], &names[i]) != 0) names[kept++] = names[i];
  return kept;
}

/* Pushes a string that no other set of names has: lengths and bytes, one after the other. */
static void push_set_key(lua_State *L, const name *names, size_t n) {
  luaL_Buffer b;
  size_t i;
  luaL_buffinit(L, &b);
  for (i = 0; i < n; i++) {
    luaL_addlstring(&b, (const char *)&names[i].length, sizeof names[i].length);
    luaL_addlstring(&b, names[i].bytes, names[i].length);
  }
  luaL_pushresult(&b);
}

/* Replaces the list of names at the top by a sorted one without doubles, and pushes its key. */
static void sort_names(lua_State *L) {
  const int list = lua_gettop(L);
  size_t i, n = lua_rawlen(L, list);
  name *names = lua_newuserdatauv(L, n * sizeof *names, 0);
  for (i = 0; i < n; i++) {
    lua_rawgeti(L, list, (int)i + 1);
    names[i].bytes = lua_tolstring(L, -1, &names[i].length); /* kept alive by the list */
    lua_pop(L, 1);
  }
  qsort(names, n, sizeof *names, by_bytes);
  n = unique(names, n);
  lua_createtable(L, (int)n, 0);
  for (i = 0; i < n; i++) {
    lua_pushlstring(L, names[i].bytes, names[i].length);
    lua_rawseti(L, -2, (int)i + 1);
  }
  push_set_key(L, names, n);
  lua_remove(L, list + 1);
  lua_remove(L, list);
}

/* Gives the object at index the metatable for its null members: at names a string or a list. */
static RARE void remember_nulls(decoder *d, int object, int names) {
  lua_State *L = d->L;
  const int top = lua_gettop(L);
  if (lua_type(L, names) == LUA_TSTRING) {
    lua_rawgeti(L, d->state, KUBE_JSON_NULLS_BY_NAME);
    push_interned_mt(L, top + 1, names, names);
  } else {
    luaL_checkstack(L, LUA_MINSTACK + 8, "JSON");
    lua_rawgeti(L, d->state, KUBE_JSON_NULLS_BY_SET);
    lua_pushvalue(L, names);
    sort_names(L);
    push_interned_mt(L, top + 1, top + 3, top + 2);
  }
  lua_setmetatable(L, object);
  lua_settop(L, top);
}

/* Pops a name and adds it to what is at names: nil, then a string, then a list. */
static RARE void add_null(lua_State *L, int names) {
  switch (lua_type(L, names)) {
    case LUA_TNIL: lua_replace(L, names); break;
    case LUA_TSTRING:
      lua_createtable(L, 2, 0);
      lua_pushvalue(L, names);
      lua_rawseti(L, -2, 1);
      lua_insert(L, -2);
      lua_rawseti(L, -2, 2);
      lua_replace(L, names);
      break;
    default: lua_rawseti(L, names, (int)lua_rawlen(L, names) + 1);
  }
}

/* ---- containers ---- */

/*
** How many values a container keeps on the stack at most. Old Luas give a C function 8000 slots;
** this uses less than 7000 of them at any depth.
*/
static int batch_of(int depth) { return depth <= 4 ? 256 : depth <= 16 ? 64 : 2; }

/* Enters a container: room on the stack for its values; false when it is nested too deep. */
static bool enter(decoder *d, const char *p, int slots) {
  if (++d->depth > KUBE_JSON_DEPTH) return bad(d, p, "nested too deep") != NULL;
  if (!kube_json_has_room(d->L, slots)) return bad(d, p, "nested too deep for Lua's stack") != NULL;
  return true;
}

/* Makes the table at index, unless an earlier batch did. */
static inline void make_table(lua_State *L, int index, int elements, int members) {
  if (!lua_isnil(L, index)) return;
  lua_createtable(L, elements, members);
  lua_replace(L, index);
}

/* Moves the values above first - 1 into the table, as its elements from `next` on. */
static void move_elements(lua_State *L, int table, int next, int count) {
  make_table(L, table, count, 0);
  while (count > 0) lua_rawseti(L, table, next + --count);
}

/* One past the comma or the closing bracket that must come behind a value. */
static inline const char *next_or_close(decoder *d, const char *p, char close) {
  p = kube_json_space(p, d->end);
  if (p == d->end) return bad(d, p, "the text ends early");
  if (*p == ',' || *p == close) return p + 1;
  return bad(d, p, "a comma or a closing bracket was expected");
}

/* Reads one element: pushes and counts it, or skips it. */
static inline const char *push_element(decoder *d, const char *p, view v, int *count) {
  if (!has_wanted(v, p, d->end)) return kube_json_skip(p, d->end, d->fault);
  ++*count;
  return push_value(d, p, v);
}

/* Pushes an array; p is behind its bracket. */
static const char *push_array(decoder *d, const char *p, view v) {
  lua_State *L = d->L;
  const int table = lua_gettop(L) + 1, batch = batch_of(d->depth + 1);
  int moved = 0, count = 0;
  bool more;
  if (!enter(d, p, batch + 8)) return NULL;
  lua_pushnil(L);
  v.place = v.place == ITEMS ? ITEM : PLAIN;
  p = kube_json_space(p, d->end);
  more = p == d->end || *p != ']';
  if (!more) p++;
  while (more) {
    if (count == batch) {
      move_elements(L, table, moved + 1, count);
      moved += count;
      count = 0;
    }
    p = push_element(d, kube_json_space(p, d->end), v, &count);
    if (p) p = next_or_close(d, p, ']');
    if (p == NULL) return NULL;
    more = p[-1] == ',';
  }
  move_elements(L, table, moved + 1, count);
  lua_pushvalue(L, d->array_mt);
  lua_setmetatable(L, table);
  d->depth--;
  return p;
}

/*
** Whether a name may have come twice in an object. Names that differ may be taken for one: that
** costs time, no more.
*/
typedef struct seen {
  uint64_t bits[8];
  bool twice;
} seen;

static inline void note_name(seen *s, kube_slice raw, bool escaped) {
  const unsigned char *p = (const unsigned char *)raw.bytes;
  const size_t n = raw.length;
  const unsigned place =
      n ? (unsigned)(n * 37 + p[0] * 5u + p[n / 2] * 11u + p[n - 1] * 23u) % 512 : 0;
  const uint64_t bit = (uint64_t)1 << place % 64;
  if (escaped || (s->bits[place / 64] & bit)) s->twice = true;
  s->bits[place / 64] |= bit;
}

/*
** Moves pairs of name and value into the table; the last of a name counts. Where none came twice
** they go from the top of the stack, without a copy: 5 % of a watch's time.
*/
static void move_members(lua_State *L, int table, int count, bool twice) {
  const int first = table + 2;
  int i;
  make_table(L, table, 0, count);
  for (; !twice && count > 0; count--) lua_rawset(L, table);
  for (i = 0; i < count; i++) {
    lua_pushvalue(L, first + 2 * i);
    lua_pushvalue(L, first + 2 * i + 1);
    lua_rawset(L, table);
  }
  lua_settop(L, first - 1);
}

/* Reads `"name" :`; the first byte of the member's value. */
static inline const char *read_name(decoder *d, const char *p, kube_slice *raw, bool *escaped) {
  const char *close;
  if (p == d->end || *p != '"') return bad(d, p, "a member's name was expected");
  close = kube_json_string(p + 1, d->end, escaped, d->fault);
  if (close == NULL) return NULL;
  *raw = (kube_slice){p + 1, (size_t)(close - p) - 1};
  p = kube_json_space(close + 1, d->end);
  if (p == d->end || *p != ':') return bad(d, p, "a colon was expected");
  return kube_json_space(p + 1, d->end);
}

static inline void push_name(lua_State *L, kube_slice raw, bool escaped) {
  if (escaped) {
    push_escaped(L, raw.bytes, raw.length);
  } else {
    lua_pushlstring(L, raw.bytes, raw.length);
  }
}

/*
** Reads one member: pushes its name and value and counts them, or notes its name among the nulls,
** or skips it.
*/
static inline const char *push_member(decoder *d, const char *p, view v, int nulls, seen *names,
                                      int *count) {
  kube_slice raw;
  bool escaped;
  view inner = ALL;
  p = read_name(d, p, &raw, &escaped);
  if (p == NULL) return NULL;
  if ((v.fields || v.place != PLAIN) && !enter_member(d, v, raw, p, &inner))
    return kube_json_skip(p, d->end, d->fault);
  push_name(d->L, raw, escaped);
  if (p < d->end && *p == 'n') {
    add_null(d->L, nulls);
    return kube_json_word(p, d->end, "null", 4, d->fault);
  }
  ++*count;
  note_name(names, raw, escaped);
  return push_value(d, p, inner);
}

/* Pushes an object; p is behind its bracket. On the stack: its table, the names of nulls, pairs. */
static const char *push_object(decoder *d, const char *p, view v) {
  lua_State *L = d->L;
  const int table = lua_gettop(L) + 1, batch = batch_of(d->depth + 1) / 2;
  int count = 0;
  bool more;
  seen names = {{0}, false};
  if (!enter(d, p, 2 * batch + 8)) return NULL;
  lua_pushnil(L);
  lua_pushnil(L);
  p = kube_json_space(p, d->end);
  more = p == d->end || *p != '}';
  if (!more) p++;
  while (more) {
    if (count == batch) {
      move_members(L, table, count, names.twice);
      count = 0;
    }
    p = push_member(d, kube_json_space(p, d->end), v, table + 1, &names, &count);
    if (p) p = next_or_close(d, p, '}');
    if (p == NULL) return NULL;
    more = p[-1] == ',';
  }
  move_members(L, table, count, names.twice);
  if (!lua_isnil(L, table + 1)) remember_nulls(d, table, table + 1);
  lua_settop(L, table);
  d->depth--;
  return p;
}

/* Pushes the value at p (no white space); one past it, or NULL with the stack in any state. */
static const char *push_value(decoder *d, const char *p, view v) {
  if (p == d->end) return bad(d, p, "the text ends early");
  switch (*p) {
    case '"': return push_string(d, p + 1);
    case '{': return push_object(d, p + 1, v);
    case '[': return push_array(d, p + 1, v);
    case 't':
    case 'f': return push_boolean(d, p);
    case 'n': return push_null(d, p);
    default:
      if (*p != '-' && (*p < '0' || *p > '9')) return bad(d, p, "a value was expected");
      return push_number(d, p);
  }
}

/* ---- the whole text ---- */

/* Sets a member of the object at the top, when it is given and the object has none. */
static void set_missing(lua_State *L, const char *name, kube_slice text) {
  if (text.length == 0 || !lua_istable(L, -1)) return;
  lua_pushstring(L, name);
  lua_pushvalue(L, -1);
  lua_rawget(L, -3);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushlstring(L, text.bytes, text.length);
    lua_rawset(L, -3);
  } else {
    lua_pop(L, 2);
  }
}

static const char *push_text(decoder *d, const char *p) {
  const kube_json_options *o = d->options;
  const view whole = {o->fields, o->strip_managed_fields ? TOP : PLAIN};
  bool object;
  p = kube_json_space(p, d->end);
  object = p < d->end && *p == '{';
  p = push_value(d, p, whole);
  if (p == NULL) return NULL;
  p = kube_json_space(p, d->end);
  if (p < d->end) return bad(d, p, "something behind the end of the text");
  if (object) {
    set_missing(d->L, "apiVersion", o->api_version);
    set_missing(d->L, "kind", o->kind);
  }
  return p;
}

int kube_json_push_or_fault(lua_State *L, const char *bytes, size_t n,
                            const kube_json_options *options, kube_json_fault *fault) {
  static const kube_json_options none = {0};
  const int base = lua_gettop(L);
  decoder d = {L, bytes + n, 0, base + 1, base + 2, options ? options : &none, fault};
  luaL_checkstack(L, 16, "JSON");
  kube_json_push_state(L);
  lua_rawgeti(L, d.state, KUBE_JSON_ARRAY_MT);
  if (push_text(&d, bytes) == NULL) {
    lua_settop(L, base);
    return 0;
  }
  lua_replace(L, base + 1);
  lua_settop(L, base + 1);
  return 1;
}

int kube_json_push(lua_State *L, const char *bytes, size_t n, const kube_json_options *options,
                   kube_error *err) {
  kube_json_fault fault;
  if (kube_json_push_or_fault(L, bytes, n, options, &fault)) return 1;
  kube_json_fail(err, bytes, &fault);
  return 0;
}
