/* Who sends on which connection; the contract is in claim.h. */
#include "claim.h"

#include <openssl/ssl.h>
#include <string.h>

void kube_claims_init(kube_claim *claims) { claims->next = claims->previous = claims; }

/*
** The TLS session, which stands for its connection. NULL in plain http: that is never HTTP/2 here,
** and libcurl mixes up nothing.
*/
static SSL *session_of(CURL *easy) {
  struct curl_tlssessioninfo *info = NULL;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == NULL) return NULL;
  return info->backend == CURLSSLBACKEND_OPENSSL ? info->internals : NULL;
}

/* What both sides agreed on in the handshake (RFC 7301). */
static bool is_http2(const SSL *session) {
  const unsigned char *name = NULL;
  unsigned int length = 0;
  SSL_get0_alpn_selected(session, &name, &length);
  return length == 2 && memcmp(name, "h2", 2) == 0;
}

static bool is_held(const kube_claim *claims, const void *connection) {
  const kube_claim *claim;
  for (claim = claims->next; claim != claims; claim = claim->next)
    if (claim->connection == connection) return true;
  return false;
}

bool kube_claim_take(kube_claim *claims, kube_claim *claim, CURL *easy) {
  SSL *session = session_of(easy);
  kube_claim_drop(claim);
  if (session == NULL) return true;
  if (!is_http2(session) && is_held(claims, session)) return false;
  claim->connection = session;
  claim->next = claims;
  claim->previous = claims->previous;
  claims->previous->next = claim;
  claims->previous = claim;
  return true;
}

void kube_claim_drop(kube_claim *claim) {
  if (claim->connection == NULL) return;
  claim->previous->next = claim->next;
  claim->next->previous = claim->previous;
  memset(claim, 0, sizeof *claim);
}
