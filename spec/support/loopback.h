/* A socket that listens on a free port of this machine. */
#ifndef SPEC_SUPPORT_LOOPBACK_H
#define SPEC_SUPPORT_LOOPBACK_H

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

/* The socket, and its port. */
static inline int loopback_listen(int backlog, unsigned *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, backlog) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0)
    abort();
  *port = ntohs(address.sin_port);
  return fd;
}

#endif
