/*
** Tables of options into the structs of kube.h. The Lua module has checked names and types before
** (lua/kube/options.lua); what has another type here is taken as absent.
*/
#ifndef KUBE_LUA_OPTIONS_H
#define KUBE_LUA_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "compat.h"

typedef enum kube_option_type {
  KUBE_OPTION_TEXT,    /* const char *, a view of what stays on the stack */
  KUBE_OPTION_INTEGER, /* int64_t */
  KUBE_OPTION_NUMBER,  /* double */
  KUBE_OPTION_SECONDS, /* int64_t of milliseconds */
  KUBE_OPTION_FLAG     /* bool */
} kube_option_type;

typedef struct kube_option {
  const char *name; /* NULL ends a list */
  kube_option_type type;
  size_t offset;
} kube_option;

/*
** Fills the zeroed struct from the table at index (nil: none). Leaves the texts on the stack: the
** table may be another one by the time they are used, or have made them up for us.
*/
void kube_read_options(lua_State *L, int index, const kube_option *list, void *out);

/*
** The strings of the list at table[name], ended by NULL; NULL when there is no list. The array, and a
** table that keeps the strings alive, stay on the stack: the list itself may be another one by the time
** it is used. It ends at what is no string.
*/
const char *const *kube_read_texts(lua_State *L, int index, const char *name);

/*
** A number as an integer: beyond what is exact there is only "very much", and NaN is 0. Seconds as
** milliseconds: what is more than none is 1 at least, what is less 0.
*/
int64_t kube_integer_of(lua_Number number);
int64_t kube_milliseconds_of(lua_Number seconds);

/* The other way: field = text, field = { texts, up to a NULL } (NULL: {}) of the table at the top. */
void kube_set_text(lua_State *L, const char *field, const char *text);
void kube_set_texts(lua_State *L, const char *field, const char *const *texts);

#endif
