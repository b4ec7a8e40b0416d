/* Which requests are sent again. Cases: client-go rest/with_retry_test.go TestIsNextRetry,
** rest/request_test.go TestRetryableConditions. */
#include "../../csrc/client/retry.h"

#include "../support/check.h"

int main(void) {
  static const struct {
    kube_attempt attempt;
    long long want;
  } cases[] = {
      {{"GET", KUBE_EAPI, 429, "1"}, 1000},
      {{"POST", KUBE_EAPI, 429, "1"}, 1000},
      {{"PATCH", KUBE_EAPI, 500, "2"}, 2000},
      {{"PUT", KUBE_EAPI, 503, "0"}, 0},
      {{"DELETE", KUBE_EAPI, 504, "-1"}, 0}, /* at once: upstream's Sleep of less than nothing */
      {{"GET", KUBE_EAPI, 599, "+5"}, 5000},
      {{"GET", KUBE_EAPI, 429, NULL}, -1},
      {{"GET", KUBE_EAPI, 429, ""}, -1},
      {{"GET", KUBE_EAPI, 429, "0.5"}, -1},
      {{"GET", KUBE_EAPI, 429, " 1"}, -1},
      {{"GET", KUBE_EAPI, 429, "nope"}, -1},
      {{"GET", KUBE_EAPI, 429, "Fri, 31 Dec 1999 23:59:59 GMT"}, -1},
      {{"GET", KUBE_EAPI, 429, "86401"}, -1},
      {{"GET", KUBE_EAPI, 429, "99999999999999999999"}, -1},
      {{"GET", KUBE_EAPI, 404, "1"}, -1},
      {{"GET", KUBE_EAPI, 409, "1"}, -1},
      {{"GET", KUBE_EAPI, 410, "1"}, -1},
      {{"GET", KUBE_EAPI, 200, "1"}, -1}, /* a failure that came as a success */
      {{"GET", KUBE_ENETWORK, 0, NULL}, 1000},
      {{"HEAD", KUBE_ENETWORK, 0, NULL}, 1000},
      {{"PUT", KUBE_ENETWORK, 0, NULL}, 1000},
      {{"DELETE", KUBE_ENETWORK, 0, NULL}, 1000},
      {{"POST", KUBE_ENETWORK, 0, NULL}, -1},
      {{"PATCH", KUBE_ENETWORK, 0, NULL}, -1},
      {{"GET", KUBE_ENETWORK, 200, NULL}, -1}, /* the body was cut off */
      {{"GET", KUBE_ECONNECT, 0, NULL}, -1},
      {{"GET", KUBE_EDNS, 0, NULL}, -1},
      {{"GET", KUBE_ETLS, 0, NULL}, -1},
      {{"GET", KUBE_ETIMEOUT, 0, NULL}, -1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const long long have = kube_retry_delay(&cases[i].attempt);
    check_about = cases[i].attempt.retry_after ? cases[i].attempt.retry_after : "none";
    CHECK(have == cases[i].want);
    if (have != cases[i].want) printf("  case %zu: %lld\n", i, have);
  }
  return check_report();
}
