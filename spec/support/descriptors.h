/* How many descriptors this process has open. */
#ifndef SPEC_SUPPORT_DESCRIPTORS_H
#define SPEC_SUPPORT_DESCRIPTORS_H

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static inline int descriptors(void) {
  DIR *all = opendir("/proc/self/fd");
  int n = 0;
  if (all == NULL) abort();
  while (readdir(all)) n++;
  closedir(all);
  return n;
}

/* A server in this process closes its ends of connections a moment later. */
static inline bool descriptors_become(int n) {
  int tries;
  for (tries = 0; tries < 500 && descriptors() != n; tries++) usleep(10000);
  return descriptors() == n;
}

#endif
