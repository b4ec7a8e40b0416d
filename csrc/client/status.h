/*
** What a server means by an answer that is no success: its Status, or what HTTP says.
** Pure. Rules: client-go rest/request.go transformResponse, apimachinery api/errors.
*/
#ifndef KUBE_CLIENT_STATUS_H
#define KUBE_CLIENT_STATUS_H

#include "core/buffer.h"

enum { KUBE_MOST_RETRY_AFTER = 1 << 30 /* seconds; more is no answer */ };

/* What was asked and what came. */
typedef struct kube_refusal {
  int code; /* HTTP */
  const char *method;
  const char *where;        /* the URL without its query */
  const char *path;         /* the server's own path left out: "/api/v1/..."; NULL */
  const char *who;          /* the user's name in the configuration; NULL: nobody was presented */
  const char *content_type; /* headers of the answer, or NULL */
  const char *retry_after;
  kube_slice body;
} kube_refusal;

/* Fills *err (KUBE_EAPI) and returns it. */
kube_status kube_refusal_fail(const kube_refusal *refusal, kube_error *err);

/* The same for a Status that came as an object (a watch's ERROR event). */
kube_status kube_status_fail(kube_slice status, kube_error *err);

/* Its Status: that which came, or one that says the same (generic.h). *out is empty on failure. */
kube_status kube_refusal_status(const kube_refusal *refusal, kube_buffer *out, kube_error *err);

/* Whether a text is a Status; and whether it is one, well formed, that does not say Success. */
bool kube_is_status(kube_slice text);
bool kube_is_failure(kube_slice text);

#endif
