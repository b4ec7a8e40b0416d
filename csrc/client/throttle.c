/* How many requests are sent each second; the contract is in throttle.h. */
#include "throttle.h"

#define FOREVER 1e15 /* ms: more than that is no number of a clock */

static void refill(kube_throttle *t, long long now) {
  if (!t->running) {
    t->tokens = t->burst;
    t->last = (double)now;
    t->running = true;
  } else if ((double)now > t->last) {
    t->tokens += ((double)now - t->last) * t->qps / 1000;
    t->last = (double)now;
  }
  if (t->tokens > t->burst) t->tokens = t->burst;
}

long long kube_throttle_take(kube_throttle *t, long long now, long long most) {
  double owed, ms;
  long long wait;
  if (t->qps <= 0) return 0;
  refill(t, now);
  owed = 1 - t->tokens;
  ms = owed > 0 ? owed * 1000 / t->qps : 0;
  if (ms > FOREVER) ms = FOREVER;
  wait = (long long)ms + (ms > (double)(long long)ms);
  if (most >= 0 && wait > most) return -1;
  t->tokens -= 1;
  return wait;
}

void kube_throttle_give_back(kube_throttle *t, long long now, long long due) {
  double after; /* tokens that were taken after this one: they count on it */
  if (t->qps <= 0 || due <= now) return;
  refill(t, now);
  after = -t->tokens - ((double)due - (double)now) * t->qps / 1000;
  if (after < 1) t->tokens += after > 0 ? 1 - after : 1;
}
