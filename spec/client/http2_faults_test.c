/*
** HTTP/2 as a good server never speaks it: streams and connections that end in the middle,
** farewells (GOAWAY), lengths that are wrong. What was not begun is asked again; what was begun
** and is not whole is one error; the client is of use afterwards. (Watches have theirs in
** shared_test.c; lists and streams of bytes go over HTTP/1.1.)
*/
#include "../../csrc/kube.h"

#include "../support/check.h"
#include "../support/connect.h"
#include "../support/tls_server.h"

enum { PATIENCE = 60000 };

typedef struct place {
  tls_server s;
  kube_engine *engine;
  kube_client *client;
} place;

static place *open_place(tls_script *script) {
  place *p = calloc(1, sizeof *p);
  if (p == NULL) abort();
  tls_start(&p->s, script, NULL);
  p->engine = kube_engine_new(NULL);
  p->client =
      connect_as(p->engine, p->s.url, ", insecure-skip-tls-verify: true", "token: SECRETMARK");
  return p;
}

static void close_place(place *p) {
  kube_client_free(p->client);
  kube_engine_free(p->engine);
  tls_stop(&p->s);
  free(p);
}

static kube_call *get(place *p) {
  return kube_dynamic_get(p->client, &KUBE_PODS, "ns", "web", NULL, NULL);
}

/* The next object is this one. */
static void gives(kube_call *call, const char *want) {
  kube_frame frame = {0};
  kube_error err = {0};
  if (CHECK(kube_call_next(call, &frame, PATIENCE, &err) == KUBE_OK)) {
    CHECK_TEXT(frame.object.bytes, frame.object.length, want);
    kube_call_take(call);
  } else {
    puts(err.message);
  }
}

/* There is none, for a broken connection; asked again, it says the same. */
static void breaks(kube_call *call) {
  kube_frame frame;
  kube_error err = {0}, again = {0};
  CHECK(kube_call_next(call, &frame, PATIENCE, &err) == KUBE_ENETWORK);
  CHECK(strstr(err.message, "GET https://127.0.0.1:") == err.message);
  CHECK(strstr(err.message, "SECRETMARK") == NULL);
  CHECK(kube_call_next(call, &frame, 0, &again) == KUBE_ENETWORK);
  CHECK_STRING(again.message, err.message);
}

/* A good get, and how many connections and requests there were then. */
static void works(place *p, int connections, int requests) {
  kube_call *call = get(p);
  gives(call, "{\"good\":1}");
  kube_call_free(call);
  CHECK(tls_count(&p->s, &p->s.made) == connections);
  CHECK(tls_count(&p->s, &p->s.requests) == requests);
}

static bool is_first(tls_request *r) {
  if (r->number == 1) return true;
  tls_answer(r, 200, "{\"good\":1}");
  return false;
}

/* ---- before there is an answer ---- */

static void refuse(tls_request *r, void *arg) {
  (void)arg;
  if (is_first(r)) tls_reset(r, NGHTTP2_REFUSED_STREAM);
}

static void leave(tls_request *r, void *arg) {
  (void)arg;
  if (is_first(r)) tls_go_away(r->connection, 0);
}

static void close_it(tls_request *r, void *arg) {
  (void)arg;
  if (is_first(r)) tls_close(r->connection);
}

static void what_was_not_begun_is_asked_again(void) {
  static const struct {
    const char *what;
    tls_script *script;
  } cases[] = {{"REFUSED_STREAM", refuse}, {"GOAWAY", leave}, {"an end", close_it}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    place *p = open_place(cases[i].script);
    kube_call *call = get(p);
    check_about = cases[i].what;
    gives(call, "{\"good\":1}");
    kube_call_free(call);
    CHECK(tls_count(&p->s, &p->s.requests) == 2);
    close_place(p);
  }
}

/* Of three, the first is answered, the others were not looked at. */
static void leave_the_others(tls_request *r, void *arg) {
  (void)arg;
  if (r->connection->number == 1) {
    if (r->number > 1) return; /* it said so */
    tls_go_away(r->connection, r->stream);
  }
  tls_answer(r, 200, "{\"good\":1}");
}

static void who_was_not_looked_at_goes_elsewhere(void) {
  place *p = open_place(leave_the_others);
  kube_call *calls[3];
  for (int i = 0; i < 3; i++) calls[i] = get(p);
  for (int i = 0; i < 3; i++) {
    gives(calls[i], "{\"good\":1}");
    kube_call_free(calls[i]);
  }
  close_place(p);
}

/* ---- in the middle of it ---- */

static void answer_and_leave(tls_request *r, void *arg) {
  (void)arg;
  if (is_first(r)) {
    tls_begin(r, 200);
    tls_text(r, "{\"whole\":");
    tls_go_away(r->connection, r->stream);
    tls_text(r, "1}");
    tls_end(r);
  }
}

static void a_farewell_does_not_cut(void) {
  place *p = open_place(answer_and_leave);
  kube_call *call = get(p);
  gives(call, "{\"whole\":1}");
  kube_call_free(call);
  works(p, 2, 2);
  close_place(p);
}

static void half(tls_request *r) {
  tls_begin(r, 200);
  tls_text(r, "{\"half\":");
}

/* What was sent goes out before: the end waits for a turn of the server. */
static void reset_later(tls_server *s, void *arg) {
  (void)arg;
  tls_reset(tls_find(s, "/pods"), NGHTTP2_INTERNAL_ERROR);
}

static void close_later(tls_server *s, void *arg) {
  (void)arg;
  tls_close(tls_find(s, "/pods")->connection);
}

static void begin_first(tls_request *r, void *arg) {
  (void)arg;
  if (is_first(r)) half(r);
}

static void until_code(kube_call *call, place *p) {
  kube_call_info info = {0};
  while (info.code == 0) {
    kube_engine_wait(p->engine, 10, NULL);
    kube_call_peek(call, &(kube_frame){0}, NULL);
    kube_call_info_get(call, &info);
  }
}

static void what_was_begun_is_one_error(void) {
  static const struct {
    const char *what;
    tls_job *end;
    int connections;
  } cases[] = {{"a reset stream", reset_later, 1}, {"an end of the connection", close_later, 2}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    place *p = open_place(begin_first);
    kube_call *call = get(p);
    check_about = cases[i].what;
    until_code(call, p);
    tls_do(&p->s, cases[i].end, NULL);
    breaks(call);
    kube_call_free(call);
    works(p, cases[i].connections, 2);
    close_place(p);
  }
}

/* ---- lengths, 1xx ---- */

/* A whole answer that announces another length. */
static void answer_with(tls_request *r, const char *length) {
  nghttp2_nv headers[] = {{(uint8_t *)":status", (uint8_t *)"200", 7, 3, 0},
                          {(uint8_t *)"content-length", (uint8_t *)length, 14, strlen(length), 0}};
  nghttp2_data_provider body = {.source.ptr = r, .read_callback = tls_on_body};
  nghttp2_submit_response(r->connection->session, r->stream, headers, 2, &body);
  tls_text(r, "{\"a\":1}");
  tls_end(r);
}

static void too_long(tls_request *r, void *arg) {
  (void)arg;
  if (is_first(r)) answer_with(r, "9");
}

static void too_short(tls_request *r, void *arg) {
  (void)arg;
  if (is_first(r)) answer_with(r, "5");
}

static void a_wrong_length_is_an_error(void) {
  tls_script *const scripts[] = {too_long, too_short};
  for (size_t i = 0; i < 2; i++) {
    place *p = open_place(scripts[i]);
    kube_call *call = get(p);
    check_about = i ? "too short" : "too long";
    breaks(call);
    kube_call_free(call);
    call = get(p);
    gives(call, "{\"good\":1}");
    kube_call_free(call);
    close_place(p);
  }
}

static void hint(tls_request *r, void *arg) {
  nghttp2_nv header = {(uint8_t *)":status", (uint8_t *)"103", 7, 3, 0};
  (void)arg;
  for (int i = 0; i < 3; i++)
    nghttp2_submit_headers(r->connection->session, NGHTTP2_FLAG_NONE, r->stream, NULL, &header, 1,
                           NULL);
  tls_answer(r, 200, "{\"good\":1}");
}

static void hints_are_no_answer(void) {
  place *p = open_place(hint);
  works(p, 1, 1);
  works(p, 1, 2);
  close_place(p);
}

int main(void) {
  alarm(300); /* nothing here takes long, but under valgrind */
  RUN(what_was_not_begun_is_asked_again);
  RUN(who_was_not_looked_at_goes_elsewhere);
  RUN(a_farewell_does_not_cut);
  RUN(what_was_begun_is_one_error);
  RUN(a_wrong_length_is_an_error);
  RUN(hints_are_no_answer);
  return check_report();
}
