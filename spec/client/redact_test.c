/*
** What a log may not show. Cases: client-go transport/round_trippers_test.go TestMaskValue (14), and
** our own.
*/
#include "../../csrc/client/redact.h"

#include "../support/check.h"

static kube_slice text(const char *bytes) { return (kube_slice){bytes, strlen(bytes)}; }

static void headers(void) {
  static const struct {
    const char *name, *value, *want;
  } rows[] = {
      {"Authorization", "Basic YWxhZGRpbjpvcGVuc2VzYW1l", "Basic <masked>"},
      {"Authorization", "basic", "basic"},
      {"Authorization", "Basic", "Basic"},
      {"Authorization", "Bearer cn389ncoiwuencr", "Bearer <masked>"},
      {"Authorization", "Bearer", "Bearer"},
      {"Authorization", "bearer", "bearer"},
      {"Authorization", "bearer ", "bearer"},
      {"Authorization", "Negotiate cn389ncoiwuencr", "Negotiate <masked>"},
      {"ABC", "Negotiate cn389ncoiwuencr", "Negotiate cn389ncoiwuencr"},
      {"Authorization", "Negotiate", "Negotiate"},
      {"Authorization", "Negotiate ", "Negotiate"},
      {"Authorization", "negotiate", "negotiate"},
      {"Authorization", "abc cn389ncoiwuencr", "<masked>"},
      {"Authorization", "", ""},
      /* ours */
      {"authorization", "bearer cn389", "bearer <masked>"},
      {"AUTHORIZATION", "cn389", "<masked>"},
      {"Authorization", " cn389", "<masked>"},
      {"Proxy-Authorization", "Basic YWxh", "<masked>"},
      {"Cookie", "session=1", "<masked>"},
      {"set-cookie", "session=1", "<masked>"},
      {"X-Auth-Token", "abc", "<masked>"},
      {"X-Api-Key", "abc", "<masked>"},
      {"Sec-WebSocket-Protocol", "base64url.bearer.authorization.k8s.io.YWJj", "<masked>"},
      {"Sec-WebSocket-Protocol", "v5.channel.k8s.io", "v5.channel.k8s.io"},
      {"Location", "https://user:pw@host/a", "<masked>"},
      {"Location", "https://host/a?b=c@d", "https://host/a?"},
      {"location", "/a?X-Amz-Signature=s", "/a?"},
      {"Location", "/a", "/a"},
      {"Location", "", ""},
      {"Impersonate-User", "jane", "jane"},
      {"Accept", "application/json", "application/json"},
  };
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    const kube_slice shown = kube_mask_header(text(rows[i].name), text(rows[i].value));
    check_about = rows[i].value;
    CHECK_TEXT(shown.bytes, shown.length, rows[i].want);
  }
}

static void paths(void) {
  static const struct {
    const char *path;
    bool secret;
  } rows[] = {
      {"/api/v1/namespaces/a/secrets/x", true},
      {"/api/v1/secrets", true},
      {"/api/v1/secrets?watch=true", true},
      {"/api/v1/namespaces/a/serviceaccounts/b/token", true},
      {"/apis/authentication.k8s.io/v1/tokenreviews", true},
      {"/api/v1/namespaces/a/services/b/proxy/secrets/c", true},
      {"/api/v1/watch/namespaces/a/Secrets", true},
      {"/api/v1/namespaces/a/configmaps/secrets", true}, /* by its name alone: rather so */
      {"/api/v1/pods?labelSelector=a%3Dsecrets", false},
      {"/api/v1/namespaces/a/pods/secrets-x", false},
      {"/apis/x/v1/secretstores", false},
      {"/", false},
      {"", false},
  };
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    check_about = rows[i].path;
    CHECK(kube_path_is_secret(rows[i].path) == rows[i].secret);
  }
}

static void bodies(void) {
  static const struct {
    const char *body;
    bool secret;
  } rows[] = {
      {"{\"kind\":\"Secret\",\"data\":{}}", true},
      {"{\"kind\" : \"SecretList\"}", true},
      {"apiVersion: v1\nkind: Secret\n", true},
      {"kind: 'Secret'", true},
      {"kind:\n  \"TokenRequest\"", true},
      {"{\"kind\":\"TokenReview\"}", true},
      {"{\"kind\":\"ExecCredential\"}", true},
      {"{\"a\":\"{\\\"kind\\\":\\\"Secret\\\"}\"}", true}, /* in an annotation */
      {"{\"items\":[{\"kind\":\"Pod\"},{\"kind\":\"Secret\"}]}", true},
      {"{\"kind\":\"Pod\",\"spec\":{\"volumes\":[{\"secret\":{\"secretName\":\"x\"}}]}}", false},
      {"{\"kind\":\"SecretProviderClass\"}", false},
      {"{\"kind\":\"ExternalSecret\"}", false},
      {"kind", false},
      {"kind: Secre", false},
      {"", false},
  };
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    char *exact = check_exact(rows[i].body, strlen(rows[i].body));
    check_about = rows[i].body;
    CHECK(kube_body_is_secret((kube_slice){exact, strlen(rows[i].body)}) == rows[i].secret);
    free(exact);
  }
}

int main(void) {
  RUN(headers);
  RUN(paths);
  RUN(bodies);
  return check_report();
}
