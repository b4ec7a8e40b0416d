/*
** What a refusal means. The tables follow client-go rest/request_test.go (TestTransformResponse) and
** apimachinery pkg/api/errors (NewGenericServerResponse).
*/
#include "../../csrc/client/status.h"

#include "../support/check.h"

#define JSON  "application/json"
#define PLAIN "text/plain; charset=utf-8"
#define HTML  "text/html"

/* The body lies in memory of exactly its size. */
static kube_error refused(int code, const char *method, const char *type, const char *retry_after,
                          const char *body) {
  kube_error err = {0};
  char *exact = check_exact(body, strlen(body));
  const kube_refusal refusal = {.code = code,
                                .method = method,
                                .where = "https://h/p",
                                .who = "jane",
                                .content_type = type,
                                .retry_after = retry_after,
                                .body = {exact, strlen(body)}};
  CHECK(kube_refusal_fail(&refusal, &err) == KUBE_EAPI);
  CHECK(kube_refusal_fail(&refusal, NULL) == KUBE_EAPI);
  CHECK(err.status == KUBE_EAPI);
  free(exact);
  return err;
}

static void a_code_alone_has_a_reason(void) {
  static const struct {
    int code;
    const char *method, *reason;
  } cases[] = {{400, "GET", "BadRequest"},
               {401, "GET", "Unauthorized"},
               {403, "GET", "Forbidden"},
               {404, "GET", "NotFound"},
               {405, "PUT", "MethodNotAllowed"},
               {406, "GET", "NotAcceptable"},
               {409, "POST", "AlreadyExists"},
               {409, "PUT", "Conflict"},
               {409, "DELETE", "Conflict"},
               {410, "GET", "Gone"},
               {413, "POST", "RequestEntityTooLarge"},
               {415, "POST", "UnsupportedMediaType"},
               {422, "POST", "Invalid"},
               {429, "GET", "TooManyRequests"},
               {500, "GET", "InternalError"},
               {502, "GET", "InternalError"},
               {503, "GET", "ServiceUnavailable"},
               {504, "GET", "Timeout"},
               {599, "GET", "InternalError"},
               {302, "GET", "Unknown"},
               {418, "GET", "Unknown"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_error err = refused(cases[i].code, cases[i].method, NULL, NULL, "");
    char start[64];
    check_about = cases[i].reason;
    snprintf(start, sizeof start, "%s https://h/p: %d ", cases[i].method, cases[i].code);
    CHECK_TEXT(err.reason, strlen(err.reason), cases[i].reason);
    CHECK(err.code == cases[i].code && err.retry_after == 0);
    CHECK(strncmp(err.message, start, strlen(start)) == 0);
    CHECK(strlen(err.message) > strlen(start));
  }
}

static void a_status_speaks_for_itself(void) {
  kube_error err = refused(404, "GET", JSON, NULL,
                           "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\","
                           "\"message\":\"pods \\\"x\\\" not found\",\"reason\":\"NotFound\","
                           "\"details\":{\"name\":\"x\",\"kind\":\"pods\"},\"code\":404}");
  CHECK_TEXT(err.message, strlen(err.message), "pods \"x\" not found");
  CHECK_TEXT(err.reason, strlen(err.reason), "NotFound");
  CHECK(err.code == 404);
  /* its reason and code go before what HTTP said */
  err = refused(500, "GET", JSON, NULL,
                "{\"kind\":\"Status\",\"message\":\"m\",\"reason\":\"Expired\",\"code\":410}");
  CHECK_TEXT(err.reason, strlen(err.reason), "Expired");
  CHECK(err.code == 410);
  /* a type the server did not say */
  err = refused(403, "GET", NULL, NULL, "{\"kind\":\"Status\",\"message\":\"no\"}");
  CHECK_TEXT(err.message, strlen(err.message), "no");
  CHECK_TEXT(err.reason, strlen(err.reason), "Forbidden");
  CHECK(err.code == 403);
}

/* Whatever is odd in a Status is passed over; what HTTP said holds. */
static void odd_statuses(void) {
  static const char *const bodies[] = {
      "{\"kind\":\"Status\"}",
      "{\"kind\":\"Status\",\"message\":\"\",\"reason\":\"\"}",
      "{\"kind\":\"Status\",\"message\":null,\"reason\":null,\"code\":null}",
      "{\"kind\":\"Status\",\"message\":{\"a\":1},\"reason\":[\"x\"],\"code\":\"409\"}",
      "{\"kind\":\"Status\",\"code\":0}",
      "{\"kind\":\"Status\",\"code\":-409}",
      "{\"kind\":\"Status\",\"code\":4.09e2}",
      "{\"kind\":\"Status\",\"code\":99999999999999999999}",
      "{\"kind\":\"Status\",\"details\":null}",
      "{\"kind\":\"Status\",\"details\":{\"retryAfterSeconds\":-1}}",
      "{\"kind\":\"Status\",\"details\":{\"retryAfterSeconds\":\"9\"}}",
      "{\"kind\":\"Status\",\"details\":{\"retryAfterSeconds\":99999999999}}",
      "{\"kind\":\"Status\",\"details\":[1]}",
  };
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    const kube_error err = refused(404, "GET", JSON, NULL, bodies[i]);
    check_about = bodies[i];
    CHECK_TEXT(err.reason, strlen(err.reason), "NotFound");
    CHECK_TEXT(err.message, strlen(err.message),
               "GET https://h/p: 404 the server could not find the requested resource");
    CHECK(err.code == 404 && err.retry_after == 0);
  }
}

/* Nothing of a body that is no Status gets into a message, but a text that is meant to be read. */
static void other_bodies_stay_out_of_messages(void) {
  static const struct {
    const char *type, *body;
  } cases[] = {{JSON, "{\"kind\":\"Secret\",\"message\":\"SECRETMARK\",\"reason\":\"SECRETMARK\"}"},
               {JSON, "{\"message\":\"SECRETMARK\"}"},
               {JSON, "{\"Kind\":\"Status\",\"message\":\"SECRETMARK\"}"},
               {JSON, "{\"kind\":\"StatusX\",\"message\":\"SECRETMARK\"}"},
               {JSON, "{\"kind\":[\"Status\"],\"message\":\"SECRETMARK\"}"},
               {JSON, "[{\"kind\":\"Status\",\"message\":\"SECRETMARK\"}]"},
               {JSON, "\"SECRETMARK\""},
               {JSON, "SECRETMARK"},
               {HTML, "<html><h1>SECRETMARK</h1></html>"},
               {"application/octet-stream", "SECRETMARK"},
               {"text/html; x=text/plain", "SECRETMARK"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_error err = refused(403, "GET", cases[i].type, NULL, cases[i].body);
    check_about = cases[i].body;
    CHECK_TEXT(err.message, strlen(err.message), "GET https://h/p: 403 forbidden");
    CHECK(strcmp(err.reason, "Forbidden") == 0);
  }
}

static void a_plain_text_is_quoted(void) {
  static const struct {
    const char *body, *want;
  } cases[] = {{"404 page not found\n", ": \"404 page not found\""},
               {"first\nsecond", ": \"first\""},
               {"a\x1b[31m\r\tb\xC3\xA9", ": \"a?[31m??b??\""},
               {"", ""},
               {"\nlater", ""}};
  char longer[1000];
  kube_error err;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char want[256];
    snprintf(want, sizeof want,
             "GET https://h/p: 404 the server could not find the requested resource%s",
             cases[i].want);
    check_about = cases[i].body;
    err = refused(404, "GET", PLAIN, NULL, cases[i].body);
    CHECK_TEXT(err.message, strlen(err.message), want);
  }
  /* as client-go: without a type it may be read too */
  err = refused(403, "GET", NULL, NULL, "no way");
  CHECK_TEXT(err.message, strlen(err.message), "GET https://h/p: 403 forbidden: \"no way\"");
  memset(longer, 'l', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  err = refused(404, "GET", PLAIN, NULL, longer);
  CHECK(strlen(err.message) < 400);
}

static void retry_after(void) {
  static const struct {
    const char *header, *body;
    int want;
  } cases[] = {
      {"7", "", 7},
      {"0", "", 0},
      {NULL, "", 0},
      {"-5", "", 0},
      {"soon", "", 0},
      {"", "", 0},
      {"Wed, 21 Oct 2015 07:28:00 GMT", "", 0},
      {"99999999999", "", 0},
      {"99999999999999999999999", "", 0},
      {NULL, "{\"kind\":\"Status\",\"details\":{\"retryAfterSeconds\":4}}", 4},
      {"7", "{\"kind\":\"Status\",\"details\":{\"retryAfterSeconds\":4}}", 4},
      {"7", "{\"kind\":\"Status\",\"details\":{}}", 7},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_error err = refused(429, "GET", JSON, cases[i].header, cases[i].body);
    check_about = cases[i].header ? cases[i].header : cases[i].body;
    CHECK(err.retry_after == cases[i].want);
  }
}

static void unauthorized_says_who_and_where(void) {
  const kube_error err = refused(401, "GET", JSON, NULL,
                                 "{\"kind\":\"Status\",\"message\":\"Unauthorized\","
                                 "\"reason\":\"Unauthorized\",\"code\":401}");
  CHECK_TEXT(err.message, strlen(err.message),
             "GET https://h/p: the server does not accept the credentials of user \"jane\": "
             "Unauthorized");
  CHECK(err.code == 401);
}

/* A long message ends between two characters. */
static void a_long_message_is_cut(void) {
  static const char unit[] = "\xE2\x82\xAC";
  for (int lead = 0; lead < 4; lead++) {
    char body[8000], quoted[1000];
    int n = snprintf(body, sizeof body, "{\"kind\":\"Status\",\"reason\":\"");
    kube_error err;
    for (int i = 0; i < 40; i++) n += snprintf(body + n, sizeof body - (size_t)n, "%s", unit);
    n += snprintf(body + n, sizeof body - (size_t)n, "\",\"message\":\"%.*s", lead, "xxx");
    for (int i = 0; i < 1000; i++) n += snprintf(body + n, sizeof body - (size_t)n, "%s", unit);
    snprintf(body + n, sizeof body - (size_t)n, "\"}");
    err = refused(422, "POST", JSON, NULL, body);
    n = snprintf(quoted, sizeof quoted, "\"%s\"", err.message);
    CHECK(kube_json_find((kube_slice){quoted, (size_t)n}, "").length == strlen(err.message));
    CHECK(strlen(err.message) > 960);
    CHECK(strcmp(err.message + strlen(err.message) - 3, "...") == 0);
    CHECK(strlen(err.reason) % 3 == 0 && strlen(err.reason) >= 45);
  }
}

/* What a server says is shown on terminals: it may break lines there, and no more. */
static void a_server_has_no_hold_on_the_terminal(void) {
  kube_error err = refused(403, "GET", JSON, NULL,
                           "{\"kind\":\"Status\",\"reason\":\"\\u001b[31mRed\",\"message\":"
                           "\"\\u001b]0;x\\u0007 a\\nb\\tc \\u009b2J \\u007f \\u00e9\"}");
  CHECK_STRING(err.message, "?]0;x? a\nb\tc ??2J ? \xC3\xA9");
  CHECK_STRING(err.reason, "?[31mRed");
  kube_fail(&err, KUBE_EDECODE, "a %s came", "\x1B[2J\xC2\x85");
  CHECK_STRING(err.message, "a ?[2J?? came");
}

static void a_status_as_an_object(void) {
  static const struct {
    const char *text, *reason, *message;
    int code;
  } cases[] = {
      {"{\"kind\":\"Status\",\"message\":\"too old\",\"reason\":\"Expired\",\"code\":410}",
       "Expired", "too old", 410},
      {"{\"kind\":\"Status\",\"code\":410}", "Gone", "what was asked for is gone", 410},
      {"{}", "Unknown", "the server responded with a status code we did not expect", 0},
      {"{\"code\":\"x\"}", "Unknown", "the server responded with a status code we did not expect",
       0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_error err = {0};
    const kube_slice text = {cases[i].text, strlen(cases[i].text)};
    check_about = cases[i].text;
    CHECK(kube_status_fail(text, &err) == KUBE_EAPI);
    CHECK(kube_status_fail(text, NULL) == KUBE_EAPI);
    CHECK_TEXT(err.reason, strlen(err.reason), cases[i].reason);
    CHECK_TEXT(err.message, strlen(err.message), cases[i].message);
    CHECK(err.code == cases[i].code && err.status == KUBE_EAPI);
  }
}

int main(void) {
  RUN(a_code_alone_has_a_reason);
  RUN(a_status_speaks_for_itself);
  RUN(odd_statuses);
  RUN(other_bodies_stay_out_of_messages);
  RUN(a_plain_text_is_quoted);
  RUN(retry_after);
  RUN(unauthorized_says_who_and_where);
  RUN(a_long_message_is_cut);
  RUN(a_server_has_no_hold_on_the_terminal);
  RUN(a_status_as_an_object);
  return check_report();
}
