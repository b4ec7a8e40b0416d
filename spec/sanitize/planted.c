/*
** What sanitizers and valgrind must see, as functions for Lua's package.loadlib: a net that is never
** tried may have holes.
*/
#include <limits.h>
#include <stdlib.h>

int leak(void *L);
int overrun(void *L);
int overflow(void *L);

static void *volatile kept;

int leak(void *L) {
  (void)L;
  kept = malloc(33);
  kept = NULL;
  return 0;
}

int overrun(void *L) {
  volatile size_t n = 33;
  char *bytes = calloc(n, 1), after;
  (void)L;
  if (bytes == NULL) return 0;
  after = bytes[n];
  free(bytes);
  return after == 'x' ? -1 : 0;
}

int overflow(void *L) {
  volatile int most = INT_MAX;
  (void)L;
  most = most + 1;
  return 0;
}
