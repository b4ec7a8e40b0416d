/*
** The open sockets of an engine: opened close-on-exec, found again by their ports, asked whether the
** peer still says something, and closed by a child process that abandons them. Valid when zeroed.
*/
#ifndef KUBE_CORE_SOCKETS_H
#define KUBE_CORE_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct kube_socket {
  int fd;
  int local_port; /* once it was asked for; 0 */
} kube_socket;

typedef struct kube_sockets {
  kube_socket *all;
  size_t count, size;
} kube_sockets;

/* A socket, or -1 and errno. A peer that dies without a word is noticed within about a minute. */
int kube_sockets_open(kube_sockets *sockets, int family, int type, int protocol);
int kube_sockets_close(kube_sockets *sockets, int fd);

/* The one of a TCP connection; -1 when there is none, or more than one looks like it. */
int kube_sockets_find(kube_sockets *sockets, int local_port, int port);

/* Whether something came on it that nobody has read, be it the end. */
bool kube_sockets_is_readable(int fd);

/* Milliseconds since the last byte came; -1 when the system does not tell. */
long long kube_sockets_silence(int fd);

/* Whether this process may open no more descriptors; asks the system. */
bool kube_sockets_are_exhausted(int some_fd);

/* Closes all without a word, and frees the list. */
void kube_sockets_abandon(kube_sockets *sockets);
void kube_sockets_clear(kube_sockets *sockets);

#endif
