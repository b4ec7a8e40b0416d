/* RFC 3339: the examples of its section 5.8, and what Go's time.Parse(time.RFC3339) takes or not. */
#include "../../csrc/core/timestamp.h"

#include "../support/check.h"

static void moments(void) {
  static const struct {
    const char *text;
    long long ms;
  } cases[] = {{"1970-01-01T00:00:00Z", 0},
               {"1985-04-12T23:20:50.52Z", 482196050520},
               {"1996-12-19T16:39:57-08:00", 851042397000},
               {"1990-12-31T23:59:60Z", 662688000000},
               {"1990-12-31T15:59:60-08:00", 662688000000},
               {"1937-01-01T12:00:27.87+00:20", -1041337172130},
               {"2026-11-28T10:00:00Z", 1795860000000},
               {"2024-02-29T00:00:00+05:30", 1709145000000},
               {"2026-11-28t10:00:00z", 1795860000000},
               {"2026-11-28T10:00:00.123456789Z", 1795860000123},
               {"9999-12-31T23:59:59Z", 253402300799000},
               {"0001-01-01T00:00:00Z", -62135596800000}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    long long ms = -1;
    check_about = cases[i].text;
    CHECK(kube_timestamp_parse(cases[i].text, &ms));
    CHECK(ms == cases[i].ms);
  }
}

static void no_moments(void) {
  static const char *const cases[] = {"",
                                      "2026",
                                      "2026-11-28",
                                      "2026-11-28 10:00:00Z",
                                      "2026-11-28T10:00:00",
                                      "2026-11-28T10:00Z",
                                      "2026-13-28T10:00:00Z",
                                      "2026-00-28T10:00:00Z",
                                      "2026-02-29T10:00:00Z",
                                      "1900-02-29T10:00:00Z",
                                      "2026-11-31T10:00:00Z",
                                      "2026-11-28T24:00:00Z",
                                      "2026-11-28T10:60:00Z",
                                      "2026-11-28T10:00:61Z",
                                      "2026-11-28T10:00:00.Z",
                                      "2026-11-28T10:00:00+0530",
                                      "2026-11-28T10:00:00+24:00",
                                      "2026-11-28T10:00:00+05:60",
                                      "2026-11-28T10:00:00Zx",
                                      " 2026-11-28T10:00:00Z",
                                      "+2026-11-28T10:00:00Z",
                                      "26-11-28T10:00:00Z"};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    long long ms;
    check_about = cases[i];
    CHECK(!kube_timestamp_parse(cases[i], &ms));
  }
}

int main(void) {
  RUN(moments);
  RUN(no_moments);
  return check_report();
}
