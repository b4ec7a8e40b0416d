/*
** A call whose answer is a list: its items one by one, page after page; the contract is in call.h.
**
** The next page is asked for as soon as this one has said what leads on (an API server does so
** before the items, of custom resources behind them), on a second connection: the server writes one
** while the other is read. Of both the mark of a transfer is held at most, half a megabyte. Waiting
** until this one is here would save a connection, and gains nothing that can be measured; so it
** takes a fifth less time (pages of 1.5 MB, for which the server needs 5 or 20 ms).
**
** | case                                 | client-go tools/pager        | here                    |
** | pages read ahead                     | 10, whole                    | 1, half a megabyte of it|
** | a token expires, each item by itself | the error, after the items   | the same; or the rest as|
** |                                      |                              | it is by then, if asked |
** | a token expires, the list as one     | once more, all of it at once | the same, in Lua        |
** | resourceVersion of an EachListItem   | sent with each page: refused | with the first one only |
** Source: client-go tools/pager/pager.go.
*/
#include "call.h"

#include <string.h>

static kube_status begin(kube_call *call, kube_error *err) {
  (void)err;
  kube_cutter_clear(&call->cutter);
  kube_cutter_init(&call->cutter, call->list.as_rows ? KUBE_CUT_ROWS : KUBE_CUT_ITEMS, 0);
  call->list.looked_ahead = false;
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

/* ---- the next page ---- */

static bool leads_on(const kube_call *call, kube_json token) {
  return !call->list.one_page && token.type == KUBE_JSON_STRING && token.length > 0;
}

/* What the token is as a text, which cannot hold a NUL: another page than was meant would come. */
static kube_status token_text(const kube_call *call, kube_json token, kube_buffer *text,
                              kube_error *err) {
  kube_status status = kube_buffer_reserve(text, token.length + 1, err);
  if (status != KUBE_OK || kube_json_text(token, text->data, text->size) == strlen(text->data))
    return status;
  kube_fail(err, KUBE_EDECODE, "the list's continue token holds a NUL byte");
  kube_call_say_what(call, err);
  return KUBE_EDECODE;
}

/* Makes the request that for the page after it. The token says at which version that is read. */
static kube_status aim(kube_call *call, kube_json token, kube_error *err) {
  kube_query *query = &call->request.query;
  kube_buffer text = {0};
  kube_status status = token_text(call, token, &text, err);
  if (status == KUBE_OK) {
    if (call->ahead && strcmp(text.data, kube_query_get(query, "continue")) != 0)
      kube_call_drop_ahead(call); /* there are two tokens, and the last one counts */
    status = kube_query_set(query, "continue", text.data, err);
  }
  if (status == KUBE_OK) status = kube_query_set(query, "resourceVersion", NULL, err);
  if (status == KUBE_OK) status = kube_query_set(query, "resourceVersionMatch", NULL, err);
  kube_buffer_clear(&text);
  return status;
}

/* Has the page said yet what leads on? What fails will do so in its turn. */
static void look_ahead(kube_call *call) {
  kube_json token = kube_json_find(call->cutter.metadata, "continue");
  kube_error unused;
  if (call->list.looked_ahead || !leads_on(call, token)) return;
  call->list.looked_ahead = true;
  if (kube_json_validate(call->cutter.metadata, &unused) == KUBE_OK &&
      aim(call, token, &unused) == KUBE_OK)
    kube_call_send_ahead(call);
}

/* Hangs up what was read; what was sent ahead stays. */
static kube_status turn_page(kube_call *call, kube_json token, kube_error *err) {
  kube_status status = aim(call, token, err);
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
  kube_list_state *list = &call->list;
  kube_json token = kube_json_find(call->cutter.metadata, "continue");
  kube_status status = check_metadata(call, err);
  if (status == KUBE_OK) status = keep(&list->api_version, call->cutter.api_version, err);
  if (status == KUBE_OK) status = keep(&list->kind, call->cutter.kind, err);
  if (status == KUBE_OK) status = keep(&list->metadata, call->cutter.metadata, err);
  if (status == KUBE_OK && call->cutter.columns.length)
    status = keep(&list->columns, call->cutter.columns, err);
  if (status != KUBE_OK) return status;
  return leads_on(call, token) ? turn_page(call, token, err) : KUBE_EOF;
}

/*
** A token of a page before has expired. The Status has another one: with it the rest of the keys
** can be read, as they are now (apimachinery pkg/apis/meta/v1/types.go, ListMeta.Continue).
*/
static kube_status recover(kube_call *call, kube_error *err) {
  kube_json token = kube_json_find(kube_buffer_slice(&call->status), "metadata.continue");
  kube_error unused;
  if (!call->list.inconsistent || err->code != 410 || !leads_on(call, token) ||
      kube_query_get(&call->request.query, "continue") == NULL)
    return err->status;
  return turn_page(call, token, &unused) == KUBE_AGAIN ? KUBE_OK : err->status;
}

/* ---- items ---- */

/* An item is of the kind of the list, a row of none. */
static void describe(const kube_cutter *cutter, kube_frame *frame) {
  if (cutter->rows) return;
  frame->api_version = cutter->api_version;
  frame->kind = item_kind(cutter->kind);
}

static kube_status read(kube_call *call, kube_frame *frame, kube_error *err) {
  kube_error broken;
  kube_status result = kube_call_result(call, &broken), status;
  kube_slice bytes = kube_call_bytes(call);
  status = kube_cutter_peek(&call->cutter, bytes.bytes, bytes.length, result == KUBE_EOF,
                            &frame->object, err);
  switch (status) {
    case KUBE_OK:
      describe(&call->cutter, frame);
      look_ahead(call);
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

const kube_call_mode kube_list_mode = {
    .begin = begin, .read = read, .take = take, .recover = recover};
