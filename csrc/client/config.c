/* Where a configuration comes from; the contract is in config.h and kube.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "authorization.h"
#include "core/text.h"

/* ---- life ---- */

static void clear_exec(kube_exec *exec) {
  free(exec->command);
  kube_secrets_free(exec->arguments);
  kube_secrets_free(exec->environment);
  free(exec->api_version);
  free(exec->install_hint);
  free(exec->cluster);
}

void kube_config_free(kube_config *config) {
  if (config == NULL || --config->references > 0) return;
  free(config->server);
  free(config->ns);
  free(config->context);
  free(config->source);
  free(config->user);
  free(config->tls_server_name);
  kube_secret_free(config->proxy); /* it may hold a password */
  kube_secret_free(config->authorization);
  free(config->token_file);
  clear_exec(&config->exec);
  free(config->auth_provider.name);
  kube_secrets_free(config->auth_provider.fields);
  free(config->auth_provider.file);
  kube_secrets_free(config->impersonate);
  kube_tls_clear(&config->tls);
  free(config->ca_file);
  free(config->cert_file);
  free(config->key_file);
  free(config);
}

kube_config *kube_config_retain(kube_config *config) {
  config->references++;
  return config;
}

const char *kube_config_server(const kube_config *config) { return config->server; }
const char *kube_config_namespace(const kube_config *config) { return config->ns; }
const char *kube_config_context(const kube_config *config) { return config->context; }
const char *kube_config_source(const kube_config *config) { return config->source; }

/* ---- the server's address ---- */

bool kube_config_is_tls(const kube_config *config) {
  return strncmp(config->server, "https://", 8) == 0;
}

static bool has_scheme(const char *server) {
  return strncmp(server, "http://", 7) == 0 || strncmp(server, "https://", 8) == 0;
}

/* A control character or a space in a URL would end its line in the request. */
static bool is_clean(const char *text) {
  for (; *text; text++)
    if ((unsigned char)*text <= ' ' || *text == 127) return false;
  return true;
}

/* A name and password in the URL would end up in every message that names the server. */
static bool has_userinfo(const char *server) {
  const char *authority = strstr(server, "://");
  authority = authority ? authority + 3 : server;
  return memchr(authority, '@', strcspn(authority, "/?#")) != NULL;
}

kube_status kube_config_set_server(kube_config *config, const char *server, kube_error *err) {
  kube_buffer url = {0};
  size_t end;
  bool tls = kube_buffer_length(&config->tls.ca) || kube_buffer_length(&config->tls.cert) ||
             config->tls.insecure;
  kube_status status = KUBE_OK;
  if (has_userinfo(server))
    return kube_fail(err, KUBE_ECONFIG,
                     "the server's URL holds credentials (user@host): put them into the user's "
                     "token or username and password");
  if (!is_clean(server))
    return kube_fail(err, KUBE_ECONFIG, "the server's URL holds spaces or control characters");
  if (*server == '\0' || (!has_scheme(server) && strstr(server, "://")) || strstr(server, ":///"))
    return kube_fail(err, KUBE_ECONFIG, "host must be a URL or a host:port pair: \"%s\"", server);
  if (!has_scheme(server)) status = kube_buffer_add_text(&url, tls ? "https://" : "http://", err);
  if (status == KUBE_OK) status = kube_buffer_add(&url, server, strcspn(server, "?#"), err);
  while (status == KUBE_OK && url.end > 0 && url.data[url.end - 1] == '/') url.end--;
  end = url.end;
  if (status == KUBE_OK && (end == 0 || url.data[end - 1] == ':'))
    status = kube_fail(err, KUBE_ECONFIG, "host must be a URL or a host:port pair: \"%s\"", server);
  free(config->server);
  config->server = status == KUBE_OK ? kube_buffer_steal(&url, err) : NULL;
  kube_buffer_clear(&url);
  if (status == KUBE_OK && config->server == NULL) return KUBE_ENOMEM;
  return status;
}

kube_status kube_config_set_token(kube_config *config, const char *token, size_t n,
                                  kube_error *err) {
  char *line = NULL;
  kube_status status = kube_bearer_line(token, n, &line, err);
  if (status != KUBE_OK) return status;
  kube_secret_free(config->authorization);
  config->authorization = line;
  return KUBE_OK;
}

/* ---- which files ---- */

static void clear_paths(kube_kubeconfig_paths *paths) {
  size_t i;
  for (i = 0; i < paths->count; i++) free(paths->path[i]);
  free(paths->path);
  memset(paths, 0, sizeof *paths);
}

static kube_status add_path(kube_kubeconfig_paths *paths, const char *path, size_t n,
                            kube_error *err) {
  char **longer, *copy;
  size_t i;
  for (i = 0; i < paths->count; i++)
    if (strlen(paths->path[i]) == n && memcmp(paths->path[i], path, n) == 0) return KUBE_OK;
  longer = realloc(paths->path, (paths->count + 1) * sizeof *longer);
  if (longer == NULL) return kube_fail_memory(err, "a path");
  paths->path = longer;
  copy = strndup(path, n);
  if (copy == NULL) return kube_fail_memory(err, "a path");
  paths->path[paths->count++] = copy;
  return KUBE_OK;
}

static kube_status add_list(kube_kubeconfig_paths *paths, const char *list, kube_error *err) {
  kube_status status = KUBE_OK;
  while (*list && status == KUBE_OK) {
    size_t n = strcspn(list, ":");
    if (n > 0) status = add_path(paths, list, n, err);
    list += n + (list[n] == ':');
  }
  return status;
}

static kube_status add_home(kube_kubeconfig_paths *paths, kube_error *err) {
  kube_buffer path = {0};
  const char *home = getenv("HOME");
  kube_status status;
  if (home == NULL || *home == '\0') return KUBE_OK;
  status = kube_buffer_printf(&path, err, "%s/.kube/config", home);
  if (status == KUBE_OK)
    status = add_path(paths, kube_buffer_bytes(&path), kube_buffer_length(&path), err);
  kube_buffer_clear(&path);
  return status;
}

/* An explicit file, else the list in KUBECONFIG (empty counts as not set), else ~/.kube/config. */
static kube_status choose_paths(kube_kubeconfig_paths *paths, const kube_config_options *options,
                                kube_error *err) {
  const char *list = getenv("KUBECONFIG");
  if (options->kubeconfig) {
    paths->explicit_file = true;
    return add_path(paths, options->kubeconfig, strlen(options->kubeconfig), err);
  }
  if (list && *list) return add_list(paths, list, err);
  return add_home(paths, err);
}

/* ---- loading ---- */

/* Nothing was found anywhere: say where we looked and why each place would not do. */
static kube_status nothing_found(kube_buffer *tried, kube_error *err) {
  const char *places = kube_buffer_text(tried, err);
  if (places == NULL) return KUBE_ENOMEM;
  return kube_fail(
      err, KUBE_ECONFIG,
      "no configuration found; tried %s. Set KUBECONFIG, pass { kubeconfig = PATH }, or "
      "run inside a pod",
      places);
}

static kube_status load(kube_config *config, const kube_config_options *options, kube_error *err) {
  kube_kubeconfig_paths paths = {0};
  kube_buffer tried = {0};
  kube_status status = choose_paths(&paths, options, err);
  if (status == KUBE_OK) status = kube_kubeconfig_load(config, &paths, options, &tried, err);
  if (status == KUBE_AGAIN) status = kube_in_cluster_load(config, options, &tried, err);
  if (status == KUBE_AGAIN) status = nothing_found(&tried, err);
  clear_paths(&paths);
  kube_buffer_clear(&tried);
  return status;
}

kube_config *kube_config_load(const kube_config_options *options, kube_error *err) {
  static const kube_config_options none;
  kube_error local;
  kube_config *config = calloc(1, sizeof *config);
  if (err == NULL) err = &local;
  kube_error_clear(err);
  if (config == NULL) {
    kube_fail_memory(err, "a configuration");
    return NULL;
  }
  config->references = 1;
  if (load(config, options ? options : &none, err) == KUBE_OK) return config;
  kube_config_free(config);
  return NULL;
}
