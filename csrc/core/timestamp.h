/* Moments as texts: RFC 3339, as Kubernetes writes them. */
#ifndef KUBE_CORE_TIMESTAMP_H
#define KUBE_CORE_TIMESTAMP_H

#include <stdbool.h>

/*
** Reads "2026-11-28T10:00:00Z", with an offset instead of Z or a fraction of a second too, as
** milliseconds since 1970. False for what is none. Rule: RFC 3339, section 5.6; Go's time.RFC3339.
*/
bool kube_timestamp_parse(const char *text, long long *ms);

#endif
