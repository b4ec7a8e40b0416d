/*
** Memory that runs out, at the n-th allocation of one thread. Link with SCARCE of the Makefile: the
** linker then sends here what our objects and archives ask of malloc and its siblings.
**   scarce_begin(5, false); do something; scarce_end(); if (scarce_failed) it had to do without
*/
#ifndef SPEC_SUPPORT_SCARCE_H
#define SPEC_SUPPORT_SCARCE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

static long scarce_left = -1; /* allocations that succeed before one fails; -1: all do */
static bool scarce_stays;     /* all that follow fail too */
static bool scarce_failed;
static long scarce_points; /* allocations since begin */
static pthread_t scarce_thread;

static inline bool scarce_fails(void) {
  if (scarce_left < 0 || !pthread_equal(pthread_self(), scarce_thread)) return false;
  scarce_points++;
  if (scarce_left > 0) {
    scarce_left--;
    return false;
  }
  if (scarce_failed && !scarce_stays) return false;
  scarce_failed = true;
  return true;
}

/* From now on, this thread's allocation after n more fails, or that and all that follow. */
static inline void scarce_begin(long n, bool stays) {
  scarce_thread = pthread_self();
  scarce_stays = stays;
  scarce_failed = false;
  scarce_points = 0;
  scarce_left = n;
}

static inline void scarce_end(void) { scarce_left = -1; }

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

void *__wrap_malloc(size_t n) { return scarce_fails() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) {
  return scarce_fails() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *p, size_t n) { return scarce_fails() ? NULL : __real_realloc(p, n); }
char *__wrap_strdup(const char *s) { return scarce_fails() ? NULL : __real_strdup(s); }
char *__wrap_strndup(const char *s, size_t n) {
  return scarce_fails() ? NULL : __real_strndup(s, n);
}

#endif
