/* The sockets of an engine; the contract is in sockets.h. */
#define _GNU_SOURCE /* POLLRDHUP */

#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
** The peer is gone when it does not confirm what was sent, or does not answer three questions of
** TCP's keepalive (transfer.c says how often it asks).
*/
static void expect_answers(int fd) {
  const unsigned int patience = 60000; /* ms */
  const int questions = 3;
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &questions, sizeof questions);
}

static bool make_room(kube_sockets *sockets) {
  const size_t size = sockets->size ? sockets->size * 2 : 16;
  kube_socket *all;
  if (sockets->count < sockets->size) return true;
  all = realloc(sockets->all, size * sizeof *all);
  if (all == NULL) return false;
  sockets->all = all;
  sockets->size = size;
  return true;
}

int kube_sockets_open(kube_sockets *sockets, int family, int type, int protocol) {
  int fd;
  if (!make_room(sockets)) return -1;
  fd = socket(family, type | SOCK_CLOEXEC, protocol);
  if (fd < 0) return -1;
  if (family != AF_UNIX) expect_answers(fd);
  sockets->all[sockets->count++] = (kube_socket){.fd = fd};
  return fd;
}

int kube_sockets_close(kube_sockets *sockets, int fd) {
  size_t i;
  for (i = sockets->count; i-- > 0;) { /* from the end: what is closed is young, mostly */
    if (sockets->all[i].fd != fd) continue;
    sockets->all[i] = sockets->all[--sockets->count];
    break;
  }
  return close(fd);
}

/* ---- one connection ---- */

typedef int ask_address(int fd, struct sockaddr *address, socklen_t *length);

static int port_of(int fd, ask_address *ask) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  if (ask(fd, (struct sockaddr *)&address, &length) != 0) return -1;
  switch (address.ss_family) {
    case AF_INET: return ntohs(((struct sockaddr_in *)&address)->sin_port);
    case AF_INET6: return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    default: return -1;
  }
}

int kube_sockets_find(kube_sockets *sockets, int local_port, int port) {
  int found = -1;
  size_t i;
  for (i = 0; i < sockets->count; i++) {
    kube_socket *one = &sockets->all[i];
    if (one->local_port <= 0) one->local_port = port_of(one->fd, getsockname);
    if (one->local_port != local_port || port_of(one->fd, getpeername) != port) continue;
    if (found >= 0) return -1; /* the same ports to another address */
    found = one->fd;
  }
  return found;
}

bool kube_sockets_is_readable(int fd) {
  struct pollfd one = {.fd = fd, .events = POLLIN | POLLRDHUP};
  return poll(&one, 1, 0) > 0;
}

long long kube_sockets_silence(int fd) {
  struct tcp_info info;
  socklen_t length = sizeof info;
  memset(&info, 0, sizeof info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return -1;
  return info.tcpi_last_data_recv;
}

/* ---- all of them ---- */

bool kube_sockets_are_exhausted(int some_fd) {
  const int fd = fcntl(some_fd, F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return errno == EMFILE || errno == ENFILE;
  close(fd);
  return false;
}

void kube_sockets_abandon(kube_sockets *sockets) {
  size_t i;
  for (i = 0; i < sockets->count; i++) close(sockets->all[i].fd);
  kube_sockets_clear(sockets);
}

void kube_sockets_clear(kube_sockets *sockets) {
  free(sockets->all);
  memset(sockets, 0, sizeof *sockets);
}
