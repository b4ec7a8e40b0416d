/*
** What is told of a call at each level. Cases: client-go transport/round_trippers_test.go
** TestDebuggingRoundTripper (those by verbosity, and as far as they tell of one of the others),
** rest/request_test.go TestTruncateBody.
*/
#include "../../csrc/client/trace.h"

#include "../../csrc/client/client.h"
#include "../support/check.h"
#include "../support/connect.h"
#include "../support/server.h"

enum { PATIENCE = 30000 };

static server its_server;
static kube_engine *engine;
static kube_client *client;

static char long_secret[4096];

static void write_long_secret(void) {
  memset(long_secret, ' ', sizeof long_secret);
  memcpy(long_secret, "{\"data\":\"SECRETMARK\"", 20);
  strcpy(long_secret + 4000, ",\"kind\":\"Secret\"}");
}

static void answer(server_connection *c, void *arg) {
  (void)arg;
  if (strstr(c->target, "/long")) {
    server_json(c, long_secret);
    return;
  }
  if (strstr(c->target, "secrets"))
    server_json(c, "{\"kind\":\"Secret\",\"data\":{\"a\":\"SECRETMARK\"}}");
  else if (strstr(c->target, "/busy") && c->number % 2)
    server_text(c, "HTTP/1.1 429 Slow\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
  else if (strstr(c->target, "/warned"))
    server_text(c,
                "HTTP/1.1 404 None\r\nWarning: 299 - \"one\", 299 a \"two\"\r\n"
                "warning: 199 - \"no\"\r\nWarning: 299 - \"three\"\r\nContent-Length: 0\r\n\r\n");
  else
    server_text(c, "HTTP/1.1 200 OK\r\nX-Test-Response: a\r\nX-Test-Response: b\r\n"
                   "Content-Length: 7\r\n\r\n{\"a\":1}");
}

/* ---- lines ---- */

static char told[16384];

static void take_lines(void) {
  char *line;
  told[0] = '\0';
  while ((line = kube_engine_take_log(engine)) != NULL) {
    strncat(told, line, sizeof told - strlen(told) - 2);
    strcat(told, "\n");
    kube_text_free(line);
  }
}

static void ask(const char *verb, const char *path, const char *body) {
  kube_rest *rest = kube_rest_new(client, verb, NULL);
  kube_call *call;
  kube_frame frame;
  kube_rest_abs_path(rest, path);
  kube_rest_param(rest, "limit", "500");
  kube_rest_header(rest, "Authorization", "bearer secretauthtoken");
  kube_rest_header(rest, "X-Test-Request", "it's a test");
  if (body) kube_rest_body(rest, (kube_slice){body, strlen(body)}, NULL);
  call = kube_rest_send(rest, NULL);
  CHECK(call != NULL);
  kube_call_next(call, &frame, PATIENCE, NULL);
  kube_call_free(call);
  kube_rest_free(rest);
  take_lines();
}

/* Whether the lines are these; '*' stands for any text without a line feed. */
static bool matches(const char *text, const char *want) {
  for (; *want && *want != '*'; text++, want++)
    if (*text != *want) return false;
  if (*want == '\0') return *text == '\0';
  for (;; text++) {
    if (matches(text, want + 1)) return true;
    if (*text == '\0' || *text == '\n') return false;
  }
}

static void told_is(const char *want) {
  if (!CHECK(matches(told, want))) printf("  want: %s\n  have: %s\n", want, told);
}

#define PLACE "verb=\"GET\" url=\"http://127.0.0.1:*/pods?limit=500\""
#define HEADERS                                                                                    \
  "headers=[\"User-Agent: *\",\"Accept: application/json\",\"Authorization: bearer <masked>\","    \
  "\"X-Test-Request: it's a test\"]"
#define ANSWERS "headers=[\"X-Test-Response: a\",\"X-Test-Response: b\",\"Content-Length: 7\"]"
#define BODY    "Response Body " PLACE " body={\"a\":1}\n"

static void each_level(void) {
  static const struct {
    int level;
    const char *want;
  } rows[] = {
      {0, ""},
      {5, ""},
      {6, "Response " PLACE " status=200 milliseconds=*\n"},
      {7, "Request " PLACE " " HEADERS "\n"
          "Response " PLACE " status=200 milliseconds=*\n"},
      {8, "Request " PLACE " " HEADERS "\n"
          "Response " PLACE " status=200 " ANSWERS " milliseconds=*\n" BODY},
      {9, "Request curl -v -XGET -H 'User-Agent: *' -H 'Accept: application/json' "
          "-H 'Authorization: bearer <masked>' -H 'X-Test-Request: it'\\''s a test' "
          "'http://127.0.0.1:*/pods?limit=500'\n"
          "Response " PLACE " status=200 " ANSWERS
          " milliseconds=* *Milliseconds=* serverProcessingMilliseconds=*\n" BODY},
  };
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    kube_log_set_level(rows[i].level);
    ask("GET", "/pods", NULL);
    told_is(rows[i].want);
  }
}

static void bodies(void) {
  kube_log_set_level(8);
  ask("POST", "/pods", "{\"b\":\n2}");
  told_is("Request verb=\"POST\" *\n"
          "Request Body verb=\"POST\" url=\"*\" body={\"b\":\\n2}\n"
          "Response verb=\"POST\" *\n"
          "Response Body verb=\"POST\" url=\"*\" body={\"a\":1}\n");
  kube_log_set_level(10);
  ask("PUT", "/secrets/x", "{\"data\":{\"b\":\"SECRETMARK\"}}");
  told_is("Request *\nRequest Body * body=(27 bytes, a Secret: not shown)\n"
          "Response *\nResponse Body * body=(43 bytes, a Secret: not shown)\n");
  ask("POST", "/pods", "{\"kind\":\"Secret\",\"data\":{\"b\":\"SECRETMARK\"}}");
  told_is("Request *\nRequest Body * body=(43 bytes, a Secret: not shown)\nResponse *\n"
          "Response Body * body={\"a\":1}\n");
}

/* A body whose kind stands behind what is shown is not shown either. */
static void a_long_secret(void) {
  kube_log_set_level(8);
  ask("POST", "/pods", long_secret);
  CHECK(strstr(told, "SECRETMARK") == NULL && strstr(told, "(4017 bytes, a Secret: not shown)"));
}

/* The same in an answer. */
static void a_long_answer(void) {
  kube_log_set_level(8);
  ask("GET", "/long", NULL);
  CHECK(strstr(told, "SECRETMARK") == NULL && strstr(told, "(4017 bytes, a Secret: not shown)"));
}

static void truncated(void) {
  static const struct {
    int level;
    size_t n;
    const char *mark;
  } rows[] = {{0, 28, " [truncated 28 chars]"},
              {10, 31, ""},
              {8, 31, ""},
              {8, 2000, " [truncated 976 chars]"},
              {9, 20000, " [truncated 9760 chars]"},
              {10, 20000, ""}};
  char body[20000];
  size_t i;
  memset(body, 'a', sizeof body);
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    const size_t most = kube_trace_body_shown(rows[i].level);
    const size_t shown = rows[i].n < most ? rows[i].n : most;
    kube_log_line line = {0};
    kube_trace_add_body(&line, (kube_slice){body, shown}, rows[i].n);
    CHECK(kube_buffer_length(&line.text) == shown + strlen(rows[i].mark));
    CHECK_STRING(kube_buffer_text(&line.text, NULL) + shown, rows[i].mark);
    kube_buffer_clear(&line.text);
  }
}

static void no_answer(void) {
  kube_client *to_nobody = connect_as(engine, "http://127.0.0.1:9", "", "");
  kube_client *ours = client;
  kube_log_set_level(6);
  client = to_nobody;
  ask("GET", "/pods", NULL);
  told_is("Response verb=\"GET\" url=\"http://127.0.0.1:9/pods?limit=500\" error=\"Failed to "
          "connect*\" milliseconds=*\n");
  client = ours;
  kube_client_free(to_nobody);
}

/* ---- warnings and figures ---- */

static void warnings_and_figures(void) {
  static const char *const want[] = {"one", "two", "three"};
  kube_call *call = kube_rest_get(client, "/warned", NULL, 0, NULL);
  kube_call_info info;
  kube_warning warning;
  kube_frame frame;
  int i;
  kube_log_set_level(0);
  CHECK(!kube_call_has_warning(call) && !kube_call_next_warning(call, &warning));
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_EAPI);
  for (i = 0; i < 3 && CHECK(kube_call_next_warning(call, &warning)); i++) {
    CHECK(warning.code == 299);
    CHECK_STRING(warning.agent, i == 1 ? "a" : "-");
    CHECK_STRING(warning.text, want[i]);
  }
  CHECK(!kube_call_next_warning(call, &warning));
  kube_call_info_get(call, &info);
  CHECK(info.ended && info.code == 404 && info.seconds > 0 && info.seconds < 10);
  CHECK_STRING(info.reason, "NotFound");
  kube_engine_advance(engine, 10000);
  kube_call_info_get(call, &info);
  CHECK(info.seconds < 10);
  kube_call_free(call);
}

static void bytes_of_both(void) {
  kube_call *call =
      kube_dynamic_create(client, &KUBE_PODS, "ns", NULL, (kube_slice){"{}", 2}, NULL, NULL);
  kube_call_info info;
  kube_frame frame;
  kube_call_info_get(call, &info);
  CHECK(!info.ended && info.code == 0 && info.reason == NULL);
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
  kube_call_take(call);
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_EOF);
  kube_call_info_get(call, &info);
  CHECK(info.ended && info.bytes_sent == 2 && info.bytes == 7 && info.reason == NULL);
  CHECK(info.retries == 0 && info.throttled == 0);
  kube_call_free(call);
}

/* What nobody keeps goes to stderr: with a time, in one line. */
static void to_stderr(void) {
  char path[] = "/tmp/kube_test.XXXXXX", said[512] = "";
  const int file = mkstemp(path), before = dup(STDERR_FILENO);
  kube_engine_keep_log(engine, false);
  kube_log_set_level(6);
  dup2(file, STDERR_FILENO);
  ask("GET", "/pods", NULL);
  dup2(before, STDERR_FILENO);
  CHECK(pread(file, said, sizeof said - 1, 0) > 0);
  strcpy(told, said);
  told_is("kube *:*:*.* Response " PLACE " status=200 milliseconds=*\n");
  unlink(path);
  close(file);
  close(before);
}

/* What a call waits for before it is sent. */
static void turns_and_rests(void) {
  const kube_config_options options = {.server = its_server.url, .qps = 10, .burst = 1};
  kube_config *config = kube_config_load(&options, NULL);
  kube_client *const own = client;
  client = kube_client_new(engine, config, NULL);
  kube_log_set_level(5);
  if (server_requests(&its_server) % 2) ask("GET", "/pods", NULL); /* busy are the odd ones */
  ask("GET", "/busy", NULL);
  kube_log_set_level(0);
  told_is(
      "Rests before another try verb=\"GET\" url=\"http://127.0.0.1:*/busy?limit=500\" attempt=1 "
      "milliseconds=0 reason=\"TooManyRequests\"\n"
      "Waits because of client-side throttling, not priority and fairness verb=\"GET\" "
      "url=\"http://127.0.0.1:*/busy?limit=500\" milliseconds=*\n");
  kube_client_free(client);
  kube_config_free(config);
  client = own;
}

int main(void) {
  write_long_secret();
  server_start(&its_server, answer, NULL);
  engine = kube_engine_new(NULL);
  kube_engine_keep_log(engine, true);
  client = connect_as(engine, its_server.url, "", "");
  RUN(each_level);
  RUN(turns_and_rests);
  RUN(bodies);
  RUN(a_long_secret);
  RUN(a_long_answer);
  RUN(truncated);
  RUN(no_answer);
  RUN(warnings_and_figures);
  RUN(bytes_of_both);
  RUN(to_stderr);
  kube_client_free(client);
  kube_engine_free(engine);
  server_stop(&its_server);
  return check_report();
}
