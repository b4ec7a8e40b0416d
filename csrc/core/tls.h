/*
** Trust and identity of a connection, as PEM in memory. libcurl gets them as blobs, on which it
** keys the reuse of connections: two identities never share one. Valid when zeroed: no identity,
** and the system's roots are trusted.
*/
#ifndef KUBE_CORE_TLS_H
#define KUBE_CORE_TLS_H

#include <curl/curl.h>

#include "buffer.h"

typedef struct kube_tls {
  int references;   /* of one that is shared (below); 0: it belongs to who has the struct */
  kube_buffer ca;   /* the only roots trusted; empty: the system's */
  kube_buffer cert; /* client certificate chain; empty: none */
  kube_buffer key;  /* its private key */
  bool insecure;    /* the server is not verified */
} kube_tls;

/*
** Whether the OpenSSL of this process is of the major version that we were compiled for: a host may
** bring its own (OpenResty does), and its functions then take the place of those we mean.
** KUBE_ESYSTEM tells both versions, and what to do.
*/
kube_status kube_tls_check_library(kube_error *err);

/*
** Reads the PEM texts, so that a broken one is told of when it is configured. KUBE_ECONFIG: no
** certificate in it, an encrypted key, a key that does not belong to the certificate. ca_name,
** cert_name and key_name are what the messages call them ("client-key of user \"x\" in FILE").
*/
kube_status kube_tls_check(const kube_tls *tls, const char *ca_name, const char *cert_name,
                           const char *key_name, kube_error *err);

/* Sets all of it on a libcurl handle; the buffers must outlive the transfer. */
kube_status kube_tls_apply(const kube_tls *tls, CURL *easy, kube_error *err);

/*
** The same for a proxy that is spoken to in TLS, as Go's transport has it (net/http, addTLS): trusted
** by the server's roots, shown our certificate if it asks, unverified where the server is. Other than
** Go's it is also trusted by a directory of the system's roots (libcurl's, SSL_CERT_DIR): its
** certificate may be a public one. Without roots of the server's (or with tls NULL, for a server
** without TLS) the system's are trusted as for a server.
*/
kube_status kube_tls_apply_proxy(const kube_tls *tls, CURL *easy, kube_error *err);

/* Frees; the key is wiped. */
void kube_tls_clear(kube_tls *tls);

/*
** A copy on the heap that never changes, shared by all who hold a reference: release drops one.
** Transfers hold theirs, so that others may go on with something newer. For a kube_tls that is not
** shared, retain and release do nothing.
*/
kube_tls *kube_tls_share(const kube_tls *tls, kube_error *err);
kube_tls *kube_tls_retain(kube_tls *tls);
void kube_tls_release(kube_tls *tls);

#endif
