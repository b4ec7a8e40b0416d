/*
** Header lines of a request, "Name: value", in the order in which they were first set. Some are secrets:
** they are wiped. Valid when zeroed.
*/
#ifndef KUBE_CLIENT_HEADERS_H
#define KUBE_CLIENT_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

typedef struct kube_headers {
  char **lines;
  size_t count;
} kube_headers;

/*
** Sets, in place of what the name (in any case) had. KUBE_EUSAGE for what is no name of a header, or a
** value with a line break (RFC 9110, section 5).
*/
kube_status kube_headers_set(kube_headers *headers, const char *name, const char *value,
                             kube_error *err);

bool kube_headers_have(const kube_headers *headers, const char *name);

/* Whether a line is that header's. */
bool kube_header_is(const char *line, const char *name);

/* Into one that is empty. */
kube_status kube_headers_copy(kube_headers *to, const kube_headers *from, kube_error *err);

void kube_headers_clear(kube_headers *headers);

#endif
