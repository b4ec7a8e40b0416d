/*
** A descriptor of somebody else's that the engine watches for reading: the end of a pipe, a pidfd.
** Embedded in whatever owns the descriptor; not watched when zeroed.
**
** Its note is called inside a step whenever there is something to read, be it the end. It only
** notes: it reads, wakes handles, stops this watcher or another one. It starts nothing.
*/
#ifndef KUBE_CORE_WATCHER_H
#define KUBE_CORE_WATCHER_H

#include "error.h"

typedef struct kube_watcher {
  int fd;
  unsigned tag; /* among the poller's events, and never used again before long; 0: not watched */
  void (*note)(struct kube_watcher *);
  struct kube_watcher *next, *previous;
} kube_watcher;

typedef struct kube_watchers {
  kube_watcher *first;
  unsigned last_tag;
} kube_watchers;

/* Watches watcher->fd, which stays open until it is stopped, and calls watcher->note. */
kube_status kube_watcher_start(kube_engine *engine, kube_watcher *watcher, kube_error *err);

/* Stops it, watched or not: no event of the same step reaches it any more. Closes nothing. */
void kube_watcher_stop(kube_engine *engine, kube_watcher *watcher);

/* The poller saw an event of that tag. */
void kube_watchers_note(kube_watchers *watchers, unsigned tag);

#endif
