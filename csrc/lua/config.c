/* Configurations, and the contexts there are, as Lua handles. */
#include <string.h>

#include "module.h"

/* ---- options ---- */

static const kube_option config_options[] = {
    {"kubeconfig", KUBE_OPTION_TEXT, offsetof(kube_config_options, kubeconfig)},
    {"context", KUBE_OPTION_TEXT, offsetof(kube_config_options, context)},
    {"cluster", KUBE_OPTION_TEXT, offsetof(kube_config_options, cluster)},
    {"user", KUBE_OPTION_TEXT, offsetof(kube_config_options, user)},
    {"namespace", KUBE_OPTION_TEXT, offsetof(kube_config_options, ns)},
    {"server", KUBE_OPTION_TEXT, offsetof(kube_config_options, server)},
    {"certificate_authority", KUBE_OPTION_TEXT,
     offsetof(kube_config_options, certificate_authority)},
    {"tls_server_name", KUBE_OPTION_TEXT, offsetof(kube_config_options, tls_server_name)},
    {"proxy_url", KUBE_OPTION_TEXT, offsetof(kube_config_options, proxy_url)},
    {"token", KUBE_OPTION_TEXT, offsetof(kube_config_options, token)},
    {"token_file", KUBE_OPTION_TEXT, offsetof(kube_config_options, token_file)},
    {"username", KUBE_OPTION_TEXT, offsetof(kube_config_options, username)},
    {"password", KUBE_OPTION_TEXT, offsetof(kube_config_options, password)},
    {"client_certificate", KUBE_OPTION_TEXT, offsetof(kube_config_options, client_certificate)},
    {"client_key", KUBE_OPTION_TEXT, offsetof(kube_config_options, client_key)},
    {"user_agent", KUBE_OPTION_TEXT, offsetof(kube_config_options, user_agent)},
    {"as", KUBE_OPTION_TEXT, offsetof(kube_config_options, as)},
    {"as_uid", KUBE_OPTION_TEXT, offsetof(kube_config_options, as_uid)},
    {"exec_timeout", KUBE_OPTION_SECONDS, offsetof(kube_config_options, exec_timeout)},
    {"qps", KUBE_OPTION_NUMBER, offsetof(kube_config_options, qps)},
    {"burst", KUBE_OPTION_INTEGER, offsetof(kube_config_options, burst)},
    {"max_retries", KUBE_OPTION_INTEGER, offsetof(kube_config_options, max_retries)},
    {NULL, KUBE_OPTION_TEXT, 0}};

/* The boolean at options[name], kept in *value; NULL when there is none. */
static const bool *read_flag(lua_State *L, const char *name, bool *value) {
  bool given;
  lua_getfield(L, 1, name);
  given = lua_isboolean(L, -1);
  *value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return given ? value : NULL;
}

typedef struct flags {
  bool insecure, uncompressed;
} flags;

/* lua/kube/config.lua makes as_user_extra a list of keys and values. */
static void read_options(lua_State *L, kube_config_options *options, flags *kept) {
  kube_read_options(L, 1, config_options, options);
  if (!lua_istable(L, 1)) return;
  options->insecure_skip_tls_verify = read_flag(L, "insecure_skip_tls_verify", &kept->insecure);
  options->disable_compression = read_flag(L, "disable_compression", &kept->uncompressed);
  options->as_groups = kube_read_texts(L, 1, "as_groups");
  options->as_user_extra = kube_read_texts(L, 1, "as_user_extra");
}

/* ---- configurations ---- */

/* config([options]) -> config | nil, err */
static int config_load(lua_State *L) {
  kube_error err = {0};
  kube_config_options options = {0};
  flags kept;
  void **box;
  read_options(L, &options, &kept);
  luaL_checkstack(L, 4, "a configuration");
  box = kube_box_new(L, KUBE_LUA_CONFIG);
  *box = kube_config_load(&options, &err);
  return *box ? 1 : kube_push_error(L, &err);
}

/* config_from_flags([master_url [, kubeconfig]]) -> config | nil, err */
static int config_from_flags(lua_State *L) {
  kube_error err = {0};
  const char *master_url = luaL_optstring(L, 1, NULL), *kubeconfig = luaL_optstring(L, 2, NULL);
  void **box = kube_box_new(L, KUBE_LUA_CONFIG);
  *box = kube_config_from_flags(master_url, kubeconfig, &err);
  return *box ? 1 : kube_push_error(L, &err);
}

static int config_close(lua_State *L) {
  void **box = kube_box_at(L, 1, KUBE_LUA_CONFIG);
  kube_config *config = *box;
  *box = NULL;
  kube_config_free(config);
  return 0;
}

static int describe(lua_State *L) {
  const kube_config *config = lua_touserdata(L, 1);
  lua_createtable(L, 0, 7);
  kube_set_text(L, "server", kube_config_server(config));
  kube_set_text(L, "namespace", kube_config_namespace(config));
  kube_set_text(L, "context", kube_config_context(config));
  kube_set_text(L, "cluster", kube_config_cluster(config));
  kube_set_text(L, "user", kube_config_user(config));
  kube_set_text(L, "source", kube_config_source(config));
  kube_set_text(L, "warnings", kube_config_warnings(config));
  return 1;
}

/*
** config:describe() -> { server =, namespace =, context =, cluster =, user =, source =, warnings = }:
** nothing secret
*/
static int config_describe(lua_State *L) { return kube_box_lend(L, KUBE_LUA_CONFIG, describe); }

/* ---- contexts ---- */

/* contexts([options]) -> contexts | nil, err */
static int contexts_load(lua_State *L) {
  kube_error err = {0};
  kube_config_options options = {0};
  void **box;
  kube_read_options(L, 1, config_options, &options);
  luaL_checkstack(L, 4, "contexts");
  box = kube_box_new(L, KUBE_LUA_CONTEXTS);
  *box = kube_contexts_load(&options, &err);
  return *box ? 1 : kube_push_error(L, &err);
}

static int contexts_close(lua_State *L) {
  void **box = kube_box_at(L, 1, KUBE_LUA_CONTEXTS);
  kube_contexts *contexts = *box;
  *box = NULL;
  kube_contexts_free(contexts);
  return 0;
}

static void push_context(lua_State *L, const kube_context *context) {
  lua_createtable(L, 0, 5);
  kube_set_text(L, "name", context->name);
  kube_set_text(L, "cluster", context->cluster);
  kube_set_text(L, "user", context->user);
  kube_set_text(L, "namespace", *context->ns ? context->ns : "default");
  if (!context->current) return;
  lua_pushboolean(L, 1);
  lua_setfield(L, -2, "current");
}

static int list(lua_State *L) {
  const kube_contexts *contexts = lua_touserdata(L, 1);
  const kube_context *context;
  size_t i;
  lua_newtable(L);
  for (i = 0; (context = kube_contexts_at(contexts, i)) != NULL; i++) {
    push_context(L, context);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

/* contexts:list() -> { { name =, cluster =, user =, namespace =, current = true | nil }, ... } */
static int contexts_list(lua_State *L) { return kube_box_lend(L, KUBE_LUA_CONTEXTS, list); }

/* ---- the handles ---- */

static const luaL_Reg config_methods[] = {{"describe", config_describe}, {NULL, NULL}};
static const luaL_Reg contexts_methods[] = {{"list", contexts_list}, {NULL, NULL}};

void kube_lua_open_config(lua_State *L) {
  static const luaL_Reg functions[] = {{"config", config_load},
                                       {"config_from_flags", config_from_flags},
                                       {"contexts", contexts_load},
                                       {NULL, NULL}};
  kube_box_type(L, KUBE_LUA_CONFIG, config_methods, config_close);
  kube_box_type(L, KUBE_LUA_CONTEXTS, contexts_methods, contexts_close);
  luaL_setfuncs(L, functions, 0);
}
