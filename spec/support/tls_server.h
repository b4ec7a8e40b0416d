/*
** A TLS server inside a C test that speaks HTTP/2 or, to who does not offer it, HTTP/1.1. One thread
** serves all connections; the script is told of each request there and must not wait. What it does
** not do at once the test does later: tls_do runs a function in that thread.
**   static void script(tls_request *r, void *arg) { tls_answer(r, 200, "{}"); }
**   tls_server s; tls_start(&s, script, NULL); ... s.url ...; tls_stop(&s);
*/
#ifndef SPEC_SUPPORT_TLS_SERVER_H
#define SPEC_SUPPORT_TLS_SERVER_H

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "identity.h"
#include "loopback.h"

enum { TLS_MOST = 8192 /* connections */, TLS_PATIENCE = 60 /* seconds */ };

typedef struct tls_server tls_server;
typedef struct tls_connection tls_connection;

typedef struct tls_bytes {
  char *data;
  size_t start, end, size;
} tls_bytes;

typedef struct tls_request {
  tls_connection *connection;
  struct tls_request *next;
  int32_t stream;
  int number; /* from 1, over all connections */
  char target[2048];
  tls_bytes out; /* HTTP/2: of the body, not sent yet */
  bool ended;
  bool gone; /* the client does not want it any more */
} tls_request;

struct tls_connection {
  tls_server *server;
  int fd;
  int number; /* from 1 */
  SSL *ssl;
  bool connected, http2, closed;
  bool frozen; /* by the test: not a byte is read or written */
  nghttp2_session *session;
  tls_request *requests;
  tls_bytes in, out;
};

typedef void tls_script(tls_request *request, void *arg);
typedef void tls_job(tls_server *s, void *arg);

struct tls_server {
  char url[64];
  int listener, wake[2];
  bool http1_only;  /* set before the client comes */
  bool deaf;        /* connections are made, handshakes are not */
  uint32_t streams; /* MAX_CONCURRENT_STREAMS; 0: 100 */
  tls_script *script;
  void *arg;
  SSL_CTX *context;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t moved;
  tls_job *job;
  void *job_arg;
  bool stopping;
  tls_connection *connections[TLS_MOST];
  struct pollfd fds[TLS_MOST + 2]; /* of one round */
  tls_connection **whose[TLS_MOST];
  /* Seen so far; read them by tls_count. */
  int made, http2, http1,
      requests;   /* connections, of these HTTP/2 and 1.1; requests that the script saw */
  int open, most; /* connections now, and at most */
};

/* ---- bytes ---- */

static inline void tls_add(tls_bytes *b, const void *bytes, size_t n) {
  if (b->end + n > b->size) {
    b->size = 2 * (b->end + n) + 1024;
    b->data = realloc(b->data, b->size);
    if (b->data == NULL) abort();
  }
  if (n) memcpy(b->data + b->end, bytes, n);
  b->end += n;
}

static inline void tls_take(tls_bytes *b, size_t n) {
  b->start += n;
  if (b->start == b->end) b->start = b->end = 0;
}

/* ---- for the script, and for jobs ---- */

static inline void tls_close(tls_connection *c) { c->closed = true; }

/* The connection is black-holed: neither side hears of the other. */
static inline void tls_freeze(tls_connection *c) { c->frozen = true; }

static inline ssize_t tls_on_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t n,
                                  uint32_t *flags, nghttp2_data_source *source, void *arg) {
  tls_request *r = source->ptr;
  const size_t left = r->out.end - r->out.start;
  (void)session, (void)stream, (void)arg;
  if (left == 0 && !r->ended) return NGHTTP2_ERR_DEFERRED;
  if (n > left) n = left;
  if (n) memcpy(to, r->out.data + r->out.start, n);
  tls_take(&r->out, n);
  if (r->ended && r->out.start == r->out.end) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return (ssize_t)n;
}

/* The headers of an answer whose body follows. */
static inline void tls_begin(tls_request *r, int status) {
  tls_connection *c = r->connection;
  char text[64];
  nghttp2_data_provider body = {.source.ptr = r, .read_callback = tls_on_body};
  const int n = snprintf(text, sizeof text, "%d", status);
  nghttp2_nv header = {(uint8_t *)":status", (uint8_t *)text, 7, (size_t)n, 0};
  if (c->http2) {
    nghttp2_submit_response(c->session, r->stream, &header, 1, &body);
    return;
  }
  snprintf(text, sizeof text, "HTTP/1.1 %d Said\r\nTransfer-Encoding: chunked\r\n\r\n", status);
  tls_add(&c->out, text, strlen(text));
}

static inline void tls_send(tls_request *r, const char *bytes, size_t n) {
  tls_connection *c = r->connection;
  char size[32];
  if (r->gone || n == 0) return;
  if (c->http2) {
    tls_add(&r->out, bytes, n);
    nghttp2_session_resume_data(c->session, r->stream);
    return;
  }
  tls_add(&c->out, size, (size_t)snprintf(size, sizeof size, "%zx\r\n", n));
  tls_add(&c->out, bytes, n);
  tls_add(&c->out, "\r\n", 2);
}

static inline void tls_text(tls_request *r, const char *text) { tls_send(r, text, strlen(text)); }

static inline void tls_end(tls_request *r) {
  r->ended = true;
  if (r->gone) return;
  if (r->connection->http2)
    nghttp2_session_resume_data(r->connection->session, r->stream);
  else
    tls_add(&r->connection->out, "0\r\n\r\n", 5);
}

static inline void tls_answer(tls_request *r, int status, const char *body) {
  tls_begin(r, status);
  tls_text(r, body);
  tls_end(r);
}

/* HTTP/2: ends this one alone. */
static inline void tls_reset(tls_request *r, uint32_t why) {
  nghttp2_submit_rst_stream(r->connection->session, NGHTTP2_FLAG_NONE, r->stream, why);
}

/* HTTP/2: no further request on this connection; those after `last` were not looked at. */
static inline void tls_go_away(tls_connection *c, int32_t last) {
  nghttp2_submit_goaway(c->session, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL, 0);
}

/* ---- within: requests ---- */

static inline tls_request *tls_new_request(tls_connection *c, int32_t stream) {
  tls_request *r = calloc(1, sizeof *r);
  if (r == NULL) abort();
  r->connection = c;
  r->stream = stream;
  r->next = c->requests;
  c->requests = r;
  return r;
}

static inline void tls_ask_script(tls_request *r) {
  tls_server *s = r->connection->server;
  r->number = s->requests + 1;
  s->script(r, s->arg);
  pthread_mutex_lock(&s->lock);
  s->requests++;
  pthread_mutex_unlock(&s->lock);
}

static inline int tls_on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *arg) {
  if (frame->hd.type == NGHTTP2_HEADERS)
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id,
                                         tls_new_request(arg, frame->hd.stream_id));
  return 0;
}

static inline int tls_on_header(nghttp2_session *session, const nghttp2_frame *frame,
                                const uint8_t *name, size_t name_length, const uint8_t *value,
                                size_t length, uint8_t flags, void *arg) {
  tls_request *r = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  (void)flags, (void)arg;
  if (r && name_length == 5 && memcmp(name, ":path", 5) == 0)
    snprintf(r->target, sizeof r->target, "%.*s", (int)length, (const char *)value);
  return 0;
}

static inline int tls_on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg) {
  tls_request *r = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  (void)arg;
  if (r && (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
      (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
    tls_ask_script(r);
  return 0;
}

static inline int tls_on_gone(nghttp2_session *session, int32_t stream, uint32_t why, void *arg) {
  tls_request *r = nghttp2_session_get_stream_user_data(session, stream);
  (void)why, (void)arg;
  if (r) r->gone = true;
  return 0;
}

/* One request that came whole; what it said of itself is all that is looked at. */
static inline bool tls_read_http1(tls_connection *c) {
  char *head, *end, *announced;
  size_t body, whole;
  tls_request *r;
  tls_add(&c->in, "", 1);
  c->in.end--;
  head = c->in.data + c->in.start;
  end = strstr(head, "\r\n\r\n");
  if (end == NULL) return false;
  announced = strstr(head, "Content-Length: ");
  body = announced && announced < end ? strtoul(announced + 16, NULL, 10) : 0;
  whole = (size_t)(end + 4 - head) + body;
  if (c->in.end - c->in.start < whole) return false;
  r = tls_new_request(c, 0);
  if (sscanf(head, "%*15s %2047s", r->target) != 1) abort();
  tls_take(&c->in, whole);
  tls_ask_script(r);
  return true;
}

/* ---- within: connections ---- */

static inline void tls_open_session(tls_connection *c) {
  nghttp2_session_callbacks *callbacks;
  nghttp2_settings_entry most = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
                                 c->server->streams ? c->server->streams : 100};
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, tls_on_begin);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, tls_on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, tls_on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, tls_on_gone);
  if (nghttp2_session_server_new(&c->session, callbacks, c) != 0) abort();
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, &most, 1);
}

static inline void tls_shake_hands(tls_connection *c) {
  const unsigned char *name;
  unsigned int n;
  const int done = SSL_accept(c->ssl);
  if (done != 1) {
    const int why = SSL_get_error(c->ssl, done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) c->closed = true;
    return;
  }
  SSL_get0_alpn_selected(c->ssl, &name, &n);
  c->connected = true;
  c->http2 = n == 2;
  if (c->http2) tls_open_session(c);
  pthread_mutex_lock(&c->server->lock);
  c->server->http2 += c->http2;
  c->server->http1 += !c->http2;
  pthread_mutex_unlock(&c->server->lock);
}

static inline void tls_hear(tls_connection *c, const char *bytes, size_t n) {
  if (c->http2) {
    if (nghttp2_session_mem_recv(c->session, (const uint8_t *)bytes, n) < 0) c->closed = true;
    return;
  }
  tls_add(&c->in, bytes, n);
  while (tls_read_http1(c)) {}
}

static inline void tls_read(tls_connection *c) {
  char bytes[1 << 14];
  int n = 1;
  ERR_clear_error(); /* another connection's would be taken for this one's */
  if (!c->connected) tls_shake_hands(c);
  while (c->connected && !c->closed && (n = SSL_read(c->ssl, bytes, sizeof bytes)) > 0)
    tls_hear(c, bytes, (size_t)n);
  if (n <= 0 && SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ) c->closed = true;
}

/* What nghttp2 has to send, a piece at a time: a flood stays where it is. */
static inline void tls_write(tls_connection *c) {
  const uint8_t *bytes;
  ERR_clear_error();
  for (;;) {
    int n = (int)(c->out.end - c->out.start);
    if (n == 0 && c->http2) {
      const ssize_t more = nghttp2_session_mem_send(c->session, &bytes);
      if (more > 0) tls_add(&c->out, bytes, (size_t)more);
      n = (int)(c->out.end - c->out.start);
    }
    if (n == 0) return;
    n = SSL_write(c->ssl, c->out.data + c->out.start, n);
    if (n <= 0) return;
    tls_take(&c->out, (size_t)n);
  }
}

static inline void tls_free(tls_connection *c) {
  tls_request *r, *next;
  for (r = c->requests; r; r = next) {
    next = r->next;
    free(r->out.data);
    free(r);
  }
  nghttp2_session_del(c->session);
  SSL_free(c->ssl);
  close(c->fd);
  free(c->in.data);
  free(c->out.data);
  free(c);
}

static inline void tls_accept(tls_server *s) {
  const int fd = accept(s->listener, NULL, NULL), at_once = 1;
  tls_connection *c;
  size_t i = 0;
  if (fd < 0) return;
  while (s->connections[i])
    if (++i == TLS_MOST) abort();
  c = calloc(1, sizeof *c);
  if (c == NULL) abort();
  fcntl(fd, F_SETFL, O_NONBLOCK);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  c->server = s;
  c->fd = fd;
  c->frozen = s->deaf;
  c->ssl = SSL_new(s->context);
  SSL_set_fd(c->ssl, fd);
  pthread_mutex_lock(&s->lock);
  c->number = ++s->made;
  if (++s->open > s->most) s->most = s->open;
  pthread_mutex_unlock(&s->lock);
  s->connections[i] = c;
}

/* ---- within: the loop ---- */

static inline void tls_run_job(tls_server *s) {
  char bytes[64];
  ssize_t n = read(s->wake[0], bytes, sizeof bytes);
  tls_job *job;
  (void)n;
  pthread_mutex_lock(&s->lock);
  job = s->job;
  pthread_mutex_unlock(&s->lock);
  if (job) job(s, s->job_arg);
  pthread_mutex_lock(&s->lock);
  s->job = NULL;
  pthread_cond_broadcast(&s->moved);
  pthread_mutex_unlock(&s->lock);
}

/* Whether there is something to send that waits for room in the socket. */
static inline short tls_events(const tls_connection *c) {
  if (c->frozen) return 0;
  return POLLIN | (c->out.end > c->out.start ? POLLOUT : 0);
}

static inline void tls_round(tls_server *s) {
  struct pollfd *fds = s->fds;
  tls_connection ***whose = s->whose;
  nfds_t n = 0, i;
  for (i = 0; i < TLS_MOST; i++) {
    if (s->connections[i] == NULL) continue;
    whose[n] = &s->connections[i];
    fds[n] = (struct pollfd){.fd = s->connections[i]->fd, .events = tls_events(s->connections[i])};
    if (s->connections[i]->frozen) fds[n].fd = -1;
    n++;
  }
  fds[n] = (struct pollfd){.fd = s->wake[0], .events = POLLIN};
  fds[n + 1] = (struct pollfd){.fd = s->listener, .events = POLLIN};
  if (poll(fds, n + 2, -1) < 0) return;
  for (i = 0; i < n; i++)
    if (fds[i].revents) tls_read(*whose[i]);
  if (fds[n].revents) tls_run_job(s);
  for (i = 0; i < n; i++) {
    tls_connection *c = *whose[i];
    if (c->connected && !c->closed && !c->frozen) tls_write(c);
    if (!c->closed) continue;
    tls_free(c);
    *whose[i] = NULL;
    pthread_mutex_lock(&s->lock);
    s->open--;
    pthread_mutex_unlock(&s->lock);
  }
  if (fds[n + 1].revents) tls_accept(s);
}

static inline void *tls_serve(void *arg) {
  tls_server *s = arg;
  bool stopping = false;
  sigset_t pipe;
  sigemptyset(&pipe); /* for this thread alone: the client is to send none */
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, NULL);
  while (!stopping) {
    tls_round(s);
    pthread_mutex_lock(&s->lock);
    stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
  }
  return NULL;
}

/* ---- for the test ---- */

/* Runs job in the server's thread, and waits until it did. */
static inline void tls_do(tls_server *s, tls_job *job, void *arg) {
  ssize_t n;
  pthread_mutex_lock(&s->lock);
  s->job = job;
  s->job_arg = arg;
  n = write(s->wake[1], "", 1);
  (void)n;
  while (s->job) pthread_cond_wait(&s->moved, &s->lock);
  pthread_mutex_unlock(&s->lock);
}

/* One of the server's counts: tls_count(&s, &s.requests). */
static inline int tls_count(tls_server *s, const int *count) {
  int n;
  pthread_mutex_lock(&s->lock);
  n = *count;
  pthread_mutex_unlock(&s->lock);
  return n;
}

/* The last request for a target that holds text, over all connections; in a job. */
static inline tls_request *tls_find(tls_server *s, const char *text) {
  tls_request *found = NULL, *r;
  for (int i = 0; i < TLS_MOST; i++)
    for (r = s->connections[i] ? s->connections[i]->requests : NULL; r; r = r->next)
      if (strstr(r->target, text) && (found == NULL || r->number > found->number)) found = r;
  return found;
}

static inline int tls_choose(SSL *ssl, const unsigned char **out, unsigned char *n,
                             const unsigned char *offered, unsigned int length, void *arg) {
  const tls_server *s = arg;
  static const unsigned char two[] = "\x02h2\x08http/1.1", one[] = "\x08http/1.1";
  (void)ssl;
  if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, n, s->http1_only ? one : two,
                            s->http1_only ? sizeof one - 1 : sizeof two - 1, offered,
                            length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  return SSL_TLSEXT_ERR_OK;
}

static inline void tls_identify(SSL_CTX *context) {
  identity id;
  BIO *bio;
  X509 *cert;
  EVP_PKEY *key;
  make_identity(&id);
  bio = BIO_new_mem_buf(id.cert, -1);
  cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
  BIO_free(bio);
  bio = BIO_new_mem_buf(id.key, -1);
  key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
  BIO_free(bio);
  if (!SSL_CTX_use_certificate(context, cert) || !SSL_CTX_use_PrivateKey(context, key)) abort();
  X509_free(cert);
  EVP_PKEY_free(key);
}

static inline void tls_start(tls_server *s, tls_script *script, void *arg) {
  unsigned port;
  memset(s, 0, sizeof *s);
  s->script = script;
  s->arg = arg;
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->moved, NULL);
  s->context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_alpn_select_cb(s->context, tls_choose, s);
  SSL_CTX_set_mode(s->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  tls_identify(s->context);
  if (pipe(s->wake) != 0) abort();
  s->listener = loopback_listen(4096, &port);
  snprintf(s->url, sizeof s->url, "https://127.0.0.1:%u", port);
  if (pthread_create(&s->thread, NULL, tls_serve, s) != 0) abort();
}

static inline void tls_note_stop(tls_server *s, void *arg) {
  (void)arg;
  pthread_mutex_lock(&s->lock);
  s->stopping = true;
  pthread_mutex_unlock(&s->lock);
}

static inline void tls_stop(tls_server *s) {
  tls_do(s, tls_note_stop, NULL);
  pthread_join(s->thread, NULL);
  for (int i = 0; i < TLS_MOST; i++)
    if (s->connections[i]) tls_free(s->connections[i]);
  close(s->listener);
  close(s->wake[0]);
  close(s->wake[1]);
  SSL_CTX_free(s->context);
  pthread_cond_destroy(&s->moved);
  pthread_mutex_destroy(&s->lock);
}

#endif
