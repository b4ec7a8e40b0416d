/* TLS settings; the contract is in tls.h. */
#include "tls.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "x509.h"

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

static kube_slice slice(const kube_buffer *pem) {
  return (kube_slice){kube_buffer_bytes(pem), kube_buffer_length(pem)};
}

kube_status kube_tls_check(const kube_tls *tls, const char *ca_name, const char *cert_name,
                           const char *key_name, kube_error *err) {
  kube_status status = KUBE_OK;
  if (kube_buffer_length(&tls->ca)) {
    X509 *ca = kube_x509_first(slice(&tls->ca));
    if (ca == NULL) status = kube_fail(err, KUBE_ECONFIG, "%s holds no PEM certificate", ca_name);
    X509_free(ca);
  }
  if (status == KUBE_OK && kube_buffer_length(&tls->cert) &&
      kube_x509_check_pair(slice(&tls->cert), slice(&tls->key), cert_name, key_name, err) !=
          KUBE_OK)
    status = kube_error_turn(err, KUBE_ECONFIG);
  ERR_clear_error(); /* what OpenSSL noted is not for the host process */
  return status;
}

/* ---- libcurl ---- */

static CURLcode set_blob(CURL *easy, CURLoption option, const kube_buffer *pem) {
  struct curl_blob b = {.data = (void *)kube_buffer_bytes(pem), .len = kube_buffer_length(pem)};
  b.flags = CURL_BLOB_NOCOPY;
  return curl_easy_setopt(easy, option, &b);
}

/* What libcurl calls these for the server, and for a proxy. */
typedef struct options {
  CURLoption version, verify_peer, verify_host, ca, ca_file, ca_directory, cert, key, password;
} options;

static const options of_server = {
    CURLOPT_SSLVERSION,   CURLOPT_SSL_VERIFYPEER, CURLOPT_SSL_VERIFYHOST,
    CURLOPT_CAINFO_BLOB,  CURLOPT_CAINFO,         CURLOPT_CAPATH,
    CURLOPT_SSLCERT_BLOB, CURLOPT_SSLKEY_BLOB,    CURLOPT_KEYPASSWD};

static const options of_proxy = {
    CURLOPT_PROXY_SSLVERSION,   CURLOPT_PROXY_SSL_VERIFYPEER, CURLOPT_PROXY_SSL_VERIFYHOST,
    CURLOPT_PROXY_CAINFO_BLOB,  CURLOPT_PROXY_CAINFO,         CURLOPT_PROXY_CAPATH,
    CURLOPT_PROXY_SSLCERT_BLOB, CURLOPT_PROXY_SSLKEY_BLOB,    CURLOPT_PROXY_KEYPASSWD};

/*
** The system's roots: where SSL_CERT_FILE and SSL_CERT_DIR say (as in Go), else libcurl's own
** places.
*/
static CURLcode trust_system(CURL *easy, const options *o) {
  const char *file = getenv("SSL_CERT_FILE"), *directory = getenv("SSL_CERT_DIR");
  CURLcode failed = CURLE_OK;
  if (file && *file) failed = curl_easy_setopt(easy, o->ca_file, file);
  if (directory && *directory && !failed)
    failed = curl_easy_setopt(easy, o->ca_directory, directory);
  return failed;
}

static void set_verification(CURL *easy, const options *o, bool insecure) {
  curl_easy_setopt(easy, o->version, (long)CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, o->verify_peer, insecure ? 0L : 1L);
  curl_easy_setopt(easy, o->verify_host, insecure ? 0L : 2L);
}

static CURLcode set_identity(CURL *easy, const options *o, const kube_tls *tls) {
  CURLcode failed;
  if (!kube_buffer_length(&tls->cert)) return CURLE_OK;
  failed = set_blob(easy, o->cert, &tls->cert);
  if (!failed) failed = set_blob(easy, o->key, &tls->key);
  curl_easy_setopt(easy, o->password, ""); /* an encrypted key blob crashes 7.88 without */
  return failed;
}

kube_status kube_tls_apply(const kube_tls *tls, CURL *easy, kube_error *err) {
  CURLcode failed;
  set_verification(easy, &of_server, tls->insecure);
  if (kube_buffer_length(&tls->ca)) {
    failed = set_blob(easy, of_server.ca, &tls->ca);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* else /etc/ssl/certs is trusted beside it */
  } else {
    failed = trust_system(easy, &of_server);
  }
  if (!failed) failed = set_identity(easy, &of_server, tls);
  return failed ? kube_fail_memory(err, "certificates") : KUBE_OK;
}

kube_status kube_tls_apply_proxy(const kube_tls *tls, CURL *easy, kube_error *err) {
  CURLcode failed = trust_system(easy, &of_proxy);
  set_verification(easy, &of_proxy, tls && tls->insecure);
  if (tls && kube_buffer_length(&tls->ca) && !failed)
    failed = set_blob(easy, of_proxy.ca, &tls->ca);
  if (tls && !failed) failed = set_identity(easy, &of_proxy, tls);
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
