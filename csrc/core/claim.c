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

/* How many claim it. */
static int holders(const kube_claim *claims, const void *connection) {
  const kube_claim *claim;
  int n = 0;
  for (claim = claims->next; claim != claims; claim = claim->next)
    n += claim->connection == connection;
  return n;
}

bool kube_claim_take(kube_claim *claims, kube_claim *claim, CURL *easy, bool *http2) {
  SSL *session = session_of(easy);
  kube_claim_drop(claim);
  *http2 = session && is_http2(session);
  if (session == NULL) return true;
  if (!SSL_is_init_finished(session)) return false;
  if (!*http2 && holders(claims, session) > 0) return false;
  claim->connection = session;
  claim->next = claims;
  claim->previous = claims->previous;
  claims->previous->next = claim;
  claims->previous = claim;
  return true;
}

bool kube_claim_is_alone(const kube_claim *claims, const kube_claim *claim) {
  return claim->connection && holders(claims, claim->connection) == 1;
}

void kube_claim_drop(kube_claim *claim) {
  if (claim->connection == NULL) return;
  claim->previous->next = claim->next;
  claim->next->previous = claim->previous;
  memset(claim, 0, sizeof *claim);
}
