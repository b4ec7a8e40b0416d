/*
** Who sends on which connection. HTTP/2 carries many exchanges at a time, HTTP/1.1 one: a second
** would be given the answer of the first. libcurl 7.88 does not keep to this: where a host and port
** speaks HTTP/2 on one connection and HTTP/1.1 on another (a load balancer before servers that
** differ), it puts requests on an HTTP/1.1 connection that is in use (lib/url.c, ConnectionExists;
** curl issue 4885). So each transfer that would share claims its connection before it sends. (Who
** asks for HTTP/1.1 gets a connection that nobody uses.)
*/
#ifndef KUBE_CORE_CLAIM_H
#define KUBE_CORE_CLAIM_H

#include <curl/curl.h>
#include <stdbool.h>

/* Embedded in a transfer; valid when zeroed: claims nothing. */
typedef struct kube_claim {
  const void *connection;
  struct kube_claim *next, *previous;
} kube_claim;

/* The head of a ring of claims: an engine has one. */
void kube_claims_init(kube_claim *claims);

/*
** Claims the connection that easy is about to send on (ask in CURLOPT_PREREQFUNCTION), giving up an
** older claim. False when another holds it and it is not HTTP/2, or it is not made yet: then easy
** must not send.
*/
bool kube_claim_take(kube_claim *claims, kube_claim *claim, CURL *easy, bool *http2);

/* Whether nobody else sends on its connection. */
bool kube_claim_is_alone(const kube_claim *claims, const kube_claim *claim);

/* Gives up the claim; may be called twice. */
void kube_claim_drop(kube_claim *claim);

#endif
