/* epoll and timerfd; the contract is in poller.h. */
#include "poller.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { MAX_EVENTS = 64 };

/* What epoll keeps for us of a descriptor. */
static uint64_t word_of(int fd, unsigned tag) { return (uint64_t)tag << 32 | (uint32_t)fd; }

kube_status kube_poller_open(kube_poller *p, kube_error *err) {
  struct epoll_event event = {.events = EPOLLIN};
  p->timer = -1;
  p->fd = epoll_create1(EPOLL_CLOEXEC);
  if (p->fd < 0) goto failed;
  p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (p->timer < 0) goto failed;
  event.data.u64 = word_of(p->timer, 0);
  if (epoll_ctl(p->fd, EPOLL_CTL_ADD, p->timer, &event) != 0) goto failed;
  return KUBE_OK;
failed:
  kube_fail(err, KUBE_ESYSTEM, "cannot make a poller (epoll): %s", strerror(errno));
  kube_poller_close(p);
  return KUBE_ESYSTEM;
}

void kube_poller_close(kube_poller *p) {
  if (p->timer >= 0) close(p->timer);
  if (p->fd >= 0) close(p->fd);
  p->fd = p->timer = -1;
}

kube_status kube_poller_watch(kube_poller *p, int fd, unsigned tag, bool read, bool write,
                              kube_error *err) {
  struct epoll_event event = {.events = (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u)};
  event.data.u64 = word_of(fd, tag);
  if (epoll_ctl(p->fd, EPOLL_CTL_MOD, fd, &event) == 0) return KUBE_OK;
  if (errno == ENOENT && epoll_ctl(p->fd, EPOLL_CTL_ADD, fd, &event) == 0) return KUBE_OK;
  return kube_fail(err, KUBE_ESYSTEM, "cannot watch a descriptor (epoll): %s", strerror(errno));
}

void kube_poller_forget(kube_poller *p, int fd) {
  struct epoll_event unused = {0};
  epoll_ctl(p->fd, EPOLL_CTL_DEL, fd, &unused);
}

void kube_poller_arm(kube_poller *p, long long ms) {
  struct itimerspec when = {0};
  if (ms >= 0) {
    when.it_value.tv_sec = ms / 1000;
    when.it_value.tv_nsec = ms % 1000 * 1000000;
    if (ms == 0) when.it_value.tv_nsec = 1; /* all zeros would disarm it */
  }
  timerfd_settime(p->timer, 0, &when, NULL);
}

/* Read, or it would stay readable. */
static void quiet(int timer) {
  uint64_t ticks;
  ssize_t n = read(timer, &ticks, sizeof ticks);
  (void)n;
}

int kube_poller_take(kube_poller *p, int ms, const sigset_t *mask, kube_poller_event *out, int max,
                     int *n) {
  struct epoll_event events[MAX_EVENTS];
  int i, count = 0;
  *n = epoll_pwait(p->fd, events, max < MAX_EVENTS ? max : MAX_EVENTS, ms, mask);
  for (i = 0; i < *n; i++) {
    int fd = (int)(uint32_t)events[i].data.u64;
    if (fd == p->timer) {
      quiet(fd);
      continue;
    }
    out[count].fd = fd;
    out[count].tag = (unsigned)(events[i].data.u64 >> 32);
    out[count].readable = events[i].events & EPOLLIN;
    out[count].writable = events[i].events & EPOLLOUT;
    out[count].broken = events[i].events & (EPOLLERR | EPOLLHUP);
    count++;
  }
  return count;
}
