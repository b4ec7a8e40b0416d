/* The heap of deadlines, against a list that is searched. */
#include "../../csrc/core/timers.h"

#include "../support/check.h"

enum { COUNT = 200 };

static uint32_t seed = 7;

static uint32_t draw(uint32_t bound) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % bound;
}

static long long earliest(const long long *due) {
  long long least = -1;
  for (int i = 0; i < COUNT; i++)
    if (due[i] >= 0 && (least < 0 || due[i] < least)) least = due[i];
  return least;
}

static size_t how_many(const long long *due) {
  size_t n = 0;
  for (int i = 0; i < COUNT; i++) n += due[i] >= 0;
  return n;
}

/* Each timer knows its place, and none is before the one above it. */
static bool is_heap(const kube_timers *t) {
  for (size_t i = 1; i <= t->count; i++) {
    if (t->heap[i]->place != i) return false;
    if (i > 1 && t->heap[i / 2]->due > t->heap[i]->due) return false;
  }
  return true;
}

/* The first one is the earliest, whatever was set, moved and dropped before. */
static void random_histories(void) {
  for (int history = 0; history < 100; history++) {
    kube_timers timers = {0};
    kube_timer timer[COUNT] = {{0, 0}};
    long long due[COUNT]; /* -1: not set */
    const uint32_t spread = history % 2 ? 5 : 100000;
    bool same = true;
    for (int i = 0; i < COUNT; i++) due[i] = -1;
    for (int step = 0; step < 1000 && same; step++) {
      const uint32_t i = draw(COUNT);
      const kube_timer *first;
      if (draw(3)) {
        due[i] = draw(spread);
        same = kube_timers_set(&timers, &timer[i], due[i], NULL) == KUBE_OK;
      } else {
        due[i] = -1;
        kube_timers_drop(&timers, &timer[i]);
        same = timer[i].place == 0;
      }
      first = kube_timers_first(&timers);
      same = same && (first ? first->due : -1) == earliest(due) && timers.count == how_many(due) &&
             is_heap(&timers);
    }
    CHECK(same);
    kube_timers_clear(&timers);
  }
}

/* Dropping the first one again and again gives all of them in order. */
static void they_come_in_order(void) {
  kube_timers timers = {0};
  kube_timer timer[COUNT] = {{0, 0}}, *first;
  long long last = -1;
  size_t n = 0;
  bool ordered = true;
  for (int i = 0; i < COUNT; i++) kube_timers_set(&timers, &timer[i], draw(50), NULL);
  while ((first = kube_timers_first(&timers)) != NULL) {
    ordered = ordered && first->due >= last;
    last = first->due;
    kube_timers_drop(&timers, first);
    n++;
  }
  CHECK(ordered);
  CHECK(n == COUNT);
  kube_timers_clear(&timers);
}

static void nothing_is_set_at_first(void) {
  kube_timers timers = {0};
  kube_timer timer = {0, 0};
  CHECK(kube_timers_first(&timers) == NULL);
  kube_timers_drop(&timers, &timer);
  CHECK(kube_timers_first(&timers) == NULL);
  CHECK(kube_timers_set(&timers, &timer, -5, NULL) == KUBE_OK);
  CHECK(kube_timers_first(&timers) == &timer);
  CHECK(kube_timers_set(&timers, &timer, 9, NULL) == KUBE_OK);
  CHECK(timers.count == 1 && timer.due == 9);
  kube_timers_drop(&timers, &timer);
  kube_timers_drop(&timers, &timer);
  CHECK(kube_timers_first(&timers) == NULL);
  kube_timers_clear(&timers);
  kube_timers_clear(&timers);
  CHECK(timers.heap == NULL);
}

int main(void) {
  RUN(nothing_is_set_at_first);
  RUN(random_histories);
  RUN(they_come_in_order);
  return check_report();
}
