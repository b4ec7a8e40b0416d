/* A certificate that signed itself, and its key. */
#ifndef SPEC_SUPPORT_IDENTITY_H
#define SPEC_SUPPORT_IDENTITY_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

typedef struct identity {
  char cert[2048], key[1024], encrypted[1024]; /* PEM; the passphrase is SECRETMARK */
} identity;

static inline void identity_read(BIO *bio, char *to, size_t size) {
  const int n = BIO_read(bio, to, (int)size - 1);
  if (n <= 0) abort();
  to[n] = '\0';
  BIO_free(bio);
}

static inline void make_identity(identity *id) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *cert = X509_new();
  X509_NAME *name = X509_get_subject_name(cert);
  BIO *bio;
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), 0);
  X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
  X509_set_issuer_name(cert, name);
  X509_set_pubkey(cert, key);
  if (!X509_sign(cert, key, EVP_sha256())) abort();
  PEM_write_bio_X509(bio = BIO_new(BIO_s_mem()), cert);
  identity_read(bio, id->cert, sizeof id->cert);
  PEM_write_bio_PrivateKey(bio = BIO_new(BIO_s_mem()), key, NULL, NULL, 0, NULL, NULL);
  identity_read(bio, id->key, sizeof id->key);
  PEM_write_bio_PKCS8PrivateKey(bio = BIO_new(BIO_s_mem()), key, EVP_aes_128_cbc(), "SECRETMARK",
                                10, NULL, NULL);
  identity_read(bio, id->encrypted, sizeof id->encrypted);
  X509_free(cert);
  EVP_PKEY_free(key);
}

#endif
