/*
** A user's exec and auth-provider, as they stand: nothing is run here. The contract is in
** kubeconfig.h. Rules: client-go rest/exec.go ConfigToExecCluster, tools/clientcmd/client_config.go
** (the install hint, the cluster's extension), loader.go (the command's path).
*/
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "kubeconfig.h"
#include "tree.h"

static char **new_list(size_t n, kube_error *err) {
  char **list = calloc(n + 1, sizeof *list);
  if (list == NULL) kube_fail_memory(err, "a list");
  return list;
}

/* ---- the install hint ---- */

/* What Unicode calls a control or format character, or leaves to private use, but for white space. */
static const struct {
  uint32_t first, last;
} hidden[] = {{0x00, 0x08},       {0x0E, 0x1F},       {0x7F, 0x9F},       {0xAD, 0xAD},
              {0x600, 0x605},     {0x61C, 0x61C},     {0x6DD, 0x6DD},     {0x70F, 0x70F},
              {0x890, 0x891},     {0x8E2, 0x8E2},     {0x180E, 0x180E},   {0x200B, 0x200F},
              {0x202A, 0x202E},   {0x2060, 0x206F},   {0xE000, 0xF8FF},   {0xFEFF, 0xFEFF},
              {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
              {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE007F},
              {0xF0000, 0x10FFFF}};

static bool is_hidden(uint32_t c) {
  size_t i;
  for (i = 0; i < sizeof hidden / sizeof *hidden; i++)
    if (c >= hidden[i].first && c <= hidden[i].last) return true;
  return false;
}

/* The character at p, which is valid UTF-8, and its length. */
static uint32_t character(const char *p, size_t *n) {
  const unsigned char lead = (unsigned char)*p;
  uint32_t c = lead < 0x80   ? lead
               : lead < 0xE0 ? lead & 0x1F
               : lead < 0xF0 ? lead & 0x0F
                             : lead & 7;
  size_t i;
  *n = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  for (i = 1; i < *n && p[i]; i++) c = c << 6 | ((unsigned char)p[i] & 0x3F);
  *n = i;
  return c;
}

/* Escapes what could play tricks with a terminal. Rule: client-go cleanANSIEscapeCodes. */
static kube_status clean(const char *text, char **out, kube_error *err) {
  kube_buffer safe = {0};
  kube_status status = KUBE_OK;
  size_t n;
  for (; text && *text && status == KUBE_OK; text += n) {
    const uint32_t c = character(text, &n);
    status = is_hidden(c) ? kube_buffer_printf(&safe, err, "U+%04X", (unsigned)c)
                          : kube_buffer_add(&safe, text, n, err);
  }
  if (status == KUBE_OK && text) *out = kube_buffer_steal(&safe, err);
  kube_buffer_clear(&safe);
  return text && !*out ? KUBE_ENOMEM : KUBE_OK;
}

/* ---- the cluster ---- */

#define CLUSTER_EXTENSION "client.authentication.k8s.io/exec"

static const cJSON *cluster_config(const cJSON *cluster) {
  const cJSON *entry;
  cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(cluster, "extensions")) {
    const char *name = kube_kubeconfig_text(entry, "name");
    if (name && strcmp(name, CLUSTER_EXTENSION) == 0)
      return kube_kubeconfig_item(entry, "extension");
  }
  return NULL;
}

static bool add_text(cJSON *to, const char *name, const char *text) {
  return text == NULL || cJSON_AddStringToObject(to, name, text);
}

static bool add_flag(cJSON *to, const char *name, bool flag) {
  return !flag || cJSON_AddTrueToObject(to, name);
}

static bool add_ca(cJSON *to, const kube_buffer *ca) {
  kube_buffer data = {0};
  bool good = kube_buffer_length(ca) == 0;
  if (!good)
    good = kube_text_base64_encode(&data, kube_buffer_bytes(ca), kube_buffer_length(ca), NULL) ==
               KUBE_OK &&
           kube_buffer_text(&data, NULL) &&
           add_text(to, "certificate-authority-data", kube_buffer_bytes(&data));
  kube_buffer_clear(&data);
  return good;
}

static bool add_config(cJSON *to, const cJSON *config) {
  cJSON *copied = config ? cJSON_Duplicate(config, true) : NULL;
  if (config == NULL) return true;
  if (copied && cJSON_AddItemToObject(to, "config", copied)) return true;
  kube_tree_free(copied);
  return false;
}

/* The server without what a request's URL would not keep. */
static bool add_server(cJSON *to, const char *server) {
  char *text = server ? strndup(server, strcspn(server, "?#")) : NULL;
  const bool good = !server || (text && add_text(to, "server", text));
  free(text);
  return good;
}

/* spec.cluster of the ExecCredential that a plugin is given. */
static kube_status describe_cluster(kube_config *config, const kube_cluster_settings *cluster,
                                    kube_error *err) {
  cJSON *all = cJSON_CreateObject();
  if (all && add_server(all, cluster->server) &&
      add_text(all, "tls-server-name", cluster->tls_server_name) &&
      add_flag(all, "insecure-skip-tls-verify", cluster->insecure) &&
      add_ca(all, &config->tls.ca) && add_text(all, "proxy-url", cluster->proxy) &&
      add_flag(all, "disable-compression", cluster->disable_compression) &&
      add_config(all, cluster_config(cluster->from.body)))
    config->exec.cluster = cJSON_PrintUnformatted(all);
  kube_tree_free(all);
  return config->exec.cluster ? KUBE_OK : kube_fail_memory(err, "a plugin's cluster");
}

/* ---- the plugin ---- */

static kube_status set_arguments(kube_exec *exec, const cJSON *list, kube_error *err) {
  const cJSON *item;
  kube_status status = KUBE_OK;
  size_t n = 0;
  if (list == NULL) return KUBE_OK;
  exec->arguments = new_list((size_t)cJSON_GetArraySize(list), err);
  if (exec->arguments == NULL) return KUBE_ENOMEM;
  cJSON_ArrayForEach(item, list) {
    if (status == KUBE_OK)
      status = kube_text_copy_to(&exec->arguments[n++], item->valuestring, err);
  }
  return status;
}

static kube_status set_variable(char **to, const cJSON *entry, kube_error *err) {
  kube_buffer line = {0};
  const char *name = kube_kubeconfig_text(entry, "name"),
             *value = kube_kubeconfig_text(entry, "value");
  kube_status status =
      kube_buffer_printf(&line, err, "%s=%s", name ? name : "", value ? value : "");
  if (status == KUBE_OK) *to = kube_buffer_steal(&line, err);
  kube_buffer_clear_secret(&line);
  return *to ? KUBE_OK : KUBE_ENOMEM;
}

static kube_status set_environment(kube_exec *exec, const cJSON *list, kube_error *err) {
  const cJSON *entry;
  kube_status status = KUBE_OK;
  size_t n = 0;
  if (!cJSON_IsArray(list)) return KUBE_OK;
  exec->environment = new_list((size_t)cJSON_GetArraySize(list), err);
  if (exec->environment == NULL) return KUBE_ENOMEM;
  cJSON_ArrayForEach(entry, list) {
    if (status == KUBE_OK) status = set_variable(&exec->environment[n++], entry, err);
  }
  return status;
}

/* A command with a '/' is relative to its kubeconfig; others are looked up in PATH. */
static kube_status set_command(kube_exec *exec, const kube_user_settings *user, kube_error *err) {
  const char *command = kube_kubeconfig_text(user->exec, "command");
  if (command && strchr(command, '/') == NULL)
    return kube_text_copy_to(&exec->command, command, err);
  if (command) exec->command = kube_path_resolve((kube_path){command, user->from.path}, err);
  return command && !exec->command ? KUBE_ENOMEM : KUBE_OK;
}

static kube_interactive_mode mode_of(const char *mode) {
  if (mode && strcmp(mode, "Never") == 0) return KUBE_INTERACTIVE_NEVER;
  return mode && strcmp(mode, "Always") == 0 ? KUBE_INTERACTIVE_ALWAYS
                                             : KUBE_INTERACTIVE_IF_AVAILABLE;
}

kube_status kube_exec_apply(kube_config *config, const kube_user_settings *user,
                            const kube_cluster_settings *cluster, kube_error *err) {
  kube_exec *exec = &config->exec;
  const cJSON *from = user->exec;
  kube_status status;
  if (from == NULL) return KUBE_OK;
  exec->timeout = user->exec_timeout;
  exec->interactive = mode_of(kube_kubeconfig_text(from, "interactiveMode"));
  status = set_command(exec, user, err);
  if (status == KUBE_OK) status = set_arguments(exec, kube_kubeconfig_item(from, "args"), err);
  if (status == KUBE_OK)
    status = set_environment(exec, cJSON_GetObjectItemCaseSensitive(from, "env"), err);
  if (status == KUBE_OK)
    status = kube_text_copy_to(&exec->api_version, kube_kubeconfig_text(from, "apiVersion"), err);
  if (status == KUBE_OK)
    status = clean(kube_kubeconfig_text(from, "installHint"), &exec->install_hint, err);
  if (status == KUBE_OK &&
      cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(from, "provideClusterInfo")))
    status = describe_cluster(config, cluster, err);
  return status;
}

/* ---- the auth provider ---- */

static kube_status set_fields(kube_auth_provider *provider, const cJSON *all, kube_error *err) {
  const cJSON *item;
  kube_status status = KUBE_OK;
  size_t n = 0;
  provider->fields = new_list(2 * (size_t)cJSON_GetArraySize(all), err);
  if (provider->fields == NULL) return KUBE_ENOMEM;
  cJSON_ArrayForEach(item, all) {
    if (status != KUBE_OK || !cJSON_IsString(item)) continue;
    status = kube_text_copy_to(&provider->fields[n++], item->string, err);
    if (status == KUBE_OK)
      status = kube_text_copy_to(&provider->fields[n++], item->valuestring, err);
  }
  return status;
}

kube_status kube_auth_provider_apply(kube_config *config, const kube_user_settings *user,
                                     kube_error *err) {
  kube_auth_provider *provider = &config->auth_provider;
  kube_status status;
  if (user->auth_provider == NULL) return KUBE_OK;
  status =
      kube_text_copy_to(&provider->name, kube_kubeconfig_text(user->auth_provider, "name"), err);
  if (status == KUBE_OK)
    status = set_fields(provider, kube_kubeconfig_item(user->auth_provider, "config"), err);
  if (status == KUBE_OK && user->from.path) {
    provider->file = kube_path_resolve((kube_path){user->from.path, NULL}, err);
    if (provider->file == NULL) status = KUBE_ENOMEM;
  }
  return status;
}
