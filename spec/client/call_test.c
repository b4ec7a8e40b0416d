/*
** Calls as a C program sees them: only kube.h, against a scripted server in a thread. Each script
** answers by the request's target or number.
*/
#include "../../csrc/kube.h"

#include <sys/wait.h>

#include "../support/check.h"
#include "../support/place.h"

/* ---- one object ---- */

static void say_hello(server_connection *c, void *arg) {
  (void)arg;
  CHECK(strstr(c->head, "SECRETMARK") == NULL); /* no credentials without TLS */
  CHECK(strstr(c->head, "Accept: application/json\r\n") != NULL);
  CHECK(strstr(c->head, "User-Agent: kube-lua/") != NULL);
  server_json(c, "{\"hello\":1}");
}

/* Answers with the target it was asked for, in as many bytes as the query says. */
static void say_target(server_connection *c, void *arg) {
  const char *size = strchr(c->target, '?');
  const int length = size ? atoi(size + 1) : 0;
  char *text = malloc((size_t)length + sizeof c->target + 8);
  (void)arg;
  if (text == NULL) abort();
  sprintf(text, "{\"%s\":\"%0*d\"}", c->target, length, 0);
  if (strstr(c->target, "/cut")) {
    server_text(c, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{");
    c->close = true;
  } else if (strstr(c->target, "/none")) {
    server_answer(c, 404, "text/plain", "no");
  } else {
    server_json(c, text);
  }
  free(text);
}

/* What a get leaves for the next one is nothing of its answer, however it ended. */
static void gets_follow_each_other(void) {
  static const char *const paths[] = {"/a",   "/b?7", "/none", "/c",    "/d?300000", "/e",
                                      "/cut", "/f",   "/g",    "/none", "/h?200000", "/i?2000"};
  place p;
  size_t i;
  int connects = 0;
  open_place(&p, say_target, NULL);
  for (i = 0; i < sizeof paths / sizeof *paths; i++) {
    kube_call *call = get(&p, paths[i], 0);
    kube_frame frame;
    kube_error err = {0};
    kube_call_info info;
    char want[64];
    const kube_status status = kube_call_next(call, &frame, PATIENCE, &err);
    if (strcmp(paths[i], "/cut") == 0) {
      CHECK(status == KUBE_ENETWORK);
    } else if (strcmp(paths[i], "/none") == 0) {
      CHECK(status == KUBE_EAPI && err.code == 404);
    } else if (CHECK(status == KUBE_OK)) {
      snprintf(want, sizeof want, "{\"%s\":\"0", paths[i]);
      CHECK(frame.object.length > strlen(want) &&
            memcmp(frame.object.bytes, want, strlen(want)) == 0);
    }
    kube_call_info_get(call, &info);
    connects += info.connects;
    if (i % 2) kube_call_take(call); /* or not: it is freed in any case */
    kube_call_free(call);
  }
  CHECK(connects == 2); /* one more after the one that was cut */
  close_place(&p);
}

/* Every second request finds its connection closed: it is sent again, as often as it takes. */
static void close_every_second(server_connection *c, void *arg) {
  (void)arg;
  if (c->number % 2 == 0)
    c->close = true;
  else
    server_json(c, "{}");
}

static void gets_on_connections_that_die(void) {
  place p;
  int i;
  open_place(&p, close_every_second, NULL);
  for (i = 0; i < 20; i++) {
    kube_call *call = get(&p, "/x", 0);
    next_is(call, "{}");
    kube_call_free(call);
  }
  close_place(&p);
}

/* A get that is given up leaves nothing either, and two at a time do not share. */
static void gets_beside_each_other(void) {
  place p;
  int i;
  open_place(&p, say_target, NULL);
  for (i = 0; i < 6; i++) {
    kube_call *first = get(&p, "/first", 0), *second = get(&p, "/second?400000", 0);
    kube_call *third = get(&p, "/third", 0);
    next_is(third, "{\"/third\":\"0\"}");
    kube_call_free(second);
    next_is(first, "{\"/first\":\"0\"}");
    kube_call_free(i % 2 ? first : third);
    kube_call_free(i % 2 ? third : first);
  }
  close_place(&p);
}

static void an_object_is_there_until_it_is_taken(void) {
  place p;
  kube_frame first, second;
  kube_call *call, *other;
  kube_call_info info;
  char request[256], want[256];
  open_place(&p, say_hello, NULL);
  call = get(&p, "/version", 0);
  other = get(&p, "/other", 0);
  CHECK(kube_call_id(call) != kube_call_id(other));
  kube_call_take(call); /* before anything came: nothing is lost */
  CHECK(kube_call_peek(call, &first, NULL) == KUBE_AGAIN);
  kube_call_take(call);
  CHECK(kube_call_next(call, &first, PATIENCE, NULL) == KUBE_OK);
  CHECK(kube_call_peek(call, &second, NULL) == KUBE_OK);
  CHECK(second.object.length == 11 && memcmp(second.object.bytes, "{\"hello\":1}", 11) == 0);
  CHECK(second.event == NULL && second.kind.length == 0 && second.api_version.length == 0);
  next_is(call, "{\"hello\":1}");
  ends(call, KUBE_EOF);
  kube_call_info_get(call, &info);
  CHECK(info.code == 200 && info.http_version == 11 && info.bytes == 11);
  snprintf(want, sizeof want, "GET %s/version", p.s.url);
  CHECK(kube_call_request(call, request, sizeof request) == (int)strlen(want));
  CHECK_TEXT(request, strlen(request), want);
  CHECK(kube_call_request(call, request, 5) == (int)strlen(want) && strcmp(request, "GET ") == 0);
  kube_call_free(call);
  kube_call_free(other);
  kube_call_free(NULL);
  close_place(&p);
}

static const char too_much[] =
    "{\"kind\":\"Status\",\"message\":\"too much\",\"reason\":\"TooManyRequests\"}";

static void refuse(server_connection *c, void *arg) {
  (void)arg;
  server_text(c, "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\n");
  server_printf(c, "Content-Length: %zu\r\n\r\n%s", strlen(too_much), too_much);
}

static void a_refusal_is_kept(void) {
  place p;
  kube_error err;
  kube_call *call;
  kube_slice status;
  open_place(&p, refuse, NULL);
  call = ask(&p, "GET", "/x", 0, 0);
  CHECK(kube_call_status(call).length == 0);
  err = ends(call, KUBE_EAPI);
  CHECK(err.code == 429 && err.retry_after == 7 && strcmp(err.reason, "TooManyRequests") == 0);
  CHECK_TEXT(err.message, strlen(err.message), "too much");
  status = kube_call_status(call);
  CHECK_TEXT(status.bytes, status.length, too_much);
  kube_call_free(call);
  close_place(&p);
}

static void trickle(server_connection *c, void *arg) {
  (void)arg;
  if (strstr(c->target, "watch=true")) {
    stream(c, EVENT("ADDED", "1") EVENT("MODIFIED", "2"));
  } else if (strstr(c->target, "/pods")) {
    stream(c, "{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"x\"},\"items\":[{},{\"a\":");
  } else {
    stream(c, "{\"part\":");
    if (strcmp(c->target, "/whole") == 0) {
      server_chunk(c, "1}");
      server_chunk(c, "");
      return;
    }
  }
  server_await_gone(c);
}

/* ---- time ---- */

/* A call never waits for the connection of another one, whose answer may take for ever. */
static void a_get_is_answered_beside_what_does_not_end(void) {
  static const kube_watch_options from_now = {.resource_version = "1"};
  place p;
  kube_call *first, *second;
  kube_frame frame;
  open_place(&p, trickle, NULL);
  first = watch(&p, &from_now);
  second = list(&p, NULL);
  next_is(second, "{}");
  kube_call_free(second);
  second = get(&p, "/whole", 0); /* the watch's answer was not looked at */
  CHECK(kube_call_next(second, &frame, PATIENCE, NULL) == KUBE_OK);
  kube_call_free(second);
  kube_call_free(first);
  close_place(&p);
}

/* What moved and is not asked for does not keep the processor busy. */
static void waiting_for_one_call_is_waiting(void) {
  place p;
  kube_call *call, *other;
  kube_frame frame;
  kube_call_info info;
  clock_t used;
  open_place(&p, trickle, NULL);
  call = list(&p, NULL);
  other = get(&p, "/x", 0);
  next_is(call, "{}");
  do { /* until both wait for the rest of their answers */
    CHECK(kube_call_next(call, &frame, 20, NULL) == KUBE_ETIMEOUT);
    kube_call_info_get(other, &info);
  } while (info.bytes == 0);
  used = clock();
  CHECK(kube_call_next(call, &frame, 400, NULL) == KUBE_ETIMEOUT);
  CHECK(clock() - used < CLOCKS_PER_SEC / 5);
  CHECK(kube_engine_next_ready(p.engine) == other); /* nobody lost it */
  CHECK(kube_engine_next_ready(p.engine) == NULL);
  kube_call_free(other);
  kube_call_free(call);
  close_place(&p);
}

static void next_gives_up_and_the_call_goes_on(void) {
  place p;
  kube_frame frame;
  kube_error err = {0};
  kube_call *call;
  long long now;
  open_place(&p, say_hello, NULL);
  call = get(&p, "/x", 0);
  for (now = kube_engine_now(p.engine); kube_engine_now(p.engine) < now + PATIENCE;) {
    const kube_status status = kube_call_next(call, &frame, 0, &err); /* polling gets there too */
    if (status == KUBE_OK) break;
    CHECK(status == KUBE_ETIMEOUT && err.status == KUBE_ETIMEOUT);
  }
  next_is(call, "{\"hello\":1}");
  kube_call_free(call);
  close_place(&p);

  open_place(&p, never, NULL);
  call = get(&p, "/x", 0);
  now = kube_engine_now(p.engine);
  CHECK(kube_call_next(call, &frame, 50, &err) == KUBE_ETIMEOUT);
  CHECK(kube_engine_now(p.engine) >= now + 50);
  CHECK(strcmp(err.reason, "Timeout") == 0 && strstr(err.message, "nothing came within 50 ms"));
  CHECK(kube_call_peek(call, &frame, &err) == KUBE_AGAIN);
  kube_call_free(call);
  close_place(&p);
}

static void a_call_has_its_time(void) {
  place p;
  kube_error err;
  kube_call *call;
  open_place(&p, never, NULL);
  call = get(&p, "/x", 3600000);
  while (server_requests(&p.s) == 0) kube_engine_wait(p.engine, 10, NULL);
  kube_engine_advance(p.engine, 3600000);
  CHECK(kube_engine_timeout(p.engine) == 0);
  err = ends(call, KUBE_ETIMEOUT);
  CHECK(strstr(err.message, "no answer within 3600000 ms"));
  kube_call_free(call);
  close_place(&p);
}

/* ---- freeing ---- */

static void a_call_is_freed_at_any_moment(void) {
  place p;
  open_place(&p, trickle, NULL);
  for (int kind = 0; kind < 3; kind++) {
    for (int rounds = 0; rounds < 10; rounds++) {
      kube_call *other = get(&p, "/other", 0), *moved;
      kube_call *call = kind == 0 ? get(&p, "/x", 0) : kind == 1 ? list(&p, NULL) : watch(&p, NULL);
      kube_frame frame;
      for (int i = 0; i < rounds; i++) {
        kube_engine_wait(p.engine, 20, NULL);
        if (i % 2 && kube_call_peek(call, &frame, NULL) == KUBE_OK && i > 4) kube_call_take(call);
      }
      kube_call_wake(call);
      kube_call_free(call);
      while ((moved = kube_engine_next_ready(p.engine)) != NULL) CHECK(moved == other);
      kube_engine_wait(p.engine, 0, NULL);
      while ((moved = kube_engine_next_ready(p.engine)) != NULL) CHECK(moved == other);
      kube_call_free(other);
    }
  }
  close_place(&p);
}

/* ---- what is read stays where it is ---- */

static void two_items(server_connection *c, void *arg) {
  char big[4096];
  (void)arg;
  memset(big, 'x', sizeof big - 1);
  big[sizeof big - 1] = '\0';
  server_text(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  server_chunk(c, "{\"items\":[{\"a\":1},{\"b\":\"");
  if (!server_await(c, 1)) return;
  for (int i = 0; i < 1000; i++) server_chunk(c, big);
  server_chunk(c, "\"}]}");
  server_chunk(c, "");
}

/* The engine may step while an object is read: its bytes wait, and then go on. */
static void an_object_stays_while_the_engine_steps(void) {
  place p;
  kube_call *call;
  kube_frame frame;
  open_place(&p, two_items, NULL);
  call = list(&p, NULL);
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
  server_allow(&p.s, 1);
  for (int i = 0; i < 20; i++) kube_engine_wait(p.engine, 5, NULL);
  CHECK_TEXT(frame.object.bytes, frame.object.length, "{\"a\":1}");
  kube_call_take(call);
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK && frame.object.length == 4095008);
  kube_call_take(call);
  ends(call, KUBE_EOF);
  kube_call_free(call);
  close_place(&p);
}

/* libcurl has a ceiling for headers, but none for those behind the body. */
static void flood_behind(server_connection *c, void *arg) {
  char line[1024];
  (void)arg;
  memset(line, 'x', sizeof line - 1);
  memcpy(line, "X-Flood: ", 9);
  memcpy(line + sizeof line - 3, "\r\n", 3);
  server_text(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n");
  while (server_text(c, line)) {}
  c->close = true;
}

static void headers_behind_the_body_have_a_ceiling(void) {
  place p;
  kube_error err;
  kube_call *call;
  open_place(&p, flood_behind, NULL);
  call = get(&p, "/x", 0);
  err = ends(call, KUBE_ETOOLARGE);
  CHECK(strstr(err.message, "headers of more than") != NULL);
  kube_call_free(call);
  close_place(&p);
}

/* ---- a fork ---- */

static void a_child_is_told_that_a_call_is_its_parents(void) {
  place p;
  kube_call *call;
  kube_frame frame;
  kube_error err = {0};
  int how = -1;
  pid_t pid;
  open_place(&p, say_hello, NULL);
  call = get(&p, "/x", 1000000);
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    const bool told = kube_call_peek(call, &frame, &err) == KUBE_EUSAGE;
    kube_call_free(call);
    _exit(told && strstr(err.message, "forked") ? 0 : 1);
  }
  CHECK(pid > 0 && waitpid(pid, &how, 0) == pid && WIFEXITED(how) && WEXITSTATUS(how) == 0);
  next_is(call, "{\"hello\":1}");
  kube_call_free(call);
  close_place(&p);
}

static void handles_are_freed_in_any_order(void) {
  place p;
  kube_call *call;
  open_place(&p, say_hello, NULL);
  call = get(&p, "/x", 0);
  kube_engine_free(p.engine);
  kube_client_free(p.client);
  next_is(call, "{\"hello\":1}");
  kube_call_free(call);
  server_stop(&p.s);
}

int main(void) {
  RUN(an_object_is_there_until_it_is_taken);
  RUN(gets_follow_each_other);
  RUN(gets_beside_each_other);
  RUN(gets_on_connections_that_die);
  RUN(a_refusal_is_kept);
  RUN(next_gives_up_and_the_call_goes_on);
  RUN(a_get_is_answered_beside_what_does_not_end);
  RUN(waiting_for_one_call_is_waiting);
  RUN(a_call_has_its_time);
  RUN(a_call_is_freed_at_any_moment);
  RUN(an_object_stays_while_the_engine_steps);
  RUN(headers_behind_the_body_have_a_ceiling);
  RUN(a_child_is_told_that_a_call_is_its_parents);
  RUN(handles_are_freed_in_any_order);
  return check_report();
}
