/*
** A thread that tells a host which cannot watch a foreign descriptor, but can read a Unix socket,
** that the descriptor is readable: it writes one byte to whoever connected to the waker's path.
**
** One byte for each arm, and none before: a host that is slow to read is not flooded.
**
**   kube_waker *w = kube_waker_new(fd, &err);
**   connect to kube_waker_path(w); read a byte; step; kube_waker_arm(w); read a byte; ...
**
** The socket lies in a directory of its own, which nobody else can enter, and both are gone once
** somebody connected. (Abstract sockets would need no file, but nginx cannot name them.) The thread
** touches nothing but descriptors, and takes no signal.
*/
#ifndef KUBE_CORE_WAKER_H
#define KUBE_CORE_WAKER_H

#include "error.h"

typedef struct kube_waker kube_waker;

/* A waker for fd, which must stay open; armed. NULL and *err (KUBE_ESYSTEM, KUBE_ENOMEM). */
kube_waker *kube_waker_new(int fd, kube_error *err);

/* Where to connect, once: a path of the file system. */
const char *kube_waker_path(const kube_waker *waker);

/* The next time that fd is readable, now perhaps, a byte is written. */
void kube_waker_arm(kube_waker *waker);

/* A byte is written now, whatever fd is at: by who calls, if somebody has connected. */
void kube_waker_ring(kube_waker *waker);

/* Ends the thread; NULL is fine. In a child process only the descriptors are closed. */
void kube_waker_free(kube_waker *waker);

#endif
