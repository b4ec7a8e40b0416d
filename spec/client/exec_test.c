/*
** What exec plugins write, and JSON Web Tokens. The cases follow client-go
** plugin/pkg/client/auth/exec/exec_test.go (TestRefreshCreds), tools/auth/exec/exec_test.go
** (TestLoadExecCredential) and plugin/pkg/client/auth/oidc/oidc_test.go (TestExpired).
*/
#include "../../csrc/client/exec.h"

#include "../../csrc/client/oidc.h"
#include "../support/check.h"
#include "../support/identity.h"

#define V1     "client.authentication.k8s.io/v1"
#define BETA   "client.authentication.k8s.io/v1beta1"
#define SECRET "SECRETMARK"

#define DOCUMENT(version, status)                                                                  \
  "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" version "\"" status "}"
#define STATUS(members) ",\"status\":{" members "}"
#define TOKEN           "\"token\":\"" SECRET "\""

/* The text lies in memory of exactly its size. */
static kube_status read_as(const char *version, const char *text, kube_grant *grant,
                           kube_error *err) {
  const kube_exec exec = {.api_version = (char *)version};
  char *exact = check_exact(text, strlen(text));
  const kube_slice output = {exact, strlen(text)};
  kube_status status = kube_exec_read(&exec, output, grant, err);
  free(exact);
  return status;
}

static void good_ones(void) {
  static const struct {
    const char *version, *text, *token;
    long long expires;
  } cases[] = {
      {V1, DOCUMENT(V1, STATUS(TOKEN)), SECRET, -1},
      {BETA, DOCUMENT(BETA, STATUS(TOKEN)), SECRET, -1},
      {BETA, " \n" DOCUMENT(BETA, ",\"spec\":{\"interactive\":false}" STATUS(TOKEN)) "\n\n", SECRET,
       -1},
      {V1, DOCUMENT(V1, STATUS(TOKEN ",\"expirationTimestamp\":\"2006-01-02T15:04:05Z\"")), SECRET,
       1136214245000},
      {V1, DOCUMENT(V1, STATUS(TOKEN ",\"expirationTimestamp\":\"0001-01-01T00:00:00Z\"")), SECRET,
       -1},
      {V1, DOCUMENT(V1, STATUS(TOKEN ",\"expirationTimestamp\":\"1969-12-31T23:59:00Z\"")), SECRET,
       0},
      {V1, DOCUMENT(V1, STATUS(TOKEN ",\"expirationTimestamp\":null,\"clientKeyData\":\"\"")),
       SECRET, -1},
      {V1, DOCUMENT(V1, STATUS("\"token\":\"a\\u0062c\",\"more\":[1,{}]")), "abc", -1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_grant grant = {0};
    kube_error err = {0};
    check_about = cases[i].text;
    CHECK(read_as(cases[i].version, cases[i].text, &grant, &err) == KUBE_OK);
    CHECK_STRING(grant.token, cases[i].token);
    CHECK(grant.expires == cases[i].expires);
    CHECK(kube_buffer_length(&grant.cert) == 0 && kube_buffer_length(&grant.key) == 0);
    kube_grant_clear(&grant);
    kube_grant_clear(&grant);
  }
}

static void bad_ones(void) {
  static const struct {
    const char *version, *text, *message;
  } cases[] = {
      {V1, "", "decoding stdout: its 0 bytes are not one JSON document"},
      {V1, "some rubbish " SECRET, "are not one JSON document"},
      {V1, "Logged in!\n" DOCUMENT(V1, STATUS(TOKEN)), "are not one JSON document"},
      {V1, DOCUMENT(V1, STATUS(TOKEN)) " bye", "are not one JSON document"},
      {V1, DOCUMENT(V1, STATUS(TOKEN)) DOCUMENT(V1, STATUS(TOKEN)), "are not one JSON document"},
      {V1, "[]", "it is no ExecCredential"},
      {V1, "{}", "it is no ExecCredential"},
      {V1, "{\"kind\":\"Pod\",\"apiVersion\":\"" V1 "\"" STATUS(TOKEN) "}",
       "it is no ExecCredential"},
      {V1, DOCUMENT(BETA, STATUS(TOKEN)),
       "exec plugin is configured to use API version " V1 ", plugin returned version " BETA},
      {BETA, DOCUMENT("client.authentication.k8s.io/v1alpha1", STATUS(TOKEN)),
       "exec plugin is configured to use API version " BETA
       ", plugin returned version client.authentication.k8s.io/v1alpha1"},
      {V1, DOCUMENT(V1, ""), "exec plugin didn't return a status field"},
      {V1, DOCUMENT(V1, ",\"status\":null"), "exec plugin didn't return a status field"},
      {V1, DOCUMENT(V1, ",\"status\":[]"), "exec plugin didn't return a status field"},
      {V1, DOCUMENT(V1, STATUS("")), "exec plugin didn't return a token or cert/key pair"},
      {V1, DOCUMENT(V1, STATUS("\"token\":\"\"")),
       "exec plugin didn't return a token or cert/key pair"},
      {V1, DOCUMENT(V1, STATUS("\"token\":17")), "status.token is not a string"},
      {V1, DOCUMENT(V1, STATUS("\"clientCertificateData\":\"" SECRET "\"")),
       "exec plugin returned only certificate or key, not both"},
      {V1, DOCUMENT(V1, STATUS("\"clientKeyData\":\"" SECRET "\"")),
       "exec plugin returned only certificate or key, not both"},
      {V1, DOCUMENT(V1, STATUS(TOKEN ",\"clientKeyData\":\"" SECRET "\"")),
       "exec plugin returned only certificate or key, not both"},
      {V1, DOCUMENT(V1, STATUS("\"clientCertificateData\":\"x\",\"clientKeyData\":\"" SECRET "\"")),
       "failed parsing client key/certificate"},
      {V1, DOCUMENT(V1, STATUS(TOKEN ",\"expirationTimestamp\":\"tomorrow\"")),
       "expirationTimestamp is no RFC 3339 time"},
      {V1, DOCUMENT(V1, STATUS(TOKEN ",\"expirationTimestamp\":12")),
       "status.expirationTimestamp is not a string"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_grant grant = {0};
    kube_error err = {0};
    check_about = cases[i].text;
    CHECK(read_as(cases[i].version, cases[i].text, &grant, &err) == KUBE_EEXEC);
    if (!CHECK(strstr(err.message, cases[i].message) != NULL)) printf("  %s\n", err.message);
    CHECK_STRING(err.reason, "Exec");
    CHECK(strstr(err.message, SECRET) == NULL);
    CHECK(grant.token == NULL && grant.cert.data == NULL && grant.key.data == NULL);
  }
}

/* A PEM text within a JSON string. */
static void add_pem(char *to, const char *pem) {
  to += strlen(to);
  for (; *pem; pem++) {
    if (*pem == '\n') *to++ = '\\';
    *to++ = *pem == '\n' ? 'n' : *pem;
  }
  *to = '\0';
}

static void certificates(void) {
  static identity one, two;
  static char text[8192];
  kube_grant grant = {0};
  kube_error err = {0};
  int round;
  make_identity(&one);
  make_identity(&two);
  for (round = 0; round < 2; round++) {
    strcpy(text, "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
                 "\",\"status\":{\"clientCertificateData\":\"");
    add_pem(text, one.cert);
    strcat(text, "\",\"clientKeyData\":\"");
    add_pem(text, round == 0 ? one.key : two.key);
    strcat(text, "\"}}");
    if (round == 0) {
      CHECK(read_as(V1, text, &grant, &err) == KUBE_OK);
      CHECK_TEXT(kube_buffer_bytes(&grant.cert), kube_buffer_length(&grant.cert), one.cert);
      CHECK_TEXT(kube_buffer_bytes(&grant.key), kube_buffer_length(&grant.key), one.key);
      CHECK(grant.token == NULL);
      kube_grant_clear(&grant);
    } else {
      CHECK(read_as(V1, text, &grant, &err) == KUBE_EEXEC);
      CHECK(strstr(err.message, "clientKeyData does not belong to clientCertificateData") != NULL);
    }
  }
}

/* The payloads of TestExpired, and more; no signature is looked at. */
static void token_expiry(void) {
  static const struct {
    const char *token;
    kube_status status;
    long long expires;
  } cases[] = {{"eyJhbGciOiJub25lIn0.eyJleHAiOjE3OTU4NjAwMDB9.c2ln", KUBE_OK, 1795860000000},
               {"a.eyJleHAiOjE3OTU4NjAwMDAuNX0.c", KUBE_OK, 1795860000500},
               {"a.eyJleHAiOjFlMzAwfQ.c", KUBE_OK, 253402300799000},
               {"a.eyJleHAiOi0xZTMwMH0.c", KUBE_OK, 1},
               {"a.eyJleHAiOi01fQ.c", KUBE_OK, 1},
               {"a.eyJleHAiOjB9.c", KUBE_OK, 1},
               {"a.e30.c", KUBE_OK, 0},
               {"a.eyJleHAiOiJzb29uIn0.c", KUBE_OK, 0},
               {"", KUBE_EEXEC, 0},
               {"one", KUBE_EEXEC, 0},
               {"a.e30", KUBE_EEXEC, 0},
               {"a.e30.c.d", KUBE_EEXEC, 0},
               {"a.!!.c", KUBE_EEXEC, 0},
               {"a.bm90IGpzb24.c", KUBE_EEXEC, 0},
               {"a..c", KUBE_EEXEC, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    long long expires = -1;
    kube_error err = {0};
    check_about = cases[i].token;
    CHECK(kube_oidc_expiry(cases[i].token, &expires, &err) == cases[i].status);
    CHECK(expires == cases[i].expires);
  }
}

int main(void) {
  RUN(good_ones);
  RUN(bad_ones);
  RUN(certificates);
  RUN(token_expiry);
  return check_report();
}
