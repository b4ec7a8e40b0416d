/*
** Calls that share connections, and those that must not: against a TLS server in a thread, which
** speaks HTTP/2 and 1.1 and misbehaves as it is told.
*/
#include "../../csrc/kube.h"

#include <sys/resource.h>

#include "../support/check.h"
#include "../support/connect.h"
#include "../support/tls_server.h"

enum { PATIENCE = 60000, MANY = 1000 };

static _Noreturn void die(const char *why) {
  fprintf(stderr, "%s\n", why);
  abort();
}

/* ---- a server, and clients of it ---- */

typedef struct place {
  tls_server s;
  kube_engine *engine;
  kube_client *client;
} place;

static kube_client *connect_to(kube_engine *engine, const char *url) {
  return connect_as(engine, url, ", insecure-skip-tls-verify: true", "token: SECRETMARK");
}

static place *open_place(tls_script *script, void *arg) {
  place *p = calloc(1, sizeof *p);
  if (p == NULL) abort();
  tls_start(&p->s, script, arg);
  p->engine = kube_engine_new(NULL);
  p->client = connect_to(p->engine, p->s.url);
  return p;
}

static void close_place(place *p) {
  kube_client_free(p->client);
  kube_engine_free(p->engine);
  tls_stop(&p->s);
  free(p);
}

static kube_call *get(place *p, const char *path, int64_t timeout) {
  kube_error err = {0};
  kube_call *call = kube_rest_get(p->client, path, NULL, timeout, &err);
  if (!CHECK(call != NULL)) die(err.message);
  return call;
}

static kube_call *watch(place *p, const char *ns, const char *version) {
  const kube_watch_options options = {.resource_version = version};
  kube_call *call = kube_dynamic_watch(p->client, &KUBE_PODS, ns, &options, NULL);
  if (!CHECK(call != NULL)) abort();
  return call;
}

static kube_call *create(kube_client *client) {
  const kube_slice body = {"{}", 2};
  kube_call *call = kube_dynamic_create(client, &KUBE_PODS, "ns", NULL, body, NULL, NULL);
  if (!CHECK(call != NULL)) abort();
  return call;
}

static void next_is(kube_call *call, const char *want) {
  kube_frame frame;
  kube_error err = {0};
  if (!CHECK(kube_call_next(call, &frame, PATIENCE, &err) == KUBE_OK)) die(err.message);
  CHECK_TEXT(frame.object.bytes, frame.object.length, want);
  kube_call_take(call);
}

/* Waits until call has an object, which stays, or has ended. */
static kube_status wait_for(kube_call *call, kube_error *err) {
  kube_frame frame;
  return kube_call_next(call, &frame, PATIENCE, err);
}

static int version_of(const kube_call *call) {
  kube_call_info info;
  kube_call_info_get(call, &info);
  return info.http_version;
}

/* Steps until the server counted so many, without looking at a call. */
static void step_until(place *p, const int *count, int least) {
  const long long end = kube_engine_now(p->engine) + PATIENCE;
  while (tls_count(&p->s, count) < least && kube_engine_now(p->engine) < end)
    kube_engine_wait(p->engine, 10, NULL);
  CHECK(tls_count(&p->s, count) >= least);
}

static void settle(place *p, int ms) {
  const long long end = kube_engine_now(p->engine) + ms;
  while (kube_engine_now(p->engine) < end) kube_engine_wait(p->engine, 5, NULL);
}

/* ---- what the server says ---- */

#define EVENT(type, version)                                                                       \
  "{\"type\":\"" type "\",\"object\":{\"metadata\":{\"resourceVersion\":\"" version "\"}}}\n"
#define OBJECT(version) "{\"metadata\":{\"resourceVersion\":\"" version "\"}}"

/* Watches begin and say nothing; all else is answered with its own target. */
static void plain(tls_request *r, void *arg) {
  char text[2100];
  (void)arg;
  if (strstr(r->target, "watch=true")) {
    tls_begin(r, 200);
    return;
  }
  if (strstr(r->target, "/never")) return;
  snprintf(text, sizeof text, "{\"%s\":0}", r->target);
  tls_answer(r, 200, text);
}

static void say(tls_server *s, void *arg) {
  tls_request *r = tls_find(s, "watch=true");
  if (CHECK(r != NULL)) tls_text(r, arg);
}

static void tell_watch(place *p, const char *text) { tls_do(&p->s, say, (void *)(uintptr_t)text); }

static void say_first(tls_server *s, void *arg) {
  tls_request *r = tls_find(s, "/ns/");
  if (CHECK(r != NULL)) tls_text(r, arg);
}

static void say_second(tls_server *s, void *arg) {
  tls_request *r = tls_find(s, "/ns2/");
  if (CHECK(r != NULL)) tls_text(r, arg);
}

static void end_watch(tls_server *s, void *arg) {
  tls_request *r = tls_find(s, "watch=true");
  (void)arg;
  if (CHECK(r != NULL)) tls_end(r);
}

static void close_all(tls_server *s, void *arg) {
  (void)arg;
  for (int i = 0; i < TLS_MOST; i++)
    if (s->connections[i]) tls_close(s->connections[i]);
}

static void away_all(tls_server *s, void *arg) {
  (void)arg;
  for (int i = 0; i < TLS_MOST; i++)
    if (s->connections[i] && s->connections[i]->http2)
      tls_go_away(s->connections[i],
                  nghttp2_session_get_last_proc_stream_id(s->connections[i]->session));
}

/* ---- sharing ---- */

/* Each has its own answer. */
static void get_many(place *p, int n) {
  kube_call **calls = calloc((size_t)n, sizeof *calls);
  char path[64], want[80];
  if (calls == NULL) abort();
  for (int i = 0; i < n; i++) {
    snprintf(path, sizeof path, "/number/%d", i);
    calls[i] = get(p, path, 0);
  }
  for (int i = 0; i < n; i++) {
    snprintf(want, sizeof want, "{\"/number/%d\":0}", i);
    next_is(calls[i], want);
    kube_call_free(calls[i]);
  }
  free(calls);
}

static void a_hundred_gets_at_once_share_a_connection(void) {
  place *p = open_place(plain, NULL);
  get_many(p, 100);
  CHECK(tls_count(&p->s, &p->s.made) <= 2 && tls_count(&p->s, &p->s.http1) == 0);
  get_many(p, 100);
  CHECK(tls_count(&p->s, &p->s.made) <= 2);
  close_place(p);
}

static void watches_from_a_version_share_connections(void) {
  static kube_call *watches[MANY];
  place *p = open_place(plain, NULL);
  for (int i = 0; i < MANY; i++) watches[i] = watch(p, "ns", "5");
  step_until(p, &p->s.requests, MANY);
  CHECK(tls_count(&p->s, &p->s.made) == MANY / 100);
  get_many(p, 100);
  CHECK(tls_count(&p->s, &p->s.made) <= MANY / 100 + 2);
  for (int i = 0; i < MANY; i += 37) { /* of any */
    CHECK(version_of(watches[i]) == 20);
  }
  tell_watch(p, EVENT("MODIFIED", "6"));
  next_is(watches[MANY - 1], OBJECT("6"));
  for (int i = 0; i < MANY; i++) kube_call_free(watches[i * 7 % MANY]);
  get_many(p, 100);
  CHECK(tls_count(&p->s, &p->s.http1) == 0);
  close_place(p);
}

/* Servers that allow few exchanges on a connection are known after the first. */
static void few_streams_make_more_connections(void) {
  static const uint32_t streams[] = {20, 250};
  for (size_t i = 0; i < 2; i++) {
    place *p = calloc(1, sizeof *p);
    if (p == NULL) abort();
    tls_start(&p->s, plain, NULL);
    p->s.streams = streams[i];
    p->engine = kube_engine_new(NULL);
    p->client = connect_to(p->engine, p->s.url);
    get_many(p, 300);
    get_many(p, 300);
    CHECK(tls_count(&p->s, &p->s.most) <= 33);
    close_place(p);
  }
}

static void without_http2_each_watch_is_alone(void) {
  kube_call *watches[20];
  place *p = open_place(plain, NULL);
  p->s.http1_only = true;
  for (int i = 0; i < 20; i++) watches[i] = watch(p, "ns", "5");
  step_until(p, &p->s.requests, 20);
  CHECK(tls_count(&p->s, &p->s.made) == 21); /* one more to find out */
  settle(p, 50);
  for (int i = 0; i < 20; i++) CHECK(version_of(watches[i]) == 11);
  kube_call_free(watch(p, "ns", "5"));
  watches[0] = (kube_call_free(watches[0]), watch(p, "other", "7"));
  step_until(p, &p->s.requests, 21);
  CHECK(tls_count(&p->s, &p->s.made) == 22); /* it is remembered */
  tell_watch(p, EVENT("MODIFIED", "8"));
  next_is(watches[0], OBJECT("8"));
  for (int i = 0; i < 20; i++) kube_call_free(watches[i]);
  close_place(p);
}

/* ---- one watch, connection after connection ---- */

static void first_events(tls_request *r, void *arg) {
  (void)arg;
  tls_begin(r, 200);
  if (strstr(r->target, "resourceVersion=")) return;
  tls_text(r, EVENT("ADDED", "3") EVENT("BOOKMARK", "9"));
  tls_end(r);
}

static void a_watch_is_alone_until_its_version_is_certain(void) {
  place *p = open_place(first_events, NULL);
  kube_call *call = watch(p, "ns", NULL);
  next_is(call, OBJECT("3"));
  CHECK(version_of(call) == 11);
  tell_watch(p, ""); /* wait for nothing in particular */
  while (tls_count(&p->s, &p->s.requests) < 2) {
    kube_frame frame;
    CHECK(kube_call_next(call, &frame, 5, NULL) == KUBE_ETIMEOUT);
  }
  tell_watch(p, EVENT("MODIFIED", "12"));
  next_is(call, OBJECT("12"));
  CHECK(version_of(call) == 20);
  kube_call_free(call);
  close_place(p);
}

static void one_without_a_second_connection_is_alone(void) {
  static const kube_watch_options options = {.resource_version = "5", .no_resume = true};
  place *p = open_place(plain, NULL);
  kube_call *call = kube_dynamic_watch(p->client, &KUBE_PODS, "ns", &options, NULL);
  step_until(p, &p->s.requests, 1);
  tell_watch(p, EVENT("MODIFIED", "6"));
  next_is(call, OBJECT("6"));
  CHECK(version_of(call) == 11);
  kube_call_free(call);
  close_place(p);
}

/* Events numbered from the version that is asked for, each of about a kilobyte. */
typedef struct flood {
  int first, last; /* versions to send at once */
  int alone;       /* sent on HTTP/1.1: one after the version asked for, to here */
  int sent;        /* the last version that the last request got */
  int asked[16], requests;
  bool shared[16];
} flood;

static void add_events(tls_request *r, int first, int last) {
  static char filler[1000];
  char text[1200];
  memset(filler, 'x', sizeof filler - 1);
  for (int i = first; i <= last; i++) {
    const int n = snprintf(text, sizeof text,
                           "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"resourceVersion\":"
                           "\"%d\"},\"filler\":\"%s\"}}\n",
                           i, filler);
    tls_send(r, text, (size_t)n);
  }
}

static void pour(tls_request *r, void *arg) {
  flood *f = arg;
  const char *version = strstr(r->target, "resourceVersion=");
  const int asked = version ? atoi(version + 16) : 0;
  if (strstr(r->target, "/other/") || !strstr(r->target, "watch=true")) {
    plain(r, NULL);
    return;
  }
  if (f->requests < 16) {
    f->asked[f->requests] = asked;
    f->shared[f->requests++] = r->connection->http2;
  }
  tls_begin(r, 200);
  f->sent = r->connection->http2 ? f->last : f->alone;
  add_events(r, asked + 1, f->sent);
}

/* The versions come in order, each once. */
static void expect_versions(kube_call *call, int first, int last) {
  for (int i = first; i <= last; i++) {
    kube_frame frame;
    kube_error err = {0};
    int64_t version = 0;
    char text[16];
    if (!CHECK(kube_call_next(call, &frame, PATIENCE, &err) == KUBE_OK)) {
      die(err.message);
    }
    kube_json_text(kube_json_find(frame.object, "metadata.resourceVersion"), text, sizeof text);
    version = atoi(text);
    if (version != i) {
      CHECK(version == i);
      return;
    }
    kube_call_take(call);
  }
  CHECK(true);
}

/* Nobody reads: nothing is paused, nothing lost, and who shares the connection feels nothing. */
static void a_full_watch_moves_out_and_loses_nothing(void) {
  flood f = {.last = 8000, .alone = 9000};
  place *p = open_place(pour, &f);
  kube_call *other = watch(p, "other", "5"), *call;
  kube_call_info info;
  step_until(p, &p->s.requests, 1);
  call = watch(p, "ns", "100");
  step_until(p, &p->s.requests, 2);
  settle(p, 300);
  kube_call_info_get(call, &info);
  CHECK(info.bytes > 1 << 20 && info.bytes < 3 << 20); /* of 8 MB: then it was ended */
  CHECK(info.http_version == 20);
  expect_versions(call, 101, 9000);
  CHECK(version_of(call) == 11);
  CHECK(f.requests == 2 && f.shared[0] && !f.shared[1]);
  CHECK(f.asked[0] == 100 && f.asked[1] > 1000 && f.asked[1] < 4000);
  CHECK(tls_count(&p->s, &p->s.http2) == 1); /* which lives on: */
  get_many(p, 1);
  kube_call_free(call);
  kube_call_free(other);
  close_place(p);
}

static void say_other(tls_server *s, void *arg) {
  tls_request *r = tls_find(s, "/other/");
  if (CHECK(r != NULL)) tls_text(r, arg);
}

static void the_others_on_its_connection_go_on(void) {
  flood f = {.last = 8000, .alone = 8000};
  place *p = open_place(pour, &f);
  kube_call *others[3], *call;
  int requests;
  for (int i = 0; i < 3; i++) others[i] = watch(p, "other", "5");
  step_until(p, &p->s.requests, 3);
  call = watch(p, "ns", "100");
  expect_versions(call, 101, 8000);
  requests = tls_count(&p->s, &p->s.requests);
  tls_do(&p->s, say_other, (void *)(uintptr_t)EVENT("MODIFIED", "77"));
  next_is(others[2], OBJECT("77"));
  CHECK(version_of(others[2]) == 20);
  CHECK(tls_count(&p->s, &p->s.requests) == requests); /* nobody had to ask again */
  for (int i = 0; i < 3; i++) kube_call_free(others[i]);
  kube_call_free(call);
  close_place(p);
}

static void add_more(tls_server *s, void *arg) {
  flood *f = arg;
  tls_request *r = tls_find(s, "/ns/");
  if (!CHECK(r != NULL)) return;
  /* The request may have come just now, and got some already. */
  add_events(r, f->first > f->sent ? f->first : f->sent + 1, f->last);
  f->sent = f->last;
}

/* It is read at once, and would never be full; but it wakes the others on its connection. */
static void a_busy_watch_moves_out_and_comes_back_when_it_is_quiet(void) {
  flood f = {.last = 0, .alone = 0};
  place *p = open_place(pour, &f);
  kube_call *call = watch(p, "ns", "100");
  step_until(p, &p->s.requests, 1);
  for (f.first = 101; f.requests == 1 && f.first < 2000; f.first += 50) {
    f.last = f.alone = f.first + 49;
    tls_do(&p->s, add_more, &f);
    expect_versions(call, f.first, f.last);
    settle(p, 5);
    kube_call_peek(call, &(kube_frame){0}, NULL);
    settle(p, 5);
  }
  CHECK(f.requests == 2 && !f.shared[1]);
  CHECK(f.asked[1] > 300 && f.asked[1] < 700); /* after some 250 KB */
  f.last = f.first;
  tls_do(&p->s, add_more, &f);
  expect_versions(call, f.first, f.last);
  CHECK(version_of(call) == 11);
  kube_engine_advance(p->engine, 20000); /* in which it said next to nothing */
  tls_do(&p->s, end_watch, NULL);
  while (f.requests < 3 && kube_call_next(call, &(kube_frame){0}, 5, NULL) == KUBE_AGAIN) {}
  CHECK(f.shared[2]);
  kube_call_free(call);
  close_place(p);
}

static void an_object_stays_while_more_events_come(void) {
  place *p = open_place(plain, NULL);
  kube_call *call = watch(p, "ns", "5");
  kube_frame frame, again;
  flood f = {.first = 7, .last = 500};
  step_until(p, &p->s.requests, 1);
  tell_watch(p, EVENT("MODIFIED", "6"));
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
  tls_do(&p->s, add_more, &f);
  settle(p, 100);
  CHECK_TEXT(frame.object.bytes, frame.object.length, OBJECT("6"));
  CHECK(kube_call_peek(call, &again, NULL) == KUBE_OK);
  CHECK(again.object.bytes == frame.object.bytes);
  kube_call_take(call);
  expect_versions(call, 7, 500);
  kube_call_free(call);
  close_place(p);
}

static void say_big(tls_server *s, void *arg) {
  static char filler[3 << 20];
  tls_request *r = tls_find(s, "watch=true");
  (void)arg;
  if (!CHECK(r != NULL)) return;
  memset(filler, 'x', sizeof filler);
  tls_text(r,
           "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"resourceVersion\":\"6\"},\"f\":\"");
  tls_send(r, filler, sizeof filler);
  tls_text(r, "\"}}\n");
}

/* More than what may lie unread: it comes, on this connection or on the next. */
static void say_big_again(tls_request *r, void *arg) {
  (void)arg;
  tls_begin(r, 200);
  if (r->number > 1) say_big(r->connection->server, NULL);
}

static void one_large_event_comes_whole(void) {
  place *p = open_place(say_big_again, NULL);
  kube_call *call = watch(p, "ns", "5");
  kube_frame frame;
  step_until(p, &p->s.requests, 1);
  tls_do(&p->s, say_big, NULL);
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
  CHECK(frame.object.length > 3 << 20);
  kube_call_take(call);
  kube_call_free(call);
  close_place(p);
}

/* ---- connections that end ---- */

static void go_away(tls_server *s, void *arg) {
  tls_request *r = tls_find(s, "watch=true");
  (void)arg;
  if (CHECK(r != NULL)) tls_go_away(r->connection, r->stream);
}

static void reset_it(tls_server *s, void *arg) {
  tls_request *r = tls_find(s, "watch=true");
  (void)arg;
  if (CHECK(r != NULL)) tls_reset(r, NGHTTP2_INTERNAL_ERROR);
}

static void close_it(tls_server *s, void *arg) {
  tls_request *r = tls_find(s, "watch=true");
  (void)arg;
  if (CHECK(r != NULL)) tls_close(r->connection);
}

/* However its exchange ends, a watch goes on from where it was. */
static void a_shared_watch_goes_on_after(tls_job *end, int requests) {
  place *p = open_place(plain, NULL);
  kube_call *call = watch(p, "ns", "5"), *other = watch(p, "ns2", "5");
  step_until(p, &p->s.requests, 2);
  tell_watch(p, EVENT("MODIFIED", "6"));
  next_is(other, OBJECT("6"));
  tls_do(&p->s, end, NULL);
  while (tls_count(&p->s, &p->s.requests) < requests) {
    kube_call_next(other, &(kube_frame){0}, 5, NULL);
    kube_call_peek(call, &(kube_frame){0}, NULL);
    kube_engine_advance(p->engine, 500);
  }
  settle(p, 50);
  tls_do(&p->s, say_second, (void *)(uintptr_t)EVENT("MODIFIED", "7"));
  next_is(other, OBJECT("7"));
  CHECK(version_of(other) == 20);
  CHECK(tls_count(&p->s, &p->s.requests) == requests);
  kube_call_free(call);
  kube_call_free(other);
  close_place(p);
}

static void a_shared_watch_goes_on_whatever_happens(void) {
  a_shared_watch_goes_on_after(end_watch, 3);
  a_shared_watch_goes_on_after(reset_it, 3);
  a_shared_watch_goes_on_after(close_it, 4);
}

/* The server wants no more on this connection: what is under way goes on, others connect. */
static void a_connection_that_goes_away_is_left(void) {
  place *p = open_place(plain, NULL);
  kube_call *call = watch(p, "ns", "5"), *next;
  step_until(p, &p->s.requests, 1);
  tls_do(&p->s, go_away, NULL);
  settle(p, 50);
  next = watch(p, "ns2", "8");
  step_until(p, &p->s.requests, 2);
  CHECK(tls_count(&p->s, &p->s.http2) == 2);
  tls_do(&p->s, say_first, (void *)(uintptr_t)EVENT("MODIFIED", "6"));
  next_is(call, OBJECT("6"));
  tell_watch(p, EVENT("MODIFIED", "9"));
  next_is(next, OBJECT("9"));
  kube_call_free(next);
  kube_call_free(call);
  close_place(p);
}

static void freeze(tls_server *s, void *arg) {
  tls_request *r = tls_find(s, arg);
  if (CHECK(r != NULL)) tls_freeze(r->connection);
}

/* A peer that is gone without a word: the next does not wait for it again. */
static void what_timed_out_leaves_no_dead_connection(void) {
  place *p = open_place(plain, NULL);
  kube_call *call;
  kube_error err = {0};
  get_many(p, 3);
  call = get(p, "/never", 100000);
  step_until(p, &p->s.requests, 4);
  tls_do(&p->s, freeze, (void *)(uintptr_t) "/never");
  kube_engine_advance(p->engine, 100000);
  CHECK(wait_for(call, &err) == KUBE_ETIMEOUT);
  kube_call_free(call);
  CHECK(tls_count(&p->s, &p->s.made) == 1);
  call = get(p, "/x", 5000);
  CHECK(wait_for(call, &err) == KUBE_OK && version_of(call) == 20);
  kube_call_free(call);
  CHECK(tls_count(&p->s, &p->s.made) == 2);
  close_place(p);
}

/* One that is only slow is not taken for dead while others use it. */
static void what_timed_out_leaves_a_living_connection(void) {
  place *p = open_place(plain, NULL);
  kube_call *call = get(p, "/never", 50), *other = get(p, "/never/other", 0);
  kube_error err = {0};
  step_until(p, &p->s.requests, 2);
  CHECK(wait_for(call, &err) == KUBE_ETIMEOUT);
  kube_call_free(call);
  get_many(p, 3);
  CHECK(kube_call_peek(other, &(kube_frame){0}, NULL) == KUBE_AGAIN);
  CHECK(tls_count(&p->s, &p->s.made) == 1);
  kube_call_free(other);
  close_place(p);
}

/* All watches on it are woken up, and go on elsewhere. */
static void a_silent_connection_does_not_hold_watches(void) {
  kube_call *watches[5];
  place *p = open_place(plain, NULL);
  for (int i = 0; i < 5; i++) watches[i] = watch(p, "ns", "5");
  step_until(p, &p->s.requests, 5);
  settle(p, 50);
  tls_do(&p->s, freeze, (void *)(uintptr_t) "watch=true");
  kube_engine_advance(p->engine, 640000); /* 10 minutes, and the grace */
  for (int rests = 0; tls_count(&p->s, &p->s.requests) < 10; rests++) {
    if (!CHECK(rests < 30)) break;
    for (int i = 0; i < 5; i++) kube_call_peek(watches[i], &(kube_frame){0}, NULL);
    kube_call_next(watches[0], &(kube_frame){0}, 20, NULL);
    kube_engine_advance(p->engine, 500);
  }
  CHECK(tls_count(&p->s, &p->s.http2) == 2);
  settle(p, 50);
  for (int i = 0; i < 5; i++) CHECK(version_of(watches[i]) == 20);
  for (int i = 0; i < 5; i++) kube_call_free(watches[i]);
  close_place(p);
}

/* ---- turns ---- */

static void answer_writes(tls_request *r, void *arg) {
  (void)arg;
  if (strstr(r->target, "watch=true"))
    tls_begin(r, 200);
  else
    tls_answer(r, 200, "{}");
}

/* Serves n calls in whatever order they come, freeing some before that: how many ended well. */
static int serve(place *p, kube_call **calls, int n) {
  int ended = 0, freed = 0;
  while (ended + freed < n && kube_engine_wait(p->engine, PATIENCE, NULL) == KUBE_OK) {
    kube_call *moved;
    while ((moved = kube_engine_next_ready(p->engine)) != NULL) {
      kube_frame frame;
      kube_error err = {0};
      const kube_status status = kube_call_peek(moved, &frame, &err);
      int i = rand() % n;
      if (status == KUBE_AGAIN) continue;
      if (status != KUBE_OK) die(err.message);
      ended++;
      for (int k = 0; k < n; k++)
        if (calls[k] == moved) calls[k] = NULL;
      kube_call_free(moved);
      if (rand() % 4 || calls[i] == NULL) continue;
      kube_call_free(calls[i]);
      calls[i] = NULL;
      freed++;
    }
  }
  CHECK(ended + freed == n);
  return ended;
}

/* The goodbye of TLS, which a server says that has heard nothing for a while. */
static void say_goodbye(tls_server *s, void *arg) {
  (void)arg;
  for (int i = 0; i < TLS_MOST; i++) {
    if (s->connections[i] == NULL) continue;
    SSL_shutdown(s->connections[i]->ssl);
    tls_close(s->connections[i]);
  }
}

/* It may go out once, so it must not go out on a connection that is over. */
static void a_write_does_not_take_a_connection_that_is_over(void) {
  place *p = open_place(answer_writes, NULL);
  for (int i = 1; i <= 5; i++) {
    kube_call *call = create(p->client);
    next_is(call, "{}");
    CHECK(wait_for(call, NULL) == KUBE_EOF);
    kube_call_free(call);
    CHECK(tls_count(&p->s, &p->s.made) == i);
    tls_do(&p->s, say_goodbye, NULL);
  }
  CHECK(tls_count(&p->s, &p->s.requests) == 5);
  close_place(p);
}

static void thousands_of_writes_take_turns(void) {
  enum { WRITES = 5000 };
  static kube_call *calls[WRITES];
  place *p = open_place(answer_writes, NULL);
  kube_call *stream = watch(p, "ns", NULL);
  for (int i = 0; i < WRITES; i++) calls[i] = create(p->client);
  CHECK(serve(p, calls, WRITES) > WRITES / 2);
  CHECK(tls_count(&p->s, &p->s.most) == 33); /* the watch is not counted */
  kube_call_free(stream);
  close_place(p);
}

static void thousands_of_gets_without_http2_take_turns(void) {
  enum { GETS = 5000 };
  static kube_call *calls[GETS];
  place *p = open_place(answer_writes, NULL);
  p->s.http1_only = true;
  for (int i = 0; i < GETS; i++) calls[i] = i % 2 ? get(p, "/x", 0) : create(p->client);
  CHECK(serve(p, calls, GETS) > GETS / 2);
  CHECK(tls_count(&p->s, &p->s.most) <= 64);
  close_place(p);
}

static kube_client *connect_with_certificate(place *p) {
  char path[] = "/tmp/shared_test.XXXXXX", user[128];
  const int fd = mkstemp(path);
  FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
  identity id;
  kube_client *client;
  make_identity(&id);
  if (file == NULL || fprintf(file, "%s%s", id.cert, id.key) < 0 || fclose(file) != 0) abort();
  snprintf(user, sizeof user, "client-certificate: %s, client-key: %s", path, path);
  client = connect_as(p->engine, p->s.url, ", insecure-skip-tls-verify: true", user);
  unlink(path);
  return client;
}

/* Each user has connections of his own, and the other ones are closed for them. */
static void two_users_take_turns_together(void) {
  enum { WRITES = 2000 };
  static kube_call *calls[WRITES];
  place *p = open_place(answer_writes, NULL);
  kube_client *other = connect_with_certificate(p);
  for (int i = 0; i < WRITES; i++) calls[i] = create(i / 100 % 2 ? other : p->client);
  CHECK(serve(p, calls, WRITES) > WRITES / 2);
  CHECK(tls_count(&p->s, &p->s.most) <= 33); /* one may be closing */
  kube_client_free(other);
  close_place(p);
}

/* The time of a call counts while it waits for its turn. */
static void who_waits_for_a_turn_has_its_time(void) {
  kube_call *calls[40];
  kube_error err = {0};
  place *p = open_place(plain, NULL);
  p->s.http1_only = true;
  for (int i = 0; i < 32; i++) calls[i] = get(p, "/never", 0);
  step_until(p, &p->s.requests, 32);
  for (int i = 32; i < 40; i++) calls[i] = get(p, "/never", 200 + i);
  for (int i = 32; i < 40; i++) CHECK(wait_for(calls[i], &err) == KUBE_ETIMEOUT);
  CHECK(tls_count(&p->s, &p->s.requests) == 32);
  kube_call_free(calls[35]);
  calls[35] = get(p, "/x", 0);
  kube_call_free(calls[7]); /* its turn is another's now */
  CHECK(wait_for(calls[35], &err) == KUBE_OK);
  for (int i = 0; i < 40; i++)
    if (i != 7) kube_call_free(calls[i]);
  close_place(p);
}

/* ---- nobody answers ---- */

static void who_waited_for_a_connection_fails_with_it(void) {
  kube_call *calls[50];
  place *p = open_place(plain, NULL);
  kube_client *nobody = connect_to(p->engine, "https://127.0.0.1:1");
  const kube_watch_options options = {.resource_version = "5"};
  for (int i = 0; i < 50; i++)
    calls[i] = i % 2 ? kube_rest_get(nobody, "/x", NULL, 0, NULL)
                     : kube_dynamic_watch(nobody, &KUBE_PODS, "ns", &options, NULL);
  for (int i = 0; i < 50; i++) {
    kube_error err = {0};
    CHECK(wait_for(calls[i], &err) == KUBE_ECONNECT);
    kube_call_free(calls[i]);
  }
  kube_client_free(nobody);
  close_place(p);
}

/* The first to connect is freed in the middle of it: the next connects. */
static void the_first_may_leave(void) {
  kube_call *calls[5];
  place *p = open_place(plain, NULL);
  p->s.deaf = true;
  for (int i = 0; i < 5; i++) calls[i] = get(p, "/x", 0);
  step_until(p, &p->s.made, 1);
  settle(p, 50);
  CHECK(tls_count(&p->s, &p->s.made) == 1);
  p->s.deaf = false;
  kube_call_free(calls[0]);
  for (int i = 1; i < 5; i++) {
    next_is(calls[i], "{\"/x\":0}");
    kube_call_free(calls[i]);
  }
  CHECK(tls_count(&p->s, &p->s.made) == 2);
  close_place(p);
}

/* ---- no descriptors ---- */

/* Leaves this process room for so many more. */
static struct rlimit allow_descriptors(int more) {
  struct rlimit before, limit;
  const int next = dup(0);
  close(next);
  getrlimit(RLIMIT_NOFILE, &before);
  limit = before;
  limit.rlim_cur = (rlim_t)(next + more);
  setrlimit(RLIMIT_NOFILE, &limit);
  return before;
}

static void without_descriptors_says_so(const char *url) {
  place *p = open_place(plain, NULL);
  kube_client *client = connect_to(p->engine, url);
  const kube_watch_options options = {.resource_version = "5"};
  kube_call *calls[3] = {0};
  struct rlimit before;
  kube_engine_step(p->engine, NULL);
  before = allow_descriptors(0);
  calls[0] = kube_rest_get(client, "/x", NULL, 0, NULL);
  calls[1] = kube_dynamic_watch(client, &KUBE_PODS, "ns", &options, NULL);
  calls[2] = create(client);
  for (int i = 0; i < 3; i++) {
    kube_error err = {0};
    CHECK(wait_for(calls[i], &err) == KUBE_ESYSTEM);
    if (!CHECK(strstr(err.message, "too many open files") && strstr(err.message, "ulimit -n")))
      puts(err.message);
    kube_call_free(calls[i]);
  }
  setrlimit(RLIMIT_NOFILE, &before);
  kube_client_free(client);
  get_many(p, 3); /* and with them all is well again */
  close_place(p);
}

static void who_has_no_descriptors_is_told(void) {
  without_descriptors_says_so("https://127.0.0.1:1");
  without_descriptors_says_so("https://localhost:1");
}

/* A watch that goes on is patient. */
static void a_watch_waits_for_descriptors(void) {
  place *p = open_place(plain, NULL);
  kube_call *call = watch(p, "ns", "5");
  struct rlimit before;
  step_until(p, &p->s.requests, 1);
  tell_watch(p, EVENT("MODIFIED", "6"));
  next_is(call, OBJECT("6"));
  tls_do(&p->s, close_it, NULL);
  before = allow_descriptors(0);
  for (int i = 0; i < 5; i++) {
    CHECK(kube_call_next(call, &(kube_frame){0}, 20, NULL) == KUBE_ETIMEOUT);
    kube_engine_advance(p->engine, 30000);
  }
  setrlimit(RLIMIT_NOFILE, &before);
  while (tls_count(&p->s, &p->s.requests) < 2) {
    CHECK(kube_call_next(call, &(kube_frame){0}, 20, NULL) == KUBE_ETIMEOUT);
    kube_engine_advance(p->engine, 30000);
  }
  tell_watch(p, EVENT("MODIFIED", "7"));
  next_is(call, OBJECT("7"));
  kube_call_free(call);
  close_place(p);
}

/* ---- at any moment ---- */

static void calls_are_freed_at_any_moment(void) {
  place *p = open_place(plain, NULL);
  kube_call *calls[60] = {0};
  srand(7);
  for (int round = 0; round < 4000; round++) {
    const int i = rand() % 60;
    kube_frame frame;
    if (calls[i] == NULL) {
      calls[i] = i < 20   ? watch(p, "ns", i % 2 ? "5" : NULL)
                 : i < 40 ? get(p, i % 2 ? "/x" : "/never", 0)
                          : create(p->client);
    } else if (rand() % 3) {
      if (kube_call_peek(calls[i], &frame, NULL) == KUBE_OK && rand() % 2) kube_call_take(calls[i]);
    } else {
      kube_call_free(calls[i]);
      calls[i] = NULL;
    }
    if (rand() % 3 == 0) kube_engine_wait(p->engine, rand() % 2, NULL);
    if (round % 1000 == 999) tls_do(&p->s, round % 2000 == 999 ? close_all : away_all, NULL);
  }
  for (int i = 0; i < 60; i++) kube_call_free(calls[i]);
  get_many(p, 100);
  close_place(p);
}

int main(void) {
  alarm(300); /* nothing here takes long, but under valgrind */
  RUN(a_hundred_gets_at_once_share_a_connection);
  RUN(watches_from_a_version_share_connections);
  RUN(few_streams_make_more_connections);
  RUN(without_http2_each_watch_is_alone);
  RUN(a_watch_is_alone_until_its_version_is_certain);
  RUN(one_without_a_second_connection_is_alone);
  RUN(a_full_watch_moves_out_and_loses_nothing);
  RUN(the_others_on_its_connection_go_on);
  RUN(a_busy_watch_moves_out_and_comes_back_when_it_is_quiet);
  RUN(an_object_stays_while_more_events_come);
  RUN(one_large_event_comes_whole);
  RUN(a_shared_watch_goes_on_whatever_happens);
  RUN(a_connection_that_goes_away_is_left);
  RUN(what_timed_out_leaves_no_dead_connection);
  RUN(what_timed_out_leaves_a_living_connection);
  RUN(a_silent_connection_does_not_hold_watches);
  RUN(a_write_does_not_take_a_connection_that_is_over);
  RUN(thousands_of_writes_take_turns);
  RUN(thousands_of_gets_without_http2_take_turns);
  RUN(two_users_take_turns_together);
  RUN(who_waits_for_a_turn_has_its_time);
  RUN(who_waited_for_a_connection_fails_with_it);
  RUN(the_first_may_leave);
  RUN(who_has_no_descriptors_is_told);
  RUN(a_watch_waits_for_descriptors);
  RUN(calls_are_freed_at_any_moment);
  return check_report();
}
