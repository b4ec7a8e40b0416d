/*
** JSON to Lua values and back, in one pass and without loss; the module's table `json`.
**
**   | JSON              | Lua                                                                   |
**   |-------------------|-----------------------------------------------------------------------|
**   | object            | a table; members that are null are left out and remembered, see nulls |
**   | array             | a table with the metatable array_mt                                   |
**   | null in an array  | null: light userdata NULL                                             |
**   | integer           | an integer; without those a number up to 2^53, beyond it an int64     |
**   |                   | cdata (LuaJIT) or the nearest number (5.1, 5.2)                       |
**   | past 64 bits      | the nearest float                                                     |
**   | 1.0, 1e2          | a float; a number where there are no integers                         |
**   | a name twice      | the last one counts, as in Go                                         |
**
** The other way: a table with array_mt (or that of lua-cjson) is an array; one with the keys 1..n
** and nothing else too; an empty one is an object; null members that were remembered are written
** unless the member has a value by now; null in a table is always written.
*/
#ifndef KUBE_LUA_JSON_H
#define KUBE_LUA_JSON_H

#include "../core/buffer.h"
#include "../core/json.h"
#include "compat.h"

/* ---- decoding ---- */

/* A compiled projection: the names under which something is wanted. */
typedef struct kube_json_node {
  kube_slice name;
  const struct kube_json_node *child; /* the first of the names below */
  const struct kube_json_node *next;  /* beside this one */
  bool whole;                         /* wanted with all that is below */
} kube_json_node;

/* Zeroed: all of it, as it is. The views must live until the decoding is over. */
typedef struct kube_json_options {
  bool strip_managed_fields;    /* leave out metadata.managedFields, of the items of a list too */
  const kube_json_node *fields; /* decode only this; NULL for all */
  kube_slice api_version;       /* set in the object when it has none, as the items of a list; */
  kube_slice kind;              /* with one of them given, fields cannot leave it out */
} kube_json_options;

/*
** Pushes the value that the text is and returns 1; or returns 0, pushes nothing and says in *err
** why. options may be NULL. Nothing is on the C heap meanwhile: Lua may throw (no memory) and
** nothing leaks. The text is checked in full, except for what the options leave out: there only
** brackets and the ends of strings count.
*/
int kube_json_push(lua_State *L, const char *bytes, size_t n, const kube_json_options *options,
                   kube_error *err);

/* The same; the fault instead of a message. */
int kube_json_push_or_fault(lua_State *L, const char *bytes, size_t n,
                            const kube_json_options *options, kube_json_fault *fault);

/*
** Reads the options table at index (nil: none) and pushes one value, the anchor, which must outlive
** *options; so must the table. Throws on names it does not know and on values of a wrong type.
**   strip_managed_fields = true
**   fields = json.projection{ "metadata.name" } or the bare list of paths
**   api_version, kind = "v1", "Pod"
*/
void kube_json_check_options(lua_State *L, int index, kube_json_options *options);

/* ---- encoding ---- */

typedef struct kube_json_format {
  bool sort_keys; /* members in the order of their names' bytes */
  int indent;     /* spaces a level, for people; 0 for none */
} kube_json_format;

/*
** Appends the JSON of the value at index; format may be NULL. On failure KUBE_EUSAGE, a message
** with the path of what cannot be encoded (never its value), and nothing was appended; or what the
** buffer had to say. Lua may throw (no memory): somebody else must own *out, a box with __gc.
*/
kube_status kube_json_encode(lua_State *L, int index, kube_buffer *out,
                             const kube_json_format *format, kube_error *err);

/* ---- the module ---- */

/* Pushes the table `json`: what lua/kube/json.lua documents. */
int kube_lua_open_json(lua_State *L);

/* What a state has for JSON, in a table of the registry: pushes that table. */
void kube_json_push_state(lua_State *L);

/*
** Makes room on the stack; false when it is full. Lua does not tell that from memory that ran out,
** which is thrown here.
*/
bool kube_json_has_room(lua_State *L, int slots);

/* Pushes package.loaded[name], by raw access; nil also in a state that has no package library. */
void kube_json_push_loaded(lua_State *L, const char *name);

enum {
  KUBE_JSON_ARRAY_MT = 1,  /* the metatable of arrays */
  KUBE_JSON_NULLS_BY_NAME, /* name -> metatable of objects whose one null member is name; weak */
  KUBE_JSON_NULLS_BY_SET,  /* names, sorted and joined -> the same for several; weak */
  KUBE_JSON_MAKE_INT64,    /* LuaJIT: function (high, low) -> int64 cdata; else nil */
  KUBE_JSON_PRINT_INT64    /* LuaJIT: function (cdata) -> its digits, nil when it is none */
};

/* The key in the metatable of an object under which the names of its null members are: a list. */
extern const char KUBE_JSON_NULLS;

#endif
