/*
** Keys, certificate signing requests and certificates, by OpenSSL; what a program may ask for is in
** kube.h. What OpenSSL notes of a failure is not left to the host process.
**   x509.c        keys, names, and what is signed with them
**   x509_read.c   what certificates say
*/
#ifndef KUBE_CORE_X509_H
#define KUBE_CORE_X509_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "error.h"

/* The first certificate of a PEM text | NULL: there is none. X509_free it. */
X509 *kube_x509_first(kube_slice pem);

/*
** The first private key of a PEM text | NULL: KUBE_EDECODE, what is wrong with it, naming it `name`.
** Nobody is asked for a passphrase. EVP_PKEY_free it.
*/
EVP_PKEY *kube_x509_key(kube_slice pem, const char *name, kube_error *err);

/*
** Whether a key belongs to a certificate: KUBE_EDECODE and why not. cert_name and key_name are what
** the messages call them.
*/
kube_status kube_x509_check_pair(kube_slice cert, kube_slice key, const char *cert_name,
                                 const char *key_name, kube_error *err);

/* A new PEM text of what was written to a memory BIO: NULL and *err without memory. */
char *kube_x509_text(BIO *bio, kube_error *err);

/* The PEM text of a certificate: NULL and *err without memory. */
char *kube_x509_pem(X509 *certificate, kube_error *err);

/* A name as RFC 4514 writes it, to a memory BIO: 1, or 0 without memory. */
int kube_x509_print_name(BIO *bio, const X509_NAME *name);

/* Writes an IP address in the one way that kube_certificates_parse does: false when it is none. */
bool kube_x509_normal_address(const char *text, char *out, size_t size);

#endif
