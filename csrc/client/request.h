/*
** What goes out: method, path, query, body. Pure: nothing here knows a socket.
** Valid when zeroed; kube_request_clear may be called at any moment and twice.
*/
#ifndef KUBE_CLIENT_REQUEST_H
#define KUBE_CLIENT_REQUEST_H

#include "core/peer.h"
#include "headers.h"
#include "query.h"

typedef struct kube_request {
  const char *method;       /* a literal */
  const char *content_type; /* of the body; a literal, NULL: application/json */
  const char *accept;       /* as long as it is sent, NULL: application/json */
  char *path;               /* escaped: "/api/v1/namespaces/default/pods" */
  bool from_root;           /* path is all that follows the host, not below the server's own */
  bool to_stranger;         /* the host is not the server's: no header that says who we are */
  kube_query query;
  kube_headers headers; /* of the caller, which go before ours of the same names */
  kube_buffer body;
  kube_kind kind;  /* how the answer is expected */
  int max_retries; /* how often it is sent again; 0: as the configuration says, less: never */
} kube_request;

/*
** Sets the path of a resource, or of one object of it, or of its subresource. ns, name and
** subresource may be NULL. KUBE_EUSAGE with client-go's words: an empty name, a segment that is "."
** or ".." or holds '/' or '%', an empty namespace.
** Rules: client-go rest/request.go, apimachinery pkg/api/validation/path.
*/
kube_status kube_request_set_path(kube_request *request, const kube_resource *resource,
                                  const char *ns, const char *name, const char *subresource,
                                  kube_error *err);

/*
** Whether n bytes of text can be a segment of a path: KUBE_EUSAGE for "." and "..", and what holds '/'
** or '%'. what is what the message calls it. Rule: apimachinery pkg/api/validation/path.
*/
kube_status kube_segment_check(const char *what, const char *text, size_t n, kube_error *err);

/* Copies the body. */
kube_status kube_request_set_body(kube_request *request, kube_slice body, kube_error *err);

void kube_request_clear(kube_request *request);

#endif
