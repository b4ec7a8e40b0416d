/* One HTTP exchange on libcurl; the contract is in transfer.h. */
#include "transfer.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "curl_error.h"

/*
** Unread bytes at which the sender has to wait, and at which it may go on: what a step brings at most,
** and so how long one may take (0.6 ms). A watch that shares cannot wait: it ends at a mark that no
** quiet one comes near.
*/
enum { HIGH_WATER = 1 << 19, LOW_WATER = 1 << 16, SHARED_MARK = 1 << 20 };

enum {
  CONNECT_TIMEOUT = 30, /* seconds, TLS included; client-go dials 30 s */
  KEEPALIVE_IDLE = 30,  /* seconds of silence before TCP asks whether the peer is there */
  KEEPALIVE_EVERY = 15,
  SILENCE = 30000, /* ms without a byte for many: so long Go's transport waits before it asks */
  LIST_BUFFER = 32 * 1024,  /* bytes read at once; libcurl copies what is left at a pause */
  PARKED_BODY = 64 * 1024,  /* bytes of room that a parked transfer keeps */
  HEADERS_CEILING = 1 << 20 /* bytes; libcurl 7.88 bounds headers (300 KB), but not trailers */
};

struct kube_transfer {
  kube_engine *engine; /* which outlives it */
  kube_handle *handle; /* of the call it belongs to, which outlives it; NULL when parked */
  kube_peer *peer;     /* which outlives it; NULL before it is started */
  kube_turn turn;      /* zeroed when it does not go, or has ended */
  CURL *easy;
  CURLM *multi; /* the pool it was in last */
  struct curl_slist *headers;
  struct curl_slist *connect_to;
  kube_tls *tls;    /* held, for libcurl reads it where it lies; NULL */
  kube_buffer body; /* what came and was not taken */
  kube_buffer late; /* shared: what came while somebody read the body */
  kube_buffer copy; /* of the beginning of the body, see kube_transfer_copy */
  size_t copy_most, came;
  size_t high_water;
  size_t headers_length; /* of all that came, trailers too */
  int code;              /* once all headers are there */
  bool shared;           /* it goes over a connection on which nobody may wait */
  bool bodiless;         /* a HEAD: what its answer announces does not come */
  bool once;             /* it may change something: never sent twice */
  bool sent;             /* it went out */
  bool again;            /* and once more, on another connection */
  bool collided;         /* libcurl chose a connection that another one sends on */
  bool misplaced;        /* what was to be shared is not HTTP/2 */
  bool distrusted;       /* see kube_transfer_distrust */
  bool no_descriptors;   /* this process may open no more */
  kube_claim claim;
  long long sent_at, skew;    /* when it went out, and the engine's skew then */
  int local_port, peers_port; /* of its connection */
  bool added;                 /* libcurl's multi knows it */
  bool paused;                /* libcurl holds back bytes until we take some */
  bool full;                  /* it was ended instead */
  bool held;                  /* somebody reads the body: it must not move */
  bool ended;                 /* nothing comes any more; result says why */
  bool no_room;               /* the body did not fit into memory */
  long long length;           /* Content-Length of the answer, and one more: 0 none yet */
  bool bad_length;            /* it is no number, or there are two */
  CURLcode result;
  char detail[CURL_ERROR_SIZE];
};

/* ---- what libcurl tells us: callbacks only note ---- */

static size_t unread(const kube_transfer *t) {
  return kube_buffer_length(&t->body) + kube_buffer_length(&t->late);
}

/* The mark is reached, or nothing may move: what libcurl is to be told. */
static size_t stop_or_wait(kube_transfer *t) {
  t->paused = !t->shared;
  t->full = t->shared;
  return t->shared ? 0 : CURL_WRITEFUNC_PAUSE;
}

/* For who tells of it: what there is no memory for is not told. */
static void copy(kube_transfer *t, const char *bytes, size_t n) {
  const size_t room = t->copy_most - kube_buffer_length(&t->copy);
  t->came += n;
  kube_buffer_add(&t->copy, bytes, n < room ? n : room, NULL);
}

static size_t on_body(char *bytes, size_t one, size_t n, void *arg) {
  kube_transfer *t = arg;
  kube_buffer *to = t->held ? &t->late : &t->body;
  (void)one;
  if (unread(t) >= t->high_water || (t->held && !t->shared)) return stop_or_wait(t);
  if (kube_buffer_add(to, bytes, n, NULL) != KUBE_OK) {
    t->no_room = true;
    return 0;
  }
  if (t->copy_most) copy(t, bytes, n);
  kube_handle_wake(t->handle);
  return n;
}

/*
** Of two Content-Lengths that differ libcurl takes the last, and one too large for none: nobody
** knows then whether the body is whole (RFC 9112, section 6.3: unrecoverable).
*/
static void note_length(kube_transfer *t, const char *line, size_t n) {
  static const char name[] = "content-length:";
  const size_t m = sizeof name - 1;
  long long length = 1;
  size_t digits = 0;
  if (n > 5 && memcmp(line, "HTTP/", 5) == 0) t->length = 0;
  if (n <= m || strncasecmp(line, name, m) != 0) return;
  for (line += m, n -= m; n && isspace((unsigned char)*line); line++) n--;
  while (n && isspace((unsigned char)line[n - 1])) n--;
  for (; digits < n && digits < 18 && isdigit((unsigned char)line[digits]); digits++)
    length = (length - 1) * 10 + (line[digits] - '0') + 1;
  if (n == 0 || digits < n || (t->length && t->length != length)) t->bad_length = true;
  t->length = length;
}

/* The empty line ends the headers; those of 1xx answers come before the real ones. */
static size_t on_header(char *line, size_t one, size_t n, void *arg) {
  kube_transfer *t = arg;
  long code = 0;
  (void)one;
  t->headers_length += n;
  note_length(t, line, n);
  if (t->headers_length > HEADERS_CEILING || t->bad_length) return 0;
  if (n > 2 || (n > 0 && line[0] != '\r' && line[0] != '\n')) return n;
  curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
  if (code >= 200) {
    t->code = (int)code;
    kube_handle_wake(t->handle);
  }
  return n;
}

/*
** A shared way leads to HTTP/2, most of the time. Tells the peer, and whoever waits for that; not of
** a connection that is another's: there is one to be made yet.
*/
static bool may_share(kube_transfer *t) {
  bool http2;
  t->collided = !kube_claim_take(&t->engine->claims, &t->claim, t->easy, &http2);
  if (t->collided) return false;
  t->misplaced = t->turn.kind == KUBE_QUIET && !http2;
  kube_peer_sent(&t->turn, http2);
  if (kube_peer_is_awaited(t->peer)) t->engine->news = true;
  return !t->misplaced;
}

/*
** Whether the connection is one that was idle, and on which the server has said something since: its
** goodbye, which libcurl 7.88 does not take for one where TLS has it (lib/vtls/openssl.c,
** ossl_check_cxn). An API server says so after 90 s.
*/
static bool is_over(kube_transfer *t, int local_port, int port) {
  long connects = 0;
  int fd;
  curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
  if (connects > 0) return false;
  fd = kube_sockets_find(&t->engine->sockets, local_port, port);
  return fd >= 0 && kube_sockets_is_readable(fd);
}

/*
** When a connection that was used again breaks before the answer, libcurl sends the request anew.
** What may change something has perhaps been done: it goes out once (as in Go's net/http), and not on
** a connection that is over.
*/
static int on_send(void *arg, char *ip, char *local_ip, int port, int local_port) {
  kube_transfer *t = arg;
  (void)ip, (void)local_ip;
  if (t->sent && t->once) return CURL_PREREQFUNC_ABORT;
  t->collided = t->once && !t->shared && is_over(t, local_port, port);
  if (t->collided) return CURL_PREREQFUNC_ABORT;
  if (t->shared && !may_share(t)) return CURL_PREREQFUNC_ABORT;
  t->again = t->sent;
  t->sent = true;
  t->sent_at = kube_engine_now(t->engine);
  t->skew = t->engine->skew;
  t->local_port = local_port;
  t->peers_port = port;
  return CURL_PREREQFUNC_OK;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address) {
  kube_transfer *t = arg;
  const int fd =
      kube_sockets_open(&t->engine->sockets, address->family, address->socktype, address->protocol);
  (void)purpose;
  if (fd < 0 && (errno == EMFILE || errno == ENFILE)) t->no_descriptors = true;
  return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int on_close(void *arg, curl_socket_t fd) {
  kube_engine *engine = arg; /* a connection outlives the transfer that opened it */
  return kube_sockets_close(&engine->sockets, fd);
}

/* ---- going, in its turn ---- */

static void set_way(kube_transfer *t, kube_way way) {
  t->shared = kube_way_is_shared(way);
  t->high_water = !t->shared                   ? HIGH_WATER
                  : t->turn.kind == KUBE_SHORT ? (size_t)KUBE_SHORT_CEILING + 1
                                               : SHARED_MARK;
  curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION,
                   (long)(t->shared ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE,
                   (long)(way == KUBE_WAY_LISTS ? LIST_BUFFER : CURL_MAX_WRITE_SIZE));
}

static void end(kube_transfer *t, CURLcode result) {
  t->ended = true;
  t->result = result;
  kube_peer_leave(&t->turn);
  kube_handle_wake(t->handle);
}

/* Hands it to libcurl. */
static void launch(kube_transfer *t) {
  t->multi = kube_engine_pool(t->engine, t->turn.way);
  set_way(t, t->turn.way);
  t->added = t->multi && curl_multi_add_handle(t->multi, t->easy) == CURLM_OK;
  if (!t->added) end(t, CURLE_OUT_OF_MEMORY);
}

static kube_transfer *owner_of(kube_turn *turn) {
  return (kube_transfer *)((char *)turn - offsetof(kube_transfer, turn));
}

void kube_transfer_serve(kube_peer *peer) {
  kube_turn *turn;
  while ((turn = kube_peer_next(peer)) != NULL) launch(owner_of(turn));
}

static void go(kube_transfer *t, kube_kind kind) {
  kube_peer_ask(t->peer, &t->turn, kind);
  kube_transfer_serve(t->peer);
}

/* ---- the end ---- */

static void take_back(kube_transfer *t) {
  if (t->added) curl_multi_remove_handle(t->multi, t->easy);
  t->added = false;
}

/* Nothing went out: the same again on a connection of its own. */
static bool start_again(kube_transfer *t) {
  t->collided = false;
  take_back(t);
  curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L);
  t->added = curl_multi_add_handle(t->multi, t->easy) == CURLM_OK;
  return t->added;
}

/* The same, where nobody shares. */
static void start_elsewhere(kube_transfer *t) {
  t->collided = t->misplaced = false;
  take_back(t);
  kube_peer_leave(&t->turn);
  go(t, KUBE_WATCH);
}

static bool could_not_connect(CURLcode result) {
  return result == CURLE_COULDNT_RESOLVE_HOST || result == CURLE_COULDNT_RESOLVE_PROXY ||
         result == CURLE_COULDNT_CONNECT || result == CURLE_OPERATION_TIMEDOUT;
}

/* As in Go's transport, who waited for a connection fails with it. */
static void share_failure(const kube_transfer *t, kube_line line, CURLcode result) {
  kube_turn *turn;
  while ((turn = kube_peer_stranded(t->peer, line)) != NULL) {
    kube_transfer *other = owner_of(turn);
    memcpy(other->detail, t->detail, sizeof other->detail);
    other->no_descriptors = t->no_descriptors;
    end(other, result);
  }
}

void kube_transfer_note_end(kube_transfer *t, CURLcode result) {
  const kube_line line = t->turn.line;
  kube_claim_drop(&t->claim);
  if (t->misplaced) {
    start_elsewhere(t);
    return;
  }
  if (t->collided && start_again(t)) return;
  if (result != CURLE_OK && t->code == 0 && kube_sockets_are_exhausted(t->engine->poller.fd))
    t->no_descriptors = true;
  end(t, result);
  if (could_not_connect(result)) {
    kube_peer_forget(t->peer);
    share_failure(t, line, result);
  }
  kube_transfer_serve(t->peer);
}

/* ---- life ---- */

kube_transfer *kube_transfer_new(kube_handle *handle, kube_error *err) {
  kube_transfer *t = calloc(1, sizeof *t);
  if (t) t->easy = curl_easy_init();
  if (t == NULL || t->easy == NULL) {
    free(t);
    kube_fail_memory(err, "a request");
    return NULL;
  }
  t->engine = handle->engine;
  t->handle = handle;
  return t;
}

/* One of them may be who we are. */
static void free_headers(struct curl_slist *headers) {
  struct curl_slist *header;
  for (header = headers; header; header = header->next)
    OPENSSL_cleanse(header->data, strlen(header->data));
  curl_slist_free_all(headers);
}

/* Nothing came in time: is the connection to blame? Then it is of no use to anybody. */
static void close_if_dead(const kube_transfer *t, bool alone) {
  const int fd = kube_sockets_find(&t->engine->sockets, t->local_port, t->peers_port);
  const long long silence = fd < 0 ? -1 : kube_sockets_silence(fd);
  const long long skipped = t->engine->skew - t->skew;
  const long long waited = kube_engine_now(t->engine) - t->sent_at;
  if (silence < 0) return;
  if (silence + skipped >= SILENCE || (alone && silence + skipped >= waited))
    shutdown(fd, SHUT_RDWR); /* libcurl finds it so, and closes it */
}

/* Takes it out of libcurl's hands, and of the peer's. */
static void withdraw(kube_transfer *t) {
  const bool suspect = t->distrusted && t->shared && t->sent && !t->ended;
  const bool alone = suspect && kube_claim_is_alone(&t->engine->claims, &t->claim);
  kube_claim_drop(&t->claim);
  take_back(t);
  if (suspect) close_if_dead(t, alone);
  if (t->turn.peer) {
    kube_peer_leave(&t->turn);
    kube_transfer_serve(t->peer);
  }
}

void kube_transfer_distrust(kube_transfer *t) { t->distrusted = true; }

void kube_transfer_free(kube_transfer *t) {
  if (t == NULL) return;
  /* In a child process the connections are the parent's: not a word to libcurl. */
  if (kube_engine_is_ours(t->engine)) {
    withdraw(t);
    curl_easy_cleanup(t->easy);
  }
  kube_claim_drop(&t->claim);
  kube_peer_leave(&t->turn);
  free_headers(t->headers);
  curl_slist_free_all(t->connect_to);
  kube_tls_release(t->tls);
  if (t->once && t->body.data) OPENSSL_cleanse(t->body.data, t->body.size); /* perhaps a token */
  kube_buffer_clear(&t->body);
  kube_buffer_clear(&t->late);
  kube_buffer_clear_secret(&t->copy);
  free(t);
}

/* libcurl 7.88 counts what it sent again over the whole life of a handle, and gives up at five. */
bool kube_transfer_park(kube_transfer *t) {
  if (!t->ended || t->result != CURLE_OK || t->once || t->again || !t->added ||
      !kube_engine_is_ours(t->engine))
    return false;
  withdraw(t);
  if (t->body.size > PARKED_BODY) kube_buffer_clear(&t->body);
  if (t->body.data) OPENSSL_cleanse(t->body.data, t->body.size); /* perhaps of a Secret */
  kube_buffer_reset(&t->body);
  kube_buffer_clear_secret(&t->late);
  kube_buffer_clear_secret(&t->copy);
  t->copy_most = t->came = 0;
  t->handle = NULL;
  t->headers_length = 0;
  t->length = 0;
  t->code = 0;
  t->sent = t->collided = t->distrusted = t->no_descriptors = t->paused = t->full = t->held =
      t->ended = t->no_room = false;
  t->detail[0] = '\0';
  return true;
}

static kube_status set_url(CURL *easy, const char *url, kube_error *err) {
  switch (curl_easy_setopt(easy, CURLOPT_URL, url)) {
    case CURLE_OK: return KUBE_OK;
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return kube_fail(err, KUBE_ETOOLARGE, "a URL of %zu bytes", strlen(url));
    default: return kube_fail_memory(err, "a request");
  }
}

kube_status kube_transfer_restart(kube_transfer *t, kube_handle *handle, const char *url,
                                  kube_error *err) {
  kube_status status = kube_engine_check(t->engine, err);
  if (status != KUBE_OK || (status = set_url(t->easy, url, err)) != KUBE_OK) return status;
  t->handle = handle;
  curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 0L);
  go(t, KUBE_SHORT);
  return KUBE_OK;
}

static kube_status append(struct curl_slist **list, const char *line, kube_error *err) {
  struct curl_slist *longer = curl_slist_append(*list, line);
  if (longer == NULL) return kube_fail_memory(err, "a header");
  *list = longer;
  return KUBE_OK;
}

/* "Name:" would take the header away; "Name;" is how libcurl is told of one without a value. */
static kube_status append_blank(struct curl_slist **list, const char *line, size_t name,
                                kube_error *err) {
  char blank[256];
  if (name >= sizeof blank - 1)
    return kube_fail(err, KUBE_ETOOLARGE, "a header of %zu bytes", name);
  snprintf(blank, sizeof blank, "%.*s;", (int)name, line);
  return append(list, blank, err);
}

kube_status kube_transfer_header(kube_transfer *t, const char *line, kube_error *err) {
  const size_t name = strcspn(line, ":");
  if (strpbrk(line, "\r\n")) return kube_fail(err, KUBE_EUSAGE, "a header holds a line break");
  if (line[name] == ':' && line[name + 1 + strspn(line + name + 1, " \t")] == '\0')
    return append_blank(&t->headers, line, name, err);
  return append(&t->headers, line, err);
}

/* ---- sending ---- */

static void set_connection(kube_transfer *t) {
  CURL *easy = t->easy;
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, t->engine);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a slow resolver must not hold up a time-out */
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_EVERY);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* a proxy's are no answer */
}

/* libcurl copies these: one that it had no room for would send something else, or elsewhere. */
static kube_status set_texts(kube_transfer *t, const kube_transfer_options *o, kube_error *err) {
  CURL *easy = t->easy;
  CURLcode failed;
  kube_status status = set_url(easy, o->url, err);
  if (status != KUBE_OK) return status;
  failed = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, o->method);
  /* "": none, instead of the environment's */
  if (!failed) failed = curl_easy_setopt(easy, CURLOPT_PROXY, o->proxy ? o->proxy : "");
  if (!failed) failed = curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  if (!failed && o->proxy && kube_tls_apply_proxy(o->tls, easy, err) != KUBE_OK) return KUBE_ENOMEM;
  return failed ? kube_fail_memory(err, "a request") : KUBE_OK;
}

static void set_request(kube_transfer *t, const kube_transfer_options *o) {
  CURL *easy = t->easy;
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  if (o->body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)o->body_length);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, o->body);
  }
  t->bodiless = strcmp(o->method, "HEAD") == 0;
  if (t->bodiless) curl_easy_setopt(easy, CURLOPT_NOBODY, 1L); /* else it waits for one */
  t->once = strcmp(o->method, "GET") != 0;
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, o->compression ? "gzip" : NULL);
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, t->connect_to);
}

static void set_callbacks(kube_transfer *t) {
  curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
  curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_send);
  curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
  curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->detail);
  curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
  curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
}

kube_status kube_transfer_start(kube_transfer *t, const kube_transfer_options *options,
                                kube_error *err) {
  kube_status status = kube_engine_check(t->engine, err);
  if (status == KUBE_OK && options->connect_to)
    status = append(&t->connect_to, options->connect_to, err);
  if (status == KUBE_OK) status = append(&t->headers, "Expect:", err); /* no 100-continue */
  if (status == KUBE_OK) status = set_texts(t, options, err);
  if (status != KUBE_OK) return status;
  set_connection(t);
  set_request(t, options);
  set_callbacks(t);
  t->tls = kube_tls_retain(options->tls);
  if (t->tls && (status = kube_tls_apply(t->tls, t->easy, err)) != KUBE_OK) return status;
  t->peer = options->peer;
  go(t, options->kind);
  return KUBE_OK;
}

void kube_transfer_push(kube_transfer *t) {
  if (t->added) kube_engine_push(t->engine, t->turn.way);
}

/* ---- reading ---- */

int kube_transfer_code(const kube_transfer *t) { return t->code; }

const char *kube_transfer_answer_header(const kube_transfer *t, const char *name) {
  struct curl_header *header;
  if (curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return NULL;
  return header->value;
}

long long kube_transfer_announced(const kube_transfer *t) {
  curl_off_t length = -1;
  if (t->bodiless) return 0;
  curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return length;
}

static kube_status fail_without_descriptors(kube_error *err) {
  struct rlimit limit = {0};
  getrlimit(RLIMIT_NOFILE, &limit);
  return kube_fail(err, KUBE_ESYSTEM, "too many open files: this process may have %llu (ulimit -n)",
                   (unsigned long long)limit.rlim_cur);
}

static kube_status failure(const kube_transfer *t, kube_error *err) {
  const char *detail = t->detail[0] ? t->detail : curl_easy_strerror(t->result);
  if (t->no_room) return kube_fail_memory(err, "the answer");
  if (t->full)
    return kube_fail(err, KUBE_ETOOLARGE, "%zu bytes came, and nobody took them", unread(t));
  if (t->no_descriptors && t->code == 0) return fail_without_descriptors(err);
  if (t->headers_length > HEADERS_CEILING)
    return kube_fail(err, KUBE_ETOOLARGE, "headers of more than %d bytes", HEADERS_CEILING);
  if (t->bad_length)
    return kube_fail(err, KUBE_EDECODE, "the answer has two lengths, or one that is none");
  if (t->result == CURLE_OUT_OF_MEMORY && t->sent &&
      t->code == 0) /* libcurl < 8.8 says so of both */
    return kube_fail(err, KUBE_ENOMEM,
                     "no room for the headers of the answer, or one of them is "
                     "longer than 100 kB");
  if (strncmp(detail, "Unsupported proxy", 17) == 0) /* libcurl quotes it, password and all */
    return kube_fail(err, KUBE_ECONFIG, "the proxy's address is not one that can be used");
  if (t->result == CURLE_ABORTED_BY_CALLBACK)
    return kube_fail(err, KUBE_ENETWORK,
                     "the connection broke before an answer came: whether it "
                     "was done is not known, so it is not sent again");
  if (t->result == CURLE_PARTIAL_FILE)
    return kube_fail(err, KUBE_ENETWORK, "the answer was cut off: %s", detail);
  return kube_fail(err, kube_curl_status(t->result, detail), "%s", detail);
}

kube_slice kube_transfer_peek(const kube_transfer *t) {
  kube_slice bytes = {.bytes = "", .length = kube_buffer_length(&t->body)};
  if (bytes.length) bytes.bytes = kube_buffer_bytes(&t->body);
  return bytes;
}

bool kube_transfer_is_full(const kube_transfer *t) { return t->full; }

bool kube_transfer_is_shared(const kube_transfer *t) { return t->shared && t->sent; }

/* A server that allows few exchanges on a connection refuses some, and libcurl gives up at five. */
bool kube_transfer_was_dropped(const kube_transfer *t) {
  const CURLcode result = t->result;
  return t->ended && kube_transfer_code(t) == 0 &&
         (result == CURLE_HTTP2 || result == CURLE_HTTP2_STREAM || result == CURLE_PARTIAL_FILE ||
          (t->shared && (result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR)));
}

bool kube_transfer_was_sent(const kube_transfer *t) {
  curl_off_t ready = 0;
  return curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &ready) == CURLE_OK && ready > 0;
}

kube_status kube_transfer_result(const kube_transfer *t, kube_error *err) {
  if (!t->ended) return KUBE_AGAIN;
  return t->result == CURLE_OK ? KUBE_EOF : failure(t, err);
}

static void resume(kube_transfer *t) {
  if (!t->paused || t->held || t->ended || !kube_engine_is_ours(t->engine)) return;
  t->paused = false;
  curl_easy_pause(t->easy, CURLPAUSE_CONT); /* may call on_body at once */
}

void kube_transfer_hold(kube_transfer *t) { t->held = true; }

/* Nobody reads the body any more: what came meanwhile belongs behind it. */
static void catch_up(kube_transfer *t) {
  const size_t n = kube_buffer_length(&t->late);
  if (n == 0) return;
  if (kube_buffer_add(&t->body, kube_buffer_bytes(&t->late), n, NULL) != KUBE_OK) {
    t->no_room = true;
    end(t, CURLE_OUT_OF_MEMORY);
  }
  kube_buffer_clear(&t->late);
}

/* A body that is empty, and held so little that its room was too large. */
static bool has_too_much_room(const kube_transfer *t, size_t held) {
  return kube_buffer_length(&t->body) == 0 && t->body.size > PARKED_BODY && held < t->body.size / 8;
}

void kube_transfer_take(kube_transfer *t, size_t n) {
  const size_t held = t->body.end; /* at most, since it was empty last */
  t->held = false;
  kube_buffer_take(&t->body, n);
  if (has_too_much_room(t, held)) kube_buffer_clear(&t->body); /* a watch may be quiet for hours */
  catch_up(t);
  if (kube_buffer_length(&t->body) <= LOW_WATER) resume(t);
}

void kube_transfer_more(kube_transfer *t) {
  size_t wanted = kube_buffer_length(&t->body) * 2;
  if (wanted > t->high_water) t->high_water = wanted;
  resume(t);
}

void kube_transfer_info_get(const kube_transfer *t, kube_transfer_info *info) {
  long version = 0, connects = 0;
  curl_off_t bytes = 0;
  curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
  curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
  curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
  info->http_version = version == CURL_HTTP_VERSION_2_0   ? 20
                       : version == CURL_HTTP_VERSION_1_1 ? 11
                       : version == CURL_HTTP_VERSION_1_0 ? 10
                                                          : 0;
  info->connects = (int)connects;
  info->bytes = bytes;
}

void kube_transfer_copy(kube_transfer *t, size_t most) { t->copy_most = most; }

kube_slice kube_transfer_copied(const kube_transfer *t, size_t *came) {
  *came = t->came;
  return kube_buffer_slice(&t->copy);
}

CURL *kube_transfer_easy(const kube_transfer *t) { return t->easy; }

const struct curl_slist *kube_transfer_headers(const kube_transfer *t) { return t->headers; }
