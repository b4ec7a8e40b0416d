/* A binary heap of deadlines; the contract is in timers.h. */
#include "timers.h"

#include <stdlib.h>
#include <string.h>

static void put(kube_timers *timers, kube_timer *timer, size_t place) {
  timers->heap[place] = timer;
  timer->place = place;
}

/* Moves the timer at place to where the heap's order wants it. */
static void settle(kube_timers *timers, size_t place) {
  kube_timer *timer = timers->heap[place];
  for (; place > 1 && timers->heap[place / 2]->due > timer->due; place /= 2)
    put(timers, timers->heap[place / 2], place);
  for (;;) {
    size_t child = place * 2;
    if (child > timers->count) break;
    if (child < timers->count && timers->heap[child + 1]->due < timers->heap[child]->due) child++;
    if (timers->heap[child]->due >= timer->due) break;
    put(timers, timers->heap[child], place);
    place = child;
  }
  put(timers, timer, place);
}

static kube_status grow(kube_timers *timers, kube_error *err) {
  size_t size = timers->size ? timers->size * 2 : 16;
  kube_timer **heap = realloc(timers->heap, size * sizeof *heap);
  if (heap == NULL) return kube_fail_memory(err, "a timer");
  timers->heap = heap;
  timers->size = size;
  return KUBE_OK;
}

kube_status kube_timers_set(kube_timers *timers, kube_timer *timer, long long due,
                            kube_error *err) {
  if (timer->place == 0) {
    if (timers->count + 2 > timers->size && grow(timers, err) != KUBE_OK) return KUBE_ENOMEM;
    put(timers, timer, ++timers->count);
  }
  timer->due = due;
  settle(timers, timer->place);
  return KUBE_OK;
}

void kube_timers_drop(kube_timers *timers, kube_timer *timer) {
  size_t place = timer->place;
  kube_timer *last;
  if (place == 0) return;
  last = timers->heap[timers->count--];
  timer->place = 0;
  if (last == timer) return;
  put(timers, last, place);
  settle(timers, place);
}

void kube_timers_clear(kube_timers *timers) {
  free(timers->heap);
  memset(timers, 0, sizeof *timers);
}
