/*
** The dynamic client as a Lua handle: each verb starts a call. Arguments in, one core call, results
** out.
*/
#include "module.h"

/* ---- arguments ---- */

static kube_client *check_client(lua_State *L) { return kube_box_check(L, 1, KUBE_LUA_CLIENT); }

/* The text stays on the stack: the table may be another one by the time it is used. */
static const char *field_text(lua_State *L, int index, const char *field) {
  lua_getfield(L, index, field);
  if (lua_type(L, -1) != LUA_TSTRING)
    luaL_error(L, "a resource needs group, version and resource as strings: %s is missing", field);
  return lua_tostring(L, -1);
}

/* { group = "apps", version = "v1", resource = "deployments" } */
static kube_resource check_resource(lua_State *L, int index) {
  kube_resource resource;
  luaL_checktype(L, index, LUA_TTABLE);
  resource.group = field_text(L, index, "group");
  resource.version = field_text(L, index, "version");
  resource.resource = field_text(L, index, "resource");
  return resource;
}

/* The JSON of a body: a string as it is, anything else encoded into a buffer that is pushed. */
static kube_status check_body(lua_State *L, int index, kube_slice *body, kube_error *err) {
  kube_buffer *buffer;
  kube_status status;
  if (lua_type(L, index) == LUA_TSTRING) {
    body->bytes = lua_tolstring(L, index, &body->length);
    return KUBE_OK;
  }
  buffer = kube_push_buffer(L);
  status = kube_json_encode(L, index, buffer, NULL, err);
  if (status != KUBE_OK) return status;
  body->bytes = kube_buffer_bytes(buffer);
  body->length = kube_buffer_length(buffer);
  return KUBE_OK;
}

/* The arguments that most verbs share, behind the client: resource, namespace | nil, name | nil. */
typedef struct target {
  kube_resource resource;
  const char *ns, *name;
} target;

static target check_target(lua_State *L) {
  target t;
  lua_settop(L, 7); /* what is pushed is no argument */
  check_client(L);
  t.resource = check_resource(L, 2);
  t.ns = luaL_optstring(L, 3, NULL);
  t.name = luaL_optstring(L, 4, NULL);
  return t;
}

/*
** A call handle around what a verb started. The box comes first, so that nothing is lost, and then the
** client: whatever Lua allocates may run a finalizer, and one might have closed it.
*/
#define START(L, start)                                                                            \
  do {                                                                                             \
    void **box = kube_box_new(L, KUBE_LUA_CALL);                                                   \
    kube_client *client = check_client(L);                                                         \
    *box = (start);                                                                                \
    return *box ? 1 : kube_push_error(L, &err);                                                    \
  } while (0)

/* ---- reading ---- */

static const kube_option get_options[] = {
    {"resourceVersion", KUBE_OPTION_TEXT, offsetof(kube_get_options, resource_version)},
    {"subresource", KUBE_OPTION_TEXT, offsetof(kube_get_options, subresource)},
    {"as", KUBE_OPTION_TEXT, offsetof(kube_get_options, as)},
    {"includeObject", KUBE_OPTION_TEXT, offsetof(kube_get_options, include_object)},
    {"timeout", KUBE_OPTION_SECONDS, offsetof(kube_get_options, timeout)},
    {NULL, KUBE_OPTION_TEXT, 0}};

/* client:get(resource, namespace, name, options) -> call | nil, err */
static int client_get(lua_State *L) {
  kube_error err = {0};
  kube_get_options options = {0};
  target t = check_target(L);
  kube_read_options(L, 5, get_options, &options);
  START(L, kube_dynamic_get(client, &t.resource, t.ns, t.name, &options, &err));
}

static const kube_option list_options[] = {
    {"labelSelector", KUBE_OPTION_TEXT, offsetof(kube_list_options, label_selector)},
    {"fieldSelector", KUBE_OPTION_TEXT, offsetof(kube_list_options, field_selector)},
    {"resourceVersion", KUBE_OPTION_TEXT, offsetof(kube_list_options, resource_version)},
    {"resourceVersionMatch", KUBE_OPTION_TEXT, offsetof(kube_list_options, resource_version_match)},
    {"continue", KUBE_OPTION_TEXT, offsetof(kube_list_options, continue_token)},
    {"shardSelector", KUBE_OPTION_TEXT, offsetof(kube_list_options, shard_selector)},
    {"as", KUBE_OPTION_TEXT, offsetof(kube_list_options, as)},
    {"includeObject", KUBE_OPTION_TEXT, offsetof(kube_list_options, include_object)},
    {"limit", KUBE_OPTION_INTEGER, offsetof(kube_list_options, limit)},
    {"one_page", KUBE_OPTION_FLAG, offsetof(kube_list_options, one_page)},
    {"inconsistent", KUBE_OPTION_FLAG, offsetof(kube_list_options, inconsistent)},
    {"timeoutSeconds", KUBE_OPTION_INTEGER, offsetof(kube_list_options, timeout_seconds)},
    {"timeout", KUBE_OPTION_SECONDS, offsetof(kube_list_options, timeout)},
    {NULL, KUBE_OPTION_TEXT, 0}};

/* client:list(resource, namespace, nil, options) -> call | nil, err */
static int client_list(lua_State *L) {
  kube_error err = {0};
  kube_list_options options = {0};
  target t = check_target(L);
  kube_read_options(L, 5, list_options, &options);
  START(L, kube_dynamic_list(client, &t.resource, t.ns, &options, &err));
}

static const kube_option watch_options[] = {
    {"labelSelector", KUBE_OPTION_TEXT, offsetof(kube_watch_options, label_selector)},
    {"fieldSelector", KUBE_OPTION_TEXT, offsetof(kube_watch_options, field_selector)},
    {"resourceVersion", KUBE_OPTION_TEXT, offsetof(kube_watch_options, resource_version)},
    {"resourceVersionMatch", KUBE_OPTION_TEXT,
     offsetof(kube_watch_options, resource_version_match)},
    {"shardSelector", KUBE_OPTION_TEXT, offsetof(kube_watch_options, shard_selector)},
    {"as", KUBE_OPTION_TEXT, offsetof(kube_watch_options, as)},
    {"includeObject", KUBE_OPTION_TEXT, offsetof(kube_watch_options, include_object)},
    {"timeoutSeconds", KUBE_OPTION_INTEGER, offsetof(kube_watch_options, timeout_seconds)},
    {"sendInitialEvents", KUBE_OPTION_FLAG, offsetof(kube_watch_options, send_initial_events)},
    {"allowWatchBookmarks", KUBE_OPTION_FLAG, offsetof(kube_watch_options, bookmarks)},
    {"no_resume", KUBE_OPTION_FLAG, offsetof(kube_watch_options, no_resume)},
    {"error_on_expired", KUBE_OPTION_FLAG, offsetof(kube_watch_options, error_on_expired)},
    {"timeout", KUBE_OPTION_SECONDS, offsetof(kube_watch_options, timeout)},
    {NULL, KUBE_OPTION_TEXT, 0}};

/* client:watch(resource, namespace, nil, options) -> call | nil, err */
static int client_watch(lua_State *L) {
  kube_error err = {0};
  kube_watch_options options = {0};
  target t = check_target(L);
  kube_read_options(L, 5, watch_options, &options);
  START(L, kube_dynamic_watch(client, &t.resource, t.ns, &options, &err));
}

/* ---- writing ---- */

static const kube_option write_options[] = {
    {"fieldManager", KUBE_OPTION_TEXT, offsetof(kube_write_options, field_manager)},
    {"fieldValidation", KUBE_OPTION_TEXT, offsetof(kube_write_options, field_validation)},
    {"dryRun", KUBE_OPTION_TEXT, offsetof(kube_write_options, dry_run)},
    {"subresource", KUBE_OPTION_TEXT, offsetof(kube_write_options, subresource)},
    {"as", KUBE_OPTION_TEXT, offsetof(kube_write_options, as)},
    {"includeObject", KUBE_OPTION_TEXT, offsetof(kube_write_options, include_object)},
    {"force", KUBE_OPTION_FLAG, offsetof(kube_write_options, force)},
    {"timeout", KUBE_OPTION_SECONDS, offsetof(kube_write_options, timeout)},
    {NULL, KUBE_OPTION_TEXT, 0}};

typedef kube_call *(*write_verb)(kube_client *, const kube_resource *, const char *, const char *,
                                 kube_slice, const kube_write_options *, kube_error *);

/* client:verb(resource, namespace, name, options, body) -> call | nil, err */
static int write_with(lua_State *L, write_verb verb) {
  kube_error err = {0};
  kube_write_options options = {0};
  kube_slice body;
  target t = check_target(L);
  kube_read_options(L, 5, write_options, &options);
  if (check_body(L, 6, &body, &err) != KUBE_OK) return kube_push_error(L, &err);
  START(L, verb(client, &t.resource, t.ns, t.name, body, &options, &err));
}

static int client_create(lua_State *L) { return write_with(L, kube_dynamic_create); }
static int client_update(lua_State *L) { return write_with(L, kube_dynamic_update); }
static int client_update_status(lua_State *L) { return write_with(L, kube_dynamic_update_status); }
static int client_apply(lua_State *L) { return write_with(L, kube_dynamic_apply); }

/* client:patch(resource, namespace, name, options, patch, its type: one of kube.patch) */
static int client_patch(lua_State *L) {
  static const char *const types[] = {"json", "merge", "strategic", "apply", NULL};
  kube_error err = {0};
  kube_write_options options = {0};
  kube_slice body;
  target t = check_target(L);
  int type = luaL_checkoption(L, 7, NULL, types);
  kube_read_options(L, 5, write_options, &options);
  if (check_body(L, 6, &body, &err) != KUBE_OK) return kube_push_error(L, &err);
  START(L, kube_dynamic_patch(client, &t.resource, t.ns, t.name, (kube_patch_type)type, body,
                              &options, &err));
}

/* ---- deleting ---- */

#define OF_COLLECTION(field) offsetof(kube_delete_options, collection.field)

static const kube_option delete_options[] = {
    {"propagationPolicy", KUBE_OPTION_TEXT, offsetof(kube_delete_options, propagation_policy)},
    {"precondition_uid", KUBE_OPTION_TEXT, offsetof(kube_delete_options, precondition_uid)},
    {"precondition_version", KUBE_OPTION_TEXT,
     offsetof(kube_delete_options, precondition_resource_version)},
    {"dryRun", KUBE_OPTION_TEXT, offsetof(kube_delete_options, dry_run)},
    {"subresource", KUBE_OPTION_TEXT, offsetof(kube_delete_options, subresource)},
    {"as", KUBE_OPTION_TEXT, offsetof(kube_delete_options, as)},
    {"labelSelector", KUBE_OPTION_TEXT, OF_COLLECTION(label_selector)},
    {"fieldSelector", KUBE_OPTION_TEXT, OF_COLLECTION(field_selector)},
    {"shardSelector", KUBE_OPTION_TEXT, OF_COLLECTION(shard_selector)},
    {"resourceVersion", KUBE_OPTION_TEXT, OF_COLLECTION(resource_version)},
    {"resourceVersionMatch", KUBE_OPTION_TEXT, OF_COLLECTION(resource_version_match)},
    {"continue", KUBE_OPTION_TEXT, OF_COLLECTION(continue_token)},
    {"limit", KUBE_OPTION_INTEGER, OF_COLLECTION(limit)},
    {"timeoutSeconds", KUBE_OPTION_INTEGER, OF_COLLECTION(timeout_seconds)},
    {"timeout", KUBE_OPTION_SECONDS, offsetof(kube_delete_options, timeout)},
    {NULL, KUBE_OPTION_TEXT, 0}};

/* What is not the same when it is not there: 0 seconds, false. */
typedef struct if_given {
  int64_t grace;
  bool orphan, ignore;
} if_given;

static const bool *read_flag(lua_State *L, const char *name, bool *flag) {
  const bool *given = NULL;
  lua_getfield(L, 5, name);
  *flag = lua_toboolean(L, -1);
  if (!lua_isnil(L, -1)) given = flag;
  lua_pop(L, 1);
  return given;
}

static void read_delete_options(lua_State *L, kube_delete_options *options, if_given *values) {
  kube_read_options(L, 5, delete_options, options);
  if (!lua_istable(L, 5)) return;
  luaL_checkstack(L, 4, "options");
  lua_getfield(L, 5, "gracePeriodSeconds");
  if (lua_isnumber(L, -1)) {
    values->grace = kube_integer_of(lua_tonumber(L, -1));
    options->grace_period_seconds = &values->grace;
  }
  lua_pop(L, 1);
  options->orphan_dependents = read_flag(L, "orphanDependents", &values->orphan);
  options->ignore_store_read_error_with_cluster_breaking_potential =
      read_flag(L, "ignoreStoreReadErrorWithClusterBreakingPotential", &values->ignore);
}

/* client:delete(resource, namespace, name, options) -> call | nil, err */
static int client_delete(lua_State *L) {
  kube_error err = {0};
  kube_delete_options options = {0};
  if_given values;
  target t = check_target(L);
  read_delete_options(L, &options, &values);
  START(L, kube_dynamic_delete(client, &t.resource, t.ns, t.name, &options, &err));
}

/* client:delete_collection(resource, namespace, nil, options) -> call | nil, err */
static int client_delete_collection(lua_State *L) {
  kube_error err = {0};
  kube_delete_options options = {0};
  if_given values;
  target t = check_target(L);
  read_delete_options(L, &options, &values);
  START(L, kube_dynamic_delete_collection(client, &t.resource, t.ns, &options, &err));
}

/* ---- any path, and discovery ---- */

/* client:rest_get(path [, accept [, timeout in seconds]]) -> call | nil, err */
static int client_rest_get(lua_State *L) {
  kube_error err = {0};
  const char *path = luaL_checkstring(L, 2), *accept = luaL_optstring(L, 3, NULL);
  lua_Number timeout = luaL_optnumber(L, 4, 0);
  START(L, kube_rest_get(client, path, accept, kube_milliseconds_of(timeout), &err));
}

static int client_version(lua_State *L) {
  kube_error err = {0};
  START(L, kube_discovery_version(client, &err));
}

static int client_openapi_v2(lua_State *L) {
  kube_error err = {0};
  START(L, kube_openapi_v2(client, &err));
}

static int client_openapi_v3(lua_State *L) {
  kube_error err = {0};
  START(L, kube_openapi_v3(client, &err));
}

/* client:openapi_v3_schema(url) -> call | nil, err */
static int client_openapi_v3_schema(lua_State *L) {
  kube_error err = {0};
  const char *url = luaL_checkstring(L, 2);
  START(L, kube_openapi_v3_schema(client, url, &err));
}

/* ---- the handle ---- */

/* client(engine, config) -> client | nil, err */
static int client_new(lua_State *L) {
  kube_error err = {0};
  void **box = kube_box_new(L, KUBE_LUA_CLIENT); /* first: see START */
  kube_engine *engine = kube_box_check(L, 1, KUBE_LUA_ENGINE);
  kube_config *config = kube_box_check(L, 2, KUBE_LUA_CONFIG);
  *box = kube_client_new(engine, config, &err);
  return *box ? 1 : kube_push_error(L, &err);
}

static int client_close(lua_State *L) {
  void **box = kube_box_at(L, 1, KUBE_LUA_CLIENT);
  kube_client *client = *box;
  *box = NULL;
  kube_client_free(client);
  return 0;
}

static const luaL_Reg client_methods[] = {
    {"get", client_get},
    {"list", client_list},
    {"watch", client_watch},
    {"create", client_create},
    {"update", client_update},
    {"update_status", client_update_status},
    {"patch", client_patch},
    {"apply", client_apply},
    {"delete", client_delete},
    {"delete_collection", client_delete_collection},
    {"rest_get", client_rest_get},
    {"rest_send", kube_lua_rest_send},
    {"rest_stream", kube_lua_rest_stream},
    {"rest_url", kube_lua_rest_url},
    {"discovery_start", kube_lua_discovery_start},
    {"discovery_start_version", kube_lua_discovery_start_version},
    {"version", client_version},
    {"openapi_v2", client_openapi_v2},
    {"openapi_v3", client_openapi_v3},
    {"openapi_v3_schema", client_openapi_v3_schema},
    {NULL, NULL}};

void kube_lua_open_client(lua_State *L) {
  static const luaL_Reg functions[] = {{"client", client_new}, {NULL, NULL}};
  kube_box_type(L, KUBE_LUA_CLIENT, client_methods, client_close);
  luaL_setfuncs(L, functions, 0);
}
