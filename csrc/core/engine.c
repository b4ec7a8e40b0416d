/* One descriptor for all sockets and timers; the contract is in engine.h and kube.h. */
#include "engine.h"

#include <errno.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "transfer.h"

enum {
  BATCH = 64,           /* descriptors served between two looks at epoll */
  IDLE_CONNECTIONS = 64 /* kept open for reuse, those in use included */
};

/* ---- what libcurl tells us: callbacks only note ---- */

static int on_timer(CURLM *multi, long ms, void *arg) {
  kube_pool *pool = arg;
  (void)multi;
  pool->due = ms < 0 ? -1 : kube_engine_now(pool->engine) + ms;
  return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused) {
  kube_pool *pool = arg;
  kube_engine *engine = pool->engine;
  unsigned tag = (unsigned)(pool - engine->pools);
  (void)easy;
  (void)unused;
  if (what == CURL_POLL_REMOVE) {
    kube_poller_forget(&engine->poller, fd);
    return 0;
  }
  if (kube_poller_watch(&engine->poller, fd, tag, what & CURL_POLL_IN, what & CURL_POLL_OUT,
                        NULL) != KUBE_OK)
    engine->lost_socket = true;
  return 0;
}

/* ---- libcurl as it must be ---- */

/* A libcurl that would block on names, or take its TLS from elsewhere, is refused at the start. */
static kube_status check_libcurl(kube_error *err) {
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  if (!(info->features & CURL_VERSION_ASYNCHDNS))
    return kube_fail(err, KUBE_ESYSTEM,
                     "libcurl %s looks names up blocking: install one with the "
                     "threaded resolver (Debian: libcurl4)",
                     info->version);
  if (info->ssl_version == NULL || strstr(info->ssl_version, "OpenSSL") == NULL)
    return kube_fail(err, KUBE_ESYSTEM,
                     "libcurl %s is built on %s: install the one built on OpenSSL "
                     "(Debian: libcurl4)",
                     info->version, info->ssl_version ? info->ssl_version : "no TLS");
  return KUBE_OK;
}

/* How many connections a pool keeps, and may have with a host; libcurl's defaults for watches. */
static void set_limits(CURLM *multi, kube_way way) {
  if (way == KUBE_WAY_SHORT || way == KUBE_WAY_WRITES || way == KUBE_WAY_LISTS)
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
  /* Who has a turn finds one that is free: this makes libcurl close what another user of the same
  ** host left behind. */
  if (way == KUBE_WAY_SHORT || way == KUBE_WAY_WRITES)
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)KUBE_TURNS);
}

CURLM *kube_engine_pool(kube_engine *engine, kube_way way) {
  kube_pool *pool = &engine->pools[way];
  if (pool->multi) return pool->multi;
  pool->multi = curl_multi_init();
  if (pool->multi == NULL) return NULL;
  curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
  curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
  curl_multi_setopt(pool->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
  set_limits(pool->multi, way);
  return pool->multi;
}

static void init_pools(kube_engine *engine) {
  int i;
  for (i = 0; i < KUBE_WAYS; i++) {
    engine->pools[i].engine = engine;
    engine->pools[i].due = -1;
  }
}

static void close_pools(kube_engine *engine) {
  int i;
  for (i = 0; i < KUBE_WAYS; i++)
    if (engine->pools[i].multi) curl_multi_cleanup(engine->pools[i].multi);
}

/* ---- life ---- */

kube_engine *kube_engine_new(kube_error *err) {
  kube_engine *engine = calloc(1, sizeof *engine);
  if (engine == NULL) {
    kube_fail_memory(err, "an engine");
    return NULL;
  }
  engine->references = 1;
  engine->pid = getpid();
  engine->armed = -1;
  engine->poller.fd = engine->poller.timer = -1;
  engine->ready.next = engine->ready.previous = &engine->ready;
  kube_claims_init(&engine->claims);
  init_pools(engine);
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) { /* never undone: see design, nginx */
    kube_fail(err, KUBE_ESYSTEM, "libcurl does not start");
    goto failed;
  }
  if (kube_tls_check_library(err) != KUBE_OK || check_libcurl(err) != KUBE_OK ||
      kube_poller_open(&engine->poller, err) != KUBE_OK)
    goto failed;
  return engine;
failed:
  kube_engine_free(engine);
  return NULL;
}

kube_engine *kube_engine_retain(kube_engine *engine) {
  engine->references++;
  return engine;
}

void kube_engine_free(kube_engine *engine) {
  if (engine == NULL || --engine->references > 0) return;
  if (engine->credentials) engine->credentials->free(engine->credentials);
  if (kube_engine_is_ours(engine))
    close_pools(engine);
  else /* a child: the parent goes on with the connections */
    kube_sockets_abandon(&engine->sockets);
  kube_children_clear(engine);
  kube_poller_close(&engine->poller);
  kube_timers_clear(&engine->timers);
  kube_sockets_clear(&engine->sockets);
  kube_log_clear(&engine->log);
  free(engine);
}

bool kube_engine_is_ours(const kube_engine *engine) { return engine->pid == getpid(); }

kube_status kube_engine_check(const kube_engine *engine, kube_error *err) {
  if (kube_engine_is_ours(engine)) return KUBE_OK;
  return kube_fail(err, KUBE_EUSAGE,
                   "this engine belongs to process %d, which forked: make a new one",
                   (int)engine->pid);
}

void kube_engine_keep_log(kube_engine *engine, bool keep) { engine->log.kept = keep; }
char *kube_engine_take_log(kube_engine *engine) { return kube_log_take(&engine->log); }

/* ---- handles ---- */

void kube_handle_init(kube_handle *handle, kube_engine *engine, kube_call *owner) {
  memset(handle, 0, sizeof *handle);
  handle->engine = kube_engine_retain(engine);
  handle->owner = owner;
  handle->id = ++engine->last_id;
}

void kube_handle_init_relay(kube_handle *handle, kube_engine *engine,
                            void (*moved)(kube_handle *)) {
  kube_handle_init(handle, engine, NULL);
  handle->moved = moved;
}

static void leave_ready(kube_handle *handle) {
  if (!handle->ready) return;
  handle->previous->next = handle->next;
  handle->next->previous = handle->previous;
  handle->ready = false;
}

void kube_handle_clear(kube_handle *handle) {
  kube_engine *engine = handle->engine;
  if (engine == NULL) return;
  leave_ready(handle);
  kube_timers_drop(&engine->timers, &handle->timer);
  handle->engine = NULL;
  kube_engine_free(engine);
}

void kube_handle_wake(kube_handle *handle) {
  kube_handle *head;
  if (handle->ready || handle->engine == NULL) return;
  if (handle->moved) {
    handle->moved(handle);
    return;
  }
  head = &handle->engine->ready;
  handle->next = head;
  handle->previous = head->previous;
  head->previous->next = handle;
  head->previous = handle;
  handle->ready = true;
  handle->engine->moves++;
}

kube_call *kube_engine_next_ready(kube_engine *engine) {
  kube_handle *first = engine->ready.next;
  if (first == &engine->ready) return NULL;
  leave_ready(first);
  return first->owner;
}

/* ---- time ---- */

long long kube_engine_now(const kube_engine *engine) { return kube_clock_ms() + engine->skew; }

double kube_engine_seconds(const kube_engine *engine) {
  return kube_clock_seconds() + (double)engine->skew / 1000;
}

/* When something is due at the latest; -1 never. */
static long long next_due(const kube_engine *engine) {
  const kube_timer *first = kube_timers_first(&engine->timers);
  long long due = first ? first->due : -1;
  int i;
  for (i = 0; i < KUBE_WAYS; i++) due = kube_clock_earlier(due, engine->pools[i].due);
  return due;
}

/*
** Sees to it that the descriptor is readable when something is due. One that is so earlier, for what
** has been done meanwhile, costs one step in vain, and less than setting it each time.
*/
static void arm(kube_engine *engine) {
  long long due, now;
  bool fired;
  if (!engine->lent) return;
  due = next_due(engine);
  now = kube_engine_now(engine);
  fired = engine->armed >= 0 && engine->armed <= now;
  if (!fired && (due < 0 || (engine->armed >= 0 && engine->armed <= due))) return;
  engine->armed = due;
  kube_poller_arm(&engine->poller, due < 0 ? -1 : due > now ? due - now : 0);
}

void kube_engine_advance(kube_engine *engine, long long ms) {
  engine->skew += ms;
  engine->armed = 0; /* as good as fired */
  arm(engine);
}

kube_status kube_handle_set_due(kube_handle *handle, long long due, kube_error *err) {
  return kube_timers_set(&handle->engine->timers, &handle->timer, due, err);
}

void kube_handle_drop_due(kube_handle *handle) {
  if (handle->engine) kube_timers_drop(&handle->engine->timers, &handle->timer);
}

uint32_t kube_engine_random(kube_engine *engine, uint32_t bound) {
  uint32_t value = 0;
  (void)engine;
  if (RAND_bytes((unsigned char *)&value, sizeof value) != 1) value = (uint32_t)kube_clock_ms();
  return bound ? value % bound : 0;
}

/* ---- stepping ---- */

int kube_engine_fd(kube_engine *engine) {
  engine->lent = true;
  arm(engine);
  return engine->poller.fd;
}

/* Milliseconds until something is due; -1: for ever. */
static int time_left(const kube_engine *engine) {
  long long due = next_due(engine), now;
  if (due < 0) return -1;
  now = kube_engine_now(engine);
  if (due <= now) return 0;
  return due - now > 0x7fffffff ? 0x7fffffff : (int)(due - now);
}

static bool some_moved(const kube_engine *engine) { return engine->ready.next != &engine->ready; }

int kube_engine_timeout(const kube_engine *engine) {
  return some_moved(engine) ? 0 : time_left(engine);
}

static int to_curl(const kube_poller_event *event) {
  return (event->readable ? CURL_CSELECT_IN : 0) | (event->writable ? CURL_CSELECT_OUT : 0) |
         (event->broken ? CURL_CSELECT_ERR : 0);
}

/* Lets libcurl work on the sockets that are ready, and watchers note what else is. */
static void serve_descriptors(kube_engine *engine, const kube_poller_event *events, int n) {
  int i, running;
  for (i = 0; i < n; i++) {
    const kube_poller_event *event = &events[i];
    if (event->tag < KUBE_WAYS)
      curl_multi_socket_action(engine->pools[event->tag].multi, event->fd, to_curl(event),
                               &running);
    else
      kube_watchers_note(&engine->watchers, event->tag);
  }
  kube_children_reap(engine);
}

static void serve_timers(kube_engine *engine) {
  long long now = kube_engine_now(engine);
  kube_timer *first;
  int i, running;
  for (i = 0; i < KUBE_WAYS; i++) {
    kube_pool *pool = &engine->pools[i];
    if (pool->due < 0 || pool->due > now) continue;
    pool->due = -1;
    curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  while ((first = kube_timers_first(&engine->timers)) != NULL && first->due <= now) {
    kube_timers_drop(&engine->timers, first);
    kube_handle_wake((kube_handle *)first);
  }
}

static void note_finished(CURLM *multi) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(multi, &left)) != NULL) {
    kube_transfer *transfer = NULL;
    if (message->msg != CURLMSG_DONE) continue;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    kube_transfer_note_end(transfer, message->data.result);
  }
}

static void serve_peers(kube_engine *engine) {
  kube_peer *peer;
  for (peer = engine->peers; peer; peer = peer->next) kube_transfer_serve(peer);
}

/*
** What libcurl has to do because of the time, what that brought to an end, and who may go now: each
** of these may be sent at once, and let the next go.
*/
static void serve_time(kube_engine *engine) {
  bool again;
  int i;
  do {
    serve_timers(engine);
    for (i = 0; i < KUBE_WAYS; i++)
      if (engine->pools[i].multi) note_finished(engine->pools[i].multi);
    again = engine->news;
    engine->news = false;
    if (again) serve_peers(engine);
  } while (again);
}

/*
** Does what is due, so that what was just started goes out; waits up to timeout ms for something to
** happen, unless something moved; and does all that can be done then. All signals are blocked but
** in the wait: resolver threads inherit the mask. *in_vain: time ran out, and nothing was due.
*/
static kube_status wait_and_step(kube_engine *engine, int timeout, bool *in_vain, kube_error *err) {
  const unsigned moves = engine->moves;
  kube_poller_event events[BATCH];
  sigset_t all, old;
  int n, happened, due, failed;
  kube_status status = kube_engine_check(engine, err);
  if (status != KUBE_OK) return status;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  if (time_left(engine) == 0) serve_time(engine);
  due = engine->moves != moves ? 0 : time_left(engine);
  *in_vain = due < 0 || (timeout >= 0 && timeout < due);
  n = kube_poller_take(&engine->poller, *in_vain ? timeout : due, &old, events, BATCH, &happened);
  failed = happened < 0 && errno != EINTR ? errno : 0;
  if (happened > 0) *in_vain = false;
  serve_descriptors(engine, events, n);
  serve_time(engine);
  arm(engine);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (failed) return kube_fail(err, KUBE_ESYSTEM, "cannot wait: %s", strerror(failed));
  if (!engine->lost_socket) return KUBE_OK;
  engine->lost_socket = false;
  return kube_fail(err, KUBE_ESYSTEM, "a socket could not be watched: too many open files?");
}

/* What ends meanwhile, and who moves, the next step tells: it is due at once. */
void kube_engine_push(kube_engine *engine, kube_way way) {
  kube_pool *pool = &engine->pools[way];
  sigset_t all, old;
  int running;
  if (pool->multi == NULL || pool->due < 0 || pool->due > kube_engine_now(engine)) return;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  pool->due = kube_engine_now(engine);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

kube_status kube_engine_step(kube_engine *engine, kube_error *err) {
  bool in_vain;
  return wait_and_step(engine, 0, &in_vain, err);
}

void kube_handle_rest(kube_handle *handle) { leave_ready(handle); }

kube_status kube_engine_wait_for_more(kube_engine *engine, int timeout, kube_error *err) {
  bool in_vain;
  kube_status status = wait_and_step(engine, timeout, &in_vain, err);
  return status == KUBE_OK && in_vain ? KUBE_AGAIN : status;
}

kube_status kube_engine_wait(kube_engine *engine, int timeout, kube_error *err) {
  const bool moved = some_moved(engine);
  kube_status status = kube_engine_wait_for_more(engine, moved ? 0 : timeout, err);
  return status == KUBE_AGAIN && moved ? KUBE_OK : status;
}
