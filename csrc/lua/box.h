/*
** A handle is a box: a userdata that holds one pointer, NULL when it is closed. Boxes are born
** closed (box first, resource second), so __gc cleans up whatever throws in between. close, __gc
** and __close are one idempotent function.
*/
#ifndef KUBE_LUA_BOX_H
#define KUBE_LUA_BOX_H

#include "../core/buffer.h"
#include "compat.h"

/* Registers a type of box; release is its close, __gc and __close. Pushes nothing. */
void kube_box_type(lua_State *L, const char *type, const luaL_Reg *methods, lua_CFunction release);

/* Pushes a closed box. */
void **kube_box_new(lua_State *L, const char *type);

/* The box at index, closed or not; throws when it is another type. */
void **kube_box_at(lua_State *L, int index, const char *type);

/* What the box at index holds; throws when it is closed. */
void *kube_box_check(lua_State *L, int index, const char *type);

/*
** Calls body with what the box at 1 holds, as a light userdata, in its place; returns its results.
** Meanwhile the box is closed: whatever Lua allocates may run a finalizer of the user's, and that
** must not free what body reads.
*/
int kube_box_lend(lua_State *L, const char *type, lua_CFunction body);

/* Pushes a userdata that owns the buffer: it is wiped and freed with it. */
kube_buffer *kube_push_buffer(lua_State *L);

/* Pushes nil and the error table of *err; returns 2. */
int kube_push_error(lua_State *L, const kube_error *err);

#endif
