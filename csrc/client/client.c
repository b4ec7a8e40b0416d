/* A configuration on an engine; the contract is in client.h and kube.h. */
#include "client.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "authorization.h"
#include "core/proxy.h"
#include "core/text.h"

#if defined(__x86_64__)
#define ARCHITECTURE "amd64"
#elif defined(__aarch64__)
#define ARCHITECTURE "arm64"
#else
#define ARCHITECTURE "unknown"
#endif

const char *kube_user_agent(void) { return "kube-lua/" KUBE_VERSION " (linux/" ARCHITECTURE ")"; }

/* ---- the name to verify ---- */

/* Where host and port stand in a server's address, which config.c has checked. */
typedef struct authority {
  const char *text;       /* host[:port], brackets of an IPv6 address included */
  int length, host, port; /* of it all, of the host, and where the port begins (length: none) */
} authority;

static authority authority_of(const char *server) {
  authority a = {.text = strstr(server, "://") + 3};
  size_t bracket = *a.text == '[' ? strcspn(a.text, "]/") : 0;
  a.length = (int)strcspn(a.text, "/");
  a.host = (int)(bracket + strcspn(a.text + bracket, ":/"));
  a.port = a.host < a.length ? a.host + 1 : a.length;
  return a;
}

int kube_origin_length(const char *server) {
  const authority a = authority_of(server);
  return (int)(a.text - server) + a.length;
}

static bool is_host_name(const char *name) {
  return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._*") ==
         strlen(name);
}

/*
** tls-server-name: the URL carries the name, so that libcurl asks for it (SNI) and verifies it;
** the connection goes to the real host, and the Host header stays the server's. The name is part
** of what connections are keyed on, so clients that verify different names share none.
*/
static kube_status use_server_name(kube_client *client, kube_error *err) {
  const char *name = client->config->tls_server_name;
  const authority real = authority_of(client->config->server);
  const char *port = real.port < real.length ? real.text + real.port : "443";
  const int digits = real.port < real.length ? real.length - real.port : 3;
  kube_buffer base = {0}, dial = {0};
  kube_status status;
  if (!is_host_name(name))
    return kube_fail(err, KUBE_ECONFIG, "tls-server-name \"%s\" is no host name", name);
  status = kube_buffer_printf(&base, err, "https://%s:%.*s%s", name, digits, port,
                              real.text + real.length);
  if (status == KUBE_OK)
    status = kube_buffer_printf(&dial, err, "::%.*s:%.*s", real.host, real.text, digits, port);
  if (status == KUBE_OK) {
    client->base = kube_buffer_steal(&base, err);
    client->connect_to = kube_buffer_steal(&dial, err);
    client->host = strndup(real.text, (size_t)real.length);
    if (!client->base || !client->connect_to || !client->host)
      status = kube_fail_memory(err, "a client");
  }
  kube_buffer_clear(&base);
  kube_buffer_clear(&dial);
  return status;
}

/* ---- life ---- */

/* The environment is read once, now. */
static kube_status find_proxy(kube_client *client, kube_error *err) {
  kube_buffer proxy = {0}, name = {0};
  kube_status status = kube_proxy_for(client->config->server, client->config->proxy, &proxy, err);
  if (status == KUBE_OK && kube_buffer_length(&proxy)) {
    client->proxy = kube_buffer_steal(&proxy, err);
    status = client->proxy ? kube_proxy_name(client->proxy, &name, err) : KUBE_ENOMEM;
    if (status == KUBE_OK && (client->proxy_name = kube_buffer_steal(&name, err)) == NULL)
      status = KUBE_ENOMEM;
  }
  kube_buffer_clear_secret(&proxy);
  kube_buffer_clear(&name);
  return status;
}

/*
** Connections are counted for each host and port as libcurl counts them: those to an HTTP proxy are
** the proxy's where there is no TLS.
*/
static kube_status find_peer(kube_client *client, kube_error *err) {
  const kube_config *config = client->config;
  const bool tls = kube_config_is_tls(config);
  const authority real = authority_of(config->server);
  const bool has_port = real.port < real.length;
  kube_buffer name = {0};
  kube_status status = !tls && client->proxy && kube_proxy_is_http(client->proxy)
                           ? kube_buffer_add_text(&name, client->proxy_name, err)
                           : kube_buffer_printf(&name, err, "%.*s:%.*s", real.host, real.text,
                                                has_port ? real.length - real.port : 3,
                                                has_port ? real.text + real.port
                                                : tls    ? "443"
                                                         : "80");
  const char *text = status == KUBE_OK ? kube_buffer_text(&name, err) : NULL;
  if (text) client->peer = kube_peer_get(&client->engine->peers, text, !tls, err);
  kube_buffer_clear(&name);
  return client->peer ? KUBE_OK : KUBE_ENOMEM;
}

kube_client *kube_client_new(kube_engine *engine, kube_config *config, kube_error *err) {
  kube_client *client;
  kube_error local;
  kube_status status = KUBE_OK;
  if (err == NULL) err = &local;
  kube_error_clear(err);
  if (kube_engine_check(engine, err) != KUBE_OK) return NULL;
  client = calloc(1, sizeof *client);
  if (client == NULL) {
    kube_fail_memory(err, "a client");
    return NULL;
  }
  client->references = 1;
  client->engine = kube_engine_retain(engine);
  client->config = kube_config_retain(config);
  if (config->tls_server_name && kube_config_is_tls(config))
    status = use_server_name(client, err);
  else if ((client->base = kube_text_copy(config->server, err)) == NULL)
    status = KUBE_ENOMEM;
  if (status == KUBE_OK) status = find_proxy(client, err);
  if (status == KUBE_OK) status = find_peer(client, err);
  if (status == KUBE_OK) client->credential = kube_credential_get(engine, config, err);
  if (client->credential) return client;
  kube_client_free(client);
  return NULL;
}

kube_client *kube_client_retain(kube_client *client) {
  client->references++;
  return client;
}

void kube_client_free(kube_client *client) {
  if (client == NULL || --client->references > 0) return;
  kube_transfer_free(client->spare);
  kube_credential_release(client->credential);
  kube_peer_free(client->peer);
  free(client->base);
  free(client->connect_to);
  free(client->host);
  kube_secret_free(client->proxy);
  free(client->proxy_name);
  kube_config_free(client->config);
  kube_engine_free(client->engine);
  free(client);
}

/* ---- sending ---- */

static kube_status add_header(kube_transfer *t, const char *name, const char *value,
                              kube_error *err) {
  kube_buffer line = {0};
  kube_status status = kube_buffer_printf(&line, err, "%s: %s", name, value);
  if (status == KUBE_OK) {
    const char *text = kube_buffer_text(&line, err);
    status = text ? kube_transfer_header(t, text, err) : KUBE_ENOMEM;
  }
  kube_buffer_clear(&line);
  return status;
}

/*
** A secret does not go out in the clear; whom we act as is none (client-go: the same). Who says it
** otherwise in a header of a request means that (client-go transport/round_trippers.go).
*/
static kube_status add_identity(const kube_client *client, kube_transfer *t,
                                const kube_request *request, kube_error *err) {
  const char *authorization = kube_credential_authorization(client->credential);
  char **line = client->config->impersonate;
  kube_status status = KUBE_OK;
  if (authorization && kube_config_is_tls(client->config) &&
      !kube_headers_have(&request->headers, "Authorization"))
    status = kube_transfer_header(t, authorization, err);
  if (kube_headers_have(&request->headers, "Impersonate-User")) return status;
  for (; status == KUBE_OK && line && *line; line++) status = kube_transfer_header(t, *line, err);
  return status;
}

static bool says_who_we_are(const char *line) {
  return kube_header_is(line, "Authorization") || kube_header_is(line, "Proxy-Authorization") ||
         kube_header_is(line, "Cookie") || strncasecmp(line, "Impersonate-", 12) == 0;
}

static kube_status add_given(kube_transfer *t, const kube_request *request, kube_error *err) {
  kube_status status = KUBE_OK;
  size_t i;
  for (i = 0; i < request->headers.count && status == KUBE_OK; i++)
    if (!request->to_stranger || !says_who_we_are(request->headers.lines[i]))
      status = kube_transfer_header(t, request->headers.lines[i], err);
  return status;
}

/* Unless the caller has that header. */
static kube_status add_own(kube_transfer *t, const kube_request *request, const char *name,
                           const char *value, kube_error *err) {
  return kube_headers_have(&request->headers, name) ? KUBE_OK : add_header(t, name, value, err);
}

static kube_status add_headers(kube_client *client, kube_transfer *t, const kube_request *request,
                               kube_error *err) {
  const char *accept = request->accept ? request->accept : "application/json";
  const char *type = request->content_type ? request->content_type : "application/json";
  const char *agent = client->config->user_agent ? client->config->user_agent : kube_user_agent();
  kube_status status = add_own(t, request, "User-Agent", agent, err);
  if (status == KUBE_OK) status = add_own(t, request, "Accept", accept, err);
  if (status == KUBE_OK && kube_buffer_length(&request->body))
    status = add_own(t, request, "Content-Type", type, err);
  if (status == KUBE_OK && client->host) status = add_own(t, request, "Host", client->host, err);
  if (status == KUBE_OK) status = add_given(t, request, err);
  return status == KUBE_OK ? add_identity(client, t, request, err) : status;
}

/* Starts a new transfer for the request. */
static kube_transfer *send_new(kube_client *client, kube_handle *handle,
                               const kube_request *request, const char *url, kube_error *err) {
  const kube_config *config = client->config;
  kube_transfer *t = kube_transfer_new(handle, err);
  kube_transfer_options options = {.peer = client->peer,
                                   .kind = request->kind,
                                   .method = request->method,
                                   .url = url,
                                   .proxy = client->proxy,
                                   .connect_to = client->connect_to,
                                   .compression = !config->disable_compression};
  if (t == NULL || add_headers(client, t, request, err) != KUBE_OK) goto failed;
  if (kube_config_is_tls(config)) options.tls = kube_credential_tls(client->credential);
  if (kube_buffer_length(&request->body)) {
    /* Not on a shared HTTP/2 connection: when the server ends that (GOAWAY), libcurl 7.88 fails
    ** half of the writes under way on it, or loses what is answered (measured). */
    options.kind = KUBE_WRITE;
    options.body = kube_buffer_bytes(&request->body);
    options.body_length = kube_buffer_length(&request->body);
  }
  if (kube_transfer_start(t, &options, err) == KUBE_OK) return t;
failed:
  kube_transfer_free(t);
  return NULL;
}

/* The gets of a client differ in their URLs alone, unless they ask for something special. */
static bool is_plain_get(const kube_request *request) {
  return request->kind == KUBE_SHORT && request->accept == NULL && request->headers.count == 0 &&
         kube_buffer_length(&request->body) == 0 && strcmp(request->method, "GET") == 0;
}

/* What is parked bears the identity that it was sent with. */
static bool has_spare(kube_client *client) {
  if (client->spare && client->spare_as != client->credential->generation) {
    kube_transfer_free(client->spare);
    client->spare = NULL;
  }
  return client->spare != NULL;
}

static kube_transfer *send_spare(kube_client *client, kube_handle *handle, const char *url,
                                 kube_error *err) {
  kube_transfer *t = client->spare;
  client->spare = NULL;
  if (kube_transfer_restart(t, handle, url, err) == KUBE_OK) return t;
  kube_transfer_free(t);
  return NULL;
}

kube_transfer *kube_client_send(kube_client *client, kube_handle *handle,
                                const kube_request *request, kube_error *err) {
  kube_buffer buffer = {0};
  kube_transfer *t = NULL;
  const char *url = NULL;
  const int base =
      request->from_root ? kube_origin_length(client->base) : (int)strlen(client->base);
  kube_status status =
      kube_buffer_printf(&buffer, err, "%.*s%s", base, client->base, request->path);
  if (status == KUBE_OK) status = kube_query_write(&request->query, &buffer, err);
  if (status == KUBE_OK) url = kube_buffer_text(&buffer, err);
  if (url)
    t = is_plain_get(request) && has_spare(client) ? send_spare(client, handle, url, err)
                                                   : send_new(client, handle, request, url, err);
  kube_buffer_clear(&buffer);
  return t;
}

void kube_client_hang_up(kube_client *client, kube_transfer *transfer, const kube_request *request,
                         unsigned sent_as) {
  const bool keep = transfer && client->spare == NULL && is_plain_get(request) &&
                    sent_as == client->credential->generation && kube_transfer_park(transfer);
  if (!keep) {
    kube_transfer_free(transfer);
    return;
  }
  client->spare = transfer;
  client->spare_as = sent_as;
}
