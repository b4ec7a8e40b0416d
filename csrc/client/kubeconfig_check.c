/*
** What can be wrong with a cluster and a user, before any file is looked at; the contract is in
** kubeconfig.h. Words and rules: client-go tools/clientcmd/validation.go. Where we differ:
**
** | case                            | client-go             | kube                       |
** |---------------------------------|-----------------------|----------------------------|
** | a context's user does not exist | kubectl: anonymous    | an error                   |
** | a context names no user         | kubectl: anonymous    | anonymous                  |
** | client-key, but no certificate  | ignored               | an error                   |
** | exec of another apiVersion      | fails at the transport| an error when it is loaded |
** | auth-provider that is not there | fails at the transport| an error when it is loaded |
** | PEM where a path is wanted      | shown: no such file   | an error that shows none   |
** | a line break in a header        | fails at each request | an error when it is loaded |
*/
#include <string.h>
#include <strings.h>

#include "core/proxy.h"
#include "kubeconfig.h"

bool kube_is_dns_label(const char *text) {
  const size_t n = strlen(text), legal = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
  return n > 0 && n <= 63 && legal == n && text[0] != '-' && text[n - 1] != '-';
}

/* ---- the cluster ---- */

static void check_proxy(const kube_cluster_settings *cluster, kube_problems *problems) {
  kube_error err;
  if (kube_proxy_check(cluster->proxy, &err) == KUBE_OK) return;
  kube_problem(problems, "invalid 'proxy-url' for cluster \"%s\": %s", cluster->from.name,
               err.message);
}

void kube_cluster_check(const kube_cluster_settings *cluster, kube_problems *problems) {
  const char *name = cluster->from.name;
  if (cluster->server == NULL && *name == '\0')
    kube_problem(problems, "default cluster has no server defined");
  else if (cluster->server == NULL)
    kube_problem(problems, "no server found for cluster \"%s\"", name);
  check_proxy(cluster, problems);
  if (cluster->ca.path && cluster->ca_data)
    kube_problem(problems,
                 "certificate-authority-data and certificate-authority are both specified for %s",
                 name);
  if (cluster->insecure && (cluster->ca.path || cluster->ca_data))
    kube_problem(
        problems,
        "cluster \"%s\": specifying a root certificates file with the insecure flag is not "
        "allowed",
        name);
}

/* ---- the user ---- */

static void check_certificate(const kube_user_settings *user, kube_problems *problems) {
  const char *name = user->from.name;
  const bool cert = user->cert.path || user->cert_data, key = user->key.path || user->key_data;
  if (user->cert.path && user->cert_data)
    kube_problem(problems, "client-cert-data and client-cert are both specified for %s", name);
  if (user->key.path && user->key_data)
    kube_problem(problems, "client-key-data and client-key are both specified for %s", name);
  if (cert && !key)
    kube_problem(problems,
                 "client-key-data or client-key must be specified for %s to use the clientCert "
                 "authentication method",
                 name);
  if (key && !cert)
    kube_problem(
        problems,
        "client-certificate-data or client-certificate must be specified for %s to use its "
        "client-key",
        name);
}

static void check_methods(const kube_user_settings *user, kube_problems *problems) {
  if (user->token && (user->username || user->password))
    kube_problem(problems,
                 "more than one authentication method found for %s; found [token basicAuth], only "
                 "one is allowed",
                 user->from.name);
  else if (user->token_file.path && user->username)
    kube_problem(problems, "username/password or bearer token may be set, but not both, for %s",
                 user->from.name);
}

static bool is_one_of(const char *text, const char *const *list) {
  for (; *list; list++)
    if (strcmp(text, *list) == 0) return true;
  return false;
}

static void check_exec_env(const kube_user_settings *user, kube_problems *problems) {
  const cJSON *item;
  cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(user->exec, "env")) {
    const char *name = kube_kubeconfig_text(item, "name");
    if (name == NULL)
      kube_problem(problems,
                   "env variable name must be specified for %s to use exec authentication plugin",
                   user->from.name);
    else if (strchr(name, '='))
      kube_problem(problems, "env variable name of %s holds a \"=\"", user->from.name);
  }
}

static void check_interactive_mode(const kube_user_settings *user, const char *version,
                                   kube_problems *problems) {
  static const char *const modes[] = {"Never", "IfAvailable", "Always", NULL};
  const char *mode = kube_kubeconfig_text(user->exec, "interactiveMode");
  if (mode == NULL) {
    if (version && strstr(version, "/v1beta1")) return; /* it has a default */
    kube_problem(problems,
                 "interactiveMode must be specified for %s to use exec authentication "
                 "plugin",
                 user->from.name);
  } else if (!is_one_of(mode, modes)) {
    kube_problem(problems, "invalid interactiveMode for %s: \"%s\"", user->from.name, mode);
  }
}

static void check_exec(const kube_user_settings *user, kube_problems *problems) {
  static const char *const versions[] = {"client.authentication.k8s.io/v1",
                                         "client.authentication.k8s.io/v1beta1", NULL};
  const char *name = user->from.name;
  const char *version = kube_kubeconfig_text(user->exec, "apiVersion");
  if (user->exec == NULL) return;
  if (user->auth_provider)
    kube_problem(problems,
                 "authProvider cannot be provided in combination with an exec plugin for %s", name);
  if (kube_kubeconfig_text(user->exec, "command") == NULL)
    kube_problem(problems, "command must be specified for %s to use exec authentication plugin",
                 name);
  if (version == NULL)
    kube_problem(problems, "apiVersion must be specified for %s to use exec authentication plugin",
                 name);
  else if (!is_one_of(version, versions))
    kube_problem(problems, "exec plugin: invalid apiVersion \"%s\" for %s (must be %s or %s)",
                 version, name, versions[0], versions[1]);
  check_exec_env(user, problems);
  if (version == NULL || is_one_of(version, versions))
    check_interactive_mode(user, version, problems);
}

/* Rule: client-go rest/plugin.go GetAuthProvider; plugin/pkg/client/auth/gcp and azure. */
static void check_auth_provider(const kube_user_settings *user, kube_problems *problems) {
  const char *name = kube_kubeconfig_text(user->auth_provider, "name");
  if (user->auth_provider == NULL || (name && strcmp(name, "oidc") == 0)) return;
  if (name && strcmp(name, "gcp") == 0)
    kube_problem(problems,
                 "The gcp auth plugin has been removed. Please use the \"gke-gcloud-auth-plugin\" "
                 "kubectl/client-go credential plugin instead. See "
                 "https://cloud.google.com/blog/products/containers-kubernetes/"
                 "kubectl-auth-changes-in-gke for further details");
  else if (name && strcmp(name, "azure") == 0)
    kube_problem(problems,
                 "The azure auth plugin has been removed. Please use the "
                 "https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead. "
                 "See https://kubernetes.io/docs/reference/access-authn-authz/authentication/"
                 "#client-go-credential-plugins for further details");
  else
    kube_problem(problems, "no Auth Provider found for name \"%s\" of user \"%s\"",
                 name ? name : "", user->from.name);
}

/* What ends up in a header must not end its line. */
static bool is_one_line(const char *text) { return text == NULL || strpbrk(text, "\r\n") == NULL; }

static bool are_lines(const cJSON *list) {
  const cJSON *item;
  cJSON_ArrayForEach(item, list) {
    if (!is_one_line(cJSON_GetStringValue(item)) || !are_lines(item->child ? item : NULL))
      return false;
  }
  return true;
}

static bool are_one_line(const char *const *list) {
  for (; list && *list; list++)
    if (!is_one_line(*list)) return false;
  return true;
}

/* libcurl sends no header that is blank: the request would go out as its sender's own. */
static bool is_blank(const char *text) { return text[strspn(text, " \t\v\f\r\n")] == '\0'; }

static bool has_any(const cJSON *object, const char *const *list) {
  return cJSON_GetArraySize(object) > 0 || (list && *list);
}

static void check_impersonation(const kube_user_settings *user, kube_problems *problems) {
  const char *name = user->from.name;
  const bool more = user->as_uid || has_any(user->groups, user->option_groups) ||
                    has_any(user->extra, user->option_extra);
  if (more && !user->as)
    kube_problem(problems,
                 "requesting uid, groups or user-extra for %s without impersonating a user", name);
  if (!is_one_line(user->as) || !is_one_line(user->as_uid) || !are_lines(user->groups) ||
      !are_lines(user->extra) || !are_one_line(user->option_groups) ||
      !are_one_line(user->option_extra))
    kube_problem(problems, "whom %s impersonates holds a line break", name);
  else if (user->as && is_blank(user->as))
    kube_problem(problems, "whom %s impersonates has a blank name", name);
}

void kube_user_check(const kube_user_settings *user, kube_problems *problems) {
  check_certificate(user, problems);
  check_exec(user, problems);
  check_methods(user, problems);
  check_impersonation(user, problems);
  if (user->exec == NULL) check_auth_provider(user, problems);
}
