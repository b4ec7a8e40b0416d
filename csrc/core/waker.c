/* A thread between a descriptor and a socket; the contract is in waker.h. */
#define _GNU_SOURCE /* accept4 */

#include "waker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { STACK = 64 * 1024 }; /* bytes: the thread calls nothing deep */

struct kube_waker {
  pid_t pid; /* the process in which the thread runs */
  pthread_t thread;
  int fd;          /* what it tells of; not ours */
  int poll;        /* epoll: fd for one event at a time, bell, listener */
  int bell;        /* eventfd: ring, or stop */
  int listener;    /* -1 once somebody connected */
  atomic_int host; /* who connected; -1 before. Set by the thread, whose listener is, too */
  bool pending;    /* a byte is owed to who will connect */
  atomic_bool stopping;
  char directory[64], path[80];
};

/* ---- the thread ---- */

/*
** A host that hung up hears nothing any more: who owns us will free us. One that has so many bytes
** unread that there is no room for another needs none.
*/
static bool tell(kube_waker *w) {
  return w->host >= 0 && send(w->host, "!", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 0;
}

static void forget_path(kube_waker *w) {
  const int listener = w->listener;
  w->listener = -1; /* first: a child that is forked meanwhile closes what it finds here */
  if (listener >= 0) close(listener);
  if (*w->directory == '\0') return;
  if (*w->path) unlink(w->path);
  rmdir(w->directory);
  *w->directory = '\0';
}

/* Without a descriptor for it the host is hung up on, as the listener goes: it may try again. */
static void welcome(kube_waker *w) {
  w->host = accept4(w->listener, NULL, NULL, SOCK_CLOEXEC);
  forget_path(w);
  if (w->pending) tell(w);
}

static void hear_bell(kube_waker *w) {
  uint64_t times;
  if (read(w->bell, &times, sizeof times) > 0 && !w->stopping) w->pending = !tell(w);
}

static void *run(void *arg) {
  kube_waker *w = arg;
  struct epoll_event events[4];
  while (!w->stopping) {
    int i, n = epoll_wait(w->poll, events, 4, -1);
    for (i = 0; i < n; i++) {
      if (events[i].data.fd == w->bell)
        hear_bell(w);
      else if (events[i].data.fd == w->listener)
        welcome(w);
      else
        w->pending = !tell(w);
    }
    if (n < 0 && errno != EINTR) break;
  }
  return NULL;
}

/* ---- life ---- */

static bool watch(kube_waker *w, int fd, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  return epoll_ctl(w->poll, operation, fd, &event) == 0;
}

/* Listens in a new directory below TMPDIR, or /tmp. */
static bool listen_somewhere(kube_waker *w) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char *base = getenv("TMPDIR");
  if (base == NULL || *base != '/' || strlen(base) > sizeof w->directory - 16) base = "/tmp";
  snprintf(w->directory, sizeof w->directory, "%s/kube-XXXXXX", base);
  if (mkdtemp(w->directory) == NULL) {
    *w->directory = '\0';
    return false;
  }
  snprintf(w->path, sizeof w->path, "%s/wake", w->directory);
  strcpy(address.sun_path, w->path);
  w->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return w->listener >= 0 &&
         bind(w->listener, (const struct sockaddr *)&address, sizeof address) == 0 &&
         listen(w->listener, 1) == 0;
}

static bool open_descriptors(kube_waker *w) {
  w->poll = epoll_create1(EPOLL_CLOEXEC);
  w->bell = eventfd(0, EFD_CLOEXEC);
  return w->poll >= 0 && w->bell >= 0 && listen_somewhere(w) &&
         watch(w, w->bell, EPOLL_CTL_ADD, EPOLLIN) &&
         watch(w, w->listener, EPOLL_CTL_ADD, EPOLLIN) &&
         watch(w, w->fd, EPOLL_CTL_ADD, EPOLLIN | EPOLLONESHOT);
}

/* All signals stay with the host's own thread. */
static int start_thread(kube_waker *w) {
  pthread_attr_t attributes;
  sigset_t all, old;
  int failed = pthread_attr_init(&attributes);
  if (failed) return failed;
  pthread_attr_setstacksize(&attributes, STACK);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  failed = pthread_create(&w->thread, &attributes, run, w);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  pthread_attr_destroy(&attributes);
  return failed;
}

static void close_descriptors(kube_waker *w) {
  if (w->host >= 0) close(w->host);
  if (w->poll >= 0) close(w->poll);
  if (w->bell >= 0) close(w->bell);
}

kube_waker *kube_waker_new(int fd, kube_error *err) {
  kube_waker *w = calloc(1, sizeof *w);
  int failed;
  if (w == NULL) {
    kube_fail_memory(err, "a waker");
    return NULL;
  }
  w->fd = fd;
  w->poll = w->bell = w->listener = w->host = -1;
  w->pid = getpid();
  failed = open_descriptors(w) ? start_thread(w) : errno;
  if (failed == 0) return w;
  kube_fail(err, KUBE_ESYSTEM, "cannot make a waker (a thread and a socket in %s): %s",
            *w->directory ? w->directory : "TMPDIR or /tmp", strerror(failed));
  forget_path(w);
  close_descriptors(w);
  free(w);
  return NULL;
}

const char *kube_waker_path(const kube_waker *w) { return w->path; }

void kube_waker_arm(kube_waker *w) { watch(w, w->fd, EPOLL_CTL_MOD, EPOLLIN | EPOLLONESHOT); }

/* Wakes the thread. */
static void ring_bell(kube_waker *w) {
  const uint64_t once = 1;
  if (write(w->bell, &once, sizeof once) < 0) return; /* it is ringing */
}

void kube_waker_ring(kube_waker *w) {
  if (w->host >= 0)
    tell(w);
  else
    ring_bell(w);
}

void kube_waker_free(kube_waker *w) {
  if (w == NULL) return;
  if (w->pid == getpid()) {
    w->stopping = true;
    ring_bell(w);
    pthread_join(w->thread, NULL);
    forget_path(w);
  } else if (w->listener >= 0) {
    close(w->listener); /* the path is the parent's */
  }
  close_descriptors(w);
  free(w);
}
