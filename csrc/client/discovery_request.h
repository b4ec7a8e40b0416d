/* One document that is asked for, of those that tell what a server serves. */
#ifndef KUBE_CLIENT_DISCOVERY_REQUEST_H
#define KUBE_CLIENT_DISCOVERY_REQUEST_H

#include "discovery.h"

/* Valid when zeroed. */
typedef struct kube_discovery_request {
  kube_call *call;             /* NULL: it is over, or was never begun */
  kube_document *document;     /* what came */
  kube_error failure;          /* or why nothing did */
  bool aggregated;             /* the answer says so */
  bool unchanged;              /* it said that what is known is what it would say */
  const char *group, *version; /* whose list it is */
} kube_discovery_request;

typedef struct kube_discovery_question {
  const char *path;
  const char *etag;   /* of what is known; NULL */
  bool legacy;        /* no aggregated document */
  long long deadline; /* of the engine's clock */
} kube_discovery_question;

/* Sends. A deadline that is over fails it a moment later, as if it had been sent before. */
kube_status kube_discovery_request_send(kube_discovery_request *request, kube_client *client,
                                        const kube_discovery_question *question, kube_error *err);

/*
** KUBE_OK once it is over, whatever it came to; KUBE_AGAIN; KUBE_ENOMEM, which is a failure of the
** whole. known is what comes where the server says that nothing changed; NULL.
*/
kube_status kube_discovery_request_look(kube_discovery_request *request, kube_document *known,
                                        kube_error *err);

void kube_discovery_request_clear(kube_discovery_request *request);

#endif
