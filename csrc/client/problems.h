/* All that is wrong with something, told at once, as client-go's aggregated errors are. */
#ifndef KUBE_CLIENT_PROBLEMS_H
#define KUBE_CLIENT_PROBLEMS_H

#include "core/error.h"

/* Valid when zeroed. What is past the length of an error's message is left out. */
typedef struct kube_problems {
  size_t count;
  char text[1024]; /* "a, b" */
} kube_problems;

void kube_problem(kube_problems *problems, const char *format, ...) KUBE_PRINTF(2, 3);

/* KUBE_OK without problems; else "prefix a suffix", or "prefix [a, b] suffix" (no spaces added). */
kube_status kube_problems_fail(const kube_problems *problems, const char *prefix,
                               const char *suffix, kube_error *err);

#endif
