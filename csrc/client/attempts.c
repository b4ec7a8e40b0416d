/* When a call is sent, and sent again; the contract is in attempts.h. */
#include "attempts.h"

#include <string.h>

#include "retry.h"

const char *kube_call_method(const kube_call *call) {
  return call->redirect.as_get ? "GET" : call->request.method;
}

/* ---- a turn ---- */

static long long now_of(const kube_call *call) { return kube_engine_now(call->client->engine); }

static kube_status fail_throttled(const kube_call *call, kube_error *err) {
  const kube_throttle *throttle = &call->client->config->throttle;
  kube_fail(err, KUBE_ETIMEOUT,
            "client-side throttling would hold it for longer than its %lld ms (qps %g, burst %g)",
            (long long)call->timeout, throttle->qps, throttle->burst);
  kube_call_say_what(call, err);
  return err->status;
}

kube_status kube_call_await_turn(kube_call *call, kube_error *err) {
  const long long now = now_of(call);
  const long long left = call->deadline < 0 ? -1 : call->deadline > now ? call->deadline - now : 0;
  long long wait;
  call->turn = 0;
  if (call->has_turn) return KUBE_OK;
  wait = kube_throttle_take(&call->client->config->throttle, now, left);
  if (wait < 0) return fail_throttled(call, err);
  call->has_turn = true;
  if (wait == 0) return KUBE_OK;
  call->last.throttled += wait;
  kube_trace_throttled(call, wait);
  call->turn = call->rest = now + wait;
  call->state = KUBE_CALL_RESTING;
  return KUBE_AGAIN;
}

bool kube_call_has_turn_now(kube_call *call) {
  return kube_throttle_take(&call->client->config->throttle, now_of(call), 0) == 0;
}

void kube_call_leave_turn(kube_call *call) {
  if (call->turn > 0)
    kube_throttle_give_back(&call->client->config->throttle, now_of(call), call->turn);
  call->turn = 0;
}

/* ---- another attempt ---- */

/* Without an answer of the server: a proxy that refuses, or that does not work, will do so again. */
static bool is_the_proxys(const kube_call *call) {
  const kube_client *sender = kube_redirect_sender(&call->redirect, call->client);
  return sender->proxy && kube_transfer_code(call->transfer) == 0 &&
         !kube_transfer_was_sent(call->transfer);
}

static int64_t most_retries(const kube_call *call) {
  if (call->request.max_retries) return call->request.max_retries;
  return call->client->config->max_retries ? call->client->config->max_retries : KUBE_MOST_RETRIES;
}

static bool may_retry(const kube_call *call) {
  return call->transfer && call->retries < most_retries(call) && !is_the_proxys(call);
}

/* ms from now; -1: it is not sent again. */
static long long delay_of(const kube_call *call, const kube_error *err) {
  kube_attempt attempt = {.method = kube_call_method(call), .status = err->status};
  long long delay;
  attempt.code = kube_transfer_code(call->transfer);
  if (attempt.code)
    attempt.retry_after = kube_transfer_answer_header(call->transfer, "Retry-After");
  delay = kube_retry_delay(&attempt);
  if (delay <= 0) return delay;
  return delay + kube_engine_random(call->client->engine, (uint32_t)delay / 10 + 1);
}

bool kube_call_try_again(kube_call *call, const kube_error *err) {
  const long long delay = may_retry(call) ? delay_of(call, err) : -1;
  const long long due = now_of(call) + delay;
  if (delay < 0 || (call->deadline >= 0 && due >= call->deadline)) return false;
  kube_trace_rests(call, delay, err);
  kube_call_hang_up(call);
  call->retries++;
  call->last.retries++;
  call->failure = *err;
  call->has_turn = false;
  call->rest = due;
  call->state = KUBE_CALL_RESTING;
  return true;
}

void kube_call_attempt_done(kube_call *call) {
  call->retries = 0;
  call->has_turn = call->mode->lasts;
}

void kube_call_recall_attempts(const kube_call *call, kube_error *err) {
  const char *before = call->failure.message;
  if (call->retries > 0 && strcmp(before, err->message) != 0)
    kube_error_append(err, " - error from a previous attempt: ", before, strlen(before));
}
