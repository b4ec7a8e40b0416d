/* Whether a request is sent again; the contract is in retry.h. */
#include "retry.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { AFTER_A_BREAK = 1000 /* ms */ };

#define MOST_SECONDS 86400LL /* a server that asks for more is not waited for */

static bool may_be_done_twice(const char *method) {
  static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
  size_t i;
  for (i = 0; i < sizeof methods / sizeof *methods; i++)
    if (strcmp(method, methods[i]) == 0) return true;
  return false;
}

/* Go's strconv.Atoi: a sign, digits, and nothing else. Less than nothing is nothing. */
static long long seconds_of(const char *text) {
  const char *digits = text + (*text == '+' || *text == '-');
  long long seconds;
  if (*digits == '\0' || digits[strspn(digits, "0123456789")]) return -1;
  seconds = strtoll(text, NULL, 10);
  if (seconds < 0) return 0;
  return seconds > MOST_SECONDS ? -1 : seconds;
}

long long kube_retry_delay(const kube_attempt *a) {
  long long seconds;
  if (a->status == KUBE_ENETWORK && a->code == 0)
    return may_be_done_twice(a->method) ? AFTER_A_BREAK : -1;
  if (a->status != KUBE_EAPI || a->retry_after == NULL) return -1;
  if (a->code != 429 && a->code < 500) return -1;
  seconds = seconds_of(a->retry_after);
  return seconds < 0 ? -1 : seconds * 1000;
}
