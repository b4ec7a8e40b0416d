/*
** A cluster and a user become a configuration: the files that they name are read, relative to the
** file that names them. The contract is in kubeconfig.h.
*/
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authorization.h"
#include "core/text.h"
#include "kubeconfig.h"

/* ---- paths and files ---- */

static kube_status add_directory(kube_buffer *out, const char *base, kube_error *err) {
  char here[4096];
  const char *slash = base ? strrchr(base, '/') : NULL;
  kube_status status = KUBE_OK;
  if (base == NULL || base[0] != '/') {
    if (getcwd(here, sizeof here) == NULL)
      return kube_fail(err, KUBE_ECONFIG, "the current directory: %s", strerror(errno));
    status = kube_buffer_printf(out, err, "%s/", here);
  }
  if (status == KUBE_OK && slash)
    status = kube_buffer_add(out, base, (size_t)(slash - base) + 1, err);
  return status;
}

char *kube_path_resolve(kube_path path, kube_error *err) {
  kube_buffer full = {0};
  kube_status status = path.path[0] == '/' ? KUBE_OK : add_directory(&full, path.base, err);
  char *text = NULL;
  if (status == KUBE_OK) status = kube_buffer_add_text(&full, path.path, err);
  if (status == KUBE_OK) text = kube_buffer_steal(&full, err);
  kube_buffer_clear(&full);
  return text;
}

/* The message of a failed read without the path that it begins with. */
static const char *why(const kube_error *err, const char *path) {
  const size_t n = strlen(path);
  return strncmp(err->message, path, n) == 0 && strncmp(err->message + n, ": ", 2) == 0
             ? err->message + n + 2
             : err->message;
}

/* Whether it is a path at all: else a problem. It may be a key that went to the wrong field. */
static bool is_path(const kube_stanza *from, const char *what, kube_path path,
                    kube_problems *problems) {
  kube_error local = {0};
  if (kube_path_check(what, path.path, &local) == KUBE_OK) return true;
  kube_problem(problems, "%s \"%s\": %s", from->what, from->name, local.message);
  return false;
}

/* Reads a file and gives its whole path; one that cannot be read is a problem. */
static kube_status read_file(const kube_stanza *from, const char *what, kube_path path,
                             kube_buffer *out, char **full, kube_problems *problems,
                             kube_error *err) {
  kube_error local = {0};
  kube_status status;
  if (!is_path(from, what, path, problems)) return KUBE_OK;
  *full = kube_path_resolve(path, err);
  if (*full == NULL) return KUBE_ENOMEM;
  status = kube_file_read(*full, KUBE_CONFIG_CEILING, out, &local);
  if (status == KUBE_ENOMEM) return kube_fail_memory(err, what);
  if (status != KUBE_OK)
    kube_problem(problems, "unable to read %s %s for %s due to %s", what, *full, from->name,
                 why(&local, *full));
  else if (kube_buffer_length(out) == 0)
    kube_problem(problems, "%s %s for %s is empty", what, *full, from->name);
  return KUBE_OK;
}

/* Data in base64, else a file, else nothing. Both are a problem that was told of before. */
static kube_status data_or_file(const kube_stanza *from, const char *what, const char *data,
                                kube_path path, kube_buffer *out, char **full,
                                kube_problems *problems, kube_error *err) {
  kube_status status;
  if (data == NULL)
    return path.path ? read_file(from, what, path, out, full, problems, err) : KUBE_OK;
  status = kube_text_base64_decode(out, data, strlen(data), err);
  if (status == KUBE_ENOMEM) return status;
  if (status != KUBE_OK)
    kube_problem(problems, "%s-data of %s \"%s\" is not base64", what, from->what, from->name);
  else if (kube_buffer_length(out) == 0) /* for a CA, the system's roots would do instead */
    kube_problem(problems, "%s-data of %s \"%s\" is empty", what, from->what, from->name);
  return KUBE_OK;
}

/* ---- the cluster ---- */

kube_status kube_cluster_apply(kube_config *config, const kube_cluster_settings *cluster,
                               kube_problems *problems, kube_error *err) {
  kube_status status = data_or_file(&cluster->from, "certificate-authority", cluster->ca_data,
                                    cluster->ca, &config->tls.ca, &config->ca_file, problems, err);
  config->tls.insecure = cluster->insecure;
  config->disable_compression = cluster->disable_compression;
  if (status == KUBE_OK) status = kube_text_copy_to(&config->cluster, cluster->from.name, err);
  if (status == KUBE_OK)
    status = kube_text_copy_to(&config->tls_server_name, cluster->tls_server_name, err);
  if (status == KUBE_OK) status = kube_text_copy_to(&config->proxy, cluster->proxy, err);
  return status;
}

/* After the cluster and the user: what there is to trust and to show chooses the scheme. */
static kube_status set_server(kube_config *config, const kube_cluster_settings *cluster,
                              kube_problems *problems, kube_error *err) {
  kube_error local = {0};
  kube_status status = cluster->server ? kube_config_set_server(config, cluster->server, &local)
                                       : KUBE_OK; /* told of before */
  if (status == KUBE_OK || status == KUBE_ECONFIG) {
    if (status == KUBE_ECONFIG && cluster->server_given)
      kube_problem(problems, "%s", local.message);
    else if (status == KUBE_ECONFIG)
      kube_problem(problems, "cluster \"%s\": %s", cluster->from.name, local.message);
    return KUBE_OK;
  }
  return kube_fail_memory(err, "the server's address");
}

/* ---- the user ---- */

static kube_status use_token(kube_config *config, const kube_stanza *user, const char *token,
                             size_t n, kube_problems *problems, kube_error *err) {
  kube_error local = {0};
  kube_status status = kube_config_set_token(config, token, n, &local);
  if (status == KUBE_ENOMEM) return kube_fail_memory(err, "a token");
  if (status != KUBE_OK) kube_problem(problems, "user \"%s\": %s", user->name, local.message);
  return KUBE_OK;
}

static kube_status use_token_file(kube_config *config, const kube_user_settings *user,
                                  kube_problems *problems, kube_error *err) {
  kube_buffer token = {0};
  const size_t before = problems->count;
  kube_status status = read_file(&user->from, "tokenFile", user->token_file, &token,
                                 &config->token_file, problems, err);
  if (status == KUBE_OK && problems->count == before)
    status = use_token(config, &user->from, kube_buffer_bytes(&token), kube_buffer_length(&token),
                       problems, err);
  kube_buffer_clear_secret(&token);
  return status;
}

/* With a token and a file the file goes first, when the first request is sent, if it can be read. */
static kube_status use_authorization(kube_config *config, const kube_user_settings *user,
                                     kube_problems *problems, kube_error *err) {
  if (user->token && user->token_file.path &&
      is_path(&user->from, "tokenFile", user->token_file, problems)) {
    config->token_file = kube_path_resolve(user->token_file, err);
    if (config->token_file == NULL) return KUBE_ENOMEM;
  }
  if (user->token)
    return use_token(config, &user->from, user->token, strlen(user->token), problems, err);
  if (user->token_file.path) return use_token_file(config, user, problems, err);
  if (user->username)
    return kube_basic_line(user->username, user->password ? user->password : "",
                           &config->authorization, err);
  return KUBE_OK;
}

kube_status kube_user_apply(kube_config *config, const kube_user_settings *user,
                            const kube_cluster_settings *cluster, kube_problems *problems,
                            kube_error *err) {
  kube_status status = data_or_file(&user->from, "client-certificate", user->cert_data, user->cert,
                                    &config->tls.cert, &config->cert_file, problems, err);
  if (status == KUBE_OK)
    status = data_or_file(&user->from, "client-key", user->key_data, user->key, &config->tls.key,
                          &config->key_file, problems, err);
  if (status == KUBE_OK) status = kube_text_copy_to(&config->user, user->from.name, err);
  if (status == KUBE_OK) status = use_authorization(config, user, problems, err);
  if (status == KUBE_OK) status = kube_exec_apply(config, user, cluster, err);
  if (status == KUBE_OK) status = kube_auth_provider_apply(config, user, err);
  if (status == KUBE_OK) status = kube_impersonation_apply(config, user, err);
  return status;
}

/* ---- the whole ---- */

/* A stanza that only options name stands in no file. */
static const char *path_of(const kube_stanza *s) { return s->path ? s->path : "no file"; }

static kube_status check_tls(const kube_config *config, const kube_stanza *cluster,
                             const kube_stanza *user, kube_error *err) {
  char ca[448], cert[448], key[448];
  snprintf(ca, sizeof ca, "certificate-authority of cluster \"%s\" in %s", cluster->name,
           path_of(cluster));
  snprintf(cert, sizeof cert, "client-certificate of user \"%s\" in %s", user->name, path_of(user));
  snprintf(key, sizeof key, "client-key of user \"%s\" in %s", user->name, path_of(user));
  return kube_tls_check(&config->tls, ca, cert, key, err);
}

static bool has_credentials(const kube_config *config) {
  return config->authorization || config->token_file || config->exec.command ||
         config->auth_provider.name || kube_buffer_length(&config->tls.cert);
}

/* Upstream drops them without a word. */
static kube_status warn_of_plain_http(kube_config *config, kube_error *err) {
  if (kube_config_is_tls(config) || !has_credentials(config)) return KUBE_OK;
  return kube_config_warn(config, err,
                          "the credentials of user \"%s\" are not sent: %s is not reached by TLS "
                          "(an address without a scheme means http://)",
                          config->user, config->server);
}

kube_status kube_settings_apply(kube_config *config, const kube_cluster_settings *cluster,
                                const kube_user_settings *user, kube_problems *problems,
                                const char *suffix, kube_error *err) {
  kube_status status;
  kube_user_check(user, problems);
  kube_cluster_check(cluster, problems);
  status = kube_cluster_apply(config, cluster, problems, err);
  if (status == KUBE_OK) status = kube_user_apply(config, user, cluster, problems, err);
  if (status == KUBE_OK) status = set_server(config, cluster, problems, err);
  if (status == KUBE_OK)
    status = kube_problems_fail(problems, "invalid configuration: ", suffix, err);
  if (status == KUBE_OK) status = check_tls(config, &cluster->from, &user->from, err);
  if (status == KUBE_OK) status = warn_of_plain_http(config, err);
  return status;
}
