/* The engine and its transfers against a server in a thread of this process. */
#include "../../csrc/core/engine.h"

#include <sys/wait.h>

#include "../../csrc/core/clock.h"
#include "../../csrc/core/transfer.h"
#include "../support/check.h"
#include "../support/descriptors.h"
#include "../support/server.h"

enum { PATIENCE = 60000 /* ms */ };

/* What a call is to the engine: something with a handle, and here a transfer. */
typedef struct probe {
  kube_handle handle;
  kube_peer *peer;
  kube_transfer *transfer;
} probe;

static kube_engine *new_engine(void) {
  kube_error err = {0};
  kube_engine *engine = kube_engine_new(&err);
  if (engine == NULL) {
    puts(err.message);
    abort();
  }
  return engine;
}

static void probe_init(probe *p, kube_engine *engine) {
  memset(p, 0, sizeof *p);
  kube_handle_init(&p->handle, engine, (kube_call *)p);
  p->peer = kube_peer_get(&engine->peers, "peer", true, NULL);
}

static kube_status probe_start(probe *p, const char *url, const char *path) {
  char whole[256];
  kube_transfer_options options = {
      .peer = p->peer, .kind = KUBE_LIST, .method = "GET", .url = whole};
  kube_error err = {0};
  kube_status status;
  snprintf(whole, sizeof whole, "%s%s", url, path);
  p->transfer = kube_transfer_new(&p->handle, &err);
  status = kube_transfer_start(p->transfer, &options, &err);
  if (status != KUBE_OK) puts(err.message);
  return status;
}

static void probe_clear(probe *p) {
  kube_transfer_free(p->transfer);
  p->transfer = NULL;
  kube_peer_free(p->peer);
  p->peer = NULL;
  kube_handle_clear(&p->handle);
}

/* Whether fd is readable within ms. */
static bool readable(int fd, int ms) {
  struct pollfd p = {.fd = fd, .events = POLLIN};
  return poll(&p, 1, ms) == 1;
}

static void forget_ready(kube_engine *engine) {
  while (kube_engine_next_ready(engine)) {}
}

/* One round of a loop that watches the descriptor and never asks for the time-out. */
static bool round_by_fd(kube_engine *engine) {
  return readable(kube_engine_fd(engine), PATIENCE) && kube_engine_step(engine, NULL) == KUBE_OK;
}

/* Goes round until the transfer has ended; its bytes stay. */
static kube_status finish(probe *p, kube_error *err) {
  kube_status status;
  while ((status = kube_transfer_result(p->transfer, err)) == KUBE_AGAIN) {
    forget_ready(p->handle.engine);
    if (!round_by_fd(p->handle.engine)) return KUBE_ETIMEOUT;
  }
  return status;
}

static bool body_is(const probe *p, const char *want) {
  const kube_slice body = kube_transfer_peek(p->transfer);
  return CHECK_TEXT(body.bytes, body.length, want);
}

/* ---- the contract: fd, timeout, step, next_ready ---- */

static void an_idle_engine_has_nothing_to_do(void) {
  kube_engine *engine = new_engine();
  CHECK(kube_engine_is_ours(engine));
  CHECK(kube_engine_timeout(engine) == -1);
  CHECK(kube_engine_step(engine, NULL) == KUBE_OK);
  CHECK(kube_engine_next_ready(engine) == NULL);
  CHECK(!readable(kube_engine_fd(engine), 0));
  CHECK(kube_engine_wait(engine, 0, NULL) == KUBE_AGAIN);
  kube_engine_free(engine);
  kube_engine_free(NULL);
}

/* Answers each of its steps when it is allowed: headers (1), a piece (2), the end (3). */
static void answer_in_steps(server_connection *c, void *arg) {
  (void)arg;
  if (!server_await(c, 1)) return;
  server_text(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Mark: here\r\n\r\n");
  if (!server_await(c, 2)) return;
  server_text(c, "abc");
  if (!server_await(c, 3)) return;
  server_text(c, "def");
}

/* Goes round until something is ready, and gives it; nothing else may be. */
static probe *next_moved(kube_engine *engine) {
  const long long end = kube_clock_ms() + PATIENCE;
  while (kube_clock_ms() < end) {
    probe *moved = (probe *)kube_engine_next_ready(engine);
    if (moved) {
      CHECK(kube_engine_next_ready(engine) == NULL);
      return moved;
    }
    if (!round_by_fd(engine)) break;
  }
  return NULL;
}

static void each_thing_that_comes_is_told_once(void) {
  server s;
  probe p;
  kube_error err = {0};
  kube_engine *engine = new_engine();
  server_start(&s, answer_in_steps, NULL);
  probe_init(&p, engine);
  CHECK(probe_start(&p, s.url, "/") == KUBE_OK);
  CHECK(kube_engine_timeout(engine) == 0);       /* to connect at once */
  CHECK(readable(kube_engine_fd(engine), 1000)); /* also for who ignores that */
  while (server_requests(&s) == 0)
    if (readable(kube_engine_fd(engine), 10)) kube_engine_step(engine, NULL);
  while (readable(kube_engine_fd(engine), 20)) kube_engine_step(engine, NULL);
  CHECK(kube_engine_next_ready(engine) == NULL); /* sent, but nothing came */
  CHECK(kube_transfer_result(p.transfer, &err) == KUBE_AGAIN);
  CHECK(kube_transfer_code(p.transfer) == 0);

  server_allow(&s, 1);
  CHECK(next_moved(engine) == &p);
  CHECK(kube_transfer_code(p.transfer) == 200);
  CHECK(kube_transfer_announced(p.transfer) == 6);
  CHECK(strcmp(kube_transfer_answer_header(p.transfer, "x-mark"), "here") == 0);
  CHECK(kube_transfer_answer_header(p.transfer, "x-other") == NULL);
  CHECK(kube_transfer_peek(p.transfer).length == 0);
  CHECK(kube_transfer_result(p.transfer, &err) == KUBE_AGAIN);
  CHECK(kube_engine_step(engine, NULL) == KUBE_OK);
  CHECK(kube_engine_next_ready(engine) == NULL);

  server_allow(&s, 2);
  CHECK(next_moved(engine) == &p);
  body_is(&p, "abc");
  kube_transfer_take(p.transfer, 2);
  body_is(&p, "c");
  CHECK(kube_engine_step(engine, NULL) == KUBE_OK);
  CHECK(kube_engine_next_ready(engine) == NULL);

  server_allow(&s, 3);
  CHECK(next_moved(engine) == &p);
  CHECK(finish(&p, &err) == KUBE_EOF);
  body_is(&p, "cdef");
  forget_ready(engine);
  CHECK(kube_transfer_result(p.transfer, &err) == KUBE_EOF);
  probe_clear(&p);
  kube_engine_free(engine);
  server_stop(&s);
}

static void a_timer_makes_the_descriptor_readable(void) {
  probe p, q;
  kube_engine *engine = new_engine();
  long long now = kube_engine_now(engine);
  probe_init(&p, engine);
  probe_init(&q, engine);
  CHECK(p.handle.id != q.handle.id);
  CHECK(kube_handle_set_due(&q.handle, now + 3600000, NULL) == KUBE_OK);
  CHECK(!readable(kube_engine_fd(engine), 0));
  CHECK(kube_handle_set_due(&p.handle, now + 30, NULL) == KUBE_OK);
  CHECK(kube_engine_timeout(engine) <= 30);
  CHECK(readable(kube_engine_fd(engine), PATIENCE));
  CHECK(kube_engine_now(engine) >= now + 30); /* never early */
  CHECK(kube_engine_step(engine, NULL) == KUBE_OK);
  CHECK((probe *)kube_engine_next_ready(engine) == &p);
  CHECK(kube_engine_next_ready(engine) == NULL);
  CHECK(!readable(kube_engine_fd(engine), 0)); /* it does not stay so */
  CHECK(kube_engine_timeout(engine) > 3500000);

  CHECK(kube_handle_set_due(&q.handle, now, NULL) == KUBE_OK); /* moved, and past */
  CHECK(kube_engine_timeout(engine) == 0);
  CHECK(readable(kube_engine_fd(engine), 1000));
  CHECK(kube_engine_step(engine, NULL) == KUBE_OK);
  CHECK((probe *)kube_engine_next_ready(engine) == &q);

  CHECK(kube_handle_set_due(&q.handle, kube_engine_now(engine) + 20, NULL) == KUBE_OK);
  kube_handle_drop_due(&q.handle);
  readable(kube_engine_fd(engine), 60);
  CHECK(kube_engine_step(engine, NULL) == KUBE_OK);
  CHECK(kube_engine_next_ready(engine) == NULL); /* dropped */
  CHECK(kube_engine_timeout(engine) == -1);
  probe_clear(&p);
  probe_clear(&q);
  kube_engine_free(engine);
}

static void advancing_the_clock_fires_timers(void) {
  probe p, q;
  kube_engine *engine = new_engine();
  const long long now = kube_engine_now(engine);
  probe_init(&p, engine);
  probe_init(&q, engine);
  kube_handle_set_due(&p.handle, now + 1000000, NULL);
  kube_handle_set_due(&q.handle, now + 9000000, NULL);
  kube_engine_advance(engine, 500000);
  CHECK(kube_engine_now(engine) >= now + 500000);
  CHECK(!readable(kube_engine_fd(engine), 0));
  kube_engine_advance(engine, 500000);
  CHECK(kube_engine_timeout(engine) == 0);
  CHECK(readable(kube_engine_fd(engine), 1000));
  CHECK(kube_engine_step(engine, NULL) == KUBE_OK);
  CHECK((probe *)kube_engine_next_ready(engine) == &p);
  CHECK(kube_engine_next_ready(engine) == NULL);
  CHECK(!readable(kube_engine_fd(engine), 0));
  kube_engine_advance(engine, 8000000);
  CHECK(readable(kube_engine_fd(engine), 1000));
  CHECK(kube_engine_step(engine, NULL) == KUBE_OK);
  CHECK((probe *)kube_engine_next_ready(engine) == &q);
  probe_clear(&p);
  probe_clear(&q);
  kube_engine_free(engine);
}

static void what_is_woken_is_told_in_order_and_once(void) {
  probe p[5];
  kube_engine *engine = new_engine();
  for (int i = 0; i < 5; i++) probe_init(&p[i], engine);
  for (int i = 4; i >= 0; i--) kube_handle_wake(&p[i].handle);
  kube_handle_wake(&p[0].handle);
  CHECK(kube_engine_timeout(engine) == 0);
  probe_clear(&p[2]); /* a freed one never comes out */
  for (int i = 4; i >= 0; i--)
    if (i != 2) CHECK((probe *)kube_engine_next_ready(engine) == &p[i]);
  CHECK(kube_engine_next_ready(engine) == NULL);
  kube_handle_wake(&p[1].handle);
  kube_handle_set_due(&p[3].handle, 0, NULL);
  probe_clear(&p[1]);
  probe_clear(&p[3]);
  kube_engine_step(engine, NULL);
  CHECK(kube_engine_next_ready(engine) == NULL);
  kube_handle_wake(&p[1].handle); /* cleared: nothing happens */
  CHECK(kube_engine_next_ready(engine) == NULL);
  probe_clear(&p[1]);
  probe_clear(&p[0]);
  probe_clear(&p[4]);
  kube_engine_free(engine);
}

static void a_handle_keeps_its_engine(void) {
  probe p;
  kube_engine *engine = new_engine();
  probe_init(&p, engine);
  kube_engine_free(engine);
  kube_handle_set_due(&p.handle, 0, NULL);
  CHECK(kube_engine_step(engine, NULL) == KUBE_OK);
  CHECK((probe *)kube_engine_next_ready(engine) == &p);
  probe_clear(&p);
}

/* ---- many ---- */

static void echo_target(server_connection *c, void *arg) {
  (void)arg;
  server_answer(c, 200, "text/plain", c->target);
}

static void two_hundred_at_once(void) {
  enum { MANY = 200 };
  static probe p[MANY];
  server s;
  kube_engine *engine = new_engine();
  int ended = 0;
  server_start(&s, echo_target, NULL);
  for (int i = 0; i < MANY; i++) {
    char path[32];
    snprintf(path, sizeof path, "/number/%d", i);
    probe_init(&p[i], engine);
    probe_start(&p[i], s.url, path);
  }
  while (ended < MANY && round_by_fd(engine)) {
    probe *moved;
    while ((moved = (probe *)kube_engine_next_ready(engine)) != NULL) {
      char want[32];
      if (kube_transfer_result(moved->transfer, NULL) == KUBE_AGAIN) continue;
      snprintf(want, sizeof want, "/number/%d", (int)(moved - p));
      body_is(moved, want);
      CHECK(kube_transfer_result(moved->transfer, NULL) == KUBE_EOF);
      ended++;
    }
  }
  CHECK(ended == MANY);
  for (int i = 0; i < MANY; i++) probe_clear(&p[i * 7 % MANY]); /* in any order */
  kube_engine_free(engine);
  server_stop(&s);
}

static void a_connection_is_used_again(void) {
  server s;
  kube_engine *engine = new_engine();
  server_start(&s, echo_target, NULL);
  for (int i = 0; i < 3; i++) {
    probe p;
    kube_transfer_info info = {0, 0, 0};
    probe_init(&p, engine);
    probe_start(&p, s.url, "/again");
    CHECK(finish(&p, NULL) == KUBE_EOF);
    body_is(&p, "/again");
    kube_transfer_info_get(p.transfer, &info);
    CHECK(info.connects == (i == 0));
    CHECK(info.http_version == 11 && info.bytes == 6);
    probe_clear(&p);
  }
  kube_engine_free(engine);
  server_stop(&s);
}

/* ---- flow control ---- */

enum { BIG = 64 << 20, MARK = 1 << 19, SLACK = 1 << 19 };

static unsigned char pattern(size_t i) { return (unsigned char)(i * 31 + (i >> 13)); }

static void send_big(server_connection *c, void *arg) {
  static char block[1 << 16];
  (void)arg;
  server_printf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BIG);
  for (size_t sent = 0; sent < BIG; sent += sizeof block) {
    for (size_t i = 0; i < sizeof block; i++) block[i] = (char)pattern(sent + i);
    if (!server_send(c, block, sizeof block)) return;
  }
}

static void what_nobody_takes_stays_with_the_sender(void) {
  server s;
  probe p;
  kube_error err = {0};
  kube_engine *engine = new_engine();
  size_t held = 0, taken = 0;
  bool intact = true;
  kube_status status = KUBE_AGAIN;
  server_start(&s, send_big, NULL);
  probe_init(&p, engine);
  probe_start(&p, s.url, "/");
  while (readable(kube_engine_fd(engine), held >= MARK ? 300 : PATIENCE)) {
    kube_engine_step(engine, NULL);
    forget_ready(engine);
    held = kube_transfer_peek(p.transfer).length;
    if (!CHECK(held <= MARK + SLACK)) break;
  }
  CHECK(held >= MARK); /* and now it is quiet: the descriptor rests */
  CHECK(kube_engine_timeout(engine) != 0);
  while (status == KUBE_AGAIN) {
    const kube_slice body = kube_transfer_peek(p.transfer);
    for (size_t i = 0; i < body.length && intact; i += 997)
      intact = (unsigned char)body.bytes[i] == pattern(taken + i);
    intact = intact && body.length <= MARK + SLACK;
    taken += body.length;
    kube_transfer_take(p.transfer, body.length);
    if (kube_transfer_peek(p.transfer).length) continue;
    status = kube_transfer_result(p.transfer, &err);
    if (status == KUBE_AGAIN && !CHECK(round_by_fd(engine))) break;
    forget_ready(engine);
  }
  CHECK(status == KUBE_EOF);
  CHECK(taken == BIG);
  CHECK(intact);
  probe_clear(&p);
  kube_engine_free(engine);
  server_stop(&s);
}

/* Who needs more than the mark to go on says so, and gets it. */
static void more_can_be_asked_for(void) {
  server s;
  probe p;
  kube_engine *engine = new_engine();
  size_t held = 0;
  server_start(&s, send_big, NULL);
  probe_init(&p, engine);
  probe_start(&p, s.url, "/");
  while (held < 9 * MARK && round_by_fd(engine)) {
    forget_ready(engine);
    held = kube_transfer_peek(p.transfer).length;
    kube_transfer_more(p.transfer);
  }
  CHECK(held >= 9 * MARK);
  CHECK((unsigned char)kube_transfer_peek(p.transfer).bytes[9 * MARK - 1] == pattern(9 * MARK - 1));
  probe_clear(&p); /* while it is paused or not */
  kube_engine_free(engine);
  server_stop(&s);
}

/* ---- the end comes early ---- */

/* Headers, a piece, and then nothing until the client is gone. */
static void answer_and_hold(server_connection *c, void *arg) {
  (void)arg;
  server_text(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npiece");
  server_await_gone(c);
}

/* A transfer is freed after any number of rounds, alone or beside another one, which goes on. */
static void a_transfer_is_freed_at_any_moment(void) {
  server s;
  server_start(&s, answer_and_hold, NULL);
  for (int rounds = 0; rounds < 12; rounds++) {
    probe p, q;
    kube_engine *engine = new_engine();
    probe_init(&p, engine);
    probe_init(&q, engine);
    probe_start(&p, s.url, "/first");
    probe_start(&q, s.url, "/second");
    for (int i = 0; i < rounds && kube_transfer_peek(p.transfer).length == 0; i++)
      round_by_fd(engine);
    probe_clear(&p);
    while (kube_transfer_peek(q.transfer).length < 5 && round_by_fd(engine)) {
      probe *moved;
      while ((moved = (probe *)kube_engine_next_ready(engine)) != NULL) CHECK(moved == &q);
    }
    body_is(&q, "piece");
    if (rounds % 2) kube_engine_free(engine);
    probe_clear(&q);
    if (rounds % 2 == 0) kube_engine_free(engine);
  }
  server_stop(&s);
}

static void one_that_was_never_started_is_freed(void) {
  probe p;
  kube_engine *engine = new_engine();
  probe_init(&p, engine);
  p.transfer = kube_transfer_new(&p.handle, NULL);
  CHECK(kube_transfer_header(p.transfer, "X-A: b", NULL) == KUBE_OK);
  CHECK(kube_transfer_result(p.transfer, NULL) == KUBE_AGAIN);
  CHECK(kube_transfer_peek(p.transfer).length == 0);
  probe_clear(&p);
  kube_transfer_free(NULL);
  kube_engine_free(engine);
}

/* ---- headers ---- */

static void a_header_cannot_bring_another(void) {
  static const char *const bad[] = {"X-A: b\r\nX-Evil: c", "X-A: b\nX-Evil: c", "X-A: b\r", "\n"};
  probe p;
  kube_error err = {0};
  kube_engine *engine = new_engine();
  probe_init(&p, engine);
  p.transfer = kube_transfer_new(&p.handle, NULL);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK(kube_transfer_header(p.transfer, bad[i], &err) == KUBE_EUSAGE);
    CHECK_TEXT(err.message, strlen(err.message), "a header holds a line break");
  }
  probe_clear(&p);
  kube_engine_free(engine);
}

/* ---- failures ---- */

static void reset_at_once(server_connection *c, void *arg) {
  struct linger hard = {1, 0};
  (void)arg;
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  c->close = true;
}

static void cut_short(server_connection *c, void *arg) {
  (void)arg;
  server_text(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npiece");
  c->close = true;
}

static void no_http(server_connection *c, void *arg) {
  (void)arg;
  server_text(c, "SSH-2.0-OpenSSH_9.2\r\n");
  c->close = true;
}

static void failures_have_a_kind(void) {
  static const struct {
    server_script *script;
    kube_status status;
    const char *words, *body;
  } cases[] = {{reset_at_once, KUBE_ENETWORK, "", ""},
               {cut_short, KUBE_ENETWORK, "the answer was cut off: ", "piece"},
               {no_http, KUBE_EDECODE, "", ""}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    server s;
    probe p;
    kube_error err = {0};
    kube_engine *engine = new_engine();
    server_start(&s, cases[i].script, NULL);
    probe_init(&p, engine);
    probe_start(&p, s.url, "/");
    CHECK(finish(&p, &err) == cases[i].status);
    CHECK(err.status == cases[i].status && *err.message);
    CHECK(strncmp(err.message, cases[i].words, strlen(cases[i].words)) == 0);
    body_is(&p, cases[i].body);
    probe_clear(&p);
    kube_engine_free(engine);
    server_stop(&s);
  }
}

static void nobody_listens(void) {
  server s;
  probe p;
  kube_error err = {0};
  kube_engine *engine = new_engine();
  server_start(&s, echo_target, NULL);
  server_stop(&s); /* the port is free again */
  probe_init(&p, engine);
  probe_start(&p, s.url, "/");
  CHECK(finish(&p, &err) == KUBE_ECONNECT);
  CHECK_TEXT(err.reason, strlen(err.reason), "ConnectionRefused");
  probe_clear(&p);
  kube_engine_free(engine);
}

/* A proxy's address may hold a password. */
static void a_bad_proxy_is_not_quoted(void) {
  static const char *const bad[] = {"odd://u:SECRETMARK@127.0.0.1:1", "http://u:SECRETMARK@h:port",
                                    "http://u:SECRETMARK@[::1", "http://u:SECRETMARK@/",
                                    "http://u:SECRETMARK@127.0.0.1:1"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    probe p;
    kube_error err = {0};
    kube_engine *engine = new_engine();
    kube_transfer_options options = {
        .method = "GET", .url = "http://127.0.0.1:1/", .proxy = bad[i]};
    check_about = bad[i];
    probe_init(&p, engine);
    options.peer = p.peer;
    p.transfer = kube_transfer_new(&p.handle, NULL);
    CHECK(kube_transfer_start(p.transfer, &options, &err) == KUBE_OK);
    CHECK(finish(&p, &err) > KUBE_EOF);
    CHECK(*err.message && strstr(err.message, "SECRETMARK") == NULL);
    probe_clear(&p);
    kube_engine_free(engine);
  }
}

/* ---- relays: what waits on behalf of others ---- */

typedef struct relay {
  kube_handle handle; /* first */
  probe *waiters[2];
  int moves;
} relay;

static void pass_on(kube_handle *handle) {
  relay *r = (relay *)handle;
  r->moves++;
  kube_handle_wake(&r->waiters[0]->handle);
  kube_handle_wake(&r->waiters[1]->handle);
}

static void a_relay_passes_on_what_moved(void) {
  probe p, q;
  relay r = {.waiters = {&p, &q}};
  kube_engine *engine = new_engine();
  probe_init(&p, engine);
  probe_init(&q, engine);
  kube_handle_init_relay(&r.handle, engine, pass_on);
  kube_handle_wake(&r.handle);
  CHECK(r.moves == 1);
  CHECK((probe *)kube_engine_next_ready(engine) == &p);
  CHECK((probe *)kube_engine_next_ready(engine) == &q);
  CHECK(kube_engine_next_ready(engine) == NULL); /* it is never given itself */
  kube_handle_wake(&r.handle);
  kube_handle_wake(&r.handle);
  CHECK(r.moves == 3); /* each time, whoever was served */
  forget_ready(engine);

  CHECK(kube_handle_set_due(&r.handle, kube_engine_now(engine) + 20, NULL) == KUBE_OK);
  CHECK(kube_engine_wait(engine, PATIENCE, NULL) == KUBE_OK);
  CHECK(r.moves == 4);
  CHECK((probe *)kube_engine_next_ready(engine) == &p);
  CHECK((probe *)kube_engine_next_ready(engine) == &q);
  CHECK(kube_engine_next_ready(engine) == NULL && kube_engine_timeout(engine) == -1);

  CHECK(kube_handle_set_due(&r.handle, kube_engine_now(engine), NULL) == KUBE_OK);
  kube_handle_clear(&r.handle); /* its timer goes with it */
  CHECK(kube_engine_step(engine, NULL) == KUBE_OK && r.moves == 4);
  probe_clear(&p);
  probe_clear(&q);
  kube_engine_free(engine);
}

/* ---- watchers: descriptors of others ---- */

typedef struct listener {
  kube_watcher watcher; /* first */
  kube_engine *engine;
  struct listener *rival, *heir;
  int end, heard; /* the other end of its pipe */
} listener;

static void listen_to_pipe(listener *l, kube_engine *engine, void (*note)(kube_watcher *)) {
  int ends[2];
  if (pipe(ends) != 0) abort();
  *l = (listener){.watcher = {.fd = ends[0], .note = note}, .engine = engine, .end = ends[1]};
  CHECK(kube_watcher_start(engine, &l->watcher, NULL) == KUBE_OK);
}

static void stop_listening(listener *l) {
  kube_watcher_stop(l->engine, &l->watcher);
  close(l->watcher.fd);
  close(l->end);
}

static void hear(kube_watcher *watcher) {
  listener *l = (listener *)watcher;
  char byte;
  l->heard++;
  CHECK(read(watcher->fd, &byte, 1) == 1);
}

/* Whichever of two is first closes the other, whose numbers a third one gets. */
static void hear_and_replace(kube_watcher *watcher) {
  listener *l = (listener *)watcher;
  const int number = l->rival->watcher.fd;
  hear(watcher);
  stop_listening(l->rival);
  listen_to_pipe(l->heir, l->engine, hear);
  CHECK(l->heir->watcher.fd == number);
}

static void an_event_reaches_no_watcher_that_was_stopped(void) {
  listener a, b, c;
  kube_engine *engine = new_engine();
  const int before = descriptors();
  listen_to_pipe(&a, engine, hear_and_replace);
  listen_to_pipe(&b, engine, hear_and_replace);
  a.rival = &b;
  b.rival = &a;
  a.heir = b.heir = &c;
  CHECK(kube_engine_wait(engine, 0, NULL) == KUBE_AGAIN);
  CHECK(write(a.end, "x", 1) == 1 && write(b.end, "x", 1) == 1);
  CHECK(readable(kube_engine_fd(engine), PATIENCE));
  CHECK(kube_engine_step(engine, NULL) == KUBE_OK);
  CHECK(a.heard + b.heard == 1 && c.heard == 0);
  CHECK(write(c.end, "x", 1) == 1);
  CHECK(kube_engine_wait(engine, PATIENCE, NULL) == KUBE_OK);
  CHECK(a.heard + b.heard == 1 && c.heard == 1);
  stop_listening(a.heard ? &a : &b);
  stop_listening(&c);
  kube_watcher_stop(engine, &c.watcher); /* twice is fine */
  CHECK(descriptors() == before);
  kube_engine_free(engine);
}

/* ---- a fork ---- */

/* Frees all of the parent's; what it may not do is refused. */
static int child(probe *p, kube_engine *engine) {
  kube_error err = {0};
  probe other;
  int wrong = 0;
  wrong |= kube_engine_is_ours(engine) ? 1 : 0;
  wrong |= kube_engine_step(engine, &err) == KUBE_EUSAGE ? 0 : 2;
  wrong |= strstr(err.message, "forked") ? 0 : 4;
  kube_transfer_take(p->transfer, kube_transfer_peek(p->transfer).length); /* would go on */
  kube_transfer_more(p->transfer);
  probe_init(&other, engine);
  wrong |= probe_start(&other, "http://127.0.0.1:1", "/") == KUBE_EUSAGE ? 0 : 8;
  probe_clear(&other);
  probe_clear(p);
  kube_engine_free(engine);
  engine = kube_engine_new(&err); /* and one of its own works */
  wrong |= engine && kube_engine_step(engine, &err) == KUBE_OK ? 0 : 16;
  kube_engine_free(engine);
  return wrong;
}

/* The transfer is under way (here even paused) when the process forks. */
static void a_child_may_free_what_the_parent_goes_on_with(void) {
  server s;
  probe p;
  kube_error err = {0};
  kube_engine *engine = new_engine();
  kube_status status = KUBE_AGAIN;
  size_t taken = 0;
  int how = -1;
  bool intact = true;
  pid_t pid;
  server_start(&s, send_big, NULL);
  probe_init(&p, engine);
  probe_start(&p, s.url, "/");
  while (kube_transfer_peek(p.transfer).length < MARK && round_by_fd(engine)) forget_ready(engine);
  fflush(stdout);
  pid = fork();
  if (pid == 0) _exit(child(&p, engine));
  CHECK(pid > 0 && waitpid(pid, &how, 0) == pid);
  CHECK(WIFEXITED(how) && WEXITSTATUS(how) == 0);
  while (status == KUBE_AGAIN) {
    const kube_slice body = kube_transfer_peek(p.transfer);
    for (size_t i = 0; i < body.length && intact; i += 997)
      intact = (unsigned char)body.bytes[i] == pattern(taken + i);
    taken += body.length;
    kube_transfer_take(p.transfer, body.length);
    if (kube_transfer_peek(p.transfer).length) continue;
    status = kube_transfer_result(p.transfer, &err);
    if (status == KUBE_AGAIN && !CHECK(round_by_fd(engine))) break;
    forget_ready(engine);
  }
  CHECK(status == KUBE_EOF && taken == BIG && intact);
  probe_clear(&p);
  kube_engine_free(engine);
  server_stop(&s);
}

int main(void) {
  RUN(an_idle_engine_has_nothing_to_do);
  RUN(each_thing_that_comes_is_told_once);
  RUN(a_timer_makes_the_descriptor_readable);
  RUN(advancing_the_clock_fires_timers);
  RUN(what_is_woken_is_told_in_order_and_once);
  RUN(a_handle_keeps_its_engine);
  RUN(two_hundred_at_once);
  RUN(a_connection_is_used_again);
  RUN(what_nobody_takes_stays_with_the_sender);
  RUN(more_can_be_asked_for);
  RUN(a_transfer_is_freed_at_any_moment);
  RUN(one_that_was_never_started_is_freed);
  RUN(a_header_cannot_bring_another);
  RUN(failures_have_a_kind);
  RUN(nobody_listens);
  RUN(a_bad_proxy_is_not_quoted);
  RUN(a_relay_passes_on_what_moved);
  RUN(an_event_reaches_no_watcher_that_was_stopped);
  RUN(a_child_may_free_what_the_parent_goes_on_with);
  return check_report();
}
