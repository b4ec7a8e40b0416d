/*
** Deadlines in a binary heap: setting, moving and dropping one costs log n, the next one is at
** hand. A timer is embedded in whatever waits; the heap holds pointers and never frees one. Both
** structs are valid when zeroed (a zeroed timer is not set).
*/
#ifndef KUBE_CORE_TIMERS_H
#define KUBE_CORE_TIMERS_H

#include "error.h"

typedef struct kube_timer {
  long long due; /* ms of the engine's clock */
  size_t place;  /* in the heap, from 1; 0: not set */
} kube_timer;

typedef struct kube_timers {
  kube_timer **heap; /* heap[1] is the next one due */
  size_t count;
  size_t size;
} kube_timers;

/* Sets or moves. KUBE_ENOMEM only when the timer was not set before. */
kube_status kube_timers_set(kube_timers *timers, kube_timer *timer, long long due, kube_error *err);

/* Drops a timer; one that is not set stays so. */
void kube_timers_drop(kube_timers *timers, kube_timer *timer);

/* The next one due, or NULL. */
static inline kube_timer *kube_timers_first(const kube_timers *timers) {
  return timers->count ? timers->heap[1] : NULL;
}

void kube_timers_clear(kube_timers *timers);

#endif
