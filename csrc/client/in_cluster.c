/*
** The configuration that Kubernetes gives a pod; the contract is in config.h. It is made as a cluster
** and a user of a kubeconfig would be, so that options go before it in the same way. Rules: client-go
** rest/config.go InClusterConfig, tools/clientcmd/client_config.go inClusterClientConfig. Where we
** differ:
**
** | case                           | client-go             | kube                     |
** |--------------------------------|-----------------------|--------------------------|
** | ca.crt missing or broken       | the system's roots    | an error                 |
** | options beside server, token,  | ignored               | they count as they do    |
** | tokenFile and CA               |                       | with a kubeconfig        |
*/
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/text.h"
#include "kubeconfig.h"
#include "tree.h"

const char *kube_service_account = "/var/run/secrets/kubernetes.io/serviceaccount";

enum { FILE_CEILING = 1 << 20 };

static void path_of(char *path, size_t size, const char *name) {
  snprintf(path, size, "%s/%s", kube_service_account, name);
}

/* 0, or errno. */
static int look_for_token(void) {
  char path[4096];
  struct stat info;
  path_of(path, sizeof path, "token");
  if (stat(path, &info) != 0) return errno;
  return S_ISDIR(info.st_mode) ? EISDIR : 0;
}

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

/* ---- the namespace ---- */

/* POD_NAMESPACE, else the file, else "default". */
static char *namespace_of_pod(kube_error *err) {
  kube_buffer file = {0};
  const char *name = variable("POD_NAMESPACE");
  char path[4096], *text;
  path_of(path, sizeof path, "namespace");
  if (name == NULL && kube_file_read(path, FILE_CEILING, &file, NULL) == KUBE_OK &&
      kube_buffer_text(&file, NULL)) {
    file.data[strcspn(file.data, " \t\r\n")] = '\0';
    name = file.data;
  }
  text = kube_text_copy(name && *name ? name : "default", err);
  kube_buffer_clear(&file);
  return text;
}

char *kube_in_cluster_namespace(kube_error *err) {
  const bool possible = look_for_token() == 0 && variable("KUBERNETES_SERVICE_HOST") &&
                        variable("KUBERNETES_SERVICE_PORT");
  return possible ? namespace_of_pod(err) : kube_text_copy("default", err);
}

/* ---- the cluster and the user ---- */

/* host:port as a URL; an IPv6 address gets its brackets. */
static bool add_server(cJSON *cluster, const char *host, const char *port) {
  char url[512];
  const bool v6 = strchr(host, ':') != NULL;
  snprintf(url, sizeof url, v6 ? "https://[%s]:%s" : "https://%s:%s", host, port);
  return cJSON_AddStringToObject(cluster, "server", url) != NULL;
}

static bool add_file(cJSON *to, const char *field, const char *name) {
  char path[4096];
  path_of(path, sizeof path, name);
  return cJSON_AddStringToObject(to, field, path) != NULL;
}

/* A token of the options comes instead of the pod's, and so does a name with a password. */
static bool is_someone(const kube_config_options *options) {
  return (options->token && *options->token) || (options->token_file && *options->token_file) ||
         (options->username && *options->username);
}

static kube_status use(kube_config *config, const cJSON *cluster_body, const cJSON *user_body,
                       const kube_config_options *options, kube_error *err) {
  kube_problems problems = {0};
  kube_cluster_settings cluster = {.from = {"cluster", "in-cluster", "in-cluster", cluster_body}};
  kube_user_settings user = {.from = {"user", "service account", "in-cluster", user_body}};
  kube_status status;
  kube_cluster_merge(&cluster, options, &problems);
  kube_user_merge(&user, options, &problems);
  status = kube_settings_apply(config, &cluster, &user, &problems, "", err);
  if (status == KUBE_OK) status = kube_namespace_set(config, options->ns, NULL, err);
  if (status != KUBE_OK) return status;
  config->context = kube_text_copy("", err);
  free(config->source);
  config->source = kube_text_copy("in-cluster", err);
  return config->context && config->source ? KUBE_OK : KUBE_ENOMEM;
}

static kube_status load(kube_config *config, const char *host, const char *port,
                        const kube_config_options *options, kube_error *err) {
  cJSON *cluster = cJSON_CreateObject(), *user = cJSON_CreateObject();
  kube_status status;
  if (cluster && user && add_server(cluster, host, port) &&
      add_file(cluster, "certificate-authority", "ca.crt") &&
      (is_someone(options) || add_file(user, "tokenFile", "token")))
    status = use(config, cluster, user, options, err);
  else
    status = kube_fail_memory(err, "a configuration");
  kube_tree_free(cluster);
  kube_tree_free(user);
  if (status != KUBE_OK) kube_error_prefix(err, "in-cluster configuration");
  return status;
}

/* ---- whether this is a pod ---- */

/* A service account without the variables: nginx hides those that its configuration does not name. */
static kube_status say_why_not(int no_token, kube_buffer *tried, kube_error *err) {
  const char *comma = kube_buffer_length(tried) ? ", " : "";
  if (variable("KUBERNETES_SERVICE_HOST") && variable("KUBERNETES_SERVICE_PORT"))
    return kube_buffer_printf(tried, err, "%sin-cluster (%s/token: %s)", comma,
                              kube_service_account, strerror(no_token));
  return kube_buffer_printf(
      tried, err,
      "%sin-cluster (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set%s)", comma,
      no_token ? ""
               : ", though this is a pod: in nginx, add \"env KUBERNETES_SERVICE_HOST; env "
                 "KUBERNETES_SERVICE_PORT;\" to nginx.conf");
}

kube_status kube_in_cluster_load(kube_config *config, const kube_config_options *options,
                                 kube_buffer *tried, kube_error *err) {
  const char *host = variable("KUBERNETES_SERVICE_HOST");
  const char *port = variable("KUBERNETES_SERVICE_PORT");
  const int no_token = look_for_token();
  if (host && port && no_token == 0) return load(config, host, port, options, err);
  return say_why_not(no_token, tried, err) == KUBE_OK ? KUBE_AGAIN : KUBE_ENOMEM;
}
