/* Failure as a value: reasons, messages that are too long, prefixes. */
#include "../../csrc/core/error.h"

#include "../../csrc/core/json.h"
#include "../support/check.h"

enum { SIZE = sizeof((kube_error *)0)->message };

/* Whether a text could stand in a JSON string: valid UTF-8. */
static bool is_utf8(const char *text) {
  char quoted[SIZE + 2];
  const int n = snprintf(quoted, sizeof quoted, "\"%s\"", text);
  return kube_json_validate((kube_slice){quoted, (size_t)n}, NULL) == KUBE_OK;
}

static bool ends_in(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

/* n bytes: a run of x, then copies of unit. */
static void fill(char *text, size_t n, size_t lead, const char *unit) {
  const size_t m = strlen(unit);
  size_t i = lead;
  memset(text, 'x', lead);
  for (; i + m <= n; i += m) memcpy(text + i, unit, m);
  text[i] = '\0';
}

static void each_status_has_its_reason(void) {
  static const struct {
    kube_status status;
    const char *reason;
  } cases[] = {{KUBE_AGAIN, "Again"},
               {KUBE_EOF, "EndOfFile"},
               {KUBE_ENOMEM, "OutOfMemory"},
               {KUBE_EUSAGE, "BadRequest"},
               {KUBE_ECONFIG, "Config"},
               {KUBE_EDNS, "DNS"},
               {KUBE_ECONNECT, "ConnectionRefused"},
               {KUBE_ENETWORK, "Connection"},
               {KUBE_ETLS, "TLS"},
               {KUBE_ETIMEOUT, "Timeout"},
               {KUBE_ECANCELED, "Canceled"},
               {KUBE_EDECODE, "Decode"},
               {KUBE_ETOOLARGE, "TooLarge"},
               {KUBE_ESYSTEM, "System"},
               {KUBE_EEXEC, "Exec"},
               {KUBE_EAPI, "Unknown"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_error err = {.code = 404, .retry_after = 3};
    check_about = cases[i].reason;
    CHECK(kube_fail(&err, cases[i].status, "%s %d", "n", 1) == cases[i].status);
    CHECK(err.status == cases[i].status && err.code == 0 && err.retry_after == 0);
    CHECK_TEXT(err.reason, strlen(err.reason), cases[i].reason);
    CHECK_TEXT(err.message, strlen(err.message), "n 1");
    CHECK(kube_error_turn(&err, KUBE_ECONFIG) == KUBE_ECONFIG);
    CHECK_TEXT(err.reason, strlen(err.reason), "Config");
    CHECK_TEXT(err.message, strlen(err.message), "n 1");
  }
}

static void nobody_has_to_ask(void) {
  CHECK(kube_fail(NULL, KUBE_ETLS, "x") == KUBE_ETLS);
  CHECK(kube_fail_memory(NULL, "x") == KUBE_ENOMEM);
  CHECK(kube_error_turn(NULL, KUBE_ETLS) == KUBE_ETLS);
  kube_error_prefix(NULL, "x");
  kube_error_clear(NULL);
}

/* Whatever the cut hits, and however wide the characters are. */
static void a_long_message_is_cut_between_characters(void) {
  static const char *const units[] = {"y", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
  for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
    for (size_t lead = 0; lead < 8; lead++) {
      char text[2000];
      kube_error err = {0};
      fill(text, 1500, lead, units[u]);
      kube_fail(&err, KUBE_EUSAGE, "%s", text);
      CHECK(is_utf8(err.message));
      CHECK(ends_in(err.message, "..."));
      CHECK(strlen(err.message) >= SIZE - 1 - 4);
      CHECK(strncmp(err.message, text, strlen(err.message) - 3) == 0);
    }
  }
}

static void a_message_that_fits_is_whole(void) {
  char text[SIZE + 1];
  kube_error err = {0};
  fill(text, SIZE - 1, 0, "z");
  kube_fail(&err, KUBE_EUSAGE, "%s", text);
  CHECK(strcmp(err.message, text) == 0);
  fill(text, SIZE, 0, "z");
  kube_fail(&err, KUBE_EUSAGE, "%s", text);
  CHECK(strlen(err.message) == SIZE - 1 && ends_in(err.message, "z..."));
}

static void a_prefix_goes_in_front(void) {
  kube_error err = {.code = 7};
  kube_fail(&err, KUBE_EDNS, "inner");
  err.code = 7;
  kube_error_prefix(&err, "%s %d", "outer", 5);
  CHECK_TEXT(err.message, strlen(err.message), "outer 5: inner");
  CHECK(err.status == KUBE_EDNS && err.code == 7);
  CHECK_TEXT(err.reason, strlen(err.reason), "DNS");
  kube_error_prefix(&err, "text/\x1b[2Jhtml\xC2\x9B"); /* a server's word, as it came */
  CHECK_TEXT(err.message, strlen(err.message), "text/?[2Jhtml??: outer 5: inner");
}

static void a_long_prefix_is_cut_too(void) {
  for (size_t n = SIZE - 20; n < SIZE + 20; n++) {
    for (size_t lead = 0; lead < 4; lead++) {
      char text[2000];
      kube_error err = {0};
      fill(text, n, lead, "\xE2\x82\xAC");
      kube_fail(&err, KUBE_EUSAGE, "inner \xF0\x9F\x98\x80");
      kube_error_prefix(&err, "%s", text);
      CHECK(is_utf8(err.message));
      if (strlen(text) + strlen(": inner \xF0\x9F\x98\x80") < SIZE)
        CHECK(ends_in(err.message, "\x98\x80"));
      else
        CHECK(ends_in(err.message, "..."));
    }
  }
}

static void clearing(void) {
  kube_error err = {0}, zero = {0};
  kube_fail(&err, KUBE_EDNS, "inner");
  kube_error_clear(&err);
  CHECK(memcmp(&err, &zero, sizeof err) == 0);
}

int main(void) {
  RUN(each_status_has_its_reason);
  RUN(nobody_has_to_ask);
  RUN(a_long_message_is_cut_between_characters);
  RUN(a_message_that_fits_is_whole);
  RUN(a_prefix_goes_in_front);
  RUN(a_long_prefix_is_cut_too);
  RUN(clearing);
  return check_report();
}
