/*
** The Status that stands for a refusal without one: the answer of a proxy, of a server in front of
** the API, of one that is broken. Pure. Rules: apimachinery api/errors NewGenericServerResponse,
** client-go rest/request.go newUnstructuredResponseError; what the request was about is read from
** its path, as apiserver pkg/endpoints/request/requestinfo.go does.
*/
#ifndef KUBE_CLIENT_GENERIC_H
#define KUBE_CLIENT_GENERIC_H

#include "core/buffer.h"
#include "status.h"

/* What a code alone says: "Unknown" where Kubernetes has no reason for it. Texts are static. */
typedef struct kube_generic {
  int code;
  const char *reason, *words;
} kube_generic;

kube_generic kube_generic_of(int code, const char *method);

/*
** Appends the Status as JSON: message, reason, code, details with group, kind (the resource),
** name, the cause UnexpectedServerResponse and retryAfterSeconds. A text/... body is quoted in the
** message and the cause, at most 2048 bytes of it. KUBE_ENOMEM.
*/
kube_status kube_generic_write(const kube_refusal *refusal, kube_buffer *out, kube_error *err);

/* Seconds that a Retry-After asks for; 0 for NULL, a date, and what is absurd. */
int kube_retry_after_of(const char *header);

#endif
