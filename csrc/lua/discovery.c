/* Discovery as a Lua handle. */
#include "module.h"

/* ---- life ---- */

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

/* client:discovery_start([known [, legacy]]) -> discovery | nil, err */
int kube_lua_discovery_start(lua_State *L) {
  kube_error err = {0};
  kube_discovery_options options = {.legacy = lua_toboolean(L, 3)};
  kube_client *client;
  void **box;
  lua_settop(L, 3); /* else the box would be one of them */
  box = kube_box_new(L, KUBE_LUA_DISCOVERY);
  client = kube_box_check(L, 1, KUBE_LUA_CLIENT);
  if (!lua_isnoneornil(L, 2)) options.known = kube_box_check(L, 2, KUBE_LUA_DISCOVERY);
  *box = kube_discovery_start(client, &options, &err);
  return *box ? 1 : kube_push_error(L, &err);
}

/* client:discovery_start_version(group, version) -> discovery | nil, err */
int kube_lua_discovery_start_version(lua_State *L) {
  kube_error err = {0};
  const char *group = luaL_checkstring(L, 2), *version = luaL_checkstring(L, 3);
  void **box = kube_box_new(L, KUBE_LUA_DISCOVERY);
  kube_client *client = kube_box_check(L, 1, KUBE_LUA_CLIENT);
  *box = kube_discovery_start_version(client, group, version, &err);
  return *box ? 1 : kube_push_error(L, &err);
}

static int push_done(lua_State *L, kube_status status, const kube_error *err) {
  if (status != KUBE_OK && status != KUBE_AGAIN) return kube_push_error(L, err);
  lua_pushboolean(L, status == KUBE_OK);
  return 1;
}

/* discovery:peek() -> true once it is whole, false before | nil, err */
static int discovery_peek(lua_State *L) {
  kube_error err = {0};
  const kube_status status = kube_discovery_peek(check_discovery(L), &err);
  return push_done(L, status, &err);
}

/* discovery:id() -> the number of a call that it waits for | nil */
static int discovery_id(lua_State *L) {
  const uint64_t id = kube_discovery_call_id(check_discovery(L));
  if (id == 0) return 0;
  lua_pushnumber(L, (lua_Number)id);
  return 1;
}

/* discovery:is_unchanged() -> whether what was known when it started is what there is */
static int discovery_is_unchanged(lua_State *L) {
  lua_pushboolean(L, kube_discovery_is_unchanged(check_discovery(L)));
  return 1;
}

/* discovery:add(text) -> true | nil, err */
static int discovery_add(lua_State *L) {
  kube_error err = {0};
  kube_slice text;
  kube_discovery *discovery = check_discovery(L);
  text.bytes = luaL_checklstring(L, 2, &text.length);
  return push_done(L, kube_discovery_add(discovery, text, &err), &err);
}

/* ---- what is in it ---- */

static void push_group(lua_State *L, const kube_api_group *group) {
  lua_createtable(L, 0, 3);
  kube_set_text(L, "name", group->name);
  kube_set_texts(L, "versions", group->versions);
  if (*group->preferred) kube_set_text(L, "preferredVersion", group->preferred);
}

/* discovery:groups() -> { { name =, versions = { ... }, preferredVersion = } } */
static int push_groups(lua_State *L) {
  const kube_discovery *discovery = lua_touserdata(L, 1);
  const kube_api_group *group;
  size_t i;
  lua_newtable(L);
  for (i = 0; (group = kube_discovery_group(discovery, i)) != NULL; i++) {
    push_group(L, group);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

static int discovery_groups(lua_State *L) {
  return kube_box_lend(L, KUBE_LUA_DISCOVERY, push_groups);
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

/* What was not said of a kind's group and version is the resource's own. */
static void push_subresource(lua_State *L, const kube_api_resource *r) {
  const bool said = *r->kind_group || *r->kind_version;
  lua_createtable(L, 0, 9);
  kube_set_text(L, "group", r->group);
  kube_set_text(L, "version", r->version);
  kube_set_text(L, "resource", r->resource);
  kube_set_text(L, "subresource", r->subresource);
  kube_set_text(L, "kind", r->kind);
  kube_set_text(L, "kindGroup", said ? r->kind_group : r->group);
  kube_set_text(L, "kindVersion", said ? r->kind_version : r->version);
  lua_pushboolean(L, r->namespaced);
  lua_setfield(L, -2, "namespaced");
  kube_set_texts(L, "verbs", r->verbs);
}

/* discovery:subresources() -> { { group =, version =, resource =, subresource =, kind =, ... } } */
static int push_subresources(lua_State *L) {
  const kube_discovery *discovery = lua_touserdata(L, 1);
  const kube_api_resource *resource;
  size_t i;
  lua_newtable(L);
  for (i = 0; (resource = kube_discovery_subresource(discovery, i)) != NULL; i++) {
    push_subresource(L, resource);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

static int discovery_subresources(lua_State *L) {
  return kube_box_lend(L, KUBE_LUA_DISCOVERY, push_subresources);
}

/* discovery:failures() -> { [group-version] = err } */
static int push_failures(lua_State *L) {
  const kube_discovery *discovery = lua_touserdata(L, 1);
  const kube_api_failure *failure;
  size_t i;
  lua_newtable(L);
  for (i = 0; (failure = kube_discovery_failure(discovery, i)) != NULL; i++) {
    kube_push_error(L, &failure->error);
    lua_setfield(L, -3, failure->group_version);
    lua_pop(L, 1);
  }
  return 1;
}

static int discovery_failures(lua_State *L) {
  return kube_box_lend(L, KUBE_LUA_DISCOVERY, push_failures);
}

/* discovery:problem() -> nil, err when it does not know all; else nothing */
static int discovery_problem(lua_State *L) {
  kube_error err = {0};
  if (kube_discovery_problem(check_discovery(L), &err) == KUBE_OK) return 0;
  return kube_push_error(L, &err);
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

/* ---- kubectl's cache ---- */

/* discovery_cache_path(config [, directory]) -> a path, "" without any */
static int cache_path(lua_State *L) {
  const kube_config *config = kube_box_check(L, 1, KUBE_LUA_CONFIG);
  char path[4096];
  const int n = kube_discovery_cache_path(config, luaL_optstring(L, 2, NULL), path, sizeof path);
  lua_pushstring(L, n < (int)sizeof path ? path : "");
  return 1;
}

/* discovery_cache_read(path) -> discovery | nil, err */
static int cache_read(lua_State *L) {
  kube_error err = {0};
  const char *path = luaL_checkstring(L, 1);
  void **box = kube_box_new(L, KUBE_LUA_DISCOVERY);
  *box = kube_discovery_cache_read(path, 0, &err);
  return *box ? 1 : kube_push_error(L, &err);
}

/* discovery:cache_write(path) -> true | nil, err */
static int cache_write(lua_State *L) {
  kube_error err = {0};
  const char *path = luaL_checkstring(L, 2);
  return push_done(L, kube_discovery_cache_write(check_discovery(L), path, &err), &err);
}

void kube_lua_open_discovery(lua_State *L) {
  static const luaL_Reg methods[] = {{"peek", discovery_peek},
                                     {"id", discovery_id},
                                     {"is_unchanged", discovery_is_unchanged},
                                     {"add", discovery_add},
                                     {"groups", discovery_groups},
                                     {"resources", discovery_resources},
                                     {"subresources", discovery_subresources},
                                     {"failures", discovery_failures},
                                     {"problem", discovery_problem},
                                     {"stale", discovery_stale},
                                     {"cache_write", cache_write},
                                     {NULL, NULL}};
  static const luaL_Reg functions[] = {{"discovery", discovery_new},
                                       {"discovery_cache_path", cache_path},
                                       {"discovery_cache_read", cache_read},
                                       {NULL, NULL}};
  kube_box_type(L, KUBE_LUA_DISCOVERY, methods, discovery_close);
  luaL_setfuncs(L, functions, 0);
}
