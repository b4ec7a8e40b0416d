/* Answers that send a request elsewhere; the contract is in redirect.h. */
#include "redirect.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

enum { MOST = 10 /* requests, as in Go, whose words for it count redirects */ };

/* ---- URLs ---- */

void kube_place_clear(kube_place *place) {
  free(place->origin);
  free(place->path);
  memset(place, 0, sizeof *place);
}

static kube_status fail_to_read(CURLUcode code, kube_error *err) {
  if (code == CURLUE_OUT_OF_MEMORY) return kube_fail_memory(err, "a redirect");
  return kube_fail(err, KUBE_EAPI, "failed to parse Location header: %s", curl_url_strerror(code));
}

/* One part of a URL; "" where it has none. To be given to curl_free. */
static CURLUcode part(CURLU *u, CURLUPart which, unsigned flags, char **out) {
  const CURLUcode code = curl_url_get(u, which, out, flags);
  if (code != CURLUE_NO_QUERY && code != CURLUE_NO_USER) return code;
  *out = NULL;
  return CURLUE_OK;
}

static void lower(char *text) {
  for (; *text; text++) *text = (char)tolower((unsigned char)*text);
}

static kube_status check_scheme(const char *scheme, kube_error *err) {
  if (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) return KUBE_OK;
  return kube_fail(err, KUBE_EAPI, "unsupported protocol scheme \"%s\"", scheme);
}

static kube_status write_place(CURLU *u, kube_place *to, kube_error *err) {
  char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL, *query = NULL;
  kube_buffer origin = {0}, rest = {0};
  kube_status status = KUBE_OK;
  CURLUcode code = part(u, CURLUPART_SCHEME, 0, &scheme);
  if (!code && (status = check_scheme(scheme, err)) != KUBE_OK) goto done;
  if (!code) code = part(u, CURLUPART_HOST, 0, &host);
  if (!code) code = part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, &port);
  if (!code) code = part(u, CURLUPART_PATH, 0, &path);
  if (!code) code = part(u, CURLUPART_QUERY, 0, &query);
  if (code) status = fail_to_read(code, err);
  if (status == KUBE_OK)
    status = kube_buffer_printf(&origin, err, "%s://%s:%s", scheme, host, port);
  if (status == KUBE_OK)
    status = kube_buffer_printf(&rest, err, "%s%s%s", path, query ? "?" : "", query ? query : "");
  if (status == KUBE_OK) {
    to->origin = kube_buffer_steal(&origin, err);
    to->path = kube_buffer_steal(&rest, err);
    if (to->origin == NULL || to->path == NULL) status = KUBE_ENOMEM;
  }
  if (to->origin) lower(to->origin);
done:
  curl_free(scheme), curl_free(host), curl_free(port), curl_free(path), curl_free(query);
  kube_buffer_clear(&origin);
  kube_buffer_clear(&rest);
  return status;
}

/* libcurl would send them, and every message would show them. */
static kube_status check_user(CURLU *u, kube_error *err) {
  char *user = NULL;
  const CURLUcode code = part(u, CURLUPART_USER, 0, &user);
  const bool found = user != NULL;
  curl_free(user);
  if (code) return fail_to_read(code, err);
  if (!found) return KUBE_OK;
  return kube_fail(err, KUBE_EAPI, "redirected to a URL that holds credentials: refused");
}

kube_status kube_place_resolve(const char *from, const char *location, kube_place *to,
                               kube_error *err) {
  CURLU *u = curl_url();
  CURLUcode code = u ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
  kube_status status = KUBE_OK;
  memset(to, 0, sizeof *to);
  if (!code) code = curl_url_set(u, CURLUPART_URL, from, 0);
  if (!code)
    code = curl_url_set(u, CURLUPART_URL, location, CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE);
  if (code) status = fail_to_read(code, err);
  if (status == KUBE_OK) status = check_user(u, err);
  if (status == KUBE_OK) status = write_place(u, to, err);
  curl_url_cleanup(u);
  if (status != KUBE_OK) kube_place_clear(to);
  return status;
}

/* ---- where it is ---- */

void kube_redirect_clear(kube_redirect *at) {
  kube_client_free(at->client);
  free(at->path);
  memset(at, 0, sizeof *at);
}

/* An empty header is a line break to libcurl 7.88. */
bool kube_redirect_is_one(int code, const char *location) {
  return (code == 301 || code == 302 || code == 303 || code == 307 || code == 308) && location &&
         (unsigned char)*location > ' ';
}

kube_client *kube_redirect_sender(const kube_redirect *at, kube_client *client) {
  return at->client ? at->client : client;
}

/* The URL that a request is sent to first, without its query. */
static kube_status write_first(const char *server, const kube_request *request, kube_buffer *url,
                               kube_error *err) {
  const int n = request->from_root ? kube_origin_length(server) : (int)strlen(server);
  return kube_buffer_printf(url, err, "%.*s%s", n, server, request->path);
}

/* The whole URL that was asked, whose name is the server's own, not the one to verify. */
static kube_status write_url(const kube_redirect *at, const kube_client *client,
                             const kube_request *request, kube_buffer *url, kube_error *err) {
  const char *server = (at->client ? at->client : client)->config->server;
  kube_status status;
  if (at->path)
    return kube_buffer_printf(url, err, "%.*s%s", kube_origin_length(server), server, at->path);
  status = write_first(server, request, url, err);
  return status == KUBE_OK ? kube_query_write(&request->query, url, err) : status;
}

kube_status kube_redirect_where(const kube_redirect *at, const kube_client *client,
                                const kube_request *request, kube_buffer *out) {
  const char *server = (at->client ? at->client : client)->config->server;
  if (at->path == NULL) return write_first(server, request, out, NULL);
  return kube_buffer_printf(out, NULL, "%.*s%.*s", kube_origin_length(server), server,
                            (int)strcspn(at->path, "?"), at->path);
}

/* ---- another host ---- */

/* Whom to trust and how to get there; not who we are. */
static kube_config *config_of_nobody(const kube_config *ours, const kube_tls *trust,
                                     const char *server, kube_error *err) {
  kube_config *config = calloc(1, sizeof *config);
  kube_status status = config ? KUBE_OK : kube_fail_memory(err, "a redirect");
  if (config == NULL) return NULL;
  config->references = 1;
  config->tls.insecure = trust->insecure;
  config->disable_compression = ours->disable_compression;
  if (status == KUBE_OK) status = kube_text_copy_to(&config->server, server, err);
  if (status == KUBE_OK) status = kube_text_copy_to(&config->proxy, ours->proxy, err);
  if (status == KUBE_OK) status = kube_text_copy_to(&config->user_agent, ours->user_agent, err);
  if (status == KUBE_OK && kube_buffer_length(&trust->ca))
    status = kube_buffer_add(&config->tls.ca, kube_buffer_bytes(&trust->ca),
                             kube_buffer_length(&trust->ca), err);
  if (status == KUBE_OK) return config;
  kube_config_free(config);
  return NULL;
}

static kube_client *client_of_nobody(kube_client *ours, const char *server, kube_error *err) {
  const kube_tls *trust = kube_credential_tls(ours->credential);
  kube_config *config = config_of_nobody(ours->config, trust, server, err);
  kube_client *client = config ? kube_client_new(ours->engine, config, err) : NULL;
  kube_config_free(config);
  return client;
}

/* ---- going on ---- */

static bool is_tls(const char *origin) { return strncmp(origin, "https:", 6) == 0; }

static kube_status check_way(const kube_place *from, const kube_place *to, kube_error *err) {
  if (!is_tls(from->origin) || is_tls(to->origin)) return KUBE_OK;
  return kube_fail(err, KUBE_EAPI, "redirected from https to %s%.*s: refused", to->origin,
                   (int)strcspn(to->path, "?"), to->path);
}

/* Fills in the client and the path; the origin decides who is asked. */
static kube_status enter(const kube_redirect *at, kube_client *client, const kube_place *from,
                         kube_place *to, kube_redirect *next, kube_error *err) {
  if (strcmp(from->origin, to->origin) == 0)
    next->client = at->client ? kube_client_retain(at->client) : NULL;
  else if ((next->client = client_of_nobody(client, to->origin, err)) == NULL)
    return err->status;
  next->path = to->path;
  to->path = NULL;
  return KUBE_OK;
}

static bool changes_something(const char *method) {
  return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
}

kube_status kube_redirect_next(const kube_redirect *at, kube_client *client,
                               const kube_request *request, int code, const char *location,
                               kube_redirect *next, kube_error *err) {
  kube_buffer url = {0};
  kube_place from = {0}, to = {0};
  const char *text = NULL;
  kube_status status = KUBE_OK;
  memset(next, 0, sizeof *next);
  next->count = at->count + 1;
  next->as_get = at->as_get || (code < 307 && changes_something(request->method));
  if (next->count >= MOST) status = kube_fail(err, KUBE_EAPI, "stopped after %d redirects", MOST);
  if (status == KUBE_OK) status = write_url(at, client, request, &url, err);
  if (status == KUBE_OK && (text = kube_buffer_text(&url, err)) == NULL) status = KUBE_ENOMEM;
  if (status == KUBE_OK) status = kube_place_resolve(text, text, &from, err);
  if (status == KUBE_OK) status = kube_place_resolve(text, location, &to, err);
  if (status == KUBE_OK) status = check_way(&from, &to, err);
  if (status == KUBE_OK) status = enter(at, client, &from, &to, next, err);
  if (status == KUBE_EAPI) err->code = code;
  kube_buffer_clear(&url);
  kube_place_clear(&from);
  kube_place_clear(&to);
  if (status != KUBE_OK) kube_redirect_clear(next);
  return status;
}

kube_transfer *kube_redirect_send(const kube_redirect *at, kube_client *client, kube_handle *handle,
                                  const kube_request *request, kube_error *err) {
  kube_request there = *request; /* a view: it owns nothing */
  if (at->path == NULL) return kube_client_send(client, handle, request, err);
  there.path = at->path;
  there.from_root = true;
  there.to_stranger = at->client != NULL;
  memset(&there.query, 0, sizeof there.query);
  if (at->as_get) {
    there.method = "GET";
    memset(&there.body, 0, sizeof there.body);
  }
  return kube_client_send(kube_redirect_sender(at, client), handle, &there, err);
}
