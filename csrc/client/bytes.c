/* A call whose answer is bytes, given as they come; the contract is in call.h. */
#include "call.h"

static kube_status begin(kube_call *call, kube_error *err) {
  (void)call, (void)err;
  return KUBE_OK;
}

static kube_status read(kube_call *call, kube_frame *frame, kube_error *err) {
  kube_status status = kube_call_result(call, err);
  frame->object = kube_call_bytes(call);
  return frame->object.length ? KUBE_OK : status;
}

static void take(kube_call *call) {
  kube_transfer_take(call->transfer, kube_call_bytes(call).length);
}

const kube_call_mode kube_bytes_mode = {.lasts = false, .begin = begin, .read = read, .take = take};
