/* Time in milliseconds: monotonic for waiting. */
#ifndef KUBE_CORE_CLOCK_H
#define KUBE_CORE_CLOCK_H

#include <time.h>

static inline long long kube_clock_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
