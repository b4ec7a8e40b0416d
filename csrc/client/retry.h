/*
** Whether a request that came to nothing is sent again, and when. Pure.
**
** | what came                                | client-go                    | here                       |
** | 429 or 5xx with Retry-After: seconds     | again then, 10 times at most | the same, and a tenth more |
** |                                          |                              | at random                  |
** | the same with no header, or with a date  | the answer                   | the answer                 |
** | a connection that broke before an answer | GET: again after a second,   | the verbs that may be done |
** |                                          | 10 times at most             | twice: the same            |
** | nobody answers there, no such name, TLS, | the failure                  | the failure                |
** | a proxy that refuses                     |                              |                            |
** | a wait that would end past the deadline  | is waited for, then a        | the answer, at once        |
** |                                          | time-out                     |                            |
** Rules: client-go rest/with_retry.go; the verbs: RFC 9110, section 9.2.2.
*/
#ifndef KUBE_CLIENT_RETRY_H
#define KUBE_CLIENT_RETRY_H

#include <stdbool.h>

#include "core/error.h"

enum { KUBE_MOST_RETRIES = 10 /* client-go rest/request.go NewRequest */ };

typedef struct kube_attempt {
  const char *method;
  kube_status status;      /* KUBE_EAPI for a refusal, whose code and Retry-After follow */
  int code;                /* HTTP; 0 where there was no answer */
  const char *retry_after; /* the header; NULL */
} kube_attempt;

/* ms to wait before it is sent again (0: at once); -1: it is not. */
long long kube_retry_delay(const kube_attempt *attempt);

#endif
