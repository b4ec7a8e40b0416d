/*
** Keys, requests and certificates: what is written is read again, and the openssl program, which
** knows nothing of kube, judges it. Inputs after client-go util/cert and util/keyutil (cert_test.go,
** csr_test.go, key_test.go).
*/
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "kube.h"
#include "own_files.h"

static kube_slice slice(const char *text) { return (kube_slice){text, text ? strlen(text) : 0}; }

/* ---- the judge ---- */

/* What `openssl ARGUMENTS` prints there, both streams; its exit code in *code. */
static const char *openssl(const char *arguments, int *code) {
  static char output[16384];
  char command[1024];
  size_t n;
  FILE *pipe;
  snprintf(command, sizeof command, "cd %s && openssl %s 2>&1", directory, arguments);
  pipe = popen(command, "r");
  if (pipe == NULL) abort();
  n = fread(output, 1, sizeof output - 1, pipe);
  output[n] = '\0';
  *code = pclose(pipe);
  return output;
}

static void check_openssl(const char *arguments, const char *const *wants) {
  int code;
  const char *output = openssl(arguments, &code);
  check_about = arguments;
  CHECK(code == 0);
  for (; wants && *wants; wants++)
    if (!CHECK(strstr(output, *wants) != NULL)) printf("  %s\n  in: %s\n", *wants, output);
  check_about = "";
}

#define JUDGE(arguments, ...) check_openssl(arguments, (const char *const[]){__VA_ARGS__, NULL})

/* ---- keys ---- */

static void keys(void) {
  static const struct {
    kube_key_type type;
    int bits;
    const char *begin, *says; /* begin NULL: there is none such, and says is why */
  } cases[] = {
      {KUBE_KEY_ECDSA, 0, "-----BEGIN EC PRIVATE KEY-----\n", "ASN1 OID: prime256v1"},
      {KUBE_KEY_ECDSA, 256, "-----BEGIN EC PRIVATE KEY-----\n", "ASN1 OID: prime256v1"},
      {KUBE_KEY_ECDSA, 384, "-----BEGIN EC PRIVATE KEY-----\n", "secp384r1"},
      {KUBE_KEY_ECDSA, 521, "-----BEGIN EC PRIVATE KEY-----\n", "secp521r1"},
      {KUBE_KEY_ECDSA, 255, NULL, "an ECDSA key has 256, 384 or 521 bits, not 255"},
      {KUBE_KEY_RSA, 0, "-----BEGIN RSA PRIVATE KEY-----\n", "2048 bit"},
      {KUBE_KEY_RSA, 1024, NULL, "an RSA key has from 2048 to 8192 bits, not 1024"},
      {KUBE_KEY_RSA, 1 << 20, NULL, "an RSA key has from 2048 to 8192 bits, not 1048576"},
  };
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_error err = {0};
    char *key = kube_key_new(cases[i].type, cases[i].bits, &err);
    CHECK((key != NULL) == (cases[i].begin != NULL));
    if (key) {
      CHECK(strncmp(key, cases[i].begin, strlen(cases[i].begin)) == 0);
      write_file("key", key);
      JUDGE("pkey -in key -noout -text -check", cases[i].says, "Key is valid");
    } else {
      CHECK(err.status == KUBE_EUSAGE);
      CHECK_STRING(err.message, cases[i].says);
    }
    kube_pem_free(key);
  }
}

/* ---- requests ---- */

static const char *const GROUPS[] = {"dev", "ops", NULL};
static const char *const HOSTS[] = {"web.default.svc", "*.example.com", NULL};
static const char *const ADDRESSES[] = {"10.0.0.1", "fd00::1", NULL};
static const kube_subject JANE = {"jane", GROUPS, HOSTS, ADDRESSES};

static void requests(void) {
  static const struct {
    kube_key_type type;
    int bits;
    const char *signature;
  } cases[] = {
      {KUBE_KEY_ECDSA, 256, "ecdsa-with-SHA256"},
      {KUBE_KEY_ECDSA, 384, "ecdsa-with-SHA384"},
      {KUBE_KEY_RSA, 2048, "sha256WithRSAEncryption"},
      {KUBE_KEY_RSA, 3072, "sha384WithRSAEncryption"},
  };
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_error err = {0};
    char *key = kube_key_new(cases[i].type, cases[i].bits, &err);
    char *csr = kube_csr_new(slice(key), &JANE, &err);
    if (!CHECK(csr != NULL)) printf("  %s\n", err.message);
    write_file("csr", csr ? csr : "");
    JUDGE("req -in csr -noout -text -verify -nameopt RFC2253", "verify OK", cases[i].signature,
          "Subject: CN=jane,O=ops+O=dev", "DNS:web.default.svc, DNS:*.example.com",
          "IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1", "Version: 1 (0x0)");
    CHECK(kube_csr_check(slice(csr), slice(csr), slice(key), &err) == KUBE_OK);
    kube_pem_free(csr);
    kube_pem_free(key);
  }
}

/* X.520 would stop at 64 characters; Kubernetes has longer names. */
static void long_names(void) {
  kube_error err = {0};
  char *key = kube_key_new(KUBE_KEY_ECDSA, 0, &err), *csr;
  kube_subject subject = {.common_name = "system:serviceaccount:a-namespace-of-a-long-name:"
                                         "an-account-with-a-long-name-\xc3\xa9"};
  csr = kube_csr_new(slice(key), &subject, &err);
  write_file("csr", csr ? csr : "");
  JUDGE("req -in csr -noout -subject -verify -nameopt RFC2253,-esc_msb,utf8", "an-account-with-a-"
                                                                              "long-name-\xc3\xa9");
  kube_pem_free(csr);
  subject.common_name = NULL;
  subject.dns_names = HOSTS;
  csr = kube_csr_new(slice(key), &subject, &err);
  write_file("csr", csr ? csr : "");
  JUDGE("req -in csr -noout -text -verify", "Subject Alternative Name: critical");
  kube_pem_free(csr);
  kube_pem_free(key);
}

static void bad_requests(void) {
  static const char *const bad_host[] = {"b\xc3\xbc"
                                         "cher.example",
                                         NULL};
  static const char *const no_host[] = {"", NULL};
  static const char *const bad_ip[] = {"10.0.0.256", NULL};
  static const char *const bad_text[] = {"o", "\xff", NULL};
  static const struct {
    kube_subject subject;
    const char *message;
  } cases[] = {
      {{.dns_names = bad_host},
       "\"b\xc3\xbc"
       "cher.example\" is no DNS name"},
      {{.dns_names = no_host}, "\"\" is no DNS name"},
      {{.ip_addresses = bad_ip}, "\"10.0.0.256\" is no IP address"},
      {{.common_name = "\xff"}, "a name in the subject is no UTF-8"},
      {{.organizations = bad_text}, "a name in the subject is no UTF-8"},
  };
  kube_error err = {0};
  char *key = kube_key_new(KUBE_KEY_ECDSA, 0, &err);
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    CHECK(kube_csr_new(slice(key), &cases[i].subject, &err) == NULL);
    CHECK(err.status == KUBE_EUSAGE);
    CHECK_STRING(err.message, cases[i].message);
  }
  kube_pem_free(key);
}

static void bad_keys(void) {
  static const struct {
    const char *key, *message;
  } cases[] = {
      {NULL, "the key holds no PEM private key"},
      {"", "the key holds no PEM private key"},
      {"hello", "the key holds no PEM private key"},
      {"-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n",
       "the key holds no PEM private key"},
  };
  kube_error err = {0};
  size_t i;
  int code;
  char *key = kube_key_new(KUBE_KEY_ECDSA, 0, &err);
  const char *encrypted;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    CHECK(kube_csr_new(slice(cases[i].key), &JANE, &err) == NULL);
    CHECK(err.status == KUBE_EDECODE);
    CHECK_STRING(err.message, cases[i].message);
  }
  write_file("key", key);
  encrypted = openssl("pkcs8 -topk8 -in key -passout pass:secret", &code);
  CHECK(code == 0 && kube_csr_new(slice(encrypted), &JANE, &err) == NULL);
  CHECK(strstr(err.message, "the key is encrypted") != NULL);
  CHECK(strstr(err.message, "secret") == NULL);
  kube_pem_free(key);
}

/* PKCS #8, parameters before the key, a certificate before it: all of these hold one. */
static void foreign_keys(void) {
  static const char *const makers[] = {
      "genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
      "ecparam -name prime256v1 -genkey",
      "genpkey -quiet -algorithm ED25519",
      "genrsa 2048 2>/dev/null",
  };
  size_t i;
  for (i = 0; i < sizeof makers / sizeof *makers; i++) {
    kube_error err = {0};
    int code;
    char *key = strdup(openssl(makers[i], &code)), *csr;
    check_about = makers[i];
    csr = kube_csr_new(slice(key), &JANE, &err);
    CHECK(csr != NULL);
    write_file("csr", csr ? csr : "");
    JUDGE("req -in csr -noout -verify", "verify OK");
    kube_pem_free(csr);
    free(key);
  }
}

/* What client-go's ensureCompatible asks. */
static void compatible(void) {
  static const kube_subject other = {.common_name = "jane", .organizations = GROUPS + 1};
  kube_error err = {0};
  int code;
  char *key = kube_key_new(KUBE_KEY_ECDSA, 0, &err), *key2 = kube_key_new(KUBE_KEY_ECDSA, 0, &err);
  char *csr = kube_csr_new(slice(key), &JANE, &err), *csr2 = kube_csr_new(slice(key), &other, &err);
  const char *foreign;
  CHECK(kube_csr_check(slice(csr), slice(csr), slice(key2), &err) == KUBE_EDECODE);
  CHECK_STRING(err.message, "the request is signed with another key");
  CHECK(kube_csr_check(slice(csr2), slice(csr), slice(key), &err) == KUBE_EDECODE);
  CHECK_STRING(err.message,
               "the request is for the subject \"CN=jane,O=ops\", not \"CN=jane,O=ops+O=dev\"");
  CHECK(kube_csr_check(slice("x"), slice(csr), slice(key), &err) == KUBE_EDECODE);
  CHECK_STRING(err.message, "the request is no PEM certificate request");
  write_file("key", key);
  foreign = openssl("req -new -key key -subj /O=ops/CN=jane", &code);
  CHECK(code == 0 && kube_csr_check(slice(foreign), slice(csr2), slice(key), &err) == KUBE_OK);
  kube_pem_free(csr);
  kube_pem_free(csr2);
  kube_pem_free(key);
  kube_pem_free(key2);
}

/* ---- certificates ---- */

static void check_list(const char *const *have, const char *const *want) {
  for (; *have && *want; have++, want++) CHECK_STRING(*have, *want);
  CHECK(*have == NULL && *want == NULL);
}

#define CHECK_LIST(have, ...) check_list(have, (const char *const[]){__VA_ARGS__, NULL})

/* A CA and a server's certificate of it, as GenerateSelfSignedCertKey makes them. */
static void certificates(void) {
  static const kube_subject authority = {.common_name = "ca"};
  kube_error err = {0};
  kube_certificate_options ca_options = {.is_ca = true, .not_before = 1700000000},
                           options = {.not_before = 1700000000};
  char *ca_key = kube_key_new(KUBE_KEY_RSA, 0, &err), *key = kube_key_new(KUBE_KEY_ECDSA, 0, &err);
  char *ca = kube_certificate_new(slice(ca_key), &authority, &ca_options, &err), *cert;
  char both[16384];
  kube_certificates *all;
  const kube_certificate *one;
  options.issuer = slice(ca);
  options.issuer_key = slice(ca_key);
  cert = kube_certificate_new(slice(key), &JANE, &options, &err);
  if (!CHECK(ca && cert)) printf("  %s\n", err.message);
  snprintf(both, sizeof both, "a comment\n%s%s%s", key, cert, ca);
  write_file("ca", ca);
  write_file("cert", cert);
  JUDGE("verify -x509_strict -attime 1700000001 -purpose sslserver -CAfile ca cert", "cert: OK");
  JUDGE("verify -x509_strict -attime 1700000001 -CAfile ca ca", "ca: OK");
  JUDGE("x509 -in ca -noout -text", "CA:TRUE", "Key Usage: critical",
        "Digital Signature, Key Encipherment, Certificate Sign");
  JUDGE("x509 -in cert -noout -text -fingerprint -sha256", "CA:FALSE",
        "TLS Web Server Authentication", "Digital Signature, Key Encipherment\n");

  all = kube_certificates_parse(slice(both), &err);
  one = kube_certificates_at(all, 0);
  CHECK_STRING(one->subject, "CN=jane,O=ops+O=dev");
  CHECK_STRING(one->issuer, "CN=ca");
  CHECK_STRING(one->common_name, "jane");
  CHECK_STRING(one->pem, cert);
  CHECK(one->not_before == 1700000000 && one->not_after == 1700000000 + 365 * 86400);
  CHECK(!one->is_ca && strlen(one->fingerprint) == 64 && *one->serial);
  CHECK_LIST(one->organizations, "dev", "ops");
  CHECK_LIST(one->dns_names, "web.default.svc", "*.example.com");
  CHECK_LIST(one->ip_addresses, "10.0.0.1", "fd00::1");
  CHECK_LIST(one->usages, "digital signature", "key encipherment", "server auth");
  one = kube_certificates_at(all, 1);
  CHECK(one->is_ca && one->not_after == 1700000000 + 3650LL * 86400);
  CHECK_LIST(one->usages, "digital signature", "key encipherment", "cert sign");
  CHECK(*one->organizations == NULL && *one->dns_names == NULL && *one->ip_addresses == NULL);
  CHECK(kube_certificates_at(all, 2) == NULL);
  kube_certificates_free(all);

  CHECK(kube_certificate_check_key(slice(both), slice(key), &err) == KUBE_OK);
  CHECK(kube_certificate_check_key(slice(cert), slice(ca_key), &err) == KUBE_EDECODE);
  CHECK_STRING(err.message, "the key does not belong to the certificate");
  options.issuer_key = slice(key);
  CHECK(kube_certificate_new(slice(key), &JANE, &options, &err) == NULL);
  CHECK_STRING(err.message, "the issuer's key does not belong to the issuer");
  kube_pem_free(ca_key);
  kube_pem_free(key);
  kube_pem_free(ca);
  kube_pem_free(cert);
}

/* What openssl says of the same certificate. */
static void agree(void) {
  kube_error err = {0};
  int code;
  char *cert = strdup(openssl("req -x509 -newkey rsa:2048 -nodes -keyout key -subj /O=x/CN=a/CN=b "
                              "-days 2 -addext keyUsage=cRLSign,nonRepudiation -addext "
                              "extendedKeyUsage=clientAuth,codeSigning 2>/dev/null",
                              &code));
  char want[256];
  const char *p;
  size_t n = 0;
  kube_certificates *all = kube_certificates_parse(slice(cert), &err);
  const kube_certificate *one = kube_certificates_at(all, 0);
  write_file("cert", cert);
  snprintf(want, sizeof want, "serial=%s\n", one->serial);
  CHECK_STRING(openssl("x509 -in cert -noout -serial", &code), want);
  for (p = strchr(openssl("x509 -in cert -noout -fingerprint -sha256", &code), '=') + 1; *p; p++)
    if (*p != ':' && *p != '\n') want[n++] = *p >= 'A' ? (char)(*p + 32) : *p;
  CHECK_TEXT(want, n, one->fingerprint);
  CHECK_STRING(one->common_name, "b");
  CHECK_STRING(one->subject, "CN=b,CN=a,O=x");
  CHECK(one->not_after - one->not_before == 2LL * 86400);
  CHECK_LIST(one->usages, "content commitment", "crl sign", "client auth", "code signing");
  kube_certificates_free(all);
  free(cert);
}

static void defaults(void) {
  kube_error err = {0};
  const long long now = (long long)time(NULL);
  char *key = kube_key_new(KUBE_KEY_ECDSA, 0, &err);
  char *cert = kube_certificate_new(slice(key), &JANE, NULL, &err);
  kube_certificates *all = kube_certificates_parse(slice(cert), &err);
  const kube_certificate *one = kube_certificates_at(all, 0);
  CHECK(one->not_before >= now - 3600 && one->not_before < now - 3500);
  CHECK(one->not_after - one->not_before == 365LL * 86400);
  kube_certificates_free(all);
  kube_pem_free(cert);
  kube_pem_free(key);
}

static void bad_texts(void) {
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"", "the text holds no PEM certificate"},
      {"hello", "the text holds no PEM certificate"},
      {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
       "the text holds no PEM certificate"},
      {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
       "certificate 1 of the PEM text is broken"},
      {"-----BEGIN CERTIFICATE-----\nAAAA\n", "certificate 1 of the PEM text is broken"},
  };
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_error err = {0};
    CHECK(kube_certificates_parse(slice(cases[i].text), &err) == NULL);
    CHECK(err.status == KUBE_EDECODE);
    CHECK_STRING(err.message, cases[i].message);
  }
}

/* "bank.example\0.evil.example" must not pass for the bank. */
static void zero_bytes(void) {
  kube_error err = {0};
  int code;
  char *cert = strdup(openssl("req -x509 -newkey rsa:2048 -nodes -keyout key -subj /CN=a -days 1 "
                              "-addext subjectAltName=DNS:bank.example,DNS:xx -outform DER "
                              "2>/dev/null | sed 's/\\x82\\x02xx/\\x82\\x02a\\x00/' | openssl x509 "
                              "-inform DER",
                              &code));
  CHECK(code == 0 && kube_certificates_parse(slice(cert), &err) == NULL);
  CHECK_STRING(err.message, "a name in the certificate holds a zero byte");
  free(cert);
}

int main(void) {
  files_begin();
  RUN(keys);
  RUN(requests);
  RUN(long_names);
  RUN(bad_requests);
  RUN(bad_keys);
  RUN(foreign_keys);
  RUN(compatible);
  RUN(certificates);
  RUN(agree);
  RUN(defaults);
  RUN(bad_texts);
  RUN(zero_bytes);
  if (!files_remove_all()) return 1;
  return check_report();
}
