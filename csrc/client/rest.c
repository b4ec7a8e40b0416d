/*
** The REST client: a request that is written piece by piece. The contract is in kube.h.
**
** | case                              | client-go                     | here                        |
** | a body                            | a string is a file's path     | bytes                       |
** | a subresource or suffix with '%'  | a suffix may have it          | neither may                 |
** | an empty group                    | the core group, by its prefix | the same                    |
** Rules: client-go rest/request.go.
*/
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "call.h"
#include "core/text.h"
#include "rest_path.h"

struct kube_rest {
  kube_client *client;
  const char *verb;
  kube_buffer prefix; /* what is before namespaces/ */
  bool slash;         /* and a '/' at its end that stays if nothing follows */
  char *ns, *resource, *name, *subresource;
  kube_buffer suffix;
  kube_query query;
  kube_headers headers;
  kube_buffer body;
  int64_t timeout;
  int max_retries;
  kube_error failure; /* what is wrong with it */
};

/* ---- life ---- */

static const char *literal(const char *verb) {
  static const char *const verbs[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};
  size_t i;
  for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strcasecmp(verb, verbs[i]) == 0) return verbs[i];
  return NULL;
}

kube_rest *kube_rest_new(kube_client *client, const char *verb, kube_error *err) {
  kube_rest *rest = calloc(1, sizeof *rest);
  if (rest == NULL) {
    kube_fail_memory(err, "a request");
    return NULL;
  }
  rest->client = kube_client_retain(client);
  rest->verb = literal(verb);
  kube_rest_group_version(rest, "", "v1");
  if (rest->verb == NULL)
    kube_fail(&rest->failure, KUBE_EUSAGE, "there is no verb \"%s\": GET, POST, ...", verb);
  return rest;
}

void kube_rest_free(kube_rest *rest) {
  if (rest == NULL) return;
  kube_buffer_clear(&rest->prefix);
  free(rest->ns);
  free(rest->resource);
  free(rest->name);
  free(rest->subresource);
  kube_buffer_clear(&rest->suffix);
  kube_query_clear(&rest->query);
  kube_headers_clear(&rest->headers);
  kube_buffer_clear_secret(&rest->body);
  kube_client_free(rest->client);
  free(rest);
}

/* The first thing that is wrong is what is told. */
static bool is_wrong(const kube_rest *rest) { return rest->failure.status != KUBE_OK; }

/* ---- the path ---- */

static bool check_again(kube_rest *rest, const char *what, const char *set, const char *text) {
  if (set == NULL) return true;
  kube_fail(&rest->failure, KUBE_EUSAGE, "%s already set to \"%s\", cannot change to \"%s\"", what,
            set, text);
  return false;
}

/* A piece of the path that is set once. */
static void set_once(kube_rest *rest, const char *what, char **piece, const char *text) {
  if (is_wrong(rest) || !check_again(rest, what, *piece, text)) return;
  if (kube_segment_check(what, text, strlen(text), &rest->failure) == KUBE_OK)
    kube_text_copy_to(piece, text, &rest->failure);
}

static void begin_path(kube_rest *rest) {
  kube_buffer_reset(&rest->prefix);
  rest->slash = false;
}

void kube_rest_group_version(kube_rest *rest, const char *group, const char *version) {
  const char *segments[] = {*group ? "apis" : "api", group, version};
  size_t i;
  if (is_wrong(rest)) return;
  begin_path(rest);
  for (i = 0; i < 3 && !is_wrong(rest); i++) {
    if (*segments[i] && kube_segment_check(i == 1 ? "group" : "version", segments[i],
                                           strlen(segments[i]), &rest->failure) != KUBE_OK)
      return;
    kube_path_join(&rest->prefix, segments[i], &rest->failure);
  }
}

void kube_rest_abs_path(kube_rest *rest, const char *path) {
  const size_t n = strlen(path);
  if (is_wrong(rest)) return;
  begin_path(rest);
  kube_path_join(&rest->prefix, path, &rest->failure);
  rest->slash = n > 0 && path[n - 1] == '/';
}

void kube_rest_namespace(kube_rest *rest, const char *ns) {
  set_once(rest, "namespace", &rest->ns, ns);
}

void kube_rest_resource(kube_rest *rest, const char *resource) {
  char *p;
  set_once(rest, "resource", &rest->resource, resource);
  for (p = rest->resource; p && *p; p++) *p = (char)tolower((unsigned char)*p);
}

void kube_rest_name(kube_rest *rest, const char *name) {
  if (!is_wrong(rest) && *name == '\0')
    kube_fail(&rest->failure, KUBE_EUSAGE, "resource name may not be empty");
  set_once(rest, "resource name", &rest->name, name);
}

/* Segments with '/' between them. */
static bool check_segments(kube_rest *rest, const char *what, const char *text) {
  while (*text) {
    const size_t n = strcspn(text, "/");
    if (kube_segment_check(what, text, n, &rest->failure) != KUBE_OK) return false;
    text += n + (text[n] == '/');
  }
  return true;
}

void kube_rest_subresource(kube_rest *rest, const char *subresource) {
  if (is_wrong(rest) || !check_again(rest, "subresource", rest->subresource, subresource) ||
      !check_segments(rest, "subresource", subresource))
    return;
  kube_text_copy_to(&rest->subresource, subresource, &rest->failure);
}

void kube_rest_suffix(kube_rest *rest, const char *suffix) {
  if (is_wrong(rest) || !check_segments(rest, "suffix", suffix)) return;
  kube_path_join(&rest->suffix, suffix, &rest->failure);
}

/* ---- the rest ---- */

void kube_rest_param(kube_rest *rest, const char *name, const char *value) {
  if (!is_wrong(rest)) kube_query_add(&rest->query, name, value, &rest->failure);
}

void kube_rest_header(kube_rest *rest, const char *name, const char *value) {
  if (!is_wrong(rest)) kube_headers_set(&rest->headers, name, value, &rest->failure);
}

void kube_rest_body(kube_rest *rest, kube_slice body, const char *content_type) {
  if (is_wrong(rest)) return;
  kube_buffer_reset(&rest->body);
  kube_buffer_add(&rest->body, body.bytes, body.length, &rest->failure);
  kube_rest_header(rest, "Content-Type", content_type ? content_type : "application/json");
}

void kube_rest_timeout(kube_rest *rest, int64_t timeout) { rest->timeout = timeout; }

void kube_rest_max_retries(kube_rest *rest, int max_retries) {
  rest->max_retries = max_retries > 0 ? max_retries : -1;
}

/* ---- sending ---- */

static kube_status check(const kube_rest *rest, kube_error *err) {
  const bool empty = rest->ns && *rest->ns == '\0';
  if (is_wrong(rest)) {
    if (err) *err = rest->failure;
    return rest->failure.status;
  }
  if (empty && strcmp(rest->verb, "POST") == 0)
    return kube_fail(err, KUBE_EUSAGE, "an empty namespace may not be set during creation");
  if (empty && rest->name)
    return kube_fail(err, KUBE_EUSAGE,
                     "an empty namespace may not be set when a resource name is provided");
  return KUBE_OK;
}

/* The whole path, nothing of it escaped. */
static kube_status join(const kube_rest *rest, kube_buffer *path, kube_error *err) {
  kube_buffer suffix = rest->suffix; /* a view */
  const char *const pieces[] = {rest->ns && *rest->ns ? "namespaces" : NULL, rest->ns,
                                rest->resource, rest->name, rest->subresource};
  bool bare = kube_buffer_length(&suffix) == 0;
  size_t i;
  kube_status status = kube_buffer_add(path, kube_buffer_bytes(&rest->prefix),
                                       kube_buffer_length(&rest->prefix), err);
  for (i = 0; i < sizeof pieces / sizeof *pieces && status == KUBE_OK; i++) {
    if (pieces[i] && *pieces[i]) bare = false;
    if (pieces[i]) status = kube_path_join(path, pieces[i], err);
  }
  if (status == KUBE_OK && kube_buffer_length(&suffix))
    status = kube_buffer_add(path, kube_buffer_bytes(&suffix), kube_buffer_length(&suffix), err);
  if (status == KUBE_OK && bare && (rest->slash || kube_buffer_length(path) == 0))
    status = kube_buffer_add_char(path, '/', err);
  return status;
}

static kube_status set_path(const kube_rest *rest, kube_request *request, kube_error *err) {
  kube_buffer path = {0}, escaped = {0};
  kube_status status = join(rest, &path, err);
  const char *text = status == KUBE_OK ? kube_buffer_text(&path, err) : NULL;
  if (text) status = kube_path_escape(&escaped, text, err);
  if (text && status == KUBE_OK) request->path = kube_buffer_steal(&escaped, err);
  kube_buffer_clear(&path);
  kube_buffer_clear(&escaped);
  return request->path ? KUBE_OK : KUBE_ENOMEM;
}

static kube_status set_query(const kube_rest *rest, kube_query *query, kube_error *err) {
  kube_buffer duration = {0};
  const char *text;
  kube_status status = kube_query_copy(query, &rest->query, err);
  if (status != KUBE_OK || rest->timeout <= 0) return status;
  status = kube_text_duration(&duration, rest->timeout, err);
  text = status == KUBE_OK ? kube_buffer_text(&duration, err) : NULL;
  status = text ? kube_query_set(query, "timeout", text, err) : KUBE_ENOMEM;
  kube_buffer_clear(&duration);
  return status;
}

/* What goes out; on failure it is cleared. */
static kube_status write_request(const kube_rest *rest, kube_request *request, kube_error *err) {
  kube_status status = set_path(rest, request, err);
  request->method = rest->verb ? rest->verb : "GET";
  request->max_retries = rest->max_retries;
  if (status == KUBE_OK) status = set_query(rest, &request->query, err);
  if (status == KUBE_OK) status = kube_headers_copy(&request->headers, &rest->headers, err);
  if (status == KUBE_OK)
    status = kube_request_set_body(request, kube_buffer_slice(&rest->body), err);
  if (status != KUBE_OK) kube_request_clear(request);
  return status;
}

static kube_call *start(const kube_rest *rest, const kube_call_mode *mode, kube_kind kind,
                        kube_error *err) {
  kube_request request = {0};
  kube_status status = check(rest, err);
  if (status == KUBE_OK) status = write_request(rest, &request, err);
  if (status != KUBE_OK) return NULL;
  request.kind = kind;
  return kube_call_new(rest->client, mode, &request, rest->timeout, err);
}

kube_call *kube_rest_send(const kube_rest *rest, kube_error *err) {
  const bool reads = rest->verb && strcmp(rest->verb, "GET") == 0;
  kube_call *call = start(rest, &kube_document_mode, reads ? KUBE_SHORT : KUBE_WRITE, err);
  if (call) call->raw = true;
  return call;
}

kube_call *kube_rest_stream(const kube_rest *rest, kube_error *err) {
  return start(rest, &kube_bytes_mode, KUBE_WATCH, err);
}

int kube_rest_url(const kube_rest *rest, char *out, size_t size, kube_error *err) {
  kube_request request = {0};
  kube_buffer url = {0};
  int n = -1;
  if (size) *out = '\0';
  if (is_wrong(rest)) {
    if (err) *err = rest->failure;
    return n;
  }
  if (write_request(rest, &request, err) == KUBE_OK &&
      kube_redirect_where(&(kube_redirect){0}, rest->client, &request, &url) == KUBE_OK &&
      kube_query_write(&request.query, &url, err) == KUBE_OK)
    n = snprintf(out, size, "%.*s", (int)kube_buffer_length(&url), kube_buffer_bytes(&url));
  kube_request_clear(&request);
  kube_buffer_clear(&url);
  return n;
}

/* ---- a path as it stands ---- */

static kube_status check_path(const char *path, kube_error *err) {
  const char *p;
  if (*path != '/') return kube_fail(err, KUBE_EUSAGE, "a path begins with '/': \"%s\"", path);
  for (p = path; *p; p++)
    if ((unsigned char)*p <= ' ' || *p == 127)
      return kube_fail(err, KUBE_EUSAGE, "a path holds no spaces or control characters");
  return KUBE_OK;
}

kube_call *kube_rest_get(kube_client *client, const char *path, const char *accept, int64_t timeout,
                         kube_error *err) {
  kube_request request = {.method = "GET", .accept = accept};
  kube_call *call;
  if (check_path(path, err) != KUBE_OK) return NULL;
  request.path = kube_text_copy(path, err);
  if (request.path == NULL) return NULL;
  call = kube_call_new(client, &kube_document_mode, &request, timeout, err);
  if (call) call->raw = true;
  return call;
}
