/* What each verb sends, and what is not sent at all; as a C program sees it. */
#include "../support/place.h"

static void echo(server_connection *c, void *arg) {
  char text[4096];
  const char *type = strstr(c->head, "Content-Type: ");
  (void)arg;
  snprintf(text, sizeof text, "%s %s %.*s %s", c->method, c->target,
           type ? (int)strcspn(type + 14, "\r") : 1, type ? type + 14 : "-",
           c->body_length ? c->body : "-");
  server_json(c, text);
}

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

/* The length that its answer names is that of what a GET would bring. */
static void no_body(server_connection *c, void *arg) {
  (void)arg;
  CHECK(strcmp(c->method, "HEAD") == 0);
  server_text(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 50000000\r\n\r\n");
}

static void a_head_has_headers_and_no_body(void) {
  place p;
  kube_call *call;
  kube_call_info info;
  kube_frame frame;
  open_place(&p, no_body, NULL);
  call = ask(&p, "HEAD", "/x", 10000, 0);
  if (CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK)) {
    CHECK(frame.object.length == 0);
    CHECK_STRING(kube_call_header(call, "Content-Length"), "50000000");
    kube_call_info_get(call, &info);
    CHECK(info.code == 200);
    kube_call_take(call);
  }
  ends(call, KUBE_EOF);
  kube_call_free(call);
  close_place(&p);
}

static void send_to_arg(server_connection *c, void *arg) {
  server_printf(c, "HTTP/1.1 302 Found\r\nLocation: %s/y\r\nContent-Length: 0\r\n\r\n",
                (char *)arg);
}

static void seen_by_a_stranger(server_connection *c, void *arg) {
  (void)arg;
  CHECK(strcmp(c->method, "HEAD") == 0 && strcmp(c->target, "/y") == 0);
  CHECK(strstr(c->head, "X-Mine: yes\r\n") != NULL);
  CHECK(strstr(c->head, "SECRETMARK") == NULL);
  server_text(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
}

/* Another port is another host: whom a caller says to be is not told there. */
static void headers_that_say_who_we_are_stay_here(void) {
  static const char *const names[] = {"Authorization", "proxy-authorization", "Cookie",
                                      "Impersonate-User"};
  place p;
  server stranger;
  kube_rest *rest;
  kube_call *call;
  server_start(&stranger, seen_by_a_stranger, NULL);
  open_place(&p, send_to_arg, stranger.url);
  rest = kube_rest_new(p.client, "HEAD", NULL);
  kube_rest_abs_path(rest, "/x");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    kube_rest_header(rest, names[i], "SECRETMARK");
  kube_rest_header(rest, "X-Mine", "yes");
  call = kube_rest_send(rest, NULL);
  next_is(call, "");
  kube_call_free(call);
  kube_rest_free(rest);
  CHECK(server_requests(&stranger) == 1);
  close_place(&p);
  server_stop(&stranger);
}

int main(void) {
  RUN(each_verb_is_sent_as_client_go_does);
  RUN(what_cannot_be_sent_is_refused_at_once);
  RUN(headers_that_say_who_we_are_stay_here);
  RUN(a_head_has_headers_and_no_body);
  return check_report();
}
