/* What goes out; the contract is in request.h. */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"

kube_status kube_segment_check(const char *what, const char *text, size_t n, kube_error *err) {
  const bool slash = memchr(text, '/', n);
  if ((n == 1 && *text == '.') || (n == 2 && memcmp(text, "..", 2) == 0))
    return kube_fail(err, KUBE_EUSAGE, "invalid %s \"%.*s\": may not be '%.*s'", what, (int)n, text,
                     (int)n, text);
  if (slash || memchr(text, '%', n))
    return kube_fail(err, KUBE_EUSAGE, "invalid %s \"%.*s\": may not contain '%c'", what, (int)n,
                     text, slash ? '/' : '%');
  return KUBE_OK;
}

static kube_status check_segment(const char *what, const char *text, kube_error *err) {
  if (*text) return kube_segment_check(what, text, strlen(text), err);
  if (strcmp(what, "namespace") == 0)
    return kube_fail(err, KUBE_EUSAGE,
                     "an empty namespace may not be set when a resource name is provided");
  return kube_fail(err, KUBE_EUSAGE, "%s may not be empty", what);
}

static kube_status add_segment(kube_buffer *path, const char *what, const char *text,
                               kube_error *err) {
  kube_status status = check_segment(what, text, err);
  if (status == KUBE_OK) status = kube_buffer_add_char(path, '/', err);
  if (status == KUBE_OK) status = kube_text_escape(path, text, strlen(text), err);
  return status;
}

/* The segments of a subresource ("proxy/metrics") are escaped each. */
static kube_status add_subresource(kube_buffer *path, const char *text, kube_error *err) {
  kube_status status = KUBE_OK;
  while (status == KUBE_OK && *text) {
    size_t n = strcspn(text, "/");
    status = kube_segment_check("subresource", text, n, err);
    if (status == KUBE_OK) status = kube_buffer_add_char(path, '/', err);
    if (status == KUBE_OK) status = kube_text_escape(path, text, n, err);
    text += n + (text[n] == '/');
  }
  return status;
}

static kube_status write_path(kube_buffer *path, const kube_resource *r, const char *ns,
                              const char *name, const char *subresource, kube_error *err) {
  kube_status status = kube_buffer_add_text(path, *r->group ? "/apis" : "/api", err);
  if (status == KUBE_OK && *r->group) status = add_segment(path, "group", r->group, err);
  if (status == KUBE_OK) status = add_segment(path, "version", r->version, err);
  if (status == KUBE_OK && ns) {
    status = kube_buffer_add_text(path, "/namespaces", err);
    if (status == KUBE_OK) status = add_segment(path, "namespace", ns, err);
  }
  if (status == KUBE_OK) status = add_segment(path, "resource", r->resource, err);
  if (status == KUBE_OK && name) status = add_segment(path, "resource name", name, err);
  if (status == KUBE_OK && subresource) status = add_subresource(path, subresource, err);
  return status;
}

kube_status kube_request_set_path(kube_request *request, const kube_resource *resource,
                                  const char *ns, const char *name, const char *subresource,
                                  kube_error *err) {
  kube_buffer path = {0};
  kube_status status;
  if (resource == NULL || !resource->group || !resource->version || !resource->resource)
    return kube_fail(err, KUBE_EUSAGE, "a resource needs group, version and resource");
  status = write_path(&path, resource, ns, name, subresource, err);
  if (status == KUBE_OK) {
    free(request->path);
    request->path = kube_buffer_steal(&path, err);
    if (request->path == NULL) status = KUBE_ENOMEM;
  }
  kube_buffer_clear(&path);
  return status;
}

kube_status kube_request_set_body(kube_request *request, kube_slice body, kube_error *err) {
  kube_buffer_reset(&request->body);
  return kube_buffer_add(&request->body, body.bytes, body.length, err);
}

void kube_request_clear(kube_request *request) {
  free(request->path);
  request->path = NULL;
  kube_query_clear(&request->query);
  kube_headers_clear(&request->headers);
  kube_buffer_clear_secret(&request->body); /* it may have been a Secret */
}
