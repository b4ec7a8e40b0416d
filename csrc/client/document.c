/* A call whose answer is one object, given when it is whole; the contract is in call.h. */
#include "call.h"
#include "status.h"

static kube_status too_large(const kube_call *call, kube_error *err) {
  kube_fail(err, KUBE_ETOOLARGE, "the answer is larger than %zu bytes", call->ceiling);
  kube_call_say_what(call, err);
  return KUBE_ETOOLARGE;
}

/* An answer that announces more than fits is not even begun. */
static kube_status begin(kube_call *call, kube_error *err) {
  long long announced = kube_transfer_announced(call->transfer);
  if (announced > 0 && (unsigned long long)announced > call->ceiling)
    return kube_fail(err, KUBE_ETOOLARGE, "the answer announces %lld bytes, more than %zu",
                     announced, call->ceiling);
  return KUBE_OK;
}

static kube_status fail_empty(const kube_call *call, kube_error *err) {
  kube_fail(err, KUBE_EDECODE, "no body");
  kube_call_say_body(call, err);
  return KUBE_EDECODE;
}

/* A server, or what stands before it, said yes and sent why not. */
static kube_status fail_as_told(kube_call *call, kube_slice status, kube_error *err) {
  kube_buffer_reset(&call->status);
  kube_buffer_add(&call->status, status.bytes, status.length, NULL);
  return kube_status_fail(status, err);
}

static kube_status read(kube_call *call, kube_frame *frame, kube_error *err) {
  kube_status status = kube_call_result(call, err);
  if (call->given) return KUBE_EOF;
  frame->object = kube_call_bytes(call);
  if (frame->object.length > call->ceiling) return too_large(call, err);
  if (status == KUBE_AGAIN) kube_transfer_more(call->transfer);
  if (status != KUBE_EOF) return status;
  if (!call->raw && frame->object.length == 0) return fail_empty(call, err);
  if (!call->raw && kube_is_failure(frame->object)) return fail_as_told(call, frame->object, err);
  return KUBE_OK;
}

/* What is not whole yet cannot be taken. */
static void take(kube_call *call) {
  if (kube_transfer_result(call->transfer, NULL) == KUBE_EOF) call->given = true;
}

const kube_call_mode kube_document_mode = {.begin = begin, .read = read, .take = take};
