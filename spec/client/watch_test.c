/* Watches, connection after connection, as a C program sees them. */
#include "../support/place.h"

static void event_is(kube_call *call, const char *type, const char *object) {
  kube_frame frame;
  kube_error err = {0};
  if (!CHECK(kube_call_next(call, &frame, PATIENCE, &err) == KUBE_OK)) puts(err.message), abort();
  CHECK_TEXT(frame.event, strlen(frame.event), type);
  next_is(call, object);
}

static void resuming(server_connection *c, void *arg) {
  (void)arg;
  CHECK(strstr(c->target, "watch=true") && strstr(c->target, "allowWatchBookmarks=true"));
  switch (c->number) {
    case 1:
      CHECK(strstr(c->target, "resourceVersion=") == NULL);
      stream(c, EVENT("ADDED", "3") EVENT("MODIFIED", "5") EVENT("BOOKMARK", "8"));
      server_chunk(c, "");
      break;
    case 2:
      CHECK(strstr(c->target, "resourceVersion=8&") != NULL);
      stream(c, EVENT("DELETED", "9") "{\"type\":\"ADD"); /* cut off: comes again */
      c->close = true;
      break;
    case 3:
      CHECK(strstr(c->target, "resourceVersion=9&") != NULL);
      stream(c, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410}}\n");
      server_chunk(c, "");
      break;
    default:
      CHECK(strstr(c->target, "resourceVersion=") == NULL);
      stream(c, EVENT("ADDED", "20"));
      server_await_gone(c);
  }
}

static void a_watch_goes_on_where_it_was(void) {
  place p;
  kube_call *call;
  open_place(&p, resuming, NULL);
  call = watch(&p, NULL);
  event_is(call, "ADDED", OBJECT("3"));
  event_is(call, "MODIFIED", OBJECT("5"));
  event_is(call, "DELETED", OBJECT("9"));
  while (server_requests(&p.s) < 4) { /* it rests after an ERROR that brought nothing */
    kube_frame frame;
    if (kube_call_next(call, &frame, 20, NULL) == KUBE_OK) break;
    kube_engine_advance(p.engine, 1000);
  }
  event_is(call, "ADDED", OBJECT("20"));
  kube_call_free(call);
  close_place(&p);
}

static void a_watch_without_resuming_ends(void) {
  static const kube_watch_options options = {
      .no_resume = true, .bookmarks = true, .resource_version = "4"};
  place p;
  kube_call *call;
  static const char body[] = EVENT("MODIFIED", "5") EVENT("BOOKMARK", "8");
  open_place(&p, answer_arg, (void *)(uintptr_t)body);
  call = watch(&p, &options);
  event_is(call, "MODIFIED", OBJECT("5"));
  event_is(call, "BOOKMARK", OBJECT("8"));
  ends(call, KUBE_EOF);
  CHECK(server_requests(&p.s) == 1);
  kube_call_free(call);
  close_place(&p);
}

static void odd_events(void) {
  static const struct {
    const char *body;
    kube_status status;
    const char *words;
  } cases[] = {
      {"{\"type\":\"OTHER\",\"object\":{}}", KUBE_EDECODE, "invalid watch event type"},
      {"{\"type\":\"ADDEDADDEDADDEDADDED\",\"object\":{}}", KUBE_EDECODE, "invalid watch event"},
      {"{\"type\":null,\"object\":{}}", KUBE_EDECODE, "invalid watch event type"},
      {"{\"type\":\"ADDED\"}", KUBE_EDECODE, "without an object"},
      {"{\"type\":\"ADDED\",\"object\":\"SECRETMARK\"}", KUBE_EDECODE, "without an object"},
      {"[]", KUBE_EDECODE, "without an object"},
      {"}", KUBE_EDECODE, "bad JSON"},
      {"{\"type\":\"ERROR\",\"object\":{\"code\":418}}", KUBE_EAPI, "did not expect"},
      {"{\"type\":\"ERROR\",\"object\":{\"code\":403}}", KUBE_EAPI, "forbidden"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    place p;
    kube_error err;
    kube_call *call;
    open_place(&p, answer_arg, (void *)(uintptr_t)cases[i].body);
    call = watch(&p, NULL);
    check_about = cases[i].body;
    err = ends(call, cases[i].status);
    if (!CHECK(strstr(err.message, cases[i].words))) puts(err.message);
    kube_call_free(call);
    close_place(&p);
  }
}

/* The second connection is accepted and never answered: patience ends, and a third one is made. */
static void silent_later(server_connection *c, void *arg) {
  (void)arg;
  if (c->number == 2) {
    server_await_gone(c);
    return;
  }
  stream(c, c->number == 1 ? EVENT("MODIFIED", "5") : EVENT("MODIFIED", "6"));
  if (c->number == 1)
    server_chunk(c, "");
  else
    server_await_gone(c);
}

static void a_silent_server_does_not_hold_a_watch(void) {
  static const kube_watch_options options = {.timeout_seconds = 100};
  place p;
  kube_call *call;
  kube_frame frame;
  open_place(&p, silent_later, NULL);
  call = watch(&p, &options);
  event_is(call, "MODIFIED", OBJECT("5"));
  while (server_requests(&p.s) < 2) CHECK(kube_call_next(call, &frame, 20, NULL) == KUBE_ETIMEOUT);
  kube_engine_advance(p.engine, 110000);
  CHECK(kube_call_next(call, &frame, 20, NULL) == KUBE_ETIMEOUT);
  CHECK(server_requests(&p.s) == 2);
  kube_engine_advance(p.engine, 21000); /* 100 s, and 30 s of grace */
  while (server_requests(&p.s) < 3) {
    if (kube_call_next(call, &frame, 20, NULL) == KUBE_OK) break;
    CHECK(kube_engine_timeout(p.engine) != 0 ||
          server_requests(&p.s) == 3); /* it rests, it does not spin */
    kube_engine_advance(p.engine, 1000);
  }
  event_is(call, "MODIFIED", OBJECT("6"));
  kube_call_free(call);
  close_place(&p);
}

/* Also when nobody looked at the watch before: next_ready tells of it. */
static void the_first_silence_is_an_error(void) {
  static const kube_watch_options options = {.timeout_seconds = 100};
  place p;
  kube_call *call;
  kube_error err;
  open_place(&p, never, NULL);
  call = watch(&p, &options);
  while (server_requests(&p.s) == 0) kube_engine_wait(p.engine, 10, NULL);
  while (kube_engine_next_ready(p.engine)) {}
  kube_engine_advance(p.engine, 131000);
  CHECK(kube_engine_step(p.engine, NULL) == KUBE_OK);
  CHECK(kube_engine_next_ready(p.engine) == call);
  err = ends(call, KUBE_ETIMEOUT);
  CHECK(strstr(err.message, "fell silent") != NULL);
  kube_call_free(call);
  close_place(&p);
}

int main(void) {
  RUN(a_watch_goes_on_where_it_was);
  RUN(a_watch_without_resuming_ends);
  RUN(odd_events);
  RUN(a_silent_server_does_not_hold_a_watch);
  RUN(the_first_silence_is_an_error);
  return check_report();
}
