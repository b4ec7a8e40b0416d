/*
** The Status of an answer that has none. Rows: apimachinery pkg/api/errors/errors.go
** NewGenericServerResponse (each of its cases), client-go rest/request_test.go
** TestTransformResponse and TestTransformUnstructuredError, with what client-go v0.36.3 makes of
** them.
*/
#include "../../csrc/client/generic.h"

#include "../support/check.h"

#define JSON  "application/json"
#define PLAIN "text/plain; charset=utf-8"

static kube_refusal refusal_of(int code, const char *method, const char *path, const char *type,
                               const char *body) {
  return (kube_refusal){.code = code,
                        .method = method,
                        .where = "https://h/p",
                        .path = path,
                        .who = "jane",
                        .content_type = type,
                        .body = {body, strlen(body)}};
}

/* The text of a member of the Status that stands for a refusal; "" when it is not there. */
static const char *said(const kube_refusal *refusal, const char *path) {
  static char text[4096];
  kube_buffer out = {0};
  kube_error err = {0};
  CHECK(kube_refusal_status(refusal, &out, &err) == KUBE_OK);
  CHECK(kube_is_failure(kube_buffer_slice(&out)));
  *text = '\0';
  kube_json_text(kube_json_find(kube_buffer_slice(&out), path), text, sizeof text);
  kube_buffer_clear(&out);
  return text;
}

#define FOO "/api/v1/namespaces/default/foo/bar"

static void each_code_has_its_words(void) {
  static const struct {
    int code;
    const char *method, *body, *reason, *message;
  } cases[] = {
      {409, "POST", "", "AlreadyExists", "the server reported a conflict (post foo bar)"},
      {409, "PUT", "", "Conflict", "the server reported a conflict (put foo bar)"},
      {404, "GET", "x", "NotFound",
       "the server could not find the requested resource (get foo bar)"},
      {400, "GET", "x", "BadRequest",
       "the server rejected our request for an unknown reason (get foo bar)"},
      {401, "GET", "x", "Unauthorized",
       "the server has asked for the client to provide credentials (get foo bar)"},
      {403, "GET", "no\n", "Forbidden", "no (get foo bar)"},
      {403, "GET", "", "Forbidden", " (get foo bar)"},
      {406, "GET", "only yaml", "NotAcceptable", "only yaml (get foo bar)"},
      {406, "GET", "", "NotAcceptable",
       "the server was unable to respond with a content type that the client supports (get foo "
       "bar)"},
      {415, "POST", "only json", "UnsupportedMediaType", "only json (post foo bar)"},
      {405, "DELETE", "x", "MethodNotAllowed",
       "the server does not allow this method on the requested resource (delete foo bar)"},
      {422, "PATCH", "x", "Invalid",
       "the server rejected our request due to an error in our request (patch foo bar)"},
      {503, "GET", "x", "ServiceUnavailable",
       "the server is currently unable to handle the request (get foo bar)"},
      {504, "GET", "x", "Timeout",
       "the server was unable to return a response in the time allotted, but may still be "
       "processing the request (get foo bar)"},
      {429, "GET", "x", "TooManyRequests",
       "the server has received too many requests and has asked us to try again later (get foo "
       "bar)"},
      {500, "GET", " a \"b\"\n\tc\x01\xC3\xA9\xFF\\ ", "InternalError",
       "an error on the server (\"a \\\"b\\\"\\n\\tc\\x01\xC3\xA9\\xff\\\\\") has prevented the "
       "request from succeeding (get foo bar)"},
      {502, "GET", "", "InternalError",
       "an error on the server (\"\") has prevented the request from succeeding (get foo bar)"},
      {418, "GET", "x", "",
       "the server responded with the status code 418 but did not return more information (get foo "
       "bar)"},
      {408, "GET", "x", "",
       "the server responded with the status code 408 but did not return more information (get foo "
       "bar)"},
      {410, "GET", "x", "Gone",
       "the server responded with the status code 410 but did not return more information (get foo "
       "bar)"},
      {413, "POST", "x", "RequestEntityTooLarge",
       "the server responded with the status code 413 but did not return more information (post "
       "foo bar)"},
      {304, "GET", "", "",
       "the server responded with the status code 304 but did not return more information (get foo "
       "bar)"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_refusal r = refusal_of(cases[i].code, cases[i].method, FOO, PLAIN, cases[i].body);
    char code[8];
    check_about = cases[i].message;
    CHECK_STRING(said(&r, "message"), cases[i].message);
    CHECK_STRING(said(&r, "reason"), cases[i].reason);
    snprintf(code, sizeof code, "%d", cases[i].code);
    CHECK_STRING(said(&r, "code"), code);
    CHECK_STRING(said(&r, "details.causes[0].reason"), "UnexpectedServerResponse");
  }
}

/* What is no text says nothing: "unknown". */
static void only_a_text_is_quoted(void) {
  static const struct {
    const char *type, *said;
  } cases[] = {{PLAIN, "aaaaa"},
               {NULL, "aaaaa"},
               {"", "aaaaa"},
               {"text/any", "aaaaa"},
               {"TEXT/HTML", "aaaaa"},
               {JSON, "unknown"},
               {"application/octet-stream", "unknown"},
               {"image/png; x=text/plain", "unknown"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_refusal r = refusal_of(403, "GET", "/healthz", cases[i].type, "aaaaa");
    check_about = cases[i].type ? cases[i].type : "no type";
    CHECK_STRING(said(&r, "message"), cases[i].said);
    CHECK_STRING(said(&r, "details.causes[0].message"), cases[i].said);
  }
}

static void what_it_was_about(void) {
  static const struct {
    const char *path, *group, *kind, *name, *message;
  } cases[] = {
      {"/api/v1/pods", "", "pods", "", "x (get pods)"},
      {"/api/v1/namespaces/a/pods", "", "pods", "", "x (get pods)"},
      {"/api/v1/namespaces/a/pods/b/log", "", "pods", "b", "x (get pods b)"},
      {"/apis/apps/v1/namespaces/a/deployments/web", "apps", "deployments", "web",
       "x (get deployments.apps web)"},
      {"/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode", "rbac.authorization.k8s.io",
       "clusterroles", "system:node", "x (get clusterroles.rbac.authorization.k8s.io system:node)"},
      {"/api/v1/namespaces/a", "", "namespaces", "a", "x (get namespaces a)"},
      {"/api/v1/namespaces/a/status", "", "namespaces", "a", "x (get namespaces a)"},
      {"/api/v1/namespaces/a/finalize", "", "namespaces", "a", "x (get namespaces a)"},
      {"/api", "", "", "", "x"},
      {"/apis/apps", "", "", "", "x"},
      {"/version", "", "", "", "x"},
      {"/", "", "", "", "x"},
      {NULL, "", "", "", "x"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_refusal r = refusal_of(403, "GET", cases[i].path, PLAIN, "x");
    check_about = cases[i].path ? cases[i].path : "no path";
    CHECK_STRING(said(&r, "message"), cases[i].message);
    CHECK_STRING(said(&r, "details.name"), cases[i].name);
    CHECK_STRING(said(&r, "details.kind"), cases[i].kind);
    if (cases[i].kind[0]) CHECK_STRING(said(&r, "details.group"), cases[i].group);
  }
}

static void how_long_to_wait(void) {
  static const struct {
    const char *header, *want;
  } cases[] = {{"7", "7"}, {"0", ""}, {"-1", ""}, {"0.5", ""}, {"7s", ""}, {"Wed, 21 Oct 2015", ""},
               {NULL, ""}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_refusal r = refusal_of(429, "GET", FOO, PLAIN, "");
    r.retry_after = cases[i].header;
    check_about = cases[i].header ? cases[i].header : "none";
    CHECK_STRING(said(&r, "details.retryAfterSeconds"), cases[i].want);
  }
}

/* A Status that came goes before all that; Success, and what is no JSON, does not. */
static void a_status_that_came(void) {
  static const struct {
    const char *body, *reason;
    int code;
  } cases[] = {
      {"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":404}",
       "NotFound", 404},
      {"{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":404}", "NotFound", 404},
      {"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\",\"code\":404}",
       "BadRequest", 400},
      {"{}", "BadRequest", 400},
      {"{\"status\":\"Failure\",\"code\":404}", "BadRequest", 400},
      {"{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":404", "BadRequest", 400},
      {"{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":404,}", "BadRequest", 400},
      {"{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":404} x", "BadRequest", 400},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_refusal r = refusal_of(400, "GET", FOO, JSON, cases[i].body);
    kube_error err = {0};
    kube_buffer out = {0};
    check_about = cases[i].body;
    kube_refusal_fail(&r, &err);
    CHECK_STRING(err.reason, cases[i].reason);
    CHECK(err.code == cases[i].code);
    CHECK(kube_refusal_status(&r, &out, NULL) == KUBE_OK);
    if (cases[i].code == 404)
      CHECK_TEXT(kube_buffer_bytes(&out), kube_buffer_length(&out), cases[i].body);
    else
      CHECK_STRING(said(&r, "details.causes[0].reason"), "UnexpectedServerResponse");
    kube_buffer_clear(&out);
  }
}

/* Whatever comes, the Status is JSON, and no longer than need be. */
static void a_body_of_anything(void) {
  static char body[1 << 16];
  for (int seed = 0; seed < 300; seed++) {
    kube_refusal r = refusal_of(seed % 2 ? 403 : 500, "GET", FOO, PLAIN, "");
    kube_buffer out = {0};
    size_t n = seed < 256 ? 64 : sizeof body;
    unsigned state = (unsigned)seed * 2654435761u + 1;
    for (size_t i = 0; i < n; i++) {
      state = state * 1664525u + 1013904223u;
      body[i] = seed < 256 && i % 2 ? (char)seed : (char)(state >> 24);
    }
    r.body = (kube_slice){body, n};
    CHECK(kube_refusal_status(&r, &out, NULL) == KUBE_OK);
    CHECK(kube_is_failure(kube_buffer_slice(&out)));
    CHECK(kube_buffer_length(&out) < 40000);
    kube_buffer_clear(&out);
  }
}

int main(void) {
  RUN(each_code_has_its_words);
  RUN(only_a_text_is_quoted);
  RUN(what_it_was_about);
  RUN(how_long_to_wait);
  RUN(a_status_that_came);
  RUN(a_body_of_anything);
  return check_report();
}
