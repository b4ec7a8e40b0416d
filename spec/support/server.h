/*
** A small HTTP server inside a C test: a thread for each connection reads requests, and a script of
** the test answers them. What the script does next can wait for the test (server_await), which
** gives up after a while, so that nothing hangs.
**   static void script(server_connection *c, void *arg) { server_answer(c, 200, "text/plain", "hi"); }
**   server s; server_start(&s, script, NULL); ... s.url ...; server_stop(&s);
*/
#ifndef SPEC_SUPPORT_SERVER_H
#define SPEC_SUPPORT_SERVER_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "loopback.h"

enum { SERVER_PATIENCE = 60 /* seconds */ };

typedef struct server server;

typedef struct server_connection {
  server *server;
  int fd;
  pthread_t thread;
  struct server_connection *next;
  bool close; /* by the script: no further request on this connection */
  int number; /* of the request, from 1, over all connections */
  char method[16];
  char target[2048]; /* path and query */
  char *body;        /* NUL-terminated */
  size_t body_length;
  char head[16384]; /* the request's head, NUL-terminated, and what came behind it */
  size_t length;
} server_connection;

typedef void server_script(server_connection *c, void *arg);

struct server {
  char url[64];
  int listener;
  server_script *script;
  void *arg;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t moved;
  int requests; /* seen so far */
  int stage;    /* what server_allow gave free */
  bool stopping;
  server_connection *connections;
};

/* ---- for the script ---- */

/* False when the client is gone. */
static inline bool server_send(server_connection *c, const void *bytes, size_t n) {
  const char *p = bytes;
  while (n > 0) {
    const ssize_t sent = send(c->fd, p, n, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    p += sent;
    n -= (size_t)sent;
  }
  return true;
}

static inline bool server_text(server_connection *c, const char *text) {
  return server_send(c, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static inline bool server_printf(server_connection *c,
                                                                       const char *format, ...) {
  char text[8192];
  va_list args;
  int n;
  va_start(args, format);
  n = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (n < 0 || n >= (int)sizeof text) abort();
  return server_send(c, text, (size_t)n);
}

static inline bool server_answer(server_connection *c, int code, const char *type,
                                 const char *body) {
  return server_printf(c, "HTTP/1.1 %d Said\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                       code, type, strlen(body)) &&
         server_text(c, body);
}

static inline bool server_json(server_connection *c, const char *body) {
  return server_answer(c, 200, "application/json", body);
}

/* One chunk of a body that began with "Transfer-Encoding: chunked"; an empty one ends it. */
static inline bool server_chunk(server_connection *c, const char *text) {
  return server_printf(c, "%zx\r\n", strlen(text)) && server_text(c, text) &&
         server_text(c, "\r\n");
}

/* Waits until the client closes the connection. */
static inline void server_await_gone(server_connection *c) {
  char byte;
  while (recv(c->fd, &byte, 1, 0) > 0) {}
  c->close = true;
}

static inline bool server_until(server *s, int *value, int least) {
  struct timespec end;
  bool good;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += SERVER_PATIENCE;
  pthread_mutex_lock(&s->lock);
  while (*value < least && !s->stopping)
    if (pthread_cond_timedwait(&s->moved, &s->lock, &end) != 0) break;
  good = *value >= least;
  pthread_mutex_unlock(&s->lock);
  return good;
}

/* Waits until the test allows stage; false when it stops or forgets. */
static inline bool server_await(server_connection *c, int stage) {
  return server_until(c->server, &c->server->stage, stage);
}

/* ---- for the test ---- */

static inline void server_allow(server *s, int stage) {
  pthread_mutex_lock(&s->lock);
  s->stage = stage;
  pthread_cond_broadcast(&s->moved);
  pthread_mutex_unlock(&s->lock);
}

/* How many requests came so far. */
static inline int server_requests(server *s) {
  int requests;
  pthread_mutex_lock(&s->lock);
  requests = s->requests;
  pthread_mutex_unlock(&s->lock);
  return requests;
}

/* ---- within ---- */

/* Reads one request; false at the end of the connection. */
static inline bool server_read(server_connection *c) {
  char *end, *announced;
  size_t used, have;
  while ((end = strstr(c->head, "\r\n\r\n")) == NULL) {
    ssize_t n = recv(c->fd, c->head + c->length, sizeof c->head - 1 - c->length, 0);
    if (n <= 0) return false;
    c->length += (size_t)n;
    c->head[c->length] = '\0';
  }
  end[2] = '\0';
  used = (size_t)(end + 4 - c->head);
  if (sscanf(c->head, "%15s %2047s", c->method, c->target) != 2) return false;
  announced = strstr(c->head, "Content-Length: ");
  c->body_length = announced ? strtoul(announced + 16, NULL, 10) : 0;
  free(c->body);
  c->body = malloc(c->body_length + 1);
  if (c->body == NULL) abort();
  have = c->length - used < c->body_length ? c->length - used : c->body_length;
  memcpy(c->body, c->head + used, have);
  used += have;
  while (have < c->body_length) {
    ssize_t n = recv(c->fd, c->body + have, c->body_length - have, 0);
    if (n <= 0) return false;
    have += (size_t)n;
  }
  c->body[have] = '\0';
  c->length -= used; /* the head stays readable for the script when nothing came behind it */
  if (c->length) memmove(c->head, c->head + used, c->length + 1);
  return true;
}

static inline void *server_converse(void *arg) {
  server_connection *c = arg;
  server *s = c->server;
  while (!c->close && server_read(c)) {
    pthread_mutex_lock(&s->lock);
    c->number = ++s->requests;
    pthread_cond_broadcast(&s->moved);
    pthread_mutex_unlock(&s->lock);
    s->script(c, s->arg);
    if (c->length == 0) c->head[0] = '\0';
  }
  pthread_mutex_lock(&s->lock);
  close(c->fd);
  c->fd = -1;
  pthread_mutex_unlock(&s->lock);
  return NULL;
}

static inline void *server_accept(void *arg) {
  server *s = arg;
  for (;;) {
    const int fd = accept(s->listener, NULL, NULL), at_once = 1;
    server_connection *c;
    if (fd < 0) return NULL;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    c->server = s;
    c->fd = fd;
    pthread_mutex_lock(&s->lock);
    c->next = s->connections;
    s->connections = c;
    if (pthread_create(&c->thread, NULL, server_converse, c) != 0) abort();
    pthread_mutex_unlock(&s->lock);
  }
}

static inline void server_start(server *s, server_script *script, void *arg) {
  unsigned port;
  memset(s, 0, sizeof *s);
  s->script = script;
  s->arg = arg;
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->moved, NULL);
  s->listener = loopback_listen(512, &port);
  snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", port);
  if (pthread_create(&s->thread, NULL, server_accept, s) != 0) abort();
}

/* Hangs up on everybody and waits for all threads. */
static inline void server_stop(server *s) {
  server_connection *c, *next;
  shutdown(s->listener, SHUT_RDWR);
  pthread_join(s->thread, NULL);
  close(s->listener);
  pthread_mutex_lock(&s->lock);
  s->stopping = true;
  pthread_cond_broadcast(&s->moved);
  for (c = s->connections; c; c = c->next)
    if (c->fd >= 0) shutdown(c->fd, SHUT_RDWR);
  pthread_mutex_unlock(&s->lock);
  for (c = s->connections; c; c = next) {
    next = c->next;
    pthread_join(c->thread, NULL);
    free(c->body);
    free(c);
  }
  pthread_cond_destroy(&s->moved);
  pthread_mutex_destroy(&s->lock);
}

#endif
