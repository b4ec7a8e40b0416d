/* Discovery as a Lua handle. */
#include "module.h"

/* discovery() -> discovery | nil, err */
static int discovery_new(lua_State *L) {
  kube_error err = {0};
  void **box = kube_box_new(L, KUBE_LUA_DISCOVERY);
  *box = kube_discovery_new(&err);
  return *box ? 1 : kube_push_error(L, &err);
}

static int discovery_close(lua_State *L) {
  void **box = kube_box_at(L, 1, KUBE_LUA_DISCOVERY);
  kube_discovery *discovery = *box;
  *box = NULL;
  kube_discovery_free(discovery);
  return 0;
}

static kube_discovery *check_discovery(lua_State *L) {
  return kube_box_check(L, 1, KUBE_LUA_DISCOVERY);
}

/* discovery:add(text) -> true | nil, err */
static int discovery_add(lua_State *L) {
  kube_error err = {0};
  kube_slice text;
  kube_discovery *discovery = check_discovery(L);
  text.bytes = luaL_checklstring(L, 2, &text.length);
  if (kube_discovery_add(discovery, text, &err) != KUBE_OK) return kube_push_error(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static void push_resource(lua_State *L, const kube_api_resource *r) {
  lua_createtable(L, 0, 10);
  kube_set_text(L, "group", r->group);
  kube_set_text(L, "version", r->version);
  kube_set_text(L, "resource", r->resource);
  kube_set_text(L, "singular", r->singular);
  kube_set_text(L, "kind", r->kind);
  lua_pushboolean(L, r->namespaced);
  lua_setfield(L, -2, "namespaced");
  kube_set_texts(L, "shortNames", r->short_names);
  kube_set_texts(L, "categories", r->categories);
  kube_set_texts(L, "verbs", r->verbs);
  kube_set_texts(L, "subresources", r->subresources);
}

/*
** discovery:resources() -> { { group =, version =, resource =, singular =, kind =, namespaced =,
** shortNames =, ... } }
*/
static int push_resources(lua_State *L) {
  const kube_discovery *discovery = lua_touserdata(L, 1);
  const kube_api_resource *resource;
  size_t i;
  lua_newtable(L);
  for (i = 0; (resource = kube_discovery_resource(discovery, i)) != NULL; i++) {
    push_resource(L, resource);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

static int discovery_resources(lua_State *L) {
  return kube_box_lend(L, KUBE_LUA_DISCOVERY, push_resources);
}

/* discovery:stale() -> group-versions that the server could not tell of */
static int push_stale(lua_State *L) {
  const kube_discovery *discovery = lua_touserdata(L, 1);
  const char *name;
  size_t i;
  lua_newtable(L);
  for (i = 0; (name = kube_discovery_stale(discovery, i)) != NULL; i++) {
    lua_pushstring(L, name);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

static int discovery_stale(lua_State *L) {
  return kube_box_lend(L, KUBE_LUA_DISCOVERY, push_stale);
}

void kube_lua_open_discovery(lua_State *L) {
  static const luaL_Reg methods[] = {{"add", discovery_add},
                                     {"resources", discovery_resources},
                                     {"stale", discovery_stale},
                                     {NULL, NULL}};
  static const luaL_Reg functions[] = {{"discovery", discovery_new}, {NULL, NULL}};
  kube_box_type(L, KUBE_LUA_DISCOVERY, methods, discovery_close);
  luaL_setfuncs(L, functions, 0);
}
