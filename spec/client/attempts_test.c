/*
** Calls that are sent again, and calls that wait for their turn: against a scripted server, with time that
** the test advances.
*/
#include "../support/place.h"

/* ---- sent again ---- */

typedef struct script {
  int refusals; /* at first; or as often as it is asked, when less than 0 */
  const char *refusal;
  char bodies[64]; /* the first byte of each body that came */
} script;

#define REFUSAL(code, header) "HTTP/1.1 " code " X\r\n" header "Content-Length: 4\r\n\r\nbusy"

static void refuse_at_first(server_connection *c, void *arg) {
  script *s = arg;
  if ((size_t)c->number < sizeof s->bodies)
    s->bodies[c->number - 1] = c->body_length ? *c->body : '-';
  if (s->refusals >= 0 && c->number > s->refusals)
    server_json(c, "{\"n\":1}");
  else if (s->refusal == NULL)
    c->close = true;
  else
    server_text(c, s->refusal);
}

/* Advances the clock as fast as the call asks for it; what it came to. */
static kube_status outcome(place *p, kube_call *call, kube_error *err) {
  kube_frame frame;
  kube_status status;
  while ((status = kube_call_next(call, &frame, 5, err)) == KUBE_ETIMEOUT &&
         strstr(err->message, "nothing came within"))
    if (kube_engine_timeout(p->engine) > 100) kube_engine_advance(p->engine, 100);
  return status;
}

static void what_is_sent_again(void) {
  static const struct {
    const char *verb, *refusal;
    int refusals, most;
    kube_status status;
    int requests;
  } cases[] = {
      {"GET", REFUSAL("429", "Retry-After: 1\r\n"), 3, 10, KUBE_OK, 4},
      {"GET", REFUSAL("503", "Retry-After: 0\r\n"), 10, 10, KUBE_OK, 11},
      {"GET", REFUSAL("503", "Retry-After: 0\r\n"), -1, 10, KUBE_EAPI, 11},
      {"GET", REFUSAL("500", "Retry-After: 1\r\n"), -1, 2, KUBE_EAPI, 3},
      {"GET", REFUSAL("429", "Retry-After: 1\r\n"), 1, 0, KUBE_EAPI, 1},
      {"GET", REFUSAL("429", ""), 1, 10, KUBE_EAPI, 1},
      {"GET", REFUSAL("404", "Retry-After: 1\r\n"), 1, 10, KUBE_EAPI, 1},
      {"POST", REFUSAL("429", "Retry-After: 1\r\n"), 2, 10, KUBE_OK, 3},
      {"PATCH", REFUSAL("502", "Retry-After: -1\r\n"), 2, 10, KUBE_OK, 3},
      {"GET", NULL, 2, 10, KUBE_OK, 3},
      {"PUT", NULL, 2, 10, KUBE_OK, 3},
      {"POST", NULL, 1, 10, KUBE_ENETWORK, 1},
      {"GET", NULL, 2, 0, KUBE_ENETWORK, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    script s = {.refusals = cases[i].refusals, .refusal = cases[i].refusal};
    place p;
    kube_error err = {0};
    kube_call *call;
    kube_call_info info;
    open_place(&p, refuse_at_first, &s);
    call = ask(&p, cases[i].verb, "/x", 0, cases[i].most);
    CHECK(outcome(&p, call, &err) == cases[i].status);
    kube_call_info_get(call, &info);
    if (!CHECK(server_requests(&p.s) == cases[i].requests && info.retries == cases[i].requests - 1))
      printf("  case %zu: %d requests, %d retries: %s\n", i, server_requests(&p.s), info.retries,
             err.message);
    kube_call_free(call);
    close_place(&p);
  }
}

static void a_body_is_sent_again(void) {
  script s = {.refusals = 3, .refusal = REFUSAL("429", "Retry-After: 1\r\n")};
  place p;
  kube_error err = {0};
  kube_call *call;
  open_place(&p, refuse_at_first, &s);
  call = kube_dynamic_create(p.client, &KUBE_PODS, "ns", NULL, (kube_slice){"{}", 2}, NULL, NULL);
  CHECK(outcome(&p, call, &err) == KUBE_OK);
  CHECK(memcmp(s.bodies, "{{{{", 5) == 0);
  kube_call_free(call);
  close_place(&p);
}

/* It waits for as long as it was told to, and a tenth more at most. */
static void retry_after_is_waited_for(void) {
  script s = {.refusals = 1, .refusal = REFUSAL("429", "Retry-After: 20\r\n")};
  place p;
  kube_frame frame;
  kube_call *call;
  open_place(&p, refuse_at_first, &s);
  call = ask(&p, "GET", "/x", 0, 10);
  while (server_requests(&p.s) == 0 || kube_engine_timeout(p.engine) < 1000)
    kube_call_next(call, &frame, 5, NULL);
  kube_engine_advance(p.engine, 19000);
  CHECK(kube_call_next(call, &frame, 50, NULL) == KUBE_ETIMEOUT && server_requests(&p.s) == 1);
  kube_engine_advance(p.engine, 3100);
  next_is(call, "{\"n\":1}");
  kube_call_free(call);
  close_place(&p);
}

/* Else the caller would learn only that the time was over, and later. */
static void a_rest_past_the_deadline_is_none(void) {
  script s = {.refusals = 1, .refusal = REFUSAL("429", "Retry-After: 20\r\n")};
  place p;
  kube_error err;
  kube_call *call;
  open_place(&p, refuse_at_first, &s);
  call = ask(&p, "GET", "/x", 20000, 10);
  err = ends(call, KUBE_EAPI);
  CHECK(err.code == 429 && err.retry_after == 20);
  CHECK(server_requests(&p.s) == 1);
  kube_call_free(call);
  close_place(&p);
}

static void busy_then_gone(server_connection *c, void *arg) {
  (void)arg;
  server_text(c, c->number == 1 ? REFUSAL("503", "Retry-After: 1\r\n") : REFUSAL("404", ""));
}

static void what_failed_before_is_told(void) {
  place p;
  kube_error err = {0};
  kube_call *call;
  open_place(&p, busy_then_gone, NULL);
  call = ask(&p, "GET", "/x", 0, 10);
  CHECK(outcome(&p, call, &err) == KUBE_EAPI && err.code == 404);
  if (!CHECK(strstr(err.message, " - error from a previous attempt: ")) ||
      !CHECK(strstr(err.message, "busy")))
    puts(err.message);
  kube_call_free(call);
  close_place(&p);
}

/* Each page of a list has all its attempts, and nothing of it comes twice. */
static void busy_each_time(server_connection *c, void *arg) {
  (void)arg;
  if (c->number % 2)
    server_text(c, REFUSAL("429", "Retry-After: 1\r\n"));
  else if (c->number < 30)
    server_printf(c,
                  "HTTP/1.1 200 OK\r\nContent-Length: 52\r\n\r\n"
                  "{\"metadata\":{\"continue\":\"%02d\"},\"items\":[{\"n\":\"%02d\"}]}   ",
                  c->number, c->number);
  else
    server_json(c, "{\"metadata\":{},\"items\":[]}");
}

static void pages_are_asked_for_again(void) {
  const kube_list_options options = {.limit = 1};
  place p;
  kube_error err = {0};
  kube_call *call;
  kube_call_info info;
  char want[32];
  open_place(&p, busy_each_time, NULL);
  call = kube_dynamic_list(p.client, &KUBE_PODS, "ns", &options, NULL);
  for (int n = 2; n < 30; n += 2) {
    snprintf(want, sizeof want, "{\"n\":\"%02d\"}", n);
    CHECK(outcome(&p, call, &err) == KUBE_OK);
    next_is(call, want);
  }
  CHECK(outcome(&p, call, &err) == KUBE_EOF);
  kube_call_info_get(call, &info);
  CHECK(info.retries == 15 && server_requests(&p.s) == 30);
  kube_call_free(call);
  close_place(&p);
}

/* A rest ends with the call. */
static void a_call_that_rests_is_freed(void) {
  script s = {.refusals = -1, .refusal = REFUSAL("429", "Retry-After: 20\r\n")};
  place p;
  kube_frame frame;
  kube_call *call;
  open_place(&p, refuse_at_first, &s);
  call = ask(&p, "GET", "/x", 0, 10);
  while (kube_engine_timeout(p.engine) < 1000) kube_call_next(call, &frame, 5, NULL);
  kube_call_free(call);
  CHECK(kube_engine_timeout(p.engine) < 0 || kube_engine_timeout(p.engine) > 21000);
  close_place(&p);
}

static void a_watch_begins_again(void) {
  script s = {.refusals = 2, .refusal = REFUSAL("429", "Retry-After: 1\r\n")};
  const kube_watch_options options = {.resource_version = "1", .no_resume = true};
  place p;
  kube_error err = {0};
  kube_call *call;
  open_place(&p, refuse_at_first, &s);
  call = kube_dynamic_watch(p.client, &KUBE_PODS, "ns", &options, NULL);
  CHECK(outcome(&p, call, &err) == KUBE_EDECODE); /* {"n":1} is no event */
  CHECK(server_requests(&p.s) == 3);
  kube_call_free(call);
  close_place(&p);
}

/* ---- a turn ---- */

static void hello(server_connection *c, void *arg) {
  (void)arg;
  server_json(c, "{}");
}

/* A place whose client sends so many requests a second, so many at once. */
static void open_throttled(place *p, double qps, int64_t burst) {
  const kube_config_options options = {.server = p->s.url, .qps = qps, .burst = burst};
  kube_config *config;
  kube_client_free(p->client);
  config = kube_config_load(&options, NULL);
  p->client = kube_client_new(p->engine, config, NULL);
  kube_config_free(config);
}

static void requests_wait_for_their_turn(void) {
  place p;
  kube_call *calls[4];
  kube_frame frame;
  kube_call_info info;
  open_place(&p, hello, NULL);
  open_throttled(&p, 0.1, 2);
  for (int i = 0; i < 4; i++) calls[i] = ask(&p, "GET", "/x", 0, 0);
  next_is(calls[0], "{}");
  next_is(calls[1], "{}");
  CHECK(kube_call_next(calls[2], &frame, 30, NULL) == KUBE_ETIMEOUT && server_requests(&p.s) == 2);
  kube_call_info_get(calls[2], &info);
  CHECK(info.throttled > 9000 && info.throttled <= 10000);
  kube_engine_advance(p.engine, 10000);
  next_is(calls[2], "{}");
  CHECK(kube_call_next(calls[3], &frame, 30, NULL) == KUBE_ETIMEOUT && server_requests(&p.s) == 3);
  kube_engine_advance(p.engine, 10000);
  next_is(calls[3], "{}");
  for (int i = 0; i < 4; i++) kube_call_free(calls[i]);
  close_place(&p);
}

static void a_turn_past_the_deadline_is_none(void) {
  place p;
  kube_error err = {0};
  kube_call *call;
  kube_rest *rest;
  open_place(&p, hello, NULL);
  open_throttled(&p, 0.1, 1);
  call = ask(&p, "GET", "/x", 5000, 0);
  next_is(call, "{}");
  kube_call_free(call);
  rest = kube_rest_new(p.client, "GET", NULL);
  kube_rest_timeout(rest, 5000);
  CHECK(kube_rest_send(rest, &err) == NULL && err.status == KUBE_ETIMEOUT);
  CHECK(strstr(err.message, "client-side throttling") && strstr(err.message, "qps 0.1, burst 1"));
  kube_rest_free(rest);
  close_place(&p);
}

/* Who is freed while it waits does not hold up those behind it. */
static void a_turn_is_left(void) {
  place p;
  kube_call *call, *other;
  open_place(&p, hello, NULL);
  open_throttled(&p, 0.1, 1);
  call = ask(&p, "GET", "/x", 0, 0);
  next_is(call, "{}");
  kube_call_free(call);
  for (int i = 0; i < 50; i++) kube_call_free(ask(&p, "GET", "/x", 0, 0));
  call = ask(&p, "GET", "/x", 0, 0);
  other = ask(&p, "GET", "/x", 0, 0);
  kube_engine_advance(p.engine, 10000);
  next_is(call, "{}");
  kube_engine_advance(p.engine, 10000);
  next_is(other, "{}");
  kube_call_free(call);
  kube_call_free(other);
  close_place(&p);
}

static void a_watch_does_not_wait(void) {
  const kube_watch_options options = {.resource_version = "1", .no_resume = true};
  place p;
  kube_call *call;
  open_place(&p, hello, NULL);
  open_throttled(&p, 0.001, 1);
  call = ask(&p, "GET", "/x", 0, 0);
  next_is(call, "{}");
  kube_call_free(call);
  call = kube_dynamic_watch(p.client, &KUBE_PODS, "ns", &options, NULL);
  ends(call, KUBE_EDECODE); /* {} is no event */
  CHECK(server_requests(&p.s) == 2);
  kube_call_free(call);
  close_place(&p);
}

static void odd_numbers_are_refused(void) {
  static const kube_config_options cases[] = {{.server = "x", .qps = 0.0 / 0.0},
                                              {.server = "x", .qps = 1, .burst = -1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_error err = {0};
    CHECK(kube_config_load(&cases[i], &err) == NULL && err.status == KUBE_ECONFIG);
    CHECK(strstr(err.message, "qps"));
  }
}

int main(void) {
  RUN(what_is_sent_again);
  RUN(a_body_is_sent_again);
  RUN(retry_after_is_waited_for);
  RUN(a_rest_past_the_deadline_is_none);
  RUN(what_failed_before_is_told);
  RUN(pages_are_asked_for_again);
  RUN(a_call_that_rests_is_freed);
  RUN(a_watch_begins_again);
  RUN(requests_wait_for_their_turn);
  RUN(a_turn_past_the_deadline_is_none);
  RUN(a_turn_is_left);
  RUN(a_watch_does_not_wait);
  RUN(odd_numbers_are_refused);
  return check_report();
}
