/* Changing and showing kubeconfigs for Lua; lua/kube/kubeconfig.lua gives them their names. */
#include <string.h>

#include "module.h"

#define TEXT "kube.secret_text"

static int text_free(lua_State *L) {
  void **box = kube_box_at(L, 1, TEXT);
  char *text = *box;
  *box = NULL;
  kube_text_free(text);
  return 0;
}

/* A C text, or NULL where none is given: a NUL byte would end it early. */
static const char *check_text(lua_State *L, int index) {
  size_t n;
  const char *text;
  if (lua_isnoneornil(L, index)) return NULL;
  text = luaL_checklstring(L, index, &n);
  luaL_argcheck(L, strlen(text) == n, index, "a NUL byte in a text");
  return text;
}

static const kube_option modify_options[] = {
    {"kubeconfig", KUBE_OPTION_TEXT, offsetof(kube_kubeconfig_options, kubeconfig)},
    {"timeout", KUBE_OPTION_SECONDS, offsetof(kube_kubeconfig_options, timeout)},
    {"embed_certs", KUBE_OPTION_FLAG, offsetof(kube_kubeconfig_options, embed_certs)},
    {NULL, KUBE_OPTION_TEXT, 0}};

/* modify(type, name, value | nil, options) -> true | nil, err */
static int kubeconfig_modify(lua_State *L) {
  static const char *const types[] = {
      "set",      "set_raw",     "unset",          "use_context", "rename_context", "set_cluster",
      "set_user", "set_context", "delete_cluster", "delete_user", "delete_context", NULL};
  kube_error err = {0};
  kube_kubeconfig_options options = {0};
  kube_edit edit = {.type = (kube_edit_type)luaL_checkoption(L, 1, NULL, types)};
  edit.name = check_text(L, 2);
  edit.value = check_text(L, 3);
  kube_read_options(L, 4, modify_options, &options);
  if (kube_kubeconfig_modify(&options, &edit, 1, &err) != KUBE_OK) return kube_push_error(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static const kube_option view_options[] = {
    {"kubeconfig", KUBE_OPTION_TEXT, offsetof(kube_view_options, kubeconfig)},
    {"context", KUBE_OPTION_TEXT, offsetof(kube_view_options, context)},
    {"raw", KUBE_OPTION_FLAG, offsetof(kube_view_options, raw)},
    {"minify", KUBE_OPTION_FLAG, offsetof(kube_view_options, minify)},
    {"flatten", KUBE_OPTION_FLAG, offsetof(kube_view_options, flatten)},
    {NULL, KUBE_OPTION_TEXT, 0}};

/* view(options) -> JSON | nil, err */
static int kubeconfig_view(lua_State *L) {
  kube_error err = {0};
  kube_view_options options = {0};
  void **box = kube_box_new(L, TEXT);
  kube_read_options(L, 1, view_options, &options);
  *box = kube_kubeconfig_view(&options, &err);
  if (*box == NULL) return kube_push_error(L, &err);
  lua_pushstring(L, *box);
  return 1;
}

void kube_lua_open_kubeconfig(lua_State *L) {
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"modify", kubeconfig_modify}, {"view", kubeconfig_view}, {NULL, NULL}};
  kube_box_type(L, TEXT, no_methods, text_free);
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "kubeconfig");
}
