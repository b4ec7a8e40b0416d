/* An operation under way; the contract is in call.h and kube.h. */
#include "call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "attempts.h"
#include "core/clock.h"
#include "core/proxy.h"
#include "status.h"

enum {
  REFUSAL_CEILING = 1 << 20, /* bytes of an answer that says why not */
  MOST_SENDS_AGAIN = 6,      /* golang.org/x/net/http2, Transport.RoundTripOpt */
  PASSED_OVER = 2 << 10      /* bytes of a redirect that are read, so that its connection stays */
};

/* ---- life ---- */

static kube_call *make(kube_client *client, const kube_call_mode *mode, kube_request *request,
                       int64_t timeout, kube_error *err) {
  kube_call *call = NULL;
  if (kube_engine_check(client->engine, err) == KUBE_OK) {
    call = calloc(1, sizeof *call);
    if (call == NULL) kube_fail_memory(err, "a call");
  }
  if (call == NULL) {
    kube_request_clear(request);
    return NULL;
  }
  kube_handle_init(&call->handle, client->engine, call);
  call->client = kube_client_retain(client);
  call->mode = mode;
  call->request = *request;
  memset(request, 0, sizeof *request);
  call->ceiling = KUBE_SHORT_CEILING;
  call->timeout = timeout;
  call->deadline = -1;
  call->has_turn = mode->lasts; /* client-go: a watch is not throttled, its further attempts are */
  kube_trace_begin(call);
  return call;
}

static kube_client *sender_of(const kube_call *call) {
  return kube_redirect_sender(&call->redirect, call->client);
}

void kube_call_hang_up(kube_call *call) {
  if (call->transfer) {
    kube_trace_over(call);
    kube_call_info_get(call, &call->last);
    kube_client_hang_up(sender_of(call), call->transfer, &call->request, call->sent_as);
    call->transfer = NULL;
  }
  kube_redirect_clear(&call->redirect); /* followed or not: what comes next begins where we began */
}

void kube_call_free(kube_call *call) {
  if (call == NULL) return;
  kube_call_leave_turn(call);
  kube_credential_leave(&call->user);
  if (call->transfer) kube_trace_over(call);
  kube_call_drop_ahead(call);
  kube_client_hang_up(sender_of(call), call->transfer, &call->request, call->sent_as);
  kube_redirect_clear(&call->redirect);
  kube_trace_clear(&call->trace);
  kube_request_clear(&call->request);
  kube_cutter_clear(&call->cutter);
  kube_buffer_clear(&call->status);
  kube_buffer_clear(&call->list.api_version);
  kube_buffer_clear(&call->list.kind);
  kube_buffer_clear(&call->list.metadata);
  kube_buffer_clear(&call->list.columns);
  kube_client_free(call->client);
  kube_handle_clear(&call->handle);
  free(call);
}

/* ---- failing ---- */

/* Whether what went wrong happened on the way: no server has answered yet. */
static bool is_under_way(const kube_call *call) {
  return call->transfer && kube_transfer_code(call->transfer) == 0;
}

static void say_where(const kube_call *call, kube_error *err) {
  kube_buffer where = {0};
  const char *text;
  kube_redirect_where(&call->redirect, call->client, &call->request, &where);
  text = kube_buffer_text(&where, NULL);
  kube_error_prefix(err, "redirected to %s", text ? text : "another place");
  kube_buffer_clear(&where);
}

void kube_call_say_what(const kube_call *call, kube_error *err) {
  const char *proxy = sender_of(call)->proxy_name;
  char request[512];
  if (proxy && is_under_way(call)) kube_error_prefix(err, "through the proxy %s", proxy);
  if (call->redirect.path) say_where(call, err);
  kube_call_request(call, request, sizeof request);
  kube_error_prefix(err, "%s", request);
}

void kube_call_say_body(const kube_call *call, kube_error *err) {
  const char *type = kube_call_header(call, "Content-Type");
  kube_call_info info;
  kube_call_info_get(call, &info);
  if (err->status == KUBE_EDECODE && info.bytes == call->last.bytes)
    kube_fail(err, KUBE_EDECODE, "an answer without a body (%d)", info.code);
  else if (err->status == KUBE_EDECODE && type && strncasecmp(type, "application/json", 16) != 0)
    kube_error_prefix(err, "the answer is %.64s, not JSON", type);
  kube_call_say_what(call, err);
}

/* Nothing is under way any more, and nothing is due. */
static void stop(kube_call *call, kube_call_state state) {
  kube_call_hang_up(call);
  kube_call_drop_ahead(call);
  kube_handle_drop_due(&call->handle);
  kube_trace_end(call);
  call->state = state;
}

static kube_status fail_for_good(kube_call *call, kube_error *err) {
  kube_call_recall_attempts(call, err);
  call->failure = *err;
  stop(call, KUBE_CALL_FAILED);
  return err->status;
}

static const char *answer_header(const kube_call *call, const char *name) {
  return kube_transfer_answer_header(call->transfer, name);
}

/* The mode may know how to go on, or it is tried once more: then KUBE_AGAIN. */
static kube_status fail_or_recover(kube_call *call, kube_error *err) {
  if (call->mode->recover && err->status != KUBE_ENOMEM &&
      call->mode->recover(call, err) == KUBE_OK)
    return KUBE_AGAIN;
  if (kube_call_try_again(call, err)) return KUBE_AGAIN;
  return fail_for_good(call, err);
}

static kube_status fail_late(kube_call *call, kube_error *err) {
  kube_fail(err, KUBE_ETIMEOUT, "%s within %lld ms",
            call->state == KUBE_CALL_BODY   ? "the answer did not end"
            : call->state == KUBE_CALL_SEND ? "no credential"
                                            : "no answer",
            (long long)call->timeout);
  kube_call_say_what(call, err);
  if (call->transfer) kube_transfer_distrust(call->transfer);
  return fail_for_good(call, err);
}

/* A watch was asked to last so long: that is its end, and no failure. */
static kube_status end_in_time(kube_call *call) {
  stop(call, KUBE_CALL_DONE);
  return KUBE_EOF;
}

/* ---- the states ---- */

/* How far the wait for a credential is; a failure bears the name of the request. */
static kube_status await_credential(kube_call *call, kube_error *err) {
  kube_credential *credential = call->client->credential;
  kube_status status = kube_credential_ask(credential, &call->user, &call->handle, err);
  call->sent_as = credential->generation;
  if (status == KUBE_OK || status == KUBE_AGAIN) return status;
  kube_error_prefix(err, "getting credentials");
  kube_call_say_what(call, err);
  return status;
}

void kube_call_drop_ahead(kube_call *call) {
  kube_transfer_free(call->ahead);
  call->ahead = NULL;
}

void kube_call_send_ahead(kube_call *call) {
  kube_credential *credential = call->client->credential;
  kube_error unused;
  if (call->ahead || call->redirect.path || !kube_engine_is_ours(call->client->engine) ||
      kube_credential_ask(credential, &call->user, &call->handle, &unused) != KUBE_OK ||
      !kube_call_has_turn_now(call))
    return;
  kube_transfer_hold(call->transfer); /* below libcurl may add to it: the object at hand stays */
  call->ahead_as = credential->generation;
  call->ahead = kube_client_send(call->client, &call->handle, &call->request, &unused);
  if (call->ahead == NULL) return;
  kube_trace_copy(call->ahead);
  kube_transfer_push(call->ahead); /* who reads may not step for long */
}

/* Whether what is to be sent has been, by whom we are now. */
static bool take_ahead(kube_call *call) {
  if (call->ahead && call->ahead_as != call->sent_as) kube_call_drop_ahead(call);
  call->was_ahead = call->ahead != NULL;
  if (call->ahead == NULL) return false;
  call->transfer = call->ahead;
  call->ahead = NULL;
  return true;
}

static kube_status send_request(kube_call *call, kube_error *err) {
  kube_status status;
  if (call->timeout > 0 && call->deadline < 0)
    call->deadline = kube_engine_now(call->client->engine) + call->timeout;
  if (call->ahead) call->has_turn = true;
  status = kube_call_await_turn(call, err);
  if (status != KUBE_OK) return status == KUBE_AGAIN ? status : fail_for_good(call, err);
  status = await_credential(call, err);
  if (status != KUBE_OK) return status == KUBE_AGAIN ? status : fail_or_recover(call, err);
  if (!take_ahead(call))
    call->transfer =
        kube_redirect_send(&call->redirect, call->client, &call->handle, &call->request, err);
  if (call->transfer == NULL) {
    kube_call_say_what(call, err);
    return fail_for_good(call, err);
  }
  kube_trace_sent(call);
  kube_buffer_reset(&call->status);
  call->state = KUBE_CALL_ANSWER;
  return KUBE_AGAIN;
}

/* What the exchange is at; a failure bears the name of the request. */
kube_status kube_call_result(kube_call *call, kube_error *err) {
  kube_status status = kube_transfer_result(call->transfer, err);
  if (status != KUBE_AGAIN && status != KUBE_EOF) kube_call_say_what(call, err);
  return status;
}

kube_slice kube_call_bytes(kube_call *call) { return kube_transfer_peek(call->transfer); }

/*
** An API server ends an HTTP/2 connection after the request of somebody who is not known, with all
** that others sent on it. A GET is then sent once more, and as often as Go's transport does: who is
** many, and refused, meets one such connection after the other until the first refusal is read.
** What was sent ahead may have waited until its connection was over: that is no failure of now.
*/
static bool send_again(kube_call *call) {
  if (call->sent_again == MOST_SENDS_AGAIN ||
      !(call->was_ahead || kube_transfer_was_dropped(call->transfer)) ||
      strcmp(call->request.method, "GET") != 0)
    return false;
  call->sent_again++;
  kube_call_hang_up(call);
  call->state = KUBE_CALL_SEND;
  return true;
}

static kube_status follow(kube_call *call, kube_error *err) {
  kube_redirect next;
  if (kube_transfer_result(call->transfer, NULL) == KUBE_AGAIN &&
      kube_transfer_announced(call->transfer) <= PASSED_OVER &&
      kube_call_bytes(call).length <= PASSED_OVER)
    return KUBE_AGAIN;
  if (kube_redirect_next(&call->redirect, call->client, &call->request,
                         kube_transfer_code(call->transfer), answer_header(call, "Location"), &next,
                         err) != KUBE_OK) {
    kube_call_say_what(call, err);
    return fail_for_good(call, err);
  }
  kube_call_hang_up(call);
  call->redirect = next;
  call->state = KUBE_CALL_SEND;
  return KUBE_AGAIN;
}

static kube_status await_answer(kube_call *call, kube_error *err) {
  int code = kube_transfer_code(call->transfer);
  kube_status status;
  if (code == 0) {
    status = kube_call_result(call, err);
    if (status == KUBE_AGAIN) return status;
    if (status == KUBE_EOF)
      kube_fail(err, KUBE_ENETWORK, "no answer"), kube_call_say_what(call, err);
    return send_again(call) ? KUBE_AGAIN : fail_or_recover(call, err);
  }
  kube_trace_answered(call);
  if (code < 200 || code > 206) { /* client-go takes no other 2xx for a success, either */
    call->state = kube_redirect_is_one(code, answer_header(call, "Location")) ? KUBE_CALL_REDIRECT
                                                                              : KUBE_CALL_REFUSAL;
    return KUBE_AGAIN;
  }
  call->state = KUBE_CALL_BODY;
  call->refused = false;
  kube_call_attempt_done(call);
  status = call->mode->begin(call, err);
  if (status == KUBE_OK) return KUBE_AGAIN;
  kube_call_say_what(call, err);
  return fail_for_good(call, err);
}

/*
** 401: what was sent has expired, or was withdrawn. Nothing was done, so with another credential it is
** sent once more (client-go leaves that to its caller).
*/
static bool try_another_credential(kube_call *call) {
  if (kube_transfer_code(call->transfer) != 401 || call->refused ||
      sender_of(call) != call->client || call->redirect.as_get /* it was done */ ||
      !kube_credential_refused(call->client->credential, &call->user))
    return false;
  call->refused = true;
  kube_call_hang_up(call);
  call->state = KUBE_CALL_SEND;
  return true;
}

/* Without TLS an HTTP proxy may answer itself, and does not say so. */
static bool may_be_the_proxys(const kube_call *call, kube_slice body) {
  const kube_client *client = sender_of(call);
  return client->proxy && kube_proxy_is_http(client->proxy) &&
         !kube_config_is_tls(client->config) && !kube_is_status(body);
}

/* Waits until the whole refusal is there, or enough of it. */
static kube_status read_refusal(kube_call *call, kube_error *err) {
  kube_slice body = kube_call_bytes(call);
  kube_refusal refusal = {.code = kube_transfer_code(call->transfer),
                          .method = kube_call_method(call)};
  kube_buffer where = {0};
  if (kube_transfer_result(call->transfer, NULL) == KUBE_AGAIN && body.length < REFUSAL_CEILING) {
    kube_transfer_more(call->transfer);
    return KUBE_AGAIN;
  }
  if (try_another_credential(call)) return KUBE_AGAIN;
  if (body.length > REFUSAL_CEILING) body.length = 0;
  kube_redirect_where(&call->redirect, call->client, &call->request, &where);
  refusal.where = kube_buffer_text(&where, NULL);
  if (refusal.where == NULL) refusal.where = call->request.path;
  refusal.path = call->request.path;
  refusal.who = sender_of(call)->config->user;
  refusal.content_type = answer_header(call, "Content-Type");
  refusal.retry_after = answer_header(call, "Retry-After");
  refusal.body = body;
  kube_refusal_fail(&refusal, err);
  kube_refusal_status(&refusal, &call->status, NULL); /* without memory there is none */
  if (may_be_the_proxys(call, body))
    kube_error_prefix(err, "the proxy %s, or the server behind it", sender_of(call)->proxy_name);
  kube_buffer_clear(&where);
  return fail_or_recover(call, err);
}

static kube_status read_body(kube_call *call, kube_frame *frame, kube_error *err) {
  kube_status status;
  memset(frame, 0, sizeof *frame);
  status = call->mode->read(call, frame, err);
  if (status == KUBE_EOF) stop(call, KUBE_CALL_DONE);
  return status == KUBE_OK || status == KUBE_AGAIN || status == KUBE_EOF
             ? status
             : fail_or_recover(call, err);
}

/*
** One move: KUBE_OK, KUBE_EOF, a failure, or KUBE_AGAIN with the state changed if it is to go on.
*/
static kube_status move(kube_call *call, kube_frame *frame, kube_error *err) {
  switch (call->state) {
    case KUBE_CALL_SEND: return send_request(call, err);
    case KUBE_CALL_ANSWER: return await_answer(call, err);
    case KUBE_CALL_REDIRECT: return follow(call, err);
    case KUBE_CALL_REFUSAL: return read_refusal(call, err);
    case KUBE_CALL_BODY: return read_body(call, frame, err);
    case KUBE_CALL_RESTING:
      if (kube_engine_now(call->client->engine) >= call->rest) call->state = KUBE_CALL_SEND;
      return KUBE_AGAIN;
    case KUBE_CALL_DONE: return KUBE_EOF;
    case KUBE_CALL_FAILED: break;
  }
  *err = call->failure;
  return err->status;
}

/* ---- time ---- */

/* The handle's one timer: the deadline, the end of a rest, or that of a watch's patience. */
kube_status kube_call_set_timer(kube_call *call, kube_error *err) {
  long long due = call->deadline;
  if (call->state == KUBE_CALL_RESTING) due = kube_clock_earlier(due, call->rest);
  if (call->watch.idle_due > 0 && call->transfer)
    due = kube_clock_earlier(due, call->watch.idle_due);
  if (due < 0) return KUBE_OK;
  if (call->handle.timer.place && call->handle.timer.due == due) return KUBE_OK;
  return kube_handle_set_due(&call->handle, due, err);
}

/* Of a watch: nothing was heard for longer than the connection should have lasted. */
static bool is_silent(const kube_call *call) {
  return call->watch.idle_due > 0 && call->transfer &&
         kube_engine_now(call->client->engine) >= call->watch.idle_due;
}

/* The peer is gone without a word: in whatever state, that connection is over. */
static kube_status fail_silent(kube_call *call, kube_error *err) {
  kube_fail(err, KUBE_ETIMEOUT, "the watch fell silent: the server did not end it in time");
  kube_transfer_distrust(call->transfer);
  kube_call_say_what(call, err);
  return fail_or_recover(call, err);
}

/* Of what lasts: the credential it was sent with would not connect any more. */
static bool is_outdated(kube_call *call) {
  return call->mode->renew && call->transfer &&
         kube_credential_is_outdated(call->client->credential, &call->user);
}

static kube_status renew(kube_call *call, kube_error *err) {
  const kube_status status = call->mode->renew(call, err);
  return status == KUBE_AGAIN ? status : fail_for_good(call, err);
}

static bool is_late(const kube_call *call) {
  return call->deadline >= 0 && call->state < KUBE_CALL_DONE &&
         kube_engine_now(call->client->engine) >= call->deadline;
}

/* ---- what users see ---- */

kube_call *kube_call_new(kube_client *client, const kube_call_mode *mode, kube_request *request,
                         int64_t timeout, kube_error *err) {
  kube_error local;
  kube_call *call = make(client, mode, request, timeout, err ? err : (err = &local));
  if (call == NULL) return NULL;
  if (send_request(call, err) == KUBE_AGAIN && kube_call_set_timer(call, err) == KUBE_OK)
    return call;
  kube_call_free(call);
  return NULL;
}

kube_status kube_call_peek(kube_call *call, kube_frame *frame, kube_error *err) {
  kube_error local;
  kube_status status;
  kube_call_state before;
  if (err == NULL)
    err = &local;
  else if (err->status != KUBE_OK)
    kube_error_clear(err);
  do {
    before = call->state;
    status = move(call, frame, err);
    if (status == KUBE_AGAIN && call->state == before && is_silent(call))
      status = fail_silent(call, err);
    if (status == KUBE_AGAIN && call->state == before && is_outdated(call))
      status = renew(call, err);
  } while (status == KUBE_AGAIN && call->state != before);
  if (status == KUBE_OK) kube_transfer_hold(call->transfer);
  if (status != KUBE_AGAIN) return status;
  if (kube_engine_check(call->client->engine, err) != KUBE_OK) return fail_for_good(call, err);
  if (is_late(call)) return call->mode->lasts ? end_in_time(call) : fail_late(call, err);
  if (kube_call_set_timer(call, err) != KUBE_OK) return fail_for_good(call, err);
  return KUBE_AGAIN;
}

void kube_call_take(kube_call *call) {
  if (call->state == KUBE_CALL_BODY) call->mode->take(call);
}

kube_status kube_call_next(kube_call *call, kube_frame *frame, int timeout, kube_error *err) {
  kube_engine *engine = call->client->engine;
  long long until = timeout < 0 ? -1 : kube_engine_now(engine) + timeout;
  kube_status status;
  bool stepped = false; /* with a timeout of 0 too, the engine has its turn */
  for (;;) {
    long long left;
    kube_handle_rest(&call->handle); /* else the wait below would never be one */
    status = kube_call_peek(call, frame, err);
    if (status != KUBE_AGAIN) return status;
    left = until < 0 ? -1 : until - kube_engine_now(engine);
    if (until >= 0 && left < 0) left = 0;
    if (left == 0 && stepped) {
      kube_fail(err, KUBE_ETIMEOUT, "nothing came within %d ms", timeout);
      kube_call_say_what(call, err);
      return KUBE_ETIMEOUT;
    }
    if (call->handle.ready) left = 0; /* it moved while it was peeked */
    status = kube_engine_wait_for_more(engine, (int)left, err);
    if (status != KUBE_OK && status != KUBE_AGAIN) return status;
    stepped = true;
  }
}

void kube_call_wake(kube_call *call) { kube_handle_wake(&call->handle); }

int kube_call_request(const kube_call *call, char *out, size_t size) {
  const char *server = call->client->config->server;
  const int n = call->request.from_root ? kube_origin_length(server) : (int)strlen(server);
  return snprintf(out, size, "%s %.*s%s", call->request.method, n, server, call->request.path);
}

uint64_t kube_call_id(const kube_call *call) { return call->handle.id; }

kube_slice kube_call_status(const kube_call *call) { return kube_buffer_slice(&call->status); }

void kube_call_list_head(const kube_call *call, kube_list_head *head) {
  head->api_version = kube_buffer_slice(&call->list.api_version);
  head->kind = kube_buffer_slice(&call->list.kind);
  head->metadata = kube_buffer_slice(&call->list.metadata);
  head->columns = kube_buffer_slice(&call->list.columns);
}

const char *kube_call_header(const kube_call *call, const char *name) {
  return call->transfer ? answer_header(call, name) : NULL;
}

void kube_call_info_get(const kube_call *call, kube_call_info *info) {
  kube_transfer_info exchange;
  *info = call->last;
  kube_trace_info(call, info);
  if (call->transfer == NULL) return;
  kube_transfer_info_get(call->transfer, &exchange);
  info->code = kube_transfer_code(call->transfer);
  info->http_version = exchange.http_version;
  info->connects = exchange.connects;
  info->bytes += exchange.bytes;
}
