/*
** Monotonic time, in milliseconds for waiting, finer for sharing; and the time of day, for what
** others say when it ends.
*/
#ifndef KUBE_CORE_CLOCK_H
#define KUBE_CORE_CLOCK_H

#include <time.h>

static inline long long kube_clock_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The earlier of two moments, each of which may be never: -1. */
static inline long long kube_clock_earlier(long long a, long long b) {
  return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Milliseconds since 1970. */
static inline long long kube_clock_wall_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline double kube_clock_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

#endif
