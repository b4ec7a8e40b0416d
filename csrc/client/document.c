/* A call whose answer is one object, given when it is whole; the contract is in call.h. */
#include "call.h"

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

static kube_status read(kube_call *call, kube_frame *frame, kube_error *err) {
  kube_status status = kube_call_result(call, err);
  if (call->given) return KUBE_EOF;
  frame->object = kube_call_bytes(call);
  if (frame->object.length > call->ceiling) return too_large(call, err);
  if (status == KUBE_AGAIN) kube_transfer_more(call->transfer);
  return status == KUBE_EOF ? KUBE_OK : status;
}

/* What is not whole yet cannot be taken. */
static void take(kube_call *call) {
  if (kube_transfer_result(call->transfer, NULL) == KUBE_EOF) call->given = true;
}

const kube_call_mode kube_document_mode = {.begin = begin, .read = read, .take = take};
