/* Keys, requests and certificates; the contracts are in kube.h and x509.h. */
#include "x509.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"

enum { HOUR = 3600, YEAR = 365 * 24 * HOUR };

/* ---- PEM ---- */

void kube_pem_free(char *pem) {
  if (pem) OPENSSL_cleanse(pem, strlen(pem));
  free(pem);
}

/* OpenSSL wipes a memory BIO when it frees or grows it. */
char *kube_x509_text(BIO *bio, kube_error *err) {
  char *data = NULL, *text;
  const long n = BIO_get_mem_data(bio, &data);
  text = n < 0 ? NULL : malloc((size_t)n + 1);
  if (text == NULL) {
    kube_fail_memory(err, "a PEM text");
    return NULL;
  }
  if (n) memcpy(text, data, (size_t)n);
  text[n] = '\0';
  return text;
}

char *kube_x509_pem(X509 *certificate, kube_error *err) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *pem = NULL;
  if (bio && PEM_write_bio_X509(bio, certificate))
    pem = kube_x509_text(bio, err);
  else
    kube_fail_memory(err, "a certificate");
  BIO_free(bio);
  return pem;
}

int kube_x509_print_name(BIO *bio, const X509_NAME *name) {
  const unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
  return X509_NAME_print_ex(bio, name, 0, flags) >= 0;
}

static BIO *reader(kube_slice pem) {
  if (pem.bytes == NULL || pem.length > INT_MAX) return NULL;
  return BIO_new_mem_buf(pem.bytes, (int)pem.length);
}

/* Nobody is ever prompted: a key that wants a passphrase is noted and fails. */
static int no_passphrase(char *buffer, int size, int writing, void *wanted) {
  (void)buffer;
  (void)size;
  (void)writing;
  *(bool *)wanted = true;
  return -1;
}

X509 *kube_x509_first(kube_slice pem) {
  BIO *bio = reader(pem);
  X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, &(bool){false}) : NULL;
  BIO_free(bio);
  return certificate;
}

EVP_PKEY *kube_x509_key(kube_slice pem, const char *name, kube_error *err) {
  bool encrypted = false;
  BIO *bio = reader(pem);
  EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &encrypted) : NULL;
  BIO_free(bio);
  if (key) return key;
  if (encrypted)
    kube_fail(err, KUBE_EDECODE,
              "%s is encrypted, and kube asks nobody for a passphrase: decrypt it with "
              "`openssl pkey -in KEY -out PLAIN`",
              name);
  else
    kube_fail(err, KUBE_EDECODE, "%s holds no PEM private key", name);
  return NULL;
}

static X509_REQ *request_of(kube_slice pem, const char *name, kube_error *err) {
  BIO *bio = reader(pem);
  X509_REQ *request = bio ? PEM_read_bio_X509_REQ(bio, NULL, no_passphrase, &(bool){false}) : NULL;
  BIO_free(bio);
  if (request == NULL) kube_fail(err, KUBE_EDECODE, "%s is no PEM certificate request", name);
  return request;
}

/* ---- pairs ---- */

kube_status kube_x509_check_pair(kube_slice cert, kube_slice key, const char *cert_name,
                                 const char *key_name, kube_error *err) {
  kube_status status = KUBE_OK;
  X509 *certificate = kube_x509_first(cert);
  EVP_PKEY *pkey = NULL;
  if (certificate == NULL)
    status = kube_fail(err, KUBE_EDECODE, "%s holds no PEM certificate", cert_name);
  else if ((pkey = kube_x509_key(key, key_name, err)) == NULL)
    status = KUBE_EDECODE;
  else if (X509_check_private_key(certificate, pkey) != 1)
    status = kube_fail(err, KUBE_EDECODE, "%s does not belong to %s", key_name, cert_name);
  EVP_PKEY_free(pkey);
  X509_free(certificate);
  ERR_clear_error();
  return status;
}

kube_status kube_certificate_check_key(kube_slice certificate, kube_slice key, kube_error *err) {
  return kube_x509_check_pair(certificate, key, "the certificate", "the key", err);
}

/* ---- keys ---- */

static EVP_PKEY *generate(kube_key_type type, int bits, kube_error *err) {
  EVP_PKEY *key = NULL;
  if (type == KUBE_KEY_RSA) {
    if (bits == 0) bits = 2048;
    if (bits < 2048 || bits > 8192) {
      kube_fail(err, KUBE_EUSAGE, "an RSA key has from 2048 to 8192 bits, not %d", bits);
      return NULL;
    }
    key = EVP_RSA_gen((size_t)bits);
  } else {
    const char *curve = bits == 0 || bits == 256 ? "P-256" : bits == 384 ? "P-384" : "P-521";
    if (bits && bits != 256 && bits != 384 && bits != 521) {
      kube_fail(err, KUBE_EUSAGE, "an ECDSA key has 256, 384 or 521 bits, not %d", bits);
      return NULL;
    }
    key = EVP_EC_gen(curve);
  }
  if (key == NULL) kube_fail(err, KUBE_ESYSTEM, "OpenSSL could not make a key");
  return key;
}

char *kube_key_new(kube_key_type type, int bits, kube_error *err) {
  char *pem = NULL;
  BIO *bio = NULL;
  EVP_PKEY *key = generate(type, bits, err);
  if (key == NULL) goto done;
  bio = BIO_new(BIO_s_mem());
  if (bio && PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL))
    pem = kube_x509_text(bio, err);
  else
    kube_fail_memory(err, "a key");
done:
  BIO_free(bio);
  EVP_PKEY_free(key);
  ERR_clear_error();
  return pem;
}

/*
** What a key signs with: as client-go's sigType for RSA, as Go by the curve for ECDSA. NULL for a key
** that brings its own digest (Ed25519).
*/
static const EVP_MD *digest_of(const EVP_PKEY *key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
    return bits >= 4096 ? EVP_sha512() : bits >= 3072 ? EVP_sha384() : EVP_sha256();
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC)
    return bits > 384 ? EVP_sha512() : bits > 256 ? EVP_sha384() : EVP_sha256();
  return NULL;
}

/* ---- names ---- */

static kube_status no_room(kube_error *err) { return kube_fail_memory(err, "a certificate"); }

static bool is_utf8(const char *text) {
  const char *p = text, *end = text + strlen(text);
  while (p && p < end) p = (unsigned char)*p < 0x80 ? p + 1 : kube_json_utf8(p, end);
  return p != NULL;
}

static bool is_ascii(const char *text) {
  while (*text && (unsigned char)*text < 0x80) text++;
  return *text == '\0';
}

/*
** Adds an attribute. Of its type UTF8String, OpenSSL leaves the text as it is: X.520's most of 64
** characters would forbid names that Kubernetes, and Go, allow.
*/
static kube_status add_attribute(X509_NAME *name, int nid, const char *text, int set,
                                 kube_error *err) {
  if (!is_utf8(text)) return kube_fail(err, KUBE_EUSAGE, "a name in the subject is no UTF-8");
  if (!X509_NAME_add_entry_by_NID(name, nid, V_ASN1_UTF8STRING, (const unsigned char *)text, -1, -1,
                                  set))
    return no_room(err);
  return KUBE_OK;
}

/* As Go's crypto/x509/pkix encodes it: the organizations are one set, then the common name. */
static kube_status fill_name(X509_NAME *name, const kube_subject *subject, kube_error *err) {
  kube_status status = KUBE_OK;
  const char *const *o = subject->organizations;
  for (; status == KUBE_OK && o && *o; o++)
    status =
        add_attribute(name, NID_organizationName, *o, o == subject->organizations ? 0 : -1, err);
  if (status == KUBE_OK && subject->common_name && *subject->common_name)
    status = add_attribute(name, NID_commonName, subject->common_name, 0, err);
  return status;
}

/* Takes over the value, NULL for one that there was no memory for. */
static kube_status push_name(GENERAL_NAMES *names, int type, ASN1_STRING *value, kube_error *err) {
  GENERAL_NAME *name = value ? GENERAL_NAME_new() : NULL;
  if (name) GENERAL_NAME_set0_value(name, type, value);
  if (name && sk_GENERAL_NAME_push(names, name)) return KUBE_OK;
  if (name)
    GENERAL_NAME_free(name);
  else
    ASN1_STRING_free(value);
  return no_room(err);
}

static kube_status add_dns_name(GENERAL_NAMES *names, const char *text, kube_error *err) {
  ASN1_STRING *value;
  if (*text == '\0' || !is_ascii(text))
    return kube_fail(err, KUBE_EUSAGE, "\"%s\" is no DNS name", text);
  value = ASN1_IA5STRING_new();
  if (value && !ASN1_STRING_set(value, text, -1)) {
    ASN1_STRING_free(value);
    value = NULL;
  }
  return push_name(names, GEN_DNS, value, err);
}

static kube_status add_ip_address(GENERAL_NAMES *names, const char *text, kube_error *err) {
  ASN1_OCTET_STRING *value = a2i_IPADDRESS(text);
  if (value == NULL) return kube_fail(err, KUBE_EUSAGE, "\"%s\" is no IP address", text);
  return push_name(names, GEN_IPADD, value, err);
}

/* Adds the alternative names, critical where the subject is empty (RFC 5280, section 4.2.1.6). */
static kube_status add_names(STACK_OF(X509_EXTENSION) * *extensions, const kube_subject *subject,
                             bool critical, kube_error *err) {
  kube_status status = KUBE_OK;
  const char *const *text;
  GENERAL_NAMES *names = GENERAL_NAMES_new();
  if (names == NULL) return no_room(err);
  for (text = subject->dns_names; status == KUBE_OK && text && *text; text++)
    status = add_dns_name(names, *text, err);
  for (text = subject->ip_addresses; status == KUBE_OK && text && *text; text++)
    status = add_ip_address(names, *text, err);
  if (status == KUBE_OK && sk_GENERAL_NAME_num(names) > 0 &&
      X509V3_add1_i2d(extensions, NID_subject_alt_name, names, critical, X509V3_ADD_APPEND) != 1)
    status = no_room(err);
  GENERAL_NAMES_free(names);
  return status;
}

static bool has_name(const X509_NAME *name) { return X509_NAME_entry_count(name) > 0; }

/* ---- requests ---- */

static kube_status fill_request(X509_REQ *request, EVP_PKEY *key, const kube_subject *subject,
                                kube_error *err) {
  STACK_OF(X509_EXTENSION) *extensions = NULL;
  X509_NAME *name = X509_REQ_get_subject_name(request);
  kube_status status = fill_name(name, subject, err);
  if (status == KUBE_OK) status = add_names(&extensions, subject, !has_name(name), err);
  if (status == KUBE_OK && ((extensions && !X509_REQ_add_extensions(request, extensions)) ||
                            !X509_REQ_set_pubkey(request, key)))
    status = no_room(err);
  if (status == KUBE_OK && !X509_REQ_sign(request, key, digest_of(key)))
    status = kube_fail(err, KUBE_EDECODE, "the key cannot sign a request");
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  return status;
}

char *kube_csr_new(kube_slice key, const kube_subject *subject, kube_error *err) {
  char *pem = NULL;
  BIO *bio = NULL;
  X509_REQ *request = NULL;
  EVP_PKEY *pkey = kube_x509_key(key, "the key", err);
  if (pkey == NULL) goto done;
  request = X509_REQ_new();
  bio = BIO_new(BIO_s_mem());
  if (request == NULL || bio == NULL || !X509_REQ_set_version(request, X509_REQ_VERSION_1)) {
    no_room(err);
    goto done;
  }
  if (fill_request(request, pkey, subject, err) != KUBE_OK) goto done;
  if (PEM_write_bio_X509_REQ(bio, request))
    pem = kube_x509_text(bio, err);
  else
    no_room(err);
done:
  BIO_free(bio);
  X509_REQ_free(request);
  EVP_PKEY_free(pkey);
  ERR_clear_error();
  return pem;
}

/* Whether they are the same as texts: types of strings do not count. Or KUBE_ENOMEM. */
static kube_status compare_names(const X509_NAME *name, const X509_NAME *wanted, kube_error *err) {
  kube_status status = KUBE_OK;
  BIO *a = BIO_new(BIO_s_mem()), *b = BIO_new(BIO_s_mem());
  char *have, *want;
  long n, m;
  if (a && b && kube_x509_print_name(a, name) && kube_x509_print_name(b, wanted)) {
    n = BIO_get_mem_data(a, &have);
    m = BIO_get_mem_data(b, &want);
    if (n != m || (n > 0 && memcmp(have, want, (size_t)n) != 0))
      status = kube_fail(err, KUBE_EDECODE, "the request is for the subject \"%.*s\", not \"%.*s\"",
                         (int)n, have, (int)m, want);
  } else {
    status = no_room(err);
  }
  BIO_free(a);
  BIO_free(b);
  return status;
}

kube_status kube_csr_check(kube_slice csr, kube_slice wanted, kube_slice key, kube_error *err) {
  kube_status status = KUBE_EDECODE;
  X509_REQ *request = request_of(csr, "the request", err), *other = NULL;
  EVP_PKEY *pkey = NULL;
  if (request && (other = request_of(wanted, "the wanted request", err)))
    pkey = kube_x509_key(key, "the key", err);
  if (pkey) {
    status =
        compare_names(X509_REQ_get_subject_name(request), X509_REQ_get_subject_name(other), err);
    if (status == KUBE_OK && X509_REQ_verify(request, pkey) != 1)
      status = kube_fail(err, KUBE_EDECODE, "the request is signed with another key");
  }
  EVP_PKEY_free(pkey);
  X509_REQ_free(other);
  X509_REQ_free(request);
  ERR_clear_error();
  return status;
}

/* ---- certificates ---- */

/* Adds an extension that is written as in openssl.cnf. */
static kube_status add_extension(X509 *certificate, X509 *issuer, int nid, const char *value,
                                 kube_error *err) {
  X509V3_CTX context;
  X509_EXTENSION *extension;
  kube_status status = KUBE_OK;
  X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
  X509V3_set_ctx_nodb(&context);
  extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  if (extension == NULL || !X509_add_ext(certificate, extension, -1)) status = no_room(err);
  X509_EXTENSION_free(extension);
  return status;
}

/* As Go's NewSelfSignedCACert and GenerateSelfSignedCertKey of client-go's util/cert mark them. */
static kube_status add_uses(X509 *certificate, X509 *issuer, bool is_ca, kube_error *err) {
  static const struct {
    int nid;
    const char *of_ca, *of_server; /* NULL: none */
  } extensions[] = {
      {NID_key_usage, "critical,digitalSignature,keyEncipherment,keyCertSign",
       "critical,digitalSignature,keyEncipherment"},
      {NID_ext_key_usage, NULL, "serverAuth"},
      {NID_basic_constraints, "critical,CA:TRUE", "critical,CA:FALSE"},
      {NID_subject_key_identifier, "hash", NULL},
  };
  kube_status status = KUBE_OK;
  size_t i;
  for (i = 0; status == KUBE_OK && i < sizeof extensions / sizeof *extensions; i++) {
    const char *value = is_ca ? extensions[i].of_ca : extensions[i].of_server;
    if (value) status = add_extension(certificate, issuer, extensions[i].nid, value, err);
  }
  if (status == KUBE_OK && issuer != certificate && X509_get0_subject_key_id(issuer))
    status = add_extension(certificate, issuer, NID_authority_key_identifier, "keyid", err);
  return status;
}

/* From 1 to 2^63 - 1, as client-go. */
static bool set_serial(X509 *certificate) {
  uint64_t serial = 0;
  while (serial == 0) {
    if (RAND_bytes((unsigned char *)&serial, sizeof serial) != 1) return false;
    serial >>= 1;
  }
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1;
}

static bool set_times(X509 *certificate, const kube_certificate_options *o) {
  const int64_t begin = o->not_before ? o->not_before : (int64_t)time(NULL) - HOUR;
  const int64_t end = o->not_after ? o->not_after : begin + (int64_t)YEAR * (o->is_ca ? 10 : 1);
  return ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)begin) &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)end);
}

static kube_status add_names_to(X509 *certificate, const kube_subject *subject, kube_error *err) {
  STACK_OF(X509_EXTENSION) *extensions = NULL;
  kube_status status =
      add_names(&extensions, subject, !has_name(X509_get_subject_name(certificate)), err);
  if (status == KUBE_OK && extensions &&
      !X509_add_ext(certificate, sk_X509_EXTENSION_value(extensions, 0), -1))
    status = no_room(err);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  return status;
}

/* Who signs: a CA, or (NULL) the certificate itself. */
static kube_status fill_certificate(X509 *certificate, EVP_PKEY *key, const kube_subject *subject,
                                    const kube_certificate_options *o, X509 *issuer,
                                    EVP_PKEY *issuer_key, kube_error *err) {
  kube_status status = fill_name(X509_get_subject_name(certificate), subject, err);
  if (issuer == NULL) issuer = certificate;
  if (status != KUBE_OK) return status;
  if (!X509_set_version(certificate, X509_VERSION_3) || !set_serial(certificate) ||
      !set_times(certificate, o) || !X509_set_pubkey(certificate, key) ||
      !X509_set_issuer_name(certificate, X509_get_subject_name(issuer)))
    return no_room(err);
  status = add_uses(certificate, issuer, o->is_ca, err);
  if (status == KUBE_OK) status = add_names_to(certificate, subject, err);
  if (status == KUBE_OK && !X509_sign(certificate, issuer_key, digest_of(issuer_key)))
    status = kube_fail(err, KUBE_EDECODE, "the key cannot sign a certificate");
  return status;
}

/* The CA that the options name, or none and the key itself. */
static kube_status find_issuer(const kube_certificate_options *o, EVP_PKEY *own, X509 **issuer,
                               EVP_PKEY **key, kube_error *err) {
  kube_status status;
  if (o->issuer.length == 0) {
    *key = EVP_PKEY_up_ref(own) ? own : NULL;
    return *key ? KUBE_OK : no_room(err);
  }
  status = kube_x509_check_pair(o->issuer, o->issuer_key, "the issuer", "the issuer's key", err);
  if (status != KUBE_OK) return status;
  *issuer = kube_x509_first(o->issuer);
  *key = kube_x509_key(o->issuer_key, "the issuer's key", err);
  return *issuer && *key ? KUBE_OK : no_room(err);
}

char *kube_certificate_new(kube_slice key, const kube_subject *subject,
                           const kube_certificate_options *options, kube_error *err) {
  static const kube_certificate_options defaults = {0};
  const kube_certificate_options *o = options ? options : &defaults;
  char *pem = NULL;
  X509 *certificate = NULL, *issuer = NULL;
  EVP_PKEY *issuer_key = NULL, *pkey = kube_x509_key(key, "the key", err);
  if (pkey && find_issuer(o, pkey, &issuer, &issuer_key, err) == KUBE_OK) {
    certificate = X509_new();
    if (certificate == NULL)
      no_room(err);
    else if (fill_certificate(certificate, pkey, subject, o, issuer, issuer_key, err) == KUBE_OK)
      pem = kube_x509_pem(certificate, err);
  }
  X509_free(certificate);
  X509_free(issuer);
  EVP_PKEY_free(issuer_key);
  EVP_PKEY_free(pkey);
  ERR_clear_error();
  return pem;
}
