/* One document that is asked for; the contract is in discovery_request.h. */
#include "discovery_request.h"

#include <string.h>

#include "call.h"
#include "retry.h"

#define LEGACY     "application/json"
#define AGGREGATED "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," LEGACY

void kube_discovery_request_clear(kube_discovery_request *r) {
  kube_call_free(r->call);
  kube_document_free(r->document);
  memset(r, 0, sizeof *r);
}

kube_status kube_discovery_request_send(kube_discovery_request *r, kube_client *client,
                                        const kube_discovery_question *question, kube_error *err) {
  const long long left = question->deadline - kube_engine_now(client->engine);
  kube_request sent = {.method = "GET",
                       .accept = question->legacy ? LEGACY : AGGREGATED,
                       .max_retries = KUBE_MOST_RETRIES};
  kube_status status = KUBE_OK;
  sent.path = strdup(question->path);
  if (sent.path == NULL) return kube_fail_memory(err, "a path");
  if (question->etag)
    status = kube_headers_set(&sent.headers, "If-None-Match", question->etag, err);
  if (status != KUBE_OK) {
    kube_request_clear(&sent);
    return status;
  }
  r->call = kube_call_new(client, &kube_document_mode, &sent, left > 1 ? left : 1, err);
  if (r->call == NULL) return err->status;
  r->call->ceiling = KUBE_DISCOVERY_CEILING;
  return KUBE_OK;
}

/* "Not modified": what is known is what came. */
static void take_known(kube_discovery_request *r, kube_document *known) {
  if (r->failure.code != 304 || known == NULL) return;
  kube_error_clear(&r->failure);
  r->document = kube_document_retain(known);
  r->aggregated = r->unchanged = true;
}

static kube_status take(kube_discovery_request *r, const kube_frame *frame, kube_error *err) {
  r->aggregated = kube_discovery_is_aggregated(kube_call_header(r->call, "Content-Type"));
  r->document = kube_document_parse(frame->object, kube_call_header(r->call, "ETag"), err);
  if (r->document == NULL) kube_call_say_what(r->call, err);
  return r->document ? KUBE_OK : err->status;
}

kube_status kube_discovery_request_look(kube_discovery_request *r, kube_document *known,
                                        kube_error *err) {
  kube_frame frame;
  kube_status status;
  if (r->call == NULL) return KUBE_OK;
  status = kube_call_peek(r->call, &frame, err);
  if (status == KUBE_AGAIN) return status;
  if (status == KUBE_OK) status = take(r, &frame, err);
  if (status == KUBE_ENOMEM) return status;
  if (status != KUBE_OK) {
    r->failure = *err;
    take_known(r, known);
  }
  kube_error_clear(err);
  kube_call_free(r->call);
  r->call = NULL;
  return KUBE_OK;
}
