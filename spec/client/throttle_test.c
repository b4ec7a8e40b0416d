/* How many requests are sent each second. Cases after golang.org/x/time/rate rate_test.go. */
#include "../../csrc/client/throttle.h"

#include "../support/check.h"

/* Each line: at what time, the wait that comes back, what may be waited for. */
typedef struct step {
  long long at, wait, most;
} step;

static void take(kube_throttle t, const step *steps, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const long long have = kube_throttle_take(&t, steps[i].at, steps[i].most);
    if (!CHECK(have == steps[i].wait)) printf("  step %zu: %lld\n", i, have);
  }
}

#define TAKE(q, b, steps)                                                                          \
  take((kube_throttle){.qps = q, .burst = b}, steps, sizeof steps / sizeof *steps)

static void off(void) {
  static const step steps[] = {{5, 0, 0}, {5, 0, -1}, {4, 0, 0}};
  TAKE(0, 0, steps);
}

static void one_after_the_other(void) {
  static const step steps[] = {{1000, 0, -1}, {1000, 100, -1}, {1000, 200, -1}, {1100, 200, -1},
                               {1400, 0, -1}, {1400, 100, -1}, {9000, 0, -1},   {9000, 100, -1}};
  TAKE(10, 1, steps);
}

static void a_burst(void) {
  static const step steps[] = {{0, 0, -1},     {0, 0, -1},      {0, 0, -1},     {0, 200, -1},
                               {0, 400, -1},   {100, 500, -1},  {60000, 0, -1}, {60000, 0, -1},
                               {60000, 0, -1}, {60000, 200, -1}};
  TAKE(5, 3, steps);
}

/* What is not waited for takes nothing. */
static void the_deadline(void) {
  static const step steps[] = {{0, 0, 0},    {0, -1, 0},   {0, -1, 199},   {0, 200, 200},
                               {0, -1, 399}, {0, 400, -1}, {200, 400, 400}};
  TAKE(5, 1, steps);
}

static void a_clock_that_goes_back(void) {
  static const step steps[] = {{1000, 0, -1}, {900, 100, -1}, {1000, 200, -1}};
  TAKE(10, 1, steps);
}

static void slow(void) {
  static const step steps[] = {{0, 0, -1}, {0, 10000, -1}, {5000, 15000, -1}};
  TAKE(0.1, 1, steps);
}

/* No number is too small or too large for a clock. */
static void hardly_ever_and_always(void) {
  kube_throttle t = {.qps = 1e-300, .burst = 1}, u = {.qps = 1e300, .burst = 1e300};
  int i;
  CHECK(kube_throttle_take(&t, 0, -1) == 0);
  CHECK(kube_throttle_take(&t, 5, 1000) == -1);
  CHECK(kube_throttle_take(&t, 5, -1) == 1000000000000000LL);
  for (i = 0; i < 3; i++) CHECK(kube_throttle_take(&u, i, -1) == 0);
}

/* Who leaves makes room for those that come, not for those that wait already. */
static void given_back(void) {
  kube_throttle t = {.qps = 10, .burst = 1};
  CHECK(kube_throttle_take(&t, 0, -1) == 0);
  CHECK(kube_throttle_take(&t, 0, -1) == 100);
  kube_throttle_give_back(&t, 0, 100);
  CHECK(kube_throttle_take(&t, 0, -1) == 100);
  CHECK(kube_throttle_take(&t, 0, -1) == 200);
  kube_throttle_give_back(&t, 0, 100); /* the one behind it keeps its time */
  CHECK(kube_throttle_take(&t, 0, -1) == 300);
  kube_throttle_give_back(&t, 400, 300); /* it was used */
  CHECK(kube_throttle_take(&t, 400, -1) == 0);
  CHECK(kube_throttle_take(&t, 400, -1) == 100);
}

int main(void) {
  RUN(off);
  RUN(one_after_the_other);
  RUN(a_burst);
  RUN(the_deadline);
  RUN(a_clock_that_goes_back);
  RUN(slow);
  RUN(hardly_ever_and_always);
  RUN(given_back);
  return check_report();
}
