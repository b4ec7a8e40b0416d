/*
** A call whose answer is a list: its items one by one, page after page; the contract is in call.h.
*/
#include "call.h"

#include <string.h>

static kube_status begin(kube_call *call, kube_error *err) {
  (void)err;
  kube_cutter_clear(&call->cutter);
  kube_cutter_init(&call->cutter, KUBE_CUT_ITEMS, 0);
  return KUBE_OK;
}

static kube_status keep(kube_buffer *to, kube_slice from, kube_error *err) {
  kube_buffer_reset(to);
  return kube_buffer_add(to, from.bytes, from.length, err);
}

/* "PodList" is a list of "Pod"s: for items that do not say it (client-go unstructured list). */
static kube_slice item_kind(kube_slice kind) {
  if (kind.length > 4 && memcmp(kind.bytes + kind.length - 4, "List", 4) == 0) {
    kind.length -= 4;
    return kind;
  }
  return (kube_slice){0};
}

/* Makes the request for the next page of it. The token says at which version the list is read. */
static kube_status turn_page(kube_call *call, kube_json token, kube_error *err) {
  kube_buffer text = {0};
  kube_status status = kube_buffer_reserve(&text, token.length + 1, err);
  if (status == KUBE_OK) {
    kube_json_text(token, text.data, text.size);
    status = kube_query_set(&call->request.query, "continue", text.data, err);
  }
  if (status == KUBE_OK)
    status = kube_query_set(&call->request.query, "resourceVersion", NULL, err);
  if (status == KUBE_OK)
    status = kube_query_set(&call->request.query, "resourceVersionMatch", NULL, err);
  kube_buffer_clear(&text);
  kube_call_hang_up(call);
  call->deadline = -1;
  call->state = KUBE_CALL_SEND;
  return status == KUBE_OK ? KUBE_AGAIN : status;
}

/* The cutter only counted brackets, and a token that is not seen would end the list too early. */
static kube_status check_metadata(const kube_call *call, kube_error *err) {
  kube_slice metadata = call->cutter.metadata;
  kube_status status = metadata.length ? kube_json_validate(metadata, err) : KUBE_OK;
  if (status != KUBE_OK) kube_call_say_what(call, err);
  return status;
}

/* A page is over: on to the next, or the end. */
static kube_status end_page(kube_call *call, kube_error *err) {
  kube_json token = kube_json_find(call->cutter.metadata, "continue");
  kube_status status = check_metadata(call, err);
  if (status == KUBE_OK) status = keep(&call->list_api_version, call->cutter.api_version, err);
  if (status == KUBE_OK) status = keep(&call->list_kind, call->cutter.kind, err);
  if (status == KUBE_OK) status = keep(&call->list_metadata, call->cutter.metadata, err);
  if (status != KUBE_OK) return status;
  if (call->one_page || token.type != KUBE_JSON_STRING || token.length == 0) return KUBE_EOF;
  return turn_page(call, token, err);
}

static kube_status read(kube_call *call, kube_frame *frame, kube_error *err) {
  kube_error broken;
  kube_status result = kube_call_result(call, &broken), status;
  kube_slice bytes = kube_call_bytes(call);
  status = kube_cutter_peek(&call->cutter, bytes.bytes, bytes.length, result == KUBE_EOF,
                            &frame->object, err);
  switch (status) {
    case KUBE_OK:
      frame->api_version = call->cutter.api_version;
      frame->kind = item_kind(call->cutter.kind);
      return KUBE_OK;
    case KUBE_AGAIN:
      kube_transfer_take(call->transfer, kube_cutter_take(&call->cutter));
      if (result == KUBE_AGAIN) {
        kube_transfer_more(call->transfer);
        return KUBE_AGAIN;
      }
      *err = broken; /* KUBE_EOF cannot be: the cutter would have ended or failed */
      return result;
    case KUBE_EOF: return end_page(call, err);
    default: kube_call_say_body(call, err); return status;
  }
}

static void take(kube_call *call) {
  kube_transfer_take(call->transfer, kube_cutter_take(&call->cutter));
}

const kube_call_mode kube_list_mode = {.begin = begin, .read = read, .take = take};
