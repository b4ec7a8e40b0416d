/* TLS settings; the contract is in tls.h. */
#include "tls.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/* ---- the library ---- */

kube_status kube_tls_check_library(kube_error *err) {
  const unsigned long loaded = OpenSSL_version_num() >> 28;
  if (loaded == OPENSSL_VERSION_MAJOR) return KUBE_OK;
  return kube_fail(err, KUBE_ESYSTEM,
                   "kube was built for OpenSSL %d, but this process has loaded %s (its own, if it "
                   "is OpenResty): build kube and libcurl with the OpenSSL of the host, or use a "
                   "host that has OpenSSL %d",
                   OPENSSL_VERSION_MAJOR, OpenSSL_version(OPENSSL_VERSION), OPENSSL_VERSION_MAJOR);
}

/* ---- checking PEM ---- */

/* Nobody is ever prompted: a key that wants a passphrase is noted and fails. */
static int no_passphrase(char *buffer, int size, int writing, void *wanted) {
  (void)buffer;
  (void)size;
  (void)writing;
  *(bool *)wanted = true;
  return -1;
}

static BIO *reader(const kube_buffer *pem) {
  return BIO_new_mem_buf(kube_buffer_bytes(pem), (int)kube_buffer_length(pem));
}

static X509 *first_certificate(const kube_buffer *pem) {
  BIO *bio = reader(pem);
  X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, &(bool){false}) : NULL;
  BIO_free(bio);
  return certificate;
}

static EVP_PKEY *private_key(const kube_buffer *pem, bool *encrypted) {
  BIO *bio = reader(pem);
  EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, encrypted) : NULL;
  BIO_free(bio);
  return key;
}

static kube_status check_pair(const kube_tls *tls, const char *cert_name, const char *key_name,
                              kube_error *err) {
  bool encrypted = false;
  kube_status status = KUBE_OK;
  X509 *cert = first_certificate(&tls->cert);
  EVP_PKEY *key = private_key(&tls->key, &encrypted);
  if (cert == NULL)
    status = kube_fail(err, KUBE_ECONFIG, "%s holds no PEM certificate", cert_name);
  else if (encrypted)
    status = kube_fail(err, KUBE_ECONFIG,
                       "%s is encrypted, and kube asks nobody for a passphrase: decrypt it with "
                       "`openssl pkey -in KEY -out PLAIN`",
                       key_name);
  else if (key == NULL)
    status = kube_fail(err, KUBE_ECONFIG, "%s holds no PEM private key", key_name);
  else if (X509_check_private_key(cert, key) != 1)
    status = kube_fail(err, KUBE_ECONFIG, "%s does not belong to %s", key_name, cert_name);
  EVP_PKEY_free(key);
  X509_free(cert);
  return status;
}

kube_status kube_tls_check(const kube_tls *tls, const char *ca_name, const char *cert_name,
                           const char *key_name, kube_error *err) {
  kube_status status = KUBE_OK;
  if (kube_buffer_length(&tls->ca)) {
    X509 *ca = first_certificate(&tls->ca);
    if (ca == NULL) status = kube_fail(err, KUBE_ECONFIG, "%s holds no PEM certificate", ca_name);
    X509_free(ca);
  }
  if (status == KUBE_OK && kube_buffer_length(&tls->cert))
    status = check_pair(tls, cert_name, key_name, err);
  ERR_clear_error(); /* what OpenSSL noted is not for the host process */
  return status;
}

/* ---- libcurl ---- */

static struct curl_blob blob(const kube_buffer *pem) {
  struct curl_blob b = {.data = (void *)kube_buffer_bytes(pem), .len = kube_buffer_length(pem)};
  b.flags = CURL_BLOB_NOCOPY;
  return b;
}

/*
** The system's roots: where SSL_CERT_FILE and SSL_CERT_DIR say (as in Go), else libcurl's own
** places.
*/
static CURLcode trust_system(CURL *easy, CURLoption file_option, CURLoption directory_option) {
  const char *file = getenv("SSL_CERT_FILE"), *directory = getenv("SSL_CERT_DIR");
  CURLcode failed = CURLE_OK;
  if (file && *file) failed = curl_easy_setopt(easy, file_option, file);
  if (directory && *directory && !failed)
    failed = curl_easy_setopt(easy, directory_option, directory);
  return failed;
}

kube_status kube_tls_trust_proxy(CURL *easy, kube_error *err) {
  curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  return trust_system(easy, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH)
             ? kube_fail_memory(err, "certificates")
             : KUBE_OK;
}

kube_status kube_tls_apply(const kube_tls *tls, CURL *easy, kube_error *err) {
  CURLcode failed = CURLE_OK;
  struct curl_blob b;
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls->insecure ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls->insecure ? 0L : 2L);
  if (kube_buffer_length(&tls->ca)) {
    b = blob(&tls->ca);
    failed = curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &b);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* else /etc/ssl/certs is trusted beside it */
  } else {
    failed = trust_system(easy, CURLOPT_CAINFO, CURLOPT_CAPATH);
  }
  if (kube_buffer_length(&tls->cert) && !failed) {
    b = blob(&tls->cert);
    failed = curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &b);
    b = blob(&tls->key);
    if (!failed) failed = curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &b);
    curl_easy_setopt(easy, CURLOPT_KEYPASSWD, ""); /* an encrypted key blob crashes 7.88 without */
  }
  return failed ? kube_fail_memory(err, "certificates") : KUBE_OK;
}

void kube_tls_clear(kube_tls *tls) {
  kube_buffer_clear(&tls->ca);
  kube_buffer_clear(&tls->cert);
  kube_buffer_clear_secret(&tls->key);
}

/* ---- sharing ---- */

static kube_status copy(kube_buffer *to, const kube_buffer *from, kube_error *err) {
  const size_t n = kube_buffer_length(from);
  return n ? kube_buffer_add(to, kube_buffer_bytes(from), n, err) : KUBE_OK;
}

kube_tls *kube_tls_share(const kube_tls *tls, kube_error *err) {
  kube_tls *shared = calloc(1, sizeof *shared);
  if (shared == NULL) {
    kube_fail_memory(err, "certificates");
    return NULL;
  }
  shared->references = 1;
  shared->insecure = tls->insecure;
  if (copy(&shared->ca, &tls->ca, err) == KUBE_OK &&
      copy(&shared->cert, &tls->cert, err) == KUBE_OK &&
      copy(&shared->key, &tls->key, err) == KUBE_OK)
    return shared;
  kube_tls_release(shared);
  return NULL;
}

kube_tls *kube_tls_retain(kube_tls *tls) {
  if (tls && tls->references) tls->references++;
  return tls;
}

void kube_tls_release(kube_tls *tls) {
  if (tls == NULL || tls->references == 0 || --tls->references > 0) return;
  kube_tls_clear(tls);
  free(tls);
}
