/* Where a configuration comes from; the contract is in config.h and kube.h. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
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
  free(config->cluster);
  free(config->user_agent);
  free(config->warnings);
  free(config);
}

const char *kube_auth_provider_field(const kube_auth_provider *provider, const char *name) {
  char **at;
  for (at = provider->fields; at && at[0]; at += 2)
    if (strcmp(at[0], name) == 0) return *at[1] ? at[1] : NULL;
  return NULL;
}

kube_config *kube_config_retain(kube_config *config) {
  config->references++;
  return config;
}

const char *kube_config_server(const kube_config *config) { return config->server; }
const char *kube_config_namespace(const kube_config *config) { return config->ns; }
const char *kube_config_context(const kube_config *config) { return config->context; }
const char *kube_config_cluster(const kube_config *config) { return config->cluster; }
const char *kube_config_user(const kube_config *config) { return config->user; }
const char *kube_config_source(const kube_config *config) { return config->source; }
const char *kube_config_warnings(const kube_config *config) {
  return config->warnings ? config->warnings : "";
}

kube_status kube_config_warn(kube_config *config, kube_error *err, const char *format, ...) {
  kube_buffer all = {0};
  char line[1024], *text;
  kube_status status = KUBE_OK;
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (config->warnings) status = kube_buffer_printf(&all, err, "%s\n", config->warnings);
  if (status == KUBE_OK) status = kube_buffer_add_text(&all, line, err);
  text = status == KUBE_OK ? kube_buffer_steal(&all, err) : NULL;
  kube_buffer_clear(&all);
  if (text == NULL) return KUBE_ENOMEM;
  free(config->warnings);
  config->warnings = text;
  return KUBE_OK;
}

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

/* ---- loading ---- */

/* Nothing was found anywhere: say where we looked and why each place would not do. */
static kube_status nothing_found(kube_buffer *tried, kube_error *err) {
  const char *places = kube_buffer_text(tried, err);
  if (places == NULL) return KUBE_ENOMEM;
  return kube_fail(err, KUBE_ECONFIG,
                   "invalid configuration: no configuration has been provided; tried %s. Set "
                   "KUBECONFIG, pass { kubeconfig = PATH }, or run inside a pod",
                   places);
}

/*
** The files, else the pod, else what KUBERNETES_MASTER names. (kubectl goes on to
** http://localhost:8080, whose refusal says nothing of what is missing: we stop.) Rule: client-go
** tools/clientcmd/merged_client_builder.go DeferredLoadingClientConfig.ClientConfig.
*/
static kube_status load_from(kube_config *config, const kube_kubeconfig_paths *paths,
                             const kube_config_options *options, const char *master,
                             kube_error *err) {
  kube_config_options named = *options;
  kube_buffer tried = {0}, again = {0};
  kube_status status = kube_kubeconfig_load(config, paths, options, master, &tried, err);
  if (status == KUBE_AGAIN) status = kube_in_cluster_load(config, options, &tried, err);
  if (status == KUBE_AGAIN && master) {
    named.server = master;
    free(config->warnings);
    config->warnings = NULL;
    status = kube_kubeconfig_load(config, paths, &named, NULL, &again, err);
  }
  if (status == KUBE_AGAIN) status = nothing_found(&tried, err);
  kube_buffer_clear(&tried);
  kube_buffer_clear(&again);
  return status;
}

static kube_status load(kube_config *config, const kube_config_options *options, kube_error *err) {
  kube_kubeconfig_paths paths = {0};
  const char *master = getenv("KUBERNETES_MASTER");
  kube_status status = kube_kubeconfig_paths_choose(&paths, options->kubeconfig, err);
  if (status == KUBE_OK)
    status = load_from(config, &paths, options, master && *master ? master : NULL, err);
  kube_kubeconfig_paths_clear(&paths);
  return status;
}

static kube_status load_flags(kube_config *config, const kube_config_options *options,
                              kube_error *err) {
  kube_kubeconfig_paths paths = {0};
  kube_status status = KUBE_OK;
  if (options->kubeconfig) status = kube_kubeconfig_paths_choose(&paths, options->kubeconfig, err);
  if (status == KUBE_OK) status = load_from(config, &paths, options, NULL, err);
  kube_kubeconfig_paths_clear(&paths);
  return status;
}

/* Rule: client-go rest/config.go RESTClientForConfigAndClient; its numbers for who asks for nothing are not
** ours. */
static kube_status set_pace(kube_config *config, const kube_config_options *options,
                            kube_error *err) {
  enum { BURST = 10 };
  if (options->qps != options->qps || options->burst < 0)
    return kube_fail(err, KUBE_ECONFIG, "qps must be a number, and burst not less than 0");
  config->max_retries = options->max_retries;
  config->throttle.qps = options->qps;
  config->throttle.burst = options->burst ? (double)options->burst : BURST;
  return KUBE_OK;
}

/* It is a header's value: a control character would be one of the request, or not arrive. */
static kube_status set_user_agent(kube_config *config, const char *text, kube_error *err) {
  const unsigned char *c = (const unsigned char *)text;
  if (text == NULL || *text == '\0') return KUBE_OK;
  while (*c >= ' ' && *c != 127) c++;
  if (*c) return kube_fail(err, KUBE_ECONFIG, "the user agent holds a control character");
  return kube_text_copy_to(&config->user_agent, text, err);
}

typedef kube_status (*loader)(kube_config *, const kube_config_options *, kube_error *);

static kube_config *new_config(loader fill, const kube_config_options *options, kube_error *err) {
  static const kube_config_options none;
  kube_error local;
  kube_config *config = calloc(1, sizeof *config);
  if (options == NULL) options = &none;
  if (err == NULL) err = &local;
  kube_error_clear(err);
  if (config == NULL) {
    kube_fail_memory(err, "a configuration");
    return NULL;
  }
  config->references = 1;
  if (set_pace(config, options, err) == KUBE_OK &&
      set_user_agent(config, options->user_agent, err) == KUBE_OK &&
      fill(config, options, err) == KUBE_OK)
    return config;
  kube_config_free(config);
  return NULL;
}

kube_config *kube_config_load(const kube_config_options *options, kube_error *err) {
  return new_config(load, options, err);
}

kube_config *kube_config_from_flags(const char *master_url, const char *kubeconfig,
                                    kube_error *err) {
  const kube_config_options options = {.server = master_url,
                                       .kubeconfig = kubeconfig && *kubeconfig ? kubeconfig : NULL};
  return new_config(load_flags, &options, err);
}
