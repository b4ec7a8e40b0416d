/* What libcurl knows of an exchange: for those who tell of it. */
#ifndef KUBE_CORE_TRANSFER_FACTS_H
#define KUBE_CORE_TRANSFER_FACTS_H

#include "transfer.h"

/* A header: views that live as long as nothing is done with the transfer. */
typedef struct kube_transfer_header_view {
  kube_slice name, value;
  const void *at; /* where the next one is looked for; NULL: at the first */
} kube_transfer_header_view;

/*
** The next header of the request, as it was given, or of the answer: false at the end. Start with a
** zeroed one. What libcurl adds by itself (Host, Accept-Encoding, those of HTTP/2) is not told.
*/
bool kube_transfer_next_sent(const kube_transfer *t, kube_transfer_header_view *header);
bool kube_transfer_next_answered(const kube_transfer *t, kube_transfer_header_view *header);

/* The i-th value of a header that may come several times; NULL past the last. As answer_header. */
const char *kube_transfer_answer_header_at(const kube_transfer *t, const char *name, size_t i);

/* Milliseconds that its parts took; on a connection that was there: 0 for what made it. */
typedef struct kube_transfer_times {
  bool reused;
  long long name, dial, tls; /* looking the name up, connecting, the handshake */
  long long connection;      /* all that together, until the request could go out */
  long long server;          /* from there to the first byte of the answer */
} kube_transfer_times;
void kube_transfer_times_get(const kube_transfer *t, kube_transfer_times *times);

#endif
