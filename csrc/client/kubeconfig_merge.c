/*
** What the files and the options say together; the contract is in kubeconfig.h. Rules: client-go
** tools/clientcmd/client_config.go getCluster and getAuthInfo:
**   an option goes before the file's value;
**   a CA or "insecure" of the options clears the file's CA, in either form, and its "insecure";
**   a server of the options clears the file's tls-server-name;
**   a certificate or key of the options clears the file's, in either form.
*/
#include <string.h>

#include "kubeconfig.h"

/* ---- reading a stanza ---- */

const cJSON *kube_kubeconfig_item(const cJSON *object, const char *field) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
  return cJSON_IsNull(item) ? NULL : item;
}

/* What is there must be of its type: an identity that cannot be read is not the same as none. */
static void wrong(const kube_stanza *from, const char *field, const char *type,
                  kube_problems *problems) {
  kube_problem(problems, "%s of %s \"%s\" is not a %s", field, from->what, from->name, type);
}

static const char *text(const kube_stanza *from, const char *field, kube_problems *problems) {
  const cJSON *item = kube_kubeconfig_item(from->body, field);
  if (item && !cJSON_IsString(item)) wrong(from, field, "string", problems);
  return kube_kubeconfig_text(from->body, field);
}

static bool flag(const kube_stanza *from, const char *field, kube_problems *problems) {
  const cJSON *item = kube_kubeconfig_item(from->body, field);
  if (item && !cJSON_IsBool(item)) wrong(from, field, "boolean", problems);
  return cJSON_IsTrue(item);
}

static kube_path path(const kube_stanza *from, const char *field, kube_problems *problems) {
  return (kube_path){text(from, field, problems), from->path};
}

static const cJSON *map(const kube_stanza *from, const char *field, kube_problems *problems) {
  const cJSON *item = kube_kubeconfig_item(from->body, field);
  if (item && !cJSON_IsObject(item)) wrong(from, field, "map", problems);
  return cJSON_IsObject(item) ? item : NULL;
}

static bool are_texts(const cJSON *list) {
  const cJSON *item;
  if (!cJSON_IsArray(list)) return false;
  cJSON_ArrayForEach(item, list) if (!cJSON_IsString(item)) return false;
  return true;
}

static const cJSON *texts(const kube_stanza *from, const char *field, kube_problems *problems) {
  const cJSON *item = kube_kubeconfig_item(from->body, field);
  if (item == NULL || are_texts(item)) return item;
  wrong(from, field, "list of strings", problems);
  return NULL;
}

static const cJSON *extra_of(const kube_stanza *from, kube_problems *problems) {
  const cJSON *all = map(from, "as-user-extra", problems), *item;
  cJSON_ArrayForEach(item, all) {
    if (cJSON_IsNull(item) || are_texts(item)) continue;
    wrong(from, "as-user-extra", "map of lists of strings", problems);
    return NULL;
  }
  return all;
}

static bool is_map(const kube_stanza *from, kube_problems *problems) {
  if (from->body == NULL || cJSON_IsNull(from->body) || cJSON_IsObject(from->body)) return true;
  kube_problem(problems, "%s \"%s\" is not a map", from->what, from->name);
  return false;
}

/* A member of a stanza's map as a stanza of its own: "exec of user "x"" is what messages call it. */
static kube_stanza inner(const kube_stanza *from, const char *what, const cJSON *body) {
  return (kube_stanza){.what = what, .name = from->name, .path = from->path, .body = body};
}

static bool is_given(const char *option) { return option && *option; }

static void prefer(const char **value, const char *option) {
  if (is_given(option)) *value = option;
}

/* ---- the cluster ---- */

static void merge_trust(kube_cluster_settings *cluster, const kube_config_options *options) {
  const bool insecure = options->insecure_skip_tls_verify && *options->insecure_skip_tls_verify;
  if (insecure || is_given(options->certificate_authority)) {
    cluster->ca = (kube_path){
        is_given(options->certificate_authority) ? options->certificate_authority : NULL, NULL};
    cluster->ca_data = NULL;
    cluster->insecure = insecure;
  } else if (options->insecure_skip_tls_verify) {
    cluster->insecure = false;
  }
}

void kube_cluster_merge(kube_cluster_settings *cluster, const kube_config_options *options,
                        kube_problems *problems) {
  const kube_stanza *from = &cluster->from;
  if (is_map(from, problems)) {
    cluster->server = text(from, "server", problems);
    cluster->tls_server_name = text(from, "tls-server-name", problems);
    cluster->proxy = text(from, "proxy-url", problems);
    cluster->ca = path(from, "certificate-authority", problems);
    cluster->ca_data = text(from, "certificate-authority-data", problems);
    cluster->insecure = flag(from, "insecure-skip-tls-verify", problems);
    cluster->disable_compression = flag(from, "disable-compression", problems);
  }
  cluster->server_given = is_given(options->server);
  if (cluster->server_given) cluster->tls_server_name = NULL;
  prefer(&cluster->server, options->server);
  prefer(&cluster->tls_server_name, options->tls_server_name);
  prefer(&cluster->proxy, options->proxy_url);
  if (options->disable_compression) cluster->disable_compression = *options->disable_compression;
  merge_trust(cluster, options);
}

/* ---- the user ---- */

static void check_exec_types(const kube_stanza *user, const cJSON *body, kube_problems *problems) {
  static const char *const fields[] = {"command", "apiVersion", "installHint", "interactiveMode"};
  const kube_stanza exec = inner(user, "exec of user", body);
  const cJSON *env = kube_kubeconfig_item(body, "env"), *item;
  size_t i;
  for (i = 0; i < sizeof fields / sizeof *fields; i++) text(&exec, fields[i], problems);
  flag(&exec, "provideClusterInfo", problems);
  texts(&exec, "args", problems);
  if (env && !cJSON_IsArray(env)) wrong(&exec, "env", "list", problems);
  cJSON_ArrayForEach(item, env) {
    const kube_stanza entry = inner(user, "env of user", item);
    text(&entry, "name", problems);
    text(&entry, "value", problems);
  }
}

static void check_provider_types(const kube_stanza *user, const cJSON *body,
                                 kube_problems *problems) {
  const kube_stanza provider = inner(user, "auth-provider of user", body);
  const cJSON *item;
  text(&provider, "name", problems);
  cJSON_ArrayForEach(item, map(&provider, "config", problems)) {
    if (!cJSON_IsString(item) && !cJSON_IsNull(item))
      wrong(&provider, item->string, "string", problems);
  }
}

static void read_user(kube_user_settings *user, kube_problems *problems) {
  const kube_stanza *from = &user->from;
  user->token = text(from, "token", problems);
  user->token_file = path(from, "tokenFile", problems);
  user->username = text(from, "username", problems);
  user->password = text(from, "password", problems);
  user->cert = path(from, "client-certificate", problems);
  user->cert_data = text(from, "client-certificate-data", problems);
  user->key = path(from, "client-key", problems);
  user->key_data = text(from, "client-key-data", problems);
  user->as = text(from, "as", problems);
  user->as_uid = text(from, "as-uid", problems);
  user->groups = texts(from, "as-groups", problems);
  user->extra = extra_of(from, problems);
  user->exec = map(from, "exec", problems);
  user->auth_provider = map(from, "auth-provider", problems);
  check_exec_types(from, user->exec, problems);
  check_provider_types(from, user->auth_provider, problems);
}

static void prefer_path(kube_path *file, const char **data, const char *option) {
  if (!is_given(option)) return;
  *file = (kube_path){option, NULL};
  if (data) *data = NULL;
}

void kube_user_merge(kube_user_settings *user, const kube_config_options *options,
                     kube_problems *problems) {
  if (is_map(&user->from, problems)) read_user(user, problems);
  prefer(&user->token, options->token);
  if (is_given(options->token)) user->token_file.path = NULL; /* it would go before it */
  prefer_path(&user->token_file, NULL, options->token_file);
  prefer(&user->username, options->username);
  prefer(&user->password, options->password);
  prefer_path(&user->cert, &user->cert_data, options->client_certificate);
  prefer_path(&user->key, &user->key_data, options->client_key);
  prefer(&user->as, options->as);
  prefer(&user->as_uid, options->as_uid);
  user->option_groups = options->as_groups;
  user->option_extra = options->as_user_extra;
  user->exec_timeout = options->exec_timeout;
  if (options->as_groups && *options->as_groups) user->groups = NULL;
}
