/*
** One descriptor behind which others wait: readable when one of them is ready or a time has come.
** Linux: epoll and a timerfd in it. (kqueue belongs behind this same header.)
*/
#ifndef KUBE_CORE_POLLER_H
#define KUBE_CORE_POLLER_H

#include <signal.h>
#include <stdbool.h>

#include "error.h"

typedef struct kube_poller {
  int fd;    /* the epoll descriptor; -1 when closed */
  int timer; /* the timerfd */
} kube_poller;

typedef struct kube_poller_event {
  int fd;
  unsigned tag; /* as it was given to watch */
  bool readable, writable, broken;
} kube_poller_event;

kube_status kube_poller_open(kube_poller *p, kube_error *err);

/* Closes its two descriptors, none of the watched; may be called twice. */
void kube_poller_close(kube_poller *p);

/* Watches fd, or changes what is watched of it; tag comes back with its events. */
kube_status kube_poller_watch(kube_poller *p, int fd, unsigned tag, bool read, bool write,
                              kube_error *err);

/* Stops watching; a descriptor that is not watched (any more) is no error. */
void kube_poller_forget(kube_poller *p, int fd);

/* Makes fd readable ms from now (0: at once; -1: never). */
void kube_poller_arm(kube_poller *p, long long ms);

/*
** What is ready, after a wait of at most ms for something to be (0: none, -1: for ever), during which
** the signals of *mask are blocked: the number of events written, at most max. *n is what there was,
** with the timer; -1 and errno on failure.
*/
int kube_poller_take(kube_poller *p, int ms, const sigset_t *mask, kube_poller_event *events,
                     int max, int *n);

#endif
