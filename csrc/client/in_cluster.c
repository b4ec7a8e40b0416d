/* The configuration that Kubernetes gives a pod; the contract is in config.h. */
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "core/text.h"

#define DIRECTORY "/var/run/secrets/kubernetes.io/serviceaccount"

enum { FILE_CEILING = 1 << 20 };

/* host:port as a URL; an IPv6 address gets its brackets. */
static kube_status set_server(kube_config *config, const char *host, const char *port,
                              kube_error *err) {
  kube_buffer url = {0};
  bool v6 = strchr(host, ':') != NULL;
  kube_status status =
      kube_buffer_printf(&url, err, v6 ? "https://[%s]:%s" : "https://%s:%s", host, port);
  if (status == KUBE_OK)
    status =
        kube_buffer_text(&url, err) ? kube_config_set_server(config, url.data, err) : KUBE_ENOMEM;
  kube_buffer_clear(&url);
  return status;
}

static kube_status read_token(kube_config *config, kube_error *err) {
  kube_buffer token = {0};
  kube_status status = kube_file_read(DIRECTORY "/token", FILE_CEILING, &token, err);
  if (status == KUBE_OK)
    status =
        kube_config_set_token(config, kube_buffer_bytes(&token), kube_buffer_length(&token), err);
  kube_buffer_clear_secret(&token);
  return status;
}

/* POD_NAMESPACE, else the file, else "default" (client-go inClusterClientConfig.Namespace). */
static kube_status set_namespace(kube_config *config, const char *asked, kube_error *err) {
  kube_buffer file = {0};
  const char *name = getenv("POD_NAMESPACE");
  if (asked && *asked) name = asked;
  if (name == NULL || *name == '\0') {
    if (kube_file_read(DIRECTORY "/namespace", FILE_CEILING, &file, NULL) == KUBE_OK)
      name = kube_buffer_text(&file, NULL);
    if (name) ((char *)name)[strcspn(name, " \t\r\n")] = '\0';
  }
  config->ns = kube_text_copy(name && *name ? name : "default", err);
  kube_buffer_clear(&file);
  return config->ns ? KUBE_OK : KUBE_ENOMEM;
}

static kube_status load(kube_config *config, const char *host, const char *port,
                        const kube_config_options *options, kube_error *err) {
  kube_status status = kube_file_read(DIRECTORY "/ca.crt", FILE_CEILING, &config->tls.ca, err);
  if (status == KUBE_OK && kube_buffer_length(&config->tls.ca) == 0)
    status = kube_fail(err, KUBE_ECONFIG, DIRECTORY "/ca.crt is empty");
  if (status == KUBE_OK) status = kube_tls_check(&config->tls, DIRECTORY "/ca.crt", "", "", err);
  if (status == KUBE_OK)
    status = options->server ? kube_config_set_server(config, options->server, err)
                             : set_server(config, host, port, err);
  if (status == KUBE_OK) status = read_token(config, err);
  if (status == KUBE_OK) status = set_namespace(config, options->ns, err);
  if (status == KUBE_OK) {
    config->context = kube_text_copy("", err);
    config->user = kube_text_copy("service account", err);
    config->source = kube_text_copy("in-cluster", err);
    if (!config->context || !config->user || !config->source) status = KUBE_ENOMEM;
  }
  if (status == KUBE_ESYSTEM) status = kube_error_turn(err, KUBE_ECONFIG);
  if (status != KUBE_OK) kube_error_prefix(err, "in-cluster configuration");
  return status;
}

kube_status kube_in_cluster_load(kube_config *config, const kube_config_options *options,
                                 kube_buffer *tried, kube_error *err) {
  const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
  if (host && *host && port && *port) return load(config, host, port, options, err);
  if (kube_buffer_add_text(tried,
                           ", in-cluster (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT "
                           "are not set)",
                           err) != KUBE_OK)
    return KUBE_ENOMEM;
  return KUBE_AGAIN;
}
