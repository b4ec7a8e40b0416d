/*
** Calls as a C program sees them: only kube.h, against a scripted server in a thread. Each script
** answers by the request's target or number.
*/
#include "../../csrc/kube.h"

#include <sys/wait.h>

#include "../support/check.h"
#include "../support/place.h"

static kube_call *get(place *p, const char *path, int64_t timeout) {
  kube_error err = {0};
  kube_call *call = kube_rest_get(p->client, path, NULL, timeout, &err);
  if (!CHECK(call != NULL)) puts(err.message), abort();
  return call;
}

static kube_call *list(place *p, const kube_list_options *options) {
  kube_call *call = kube_dynamic_list(p->client, &KUBE_PODS, "ns", options, NULL);
  if (!CHECK(call != NULL)) abort();
  return call;
}

static kube_call *watch(place *p, const kube_watch_options *options) {
  kube_call *call = kube_dynamic_watch(p->client, &KUBE_PODS, "ns", options, NULL);
  if (!CHECK(call != NULL)) abort();
  return call;
}

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

/* ---- bodies that go out ---- */

static void echo(server_connection *c, void *arg) {
  char text[4096];
  const char *type = strstr(c->head, "Content-Type: ");
  (void)arg;
  snprintf(text, sizeof text, "%s %s %.*s %s", c->method, c->target,
           type ? (int)strcspn(type + 14, "\r") : 1, type ? type + 14 : "-",
           c->body_length ? c->body : "-");
  server_json(c, text);
}

static kube_slice slice(const char *text) { return (kube_slice){text, strlen(text)}; }

static void said(kube_call *call, const char *want) {
  if (!CHECK(call != NULL)) return;
  next_is(call, want);
  kube_call_free(call);
}

static void each_verb_is_sent_as_client_go_does(void) {
  place p;
  const int64_t grace = 0;
  const kube_write_options write = {
      .field_manager = "me & you", .dry_run = "All", .field_validation = "Strict", .force = true};
  const kube_write_options eviction = {.subresource = "eviction"};
  const kube_delete_options delete = {.grace_period_seconds = &grace,
                                      .propagation_policy = "Foreground",
                                      .precondition_uid = "a\"b",
                                      .dry_run = "All",
                                      .collection.label_selector = "a=b"};
  const kube_get_options status = {.subresource = "status", .resource_version = "5"};
  const kube_slice body = slice("{}");
  open_place(&p, echo, NULL);
#define POD p.client, &KUBE_PODS, "ns"
#define URL "/api/v1/namespaces/ns/pods"
  said(kube_dynamic_get(POD, "x", NULL, NULL), "GET " URL "/x - -");
  said(kube_dynamic_get(POD, "x", &status, NULL), "GET " URL "/x/status?resourceVersion=5 - -");
  said(kube_dynamic_create(POD, NULL, body, NULL, NULL), "POST " URL " application/json {}");
  said(kube_dynamic_create(POD, "x", body, &eviction, NULL),
       "POST " URL "/x/eviction application/json {}");
  said(kube_dynamic_update(POD, "x", body, NULL, NULL), "PUT " URL "/x application/json {}");
  said(kube_dynamic_update_status(POD, "x", body, NULL, NULL),
       "PUT " URL "/x/status application/json {}");
  said(kube_dynamic_patch(POD, "x", KUBE_MERGE_PATCH, body, NULL, NULL),
       "PATCH " URL "/x application/merge-patch+json {}");
  said(kube_dynamic_patch(POD, "x", KUBE_JSON_PATCH, slice("[]"), NULL, NULL),
       "PATCH " URL "/x application/json-patch+json []");
  said(kube_dynamic_apply(POD, "x", body, NULL, NULL),
       "PATCH " URL "/x?fieldManager=kube-lua application/apply-patch+yaml {}");
  said(kube_dynamic_apply(POD, "x", body, &write, NULL),
       "PATCH " URL "/x?dryRun=All&fieldManager=me%20%26%20you&fieldValidation=Strict&force=true"
       " application/apply-patch+yaml {}");
  said(kube_dynamic_delete(POD, "x", NULL, NULL),
       "DELETE " URL "/x application/json {\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"}");
  said(kube_dynamic_delete_collection(POD, &delete, NULL),
       "DELETE " URL "?labelSelector=a%3Db application/json "
       "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"gracePeriodSeconds\":0,"
       "\"propagationPolicy\":\"Foreground\",\"preconditions\":{\"uid\":\"a\\\"b\"},"
       "\"dryRun\":[\"All\"]}");
#undef POD
#undef URL
  close_place(&p);
}

static void what_cannot_be_sent_is_refused_at_once(void) {
  place p;
  kube_error err = {0};
  open_place(&p, echo, NULL);
  CHECK(kube_dynamic_get(p.client, &KUBE_PODS, "ns", NULL, NULL, &err) == NULL);
  CHECK(err.status == KUBE_EUSAGE && strstr(err.message, "name is required"));
  CHECK(kube_dynamic_get(p.client, &KUBE_PODS, "ns", "../x", NULL, &err) == NULL);
  CHECK(err.status == KUBE_EUSAGE && strstr(err.message, "may not contain '/'"));
  CHECK(kube_rest_get(p.client, "version", NULL, 0, &err) == NULL && err.status == KUBE_EUSAGE);
  CHECK(kube_rest_get(p.client, "/a b", NULL, 0, &err) == NULL && err.status == KUBE_EUSAGE);
  CHECK(kube_rest_get(p.client, "/\r\nX: y", NULL, 0, &err) == NULL && err.status == KUBE_EUSAGE);
  CHECK(kube_rest_get(p.client, "/x", "a\r\nX: y", 0, &err) == NULL && err.status == KUBE_EUSAGE);
  CHECK(kube_dynamic_patch(p.client, &KUBE_PODS, "ns", "x", (kube_patch_type)9, slice("{}"), NULL,
                           &err) == NULL);
  CHECK(kube_dynamic_get(p.client, &KUBE_PODS, "ns", "..", NULL, NULL) == NULL);
  CHECK(server_requests(&p.s) == 0);
  close_place(&p);
}

/* ---- lists ---- */

static void pages(server_connection *c, void *arg) {
  const char *more = strstr(c->target, "continue=");
  (void)arg;
  if (more == NULL) {
    CHECK(strstr(c->target, "limit=2") && strstr(c->target, "resourceVersion=7"));
    server_json(
        c, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"a/\\\"b\","
           "\"resourceVersion\":\"9\"},\"items\":[{\"n\":1},{\"n\":2}]}");
  } else if (strcmp(more, "continue=a%2F%22b&limit=2") == 0) { /* no resourceVersion beside it */
    server_json(c, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"c\"},"
                   "\"items\":[]}");
  } else {
    server_json(c, "{\"items\":[{\"n\":3}],\"kind\":\"PodList\",\"apiVersion\":\"v1\","
                   "\"metadata\":{\"continue\":\"\",\"resourceVersion\":\"9\"}}");
  }
}

static void a_list_goes_on_page_after_page(void) {
  const kube_list_options options = {.limit = 2, .resource_version = "7"};
  place p;
  kube_call *call;
  kube_list_head head;
  kube_frame frame;
  open_place(&p, pages, NULL);
  call = list(&p, &options);
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
  CHECK_TEXT(frame.kind.bytes, frame.kind.length, "Pod");
  CHECK_TEXT(frame.api_version.bytes, frame.api_version.length, "v1");
  CHECK(frame.event == NULL);
  next_is(call, "{\"n\":1}");
  next_is(call, "{\"n\":2}");
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
  CHECK(frame.kind.length == 0); /* it had not come yet */
  next_is(call, "{\"n\":3}");
  ends(call, KUBE_EOF);
  kube_call_list_head(call, &head);
  CHECK_TEXT(head.kind.bytes, head.kind.length, "PodList");
  CHECK_TEXT(head.api_version.bytes, head.api_version.length, "v1");
  CHECK_TEXT(head.metadata.bytes, head.metadata.length,
             "{\"continue\":\"\",\"resourceVersion\":\"9\"}");
  CHECK(server_requests(&p.s) == 3);
  kube_call_free(call);
  close_place(&p);
}

static void one_page_is_one_page(void) {
  const kube_list_options options = {.limit = 2, .resource_version = "7", .one_page = true};
  place p;
  kube_call *call;
  kube_list_head head;
  kube_json token;
  char text[16];
  open_place(&p, pages, NULL);
  call = list(&p, &options);
  kube_call_list_head(call, &head);
  CHECK(head.kind.length == 0 && head.metadata.length == 0);
  next_is(call, "{\"n\":1}");
  next_is(call, "{\"n\":2}");
  ends(call, KUBE_EOF);
  kube_call_list_head(call, &head);
  token = kube_json_find(head.metadata, "continue");
  kube_json_text(token, text, sizeof text);
  CHECK(strcmp(text, "a/\"b") == 0);
  CHECK(server_requests(&p.s) == 1);
  kube_call_free(call);
  close_place(&p);
}

/* Two items, and behind them what the arg says. */
static void then_arg(server_connection *c, void *arg) {
  if (strstr(c->target, "continue=t") == NULL)
    server_json(c, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"t\"},"
                   "\"items\":[{\"n\":1},{\"n\":2}]}");
  else if (strstr(arg, "\"Status\""))
    server_answer(c, 403, "application/json", arg);
  else
    server_json(c, arg);
}

/* Lets the engine work until the server was asked so often: the reader does nothing meanwhile. */
static void await_requests(place *p, int n) {
  int patience = PATIENCE / 50;
  while (server_requests(&p->s) < n && patience-- > 0) kube_engine_wait(p->engine, 50, NULL);
  CHECK(server_requests(&p->s) == n);
}

/* What the next page brings, a failure too, is told behind the items of this one. */
static void the_next_page_is_asked_for_ahead(void) {
  static const char *const seconds[] = {
      "{\"kind\":\"PodList\",\"items\":[{\"n\":3}],\"metadata\":{}}",
      "{\"kind\":\"Status\",\"message\":\"no\",\"reason\":\"Forbidden\"}", "<html>"};
  static const kube_status ends_with[] = {KUBE_EOF, KUBE_EAPI, KUBE_EDECODE};
  for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
    place p;
    kube_call *call;
    kube_frame frame;
    kube_call_info info;
    open_place(&p, then_arg, (void *)(uintptr_t)seconds[i]);
    call = list(&p, NULL);
    CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
    await_requests(&p, 2);
    CHECK_TEXT(frame.object.bytes, frame.object.length, "{\"n\":1}");
    next_is(call, "{\"n\":1}");
    next_is(call, "{\"n\":2}");
    if (i == 0) next_is(call, "{\"n\":3}");
    ends(call, ends_with[i]);
    kube_call_info_get(call, &info);
    CHECK(info.code == (i == 1 ? 403 : 200));
    CHECK(server_requests(&p.s) == 2);
    kube_call_free(call);
    close_place(&p);
  }
}

/* Whoever leaves in the middle takes back what was sent ahead, before it is answered and behind. */
static void what_was_sent_ahead_is_taken_back(void) {
  for (int wait = 0; wait < 3; wait++) {
    place p;
    kube_call *call;
    kube_frame frame;
    open_place(&p, then_arg, (void *)(uintptr_t) "{\"items\":[{\"n\":3}]}");
    call = list(&p, NULL);
    CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
    if (wait > 0) await_requests(&p, 2);
    if (wait > 1) kube_engine_wait(p.engine, 50, NULL);
    kube_call_free(call);
    call = get(&p, "/after", 0);
    CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
    kube_call_free(call);
    close_place(&p);
  }
}

/* Of two tokens in one page the last one counts, whatever was sent meanwhile. */
static void two_tokens(server_connection *c, void *arg) {
  (void)arg;
  if (strstr(c->target, "continue=b"))
    server_json(c, "{\"items\":[{\"n\":3}]}");
  else if (strstr(c->target, "continue=a"))
    server_json(c, "{\"items\":[{\"n\":0}]}");
  else
    server_json(c, "{\"metadata\":{\"continue\":\"a\"},\"items\":[{\"n\":1},{\"n\":2}],"
                   "\"metadata\":{\"continue\":\"b\"}}");
}

static void the_last_token_counts(void) {
  place p;
  kube_call *call;
  open_place(&p, two_tokens, NULL);
  call = list(&p, NULL);
  next_is(call, "{\"n\":1}");
  next_is(call, "{\"n\":2}");
  next_is(call, "{\"n\":3}");
  ends(call, KUBE_EOF);
  kube_call_free(call);
  close_place(&p);
}

static void columns_and_rows(server_connection *c, void *arg) {
  (void)arg;
  CHECK(
      strstr(c->head, "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json\r\n"));
  CHECK(strstr(c->target, "includeObject=None"));
  server_json(c, "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{},"
                 "\"columnDefinitions\":[{\"name\":\"Name\"}],\"rows\":[{\"cells\":[\"a\"]},"
                 "{\"cells\":[\"b\"]}]}");
}

static void a_table_is_a_list_of_rows(void) {
  const kube_list_options options = {.as = "Table", .include_object = "None"};
  const kube_list_options wrong = {.as = "Chair"};
  place p;
  kube_call *call;
  kube_frame frame;
  kube_list_head head;
  kube_error err = {0};
  open_place(&p, columns_and_rows, NULL);
  call = list(&p, &options);
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
  CHECK(frame.kind.length == 0 && frame.api_version.length == 0);
  next_is(call, "{\"cells\":[\"a\"]}");
  next_is(call, "{\"cells\":[\"b\"]}");
  ends(call, KUBE_EOF);
  kube_call_list_head(call, &head);
  CHECK_TEXT(head.kind.bytes, head.kind.length, "Table");
  CHECK_TEXT(head.columns.bytes, head.columns.length, "[{\"name\":\"Name\"}]");
  kube_call_free(call);
  CHECK(kube_dynamic_list(p.client, &KUBE_PODS, "ns", &wrong, &err) == NULL);
  CHECK(err.status == KUBE_EUSAGE && strstr(err.message, "no such representation"));
  close_place(&p);
}

/* The script's arg is the body. */
static void answer_arg(server_connection *c, void *arg) { server_json(c, arg); }

static void lists_that_are_none(void) {
  static const struct {
    const char *body, *words;
  } cases[] = {{"{\"kind\":\"Pod\"}", "not a list: a Pod came"},
               {"{}", "not a list"},
               {"[]", "bad JSON"},
               {"", "without a body (200)"},
               {"{\"items\":{}}", "items that are not an array"},
               {"{\"items\":[{}", "truncated"},
               {"<html>SECRETMARK", "bad JSON"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    place p;
    kube_error err;
    kube_call *call;
    kube_frame frame;
    open_place(&p, answer_arg, (void *)(uintptr_t)cases[i].body);
    call = list(&p, NULL);
    check_about = cases[i].body;
    if (kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK) kube_call_take(call);
    err = ends(call, KUBE_EDECODE);
    if (!CHECK(strstr(err.message, cases[i].words) && strstr(err.message, "/namespaces/ns/pods")))
      puts(err.message);
    kube_call_free(call);
    close_place(&p);
  }
}

static void many_items(server_connection *c, void *arg) {
  (void)arg;
  server_text(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  server_chunk(c, "{\"kind\":\"PodList\",\"items\":[{\"n\":0}");
  for (int i = 1; i < 2000; i++) {
    char item[32];
    snprintf(item, sizeof item, ",{\"n\":%d}", i);
    server_chunk(c, item);
  }
  server_chunk(c, "]}");
  server_chunk(c, "");
}

/* Both are read in turns, by peek and the engine alone. */
static void two_lists_at_once(void) {
  place p;
  kube_call *call[2];
  int64_t seen[2] = {0, 0};
  int open = 2;
  bool in_order = true;
  open_place(&p, many_items, NULL);
  call[0] = list(&p, NULL);
  call[1] = list(&p, NULL);
  while (open > 0 && kube_engine_wait(p.engine, PATIENCE, NULL) <= KUBE_AGAIN) {
    kube_call *moved;
    while ((moved = kube_engine_next_ready(p.engine)) != NULL) {
      const int which = moved == call[1];
      kube_frame frame;
      kube_status status;
      CHECK(moved == call[which]);
      while ((status = kube_call_peek(moved, &frame, NULL)) == KUBE_OK) {
        int64_t n = -1;
        kube_json_integer(kube_json_find(frame.object, "n"), &n);
        in_order = in_order && n == seen[which];
        seen[which]++;
        kube_call_take(moved);
        if (seen[which] % 100 == 0) {
          kube_call_wake(moved); /* the other one's turn */
          break;
        }
      }
      if (status == KUBE_EOF)
        open--;
      else
        CHECK(status <= KUBE_AGAIN);
    }
  }
  CHECK(seen[0] == 2000 && seen[1] == 2000 && in_order);
  kube_call_free(call[1]);
  kube_call_free(call[0]);
  close_place(&p);
}

#define EVENT(type, version)                                                                       \
  "{\"type\":\"" type "\",\"object\":{\"metadata\":{\"resourceVersion\":\"" version "\"}}}\n"
#define OBJECT(version) "{\"metadata\":{\"resourceVersion\":\"" version "\"}}"

static void stream(server_connection *c, const char *events) {
  server_text(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  server_chunk(c, events);
}

/* Begins each kind of answer, and never ends it. */
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

static void never(server_connection *c, void *arg) {
  (void)arg;
  server_await_gone(c);
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

/* ---- watches ---- */

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

/* ---- discovery ---- */

static const char document[] =
    "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"items\":["
    "{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":\"v1\",\"resources\":["
    "{\"resource\":\"deployments\",\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":"
    "\"Deployment\"},\"scope\":\"Namespaced\",\"singularResource\":\"deployment\",\"verbs\":["
    "\"get\","
    "\"list\"],\"shortNames\":[\"deploy\"],\"categories\":[\"all\"],\"subresources\":["
    "{\"subresource\":\"scale\"},{\"subresource\":\"status\"}]}],\"freshness\":\"Current\"},"
    "{\"version\":\"v1beta1\",\"freshness\":\"Stale\"}]},"
    "{\"metadata\":{},\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":\"nodes\","
    "\"responseKind\":{\"kind\":\"Node\"},\"scope\":\"Cluster\"}]}]}]}";

static void discovery_reads_what_is_listed(void) {
  kube_discovery *d = kube_discovery_new(NULL);
  const kube_api_resource *r;
  kube_error err = {0};
  char *exact = check_exact(document, sizeof document - 1);
  CHECK(kube_discovery_resource(d, 0) == NULL && kube_discovery_stale(d, 0) == NULL);
  CHECK(kube_discovery_add(d, (kube_slice){exact, sizeof document - 1}, &err) == KUBE_OK);
  free(exact); /* the texts are its own */
  r = kube_discovery_resource(d, 0);
  CHECK(strcmp(r->group, "apps") == 0 && strcmp(r->version, "v1") == 0);
  CHECK(strcmp(r->resource, "deployments") == 0 && strcmp(r->singular, "deployment") == 0);
  CHECK(strcmp(r->kind, "Deployment") == 0 && r->namespaced);
  CHECK(strcmp(r->short_names[0], "deploy") == 0 && r->short_names[1] == NULL);
  CHECK(strcmp(r->categories[0], "all") == 0 && r->categories[1] == NULL);
  CHECK(strcmp(r->verbs[1], "list") == 0 && r->verbs[2] == NULL);
  CHECK(strcmp(r->subresources[1], "status") == 0 && r->subresources[2] == NULL);
  r = kube_discovery_resource(d, 1);
  CHECK(*r->group == '\0' && strcmp(r->resource, "nodes") == 0 && !r->namespaced);
  CHECK(r->verbs[0] == NULL && r->short_names[0] == NULL && strcmp(r->kind, "Node") == 0);
  CHECK(kube_discovery_resource(d, 2) == NULL);
  CHECK(strcmp(kube_discovery_stale(d, 0), "apps/v1beta1") == 0);
  CHECK(kube_discovery_stale(d, 1) == NULL);
  kube_discovery_free(d);
  kube_discovery_free(NULL);
}

static void other_documents_are_refused(void) {
  static const struct {
    const char *text, *words;
  } cases[] = {{"{\"kind\":\"Pod\",\"items\":[]}", "answered a Pod"},
               {"{\"kind\":\"APIResourceList\",\"resources\":[]}", "without groupVersion"},
               {"{}", "without a kind"},
               {"[]", "without a kind"},
               {"5", "without a kind"},
               {"null", "without a kind"},
               {"", "not JSON"},
               {"{\"kind\":", "not JSON"},
               {"SECRETMARK", "not JSON"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_discovery *d = kube_discovery_new(NULL);
    kube_error err = {0};
    char *exact = check_exact(cases[i].text, strlen(cases[i].text));
    check_about = cases[i].text;
    CHECK(kube_discovery_add(d, (kube_slice){exact, strlen(cases[i].text)}, &err) == KUBE_EDECODE);
    if (!CHECK(strstr(err.message, cases[i].words))) puts(err.message);
    CHECK(strstr(err.message, "SECRETMARK") == NULL);
    CHECK(kube_discovery_resource(d, 0) == NULL);
    CHECK(kube_discovery_add(d, slice(document), &err) == KUBE_OK); /* and another one is read */
    CHECK(kube_discovery_resource(d, 1) != NULL);
    free(exact);
    kube_discovery_free(d);
  }
}

/* What is odd inside of a document is passed over. */
static void odd_documents(void) {
#define LIST(items) "{\"kind\":\"APIGroupDiscoveryList\",\"items\":" items "}"
  static const char *const texts[] = {
      "{\"kind\":\"APIGroupDiscoveryList\"}",
      LIST("null"),
      LIST("{}"),
      LIST("\"x\""),
      LIST("[null,1,\"x\",[],{}]"),
      LIST("[{\"metadata\":5,\"versions\":null}]"),
      LIST("[{\"metadata\":{\"name\":7},\"versions\":[null,5,{}]}]"),
      LIST("[{\"metadata\":{\"name\":\"g\"},\"versions\":[{\"version\":1,\"resources\":null}]}]"),
      LIST("[{\"metadata\":{\"name\":\"g\"},\"versions\":{\"version\":\"v1\"}}]"),
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    kube_discovery *d = kube_discovery_new(NULL);
    check_about = texts[i];
    CHECK(kube_discovery_add(d, slice(texts[i]), NULL) == KUBE_OK);
    CHECK(kube_discovery_resource(d, 0) == NULL);
    CHECK(kube_discovery_stale(d, 0) == NULL);
    kube_discovery_free(d);
  }
}

static void discovery_asks_for_the_aggregated_documents(void) {
  place p;
  kube_discovery *d;
  open_place(&p, answer_arg, (void *)(uintptr_t)document);
  d = kube_discovery_start(p.client, NULL, NULL);
  CHECK(kube_discovery_call_id(d) != 0);
  CHECK(kube_discovery_wait(d, PATIENCE, NULL) == KUBE_OK);
  CHECK(kube_discovery_call_id(d) == 0 && kube_discovery_peek(d, NULL) == KUBE_OK);
  CHECK(strcmp(kube_discovery_resource(d, 0)->resource, "deployments") == 0);
  kube_discovery_free(d);
  close_place(&p);
}

int main(void) {
  RUN(an_object_is_there_until_it_is_taken);
  RUN(gets_follow_each_other);
  RUN(gets_beside_each_other);
  RUN(gets_on_connections_that_die);
  RUN(a_refusal_is_kept);
  RUN(each_verb_is_sent_as_client_go_does);
  RUN(what_cannot_be_sent_is_refused_at_once);
  RUN(a_list_goes_on_page_after_page);
  RUN(one_page_is_one_page);
  RUN(the_next_page_is_asked_for_ahead);
  RUN(what_was_sent_ahead_is_taken_back);
  RUN(the_last_token_counts);
  RUN(a_table_is_a_list_of_rows);
  RUN(lists_that_are_none);
  RUN(two_lists_at_once);
  RUN(next_gives_up_and_the_call_goes_on);
  RUN(a_get_is_answered_beside_what_does_not_end);
  RUN(waiting_for_one_call_is_waiting);
  RUN(a_call_has_its_time);
  RUN(a_watch_goes_on_where_it_was);
  RUN(a_watch_without_resuming_ends);
  RUN(odd_events);
  RUN(a_silent_server_does_not_hold_a_watch);
  RUN(the_first_silence_is_an_error);
  RUN(a_call_is_freed_at_any_moment);
  RUN(an_object_stays_while_the_engine_steps);
  RUN(headers_behind_the_body_have_a_ceiling);
  RUN(a_child_is_told_that_a_call_is_its_parents);
  RUN(handles_are_freed_in_any_order);
  RUN(discovery_reads_what_is_listed);
  RUN(other_documents_are_refused);
  RUN(odd_documents);
  RUN(discovery_asks_for_the_aggregated_documents);
  return check_report();
}
