/*
** When a call is sent: its turn under the throttle of its configuration (throttle.h), and that it is sent
** again after a failure that passes (retry.h).
*/
#ifndef KUBE_CLIENT_ATTEMPTS_H
#define KUBE_CLIENT_ATTEMPTS_H

#include "call.h"

/* How it is sent: its verb, or GET once a redirect said so. */
const char *kube_call_method(const kube_call *call);

/*
** Whether it may be sent now: KUBE_OK; KUBE_AGAIN, and it rests until it may; KUBE_ETIMEOUT: that would
** be past its deadline.
*/
kube_status kube_call_await_turn(kube_call *call, kube_error *err);

/* Whether what comes after it may be sent now: then that has taken its turn. */
bool kube_call_has_turn_now(kube_call *call);

/* It is not sent: who waits behind it moves up. */
void kube_call_leave_turn(kube_call *call);

/* After the failure *err, while the exchange is still at hand: true, and it rests to be sent again. */
bool kube_call_try_again(kube_call *call, const kube_error *err);

/* There is an answer that is no failure: what comes next has all its attempts, and waits for a turn. */
void kube_call_attempt_done(kube_call *call);

/* Puts what failed before behind the failure that was the last. */
void kube_call_recall_attempts(const kube_call *call, kube_error *err);

#endif
