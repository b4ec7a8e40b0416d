/* What a plugin or a provider gave: who we are, and for how long. Valid when zeroed. */
#ifndef KUBE_CLIENT_GRANT_H
#define KUBE_CLIENT_GRANT_H

#include "core/buffer.h"

typedef struct kube_grant {
  char *token;       /* a secret; NULL: none */
  kube_buffer cert;  /* PEM; empty: none */
  kube_buffer key;   /* PEM, a secret */
  long long expires; /* ms since 1970; -1: it holds until it is refused */
} kube_grant;

/* Wipes and frees; may be called twice. */
void kube_grant_clear(kube_grant *grant);

#endif
