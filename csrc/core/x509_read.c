/* What certificates say; the contract is in kube.h. */
#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text.h"
#include "x509.h"

/* One certificate with the memory behind it: `said` points into the rest. */
typedef struct entry {
  kube_certificate said;
  char **organizations, **dns_names, **ip_addresses, **usages;
} entry;

struct kube_certificates {
  entry *entries;
  size_t count;
};

static kube_status no_room(kube_error *err) { return kube_fail_memory(err, "a certificate"); }

/* ---- lists of texts ---- */

/* Appends a copy; *list stays a list when there is no memory. */
static kube_status push(char ***list, const char *text, kube_error *err) {
  size_t n = 0;
  char **longer;
  while (*list && (*list)[n]) n++;
  longer = realloc(*list, (n + 2) * sizeof *longer);
  if (longer == NULL) return no_room(err);
  *list = longer;
  longer[n] = kube_text_copy(text, err);
  longer[n + 1] = NULL;
  return longer[n] ? KUBE_OK : KUBE_ENOMEM;
}

/* An empty list is one, too. */
static kube_status end_list(char ***list, kube_error *err) {
  if (*list == NULL) *list = calloc(1, sizeof **list);
  return *list ? KUBE_OK : no_room(err);
}

static void free_list(char **list) {
  size_t i;
  for (i = 0; list && list[i]; i++) free(list[i]);
  free(list);
}

/* ---- names ---- */

/* A NUL within a name has made one host pass for another: such a certificate is broken. */
static kube_status check_text(const char *text, size_t n, kube_error *err) {
  if (memchr(text, '\0', n) == NULL) return KUBE_OK;
  return kube_fail(err, KUBE_EDECODE, "a name in the certificate holds a zero byte");
}

/* Copies the value of an attribute, as UTF-8. */
static kube_status take_value(const X509_NAME *name, int at, char ***list, kube_error *err) {
  unsigned char *text = NULL;
  const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  const int n = ASN1_STRING_to_UTF8(&text, value);
  kube_status status;
  if (n < 0) return kube_fail(err, KUBE_EDECODE, "a name in the certificate is no text");
  status = check_text((const char *)text, (size_t)n, err);
  if (status == KUBE_OK) status = push(list, (const char *)text, err);
  OPENSSL_free(text);
  return status;
}

static kube_status take_values(const X509_NAME *name, int nid, char ***list, kube_error *err) {
  kube_status status = KUBE_OK;
  int at = -1;
  while (status == KUBE_OK && (at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0)
    status = take_value(name, at, list, err);
  return status == KUBE_OK ? end_list(list, err) : status;
}

/* The last one, as Go has it. */
static kube_status take_common_name(const X509_NAME *name, const char **out, kube_error *err) {
  char **all = NULL;
  size_t n = 0;
  kube_status status = take_values(name, NID_commonName, &all, err);
  if (status == KUBE_OK) {
    while (all[n]) n++;
    *out = kube_text_copy(n ? all[n - 1] : "", err);
    if (*out == NULL) status = KUBE_ENOMEM;
  }
  free_list(all);
  return status;
}

static const char *name_text(const X509_NAME *name, kube_error *err) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *text = NULL;
  if (bio && kube_x509_print_name(bio, name))
    text = kube_x509_text(bio, err);
  else
    no_room(err);
  BIO_free(bio);
  return text;
}

bool kube_x509_normal_address(const char *text, char *out, size_t size) {
  unsigned char ip[16];
  const int family = strchr(text, ':') ? AF_INET6 : AF_INET;
  return inet_pton(family, text, ip) == 1 && inet_ntop(family, ip, out, (socklen_t)size);
}

static kube_status take_ip_address(const ASN1_OCTET_STRING *ip, char ***list, kube_error *err) {
  char text[INET6_ADDRSTRLEN];
  const int n = ASN1_STRING_length(ip);
  if (n != 4 && n != 16) return kube_fail(err, KUBE_EDECODE, "an IP address of %d bytes", n);
  inet_ntop(n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(ip), text, sizeof text);
  return push(list, text, err);
}

/* A copy: OpenSSL's text need not end in a NUL. */
static kube_status take_dns_name(const ASN1_IA5STRING *dns, char ***list, kube_error *err) {
  const char *text = (const char *)ASN1_STRING_get0_data(dns);
  const size_t n = (size_t)ASN1_STRING_length(dns);
  char *copy;
  kube_status status = n ? check_text(text, n, err) : KUBE_OK;
  if (status != KUBE_OK) return status;
  copy = strndup(text ? text : "", n);
  if (copy == NULL) return no_room(err);
  status = push(list, copy, err);
  free(copy);
  return status;
}

static kube_status take_names(entry *e, const X509 *certificate, kube_error *err) {
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  kube_status status = KUBE_OK;
  int i;
  for (i = 0; status == KUBE_OK && i < sk_GENERAL_NAME_num(names); i++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) status = take_dns_name(name->d.dNSName, &e->dns_names, err);
    if (name->type == GEN_IPADD) status = take_ip_address(name->d.iPAddress, &e->ip_addresses, err);
  }
  GENERAL_NAMES_free(names);
  if (status == KUBE_OK) status = end_list(&e->dns_names, err);
  return status == KUBE_OK ? end_list(&e->ip_addresses, err) : status;
}

/* ---- usages, in the words of Kubernetes' API (certificates.k8s.io/v1, KeyUsage) ---- */

typedef struct usage {
  uint32_t bit;
  const char *word;
} usage;

static kube_status take_bits(uint32_t bits, const usage *usages, char ***list, kube_error *err) {
  kube_status status = KUBE_OK;
  if (bits == UINT32_MAX) return KUBE_OK; /* the extension is not there */
  for (; status == KUBE_OK && usages->word; usages++)
    if (bits & usages->bit) status = push(list, usages->word, err);
  return status;
}

static kube_status take_usages(entry *e, X509 *certificate, kube_error *err) {
  static const usage usages[] = {{KU_DIGITAL_SIGNATURE, "digital signature"},
                                 {KU_NON_REPUDIATION, "content commitment"},
                                 {KU_KEY_ENCIPHERMENT, "key encipherment"},
                                 {KU_DATA_ENCIPHERMENT, "data encipherment"},
                                 {KU_KEY_AGREEMENT, "key agreement"},
                                 {KU_KEY_CERT_SIGN, "cert sign"},
                                 {KU_CRL_SIGN, "crl sign"},
                                 {KU_ENCIPHER_ONLY, "encipher only"},
                                 {KU_DECIPHER_ONLY, "decipher only"},
                                 {0, NULL}};
  static const usage extended[] = {{XKU_ANYEKU, "any"},
                                   {XKU_SSL_SERVER, "server auth"},
                                   {XKU_SSL_CLIENT, "client auth"},
                                   {XKU_CODE_SIGN, "code signing"},
                                   {XKU_SMIME, "email protection"},
                                   {XKU_TIMESTAMP, "timestamping"},
                                   {XKU_OCSP_SIGN, "ocsp signing"},
                                   {0, NULL}};
  kube_status status = take_bits(X509_get_key_usage(certificate), usages, &e->usages, err);
  if (status == KUBE_OK)
    status = take_bits(X509_get_extended_key_usage(certificate), extended, &e->usages, err);
  return status == KUBE_OK ? end_list(&e->usages, err) : status;
}

/* ---- the rest ---- */

static const char *serial_text(const X509 *certificate, kube_error *err) {
  BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
  char *hex = number ? BN_bn2hex(number) : NULL, *text;
  text = hex ? kube_text_copy(hex, err) : NULL;
  if (hex == NULL) no_room(err);
  OPENSSL_free(hex);
  BN_free(number);
  return text;
}

static const char *fingerprint_text(const X509 *certificate, kube_error *err) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  char text[2 * EVP_MAX_MD_SIZE + 1] = "";
  unsigned n = 0, i;
  if (!X509_digest(certificate, EVP_sha256(), digest, &n)) {
    no_room(err);
    return NULL;
  }
  for (i = 0; i < n; i++) snprintf(text + (size_t)2 * i, 3, "%02x", digest[i]);
  return kube_text_copy(text, err);
}

static kube_status take_time(const ASN1_TIME *time, int64_t *out, kube_error *err) {
  struct tm tm;
  if (!ASN1_TIME_to_tm(time, &tm)) return kube_fail(err, KUBE_EDECODE, "a time that is none");
  *out = (int64_t)timegm(&tm);
  return KUBE_OK;
}

static kube_status take_texts(entry *e, X509 *certificate, kube_error *err) {
  kube_certificate *said = &e->said;
  said->subject = name_text(X509_get_subject_name(certificate), err);
  if (said->subject) said->issuer = name_text(X509_get_issuer_name(certificate), err);
  if (said->issuer) said->serial = serial_text(certificate, err);
  if (said->serial) said->fingerprint = fingerprint_text(certificate, err);
  if (said->fingerprint) said->pem = kube_x509_pem(certificate, err);
  return said->pem ? KUBE_OK : KUBE_ENOMEM;
}

static kube_status fill(entry *e, X509 *certificate, kube_error *err) {
  kube_certificate *said = &e->said;
  const X509_NAME *subject = X509_get_subject_name(certificate);
  kube_status status = take_texts(e, certificate, err);
  if (status == KUBE_OK) status = take_common_name(subject, &said->common_name, err);
  if (status == KUBE_OK)
    status = take_values(subject, NID_organizationName, &e->organizations, err);
  if (status == KUBE_OK) status = take_names(e, certificate, err);
  if (status == KUBE_OK) status = take_usages(e, certificate, err);
  if (status == KUBE_OK)
    status = take_time(X509_get0_notBefore(certificate), &said->not_before, err);
  if (status == KUBE_OK) status = take_time(X509_get0_notAfter(certificate), &said->not_after, err);
  said->is_ca = (X509_get_extension_flags(certificate) & EXFLAG_CA) != 0;
  said->organizations = (const char *const *)e->organizations;
  said->dns_names = (const char *const *)e->dns_names;
  said->ip_addresses = (const char *const *)e->ip_addresses;
  said->usages = (const char *const *)e->usages;
  return status;
}

static void clear(entry *e) {
  free((char *)e->said.subject);
  free((char *)e->said.issuer);
  free((char *)e->said.common_name);
  free((char *)e->said.serial);
  free((char *)e->said.fingerprint);
  free((char *)e->said.pem);
  free_list(e->organizations);
  free_list(e->dns_names);
  free_list(e->ip_addresses);
  free_list(e->usages);
}

/* ---- all of them ---- */

static kube_status add(kube_certificates *all, X509 *certificate, kube_error *err) {
  entry *more = realloc(all->entries, (all->count + 1) * sizeof *more);
  if (more == NULL) return no_room(err);
  all->entries = more;
  memset(&more[all->count], 0, sizeof *more);
  return fill(&more[all->count++], certificate, err);
}

/* KUBE_EOF where no more begins. */
static kube_status read_one(kube_certificates *all, BIO *bio, kube_error *err) {
  X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, (void *)"");
  kube_status status;
  if (certificate) {
    status = add(all, certificate, err);
    X509_free(certificate);
    return status;
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) return KUBE_EOF;
  return kube_fail(err, KUBE_EDECODE, "certificate %zu of the PEM text is broken", all->count + 1);
}

static kube_status read_all(kube_certificates *all, BIO *bio, kube_error *err) {
  kube_status status;
  ERR_clear_error();
  while ((status = read_one(all, bio, err)) == KUBE_OK) continue;
  ERR_clear_error();
  if (status != KUBE_EOF) return status;
  if (all->count) return KUBE_OK;
  return kube_fail(err, KUBE_EDECODE, "the text holds no PEM certificate");
}

kube_certificates *kube_certificates_parse(kube_slice pem, kube_error *err) {
  kube_certificates *all = calloc(1, sizeof *all);
  BIO *bio = NULL;
  kube_status status;
  if (pem.length > INT_MAX)
    status = kube_fail(err, KUBE_ETOOLARGE, "a PEM text of %zu bytes", pem.length);
  else if (all && (bio = BIO_new_mem_buf(pem.bytes ? pem.bytes : "", (int)pem.length)))
    status = read_all(all, bio, err);
  else
    status = no_room(err);
  BIO_free(bio);
  if (status == KUBE_OK) return all;
  kube_certificates_free(all);
  return NULL;
}

void kube_certificates_free(kube_certificates *certificates) {
  size_t i;
  if (certificates == NULL) return;
  for (i = 0; i < certificates->count; i++) clear(&certificates->entries[i]);
  free(certificates->entries);
  free(certificates);
}

const kube_certificate *kube_certificates_at(const kube_certificates *certificates, size_t i) {
  return i < certificates->count ? &certificates->entries[i].said : NULL;
}
