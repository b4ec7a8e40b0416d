/*
** The paths of requests. The cases are those of client-go rest/request_test.go (TestRequestURI,
** TestURLTemplate, TestRequestParseSelectorParam, TestNamespaceOmitted and the name checks) and
** apimachinery pkg/api/validation/path/name_test.go, as far as a typed path can say them.
*/
#include "../../csrc/client/request.h"

#include "../support/check.h"

static const kube_resource pods = {"", "v1", "pods"}, deployments = {"apps", "v1", "deployments"},
                           crontabs = {"stable.example.com", "v1beta1", "crontabs"};

static void good_paths(void) {
  static const struct {
    const kube_resource *resource;
    const char *ns, *name, *subresource, *want;
  } cases[] = {
      {&pods, NULL, NULL, NULL, "/api/v1/pods"},
      {&pods, "default", NULL, NULL, "/api/v1/namespaces/default/pods"},
      {&pods, "default", "web-0", NULL, "/api/v1/namespaces/default/pods/web-0"},
      {&pods, NULL, "web-0", NULL, "/api/v1/pods/web-0"},
      {&pods, "ns", "web-0", "status", "/api/v1/namespaces/ns/pods/web-0/status"},
      {&pods, "ns", "web-0", "proxy/metrics/a b",
       "/api/v1/namespaces/ns/pods/web-0/proxy/metrics/a%20b"},
      {&pods, "ns", "web-0", "", "/api/v1/namespaces/ns/pods/web-0"},
      {&deployments, "ns", "d", "scale", "/apis/apps/v1/namespaces/ns/deployments/d/scale"},
      {&crontabs, NULL, NULL, NULL, "/apis/stable.example.com/v1beta1/crontabs"},
      {&crontabs, "ns", "My.Cron", NULL,
       "/apis/stable.example.com/v1beta1/namespaces/ns/crontabs/My.Cron"},
      /* names that path segments allow: validation of names is the server's business */
      {&pods, "ns", ".test", NULL, "/api/v1/namespaces/ns/pods/.test"},
      {&pods, "ns", "..test", NULL, "/api/v1/namespaces/ns/pods/..test"},
      {&pods, "ns", "...", NULL, "/api/v1/namespaces/ns/pods/..."},
      {&pods, "ns", "system:admin", NULL, "/api/v1/namespaces/ns/pods/system%3Aadmin"},
      {&pods, "ns", "a?b#c&d=e", NULL, "/api/v1/namespaces/ns/pods/a%3Fb%23c%26d%3De"},
      {&pods, "a b", "\xC3\xA9", NULL, "/api/v1/namespaces/a%20b/pods/%C3%A9"},
      {&pods, "ns", "x\r\nHost: y", NULL, "/api/v1/namespaces/ns/pods/x%0D%0AHost%3A%20y"},
      {&pods, "ns", "a\\b", NULL, "/api/v1/namespaces/ns/pods/a%5Cb"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_request r = {0};
    kube_error err = {0};
    check_about = cases[i].want;
    CHECK(kube_request_set_path(&r, cases[i].resource, cases[i].ns, cases[i].name,
                                cases[i].subresource, &err) == KUBE_OK);
    if (r.path) CHECK_TEXT(r.path, strlen(r.path), cases[i].want);
    kube_request_clear(&r);
  }
}

static void bad_segments(void) {
  static const kube_resource no_resource = {"", "v1", ""}, no_version = {"apps", "", "x"},
                             up = {"..", "v1", "x"}, slash = {"", "v1", "pods/x"},
                             missing = {"", NULL, "pods"};
  static const struct {
    const kube_resource *resource;
    const char *ns, *name, *subresource, *want;
  } cases[] = {
      {&pods, "ns", "", NULL, "resource name may not be empty"},
      {&pods, "", "x", NULL, "an empty namespace may not be set when a resource name is provided"},
      {&pods, "ns", ".", NULL, "invalid resource name \".\": may not be '.'"},
      {&pods, "ns", "..", NULL, "invalid resource name \"..\": may not be '..'"},
      {&pods, "ns", "foo/bar", NULL, "invalid resource name \"foo/bar\": may not contain '/'"},
      {&pods, "ns", "foo%bar", NULL, "invalid resource name \"foo%bar\": may not contain '%'"},
      {&pods, "ns", "foo%2Fbar", NULL, "invalid resource name \"foo%2Fbar\": may not contain '%'"},
      {&pods, "ns", "/", NULL, "invalid resource name \"/\": may not contain '/'"},
      {&pods, "..", "x", NULL, "invalid namespace \"..\": may not be '..'"},
      {&pods, "a/b", NULL, NULL, "invalid namespace \"a/b\": may not contain '/'"},
      {&pods, "ns", "x", "..", "invalid subresource \"..\": may not be '..'"},
      {&pods, "ns", "x", "proxy/../../y", "invalid subresource \"..\": may not be '..'"},
      {&pods, "ns", "x", "proxy/./y", "invalid subresource \".\": may not be '.'"},
      {&pods, "ns", "x", "a%2F", "invalid subresource \"a%2F\": may not contain '%'"},
      {&no_resource, "ns", "x", NULL, "resource may not be empty"},
      {&no_version, "ns", "x", NULL, "version may not be empty"},
      {&up, "ns", "x", NULL, "invalid group \"..\": may not be '..'"},
      {&slash, "ns", "x", NULL, "invalid resource \"pods/x\": may not contain '/'"},
      {&missing, "ns", "x", NULL, "a resource needs group, version and resource"},
      {NULL, "ns", "x", NULL, "a resource needs group, version and resource"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_request r = {0};
    kube_error err = {0};
    check_about = cases[i].want;
    CHECK(kube_request_set_path(&r, cases[i].resource, cases[i].ns, cases[i].name,
                                cases[i].subresource, &err) == KUBE_EUSAGE);
    CHECK_TEXT(err.reason, strlen(err.reason), "BadRequest");
    CHECK_TEXT(err.message, strlen(err.message), cases[i].want);
    CHECK(r.path == NULL);
    kube_request_clear(&r);
  }
}

static void a_failure_leaves_the_path_there_was(void) {
  kube_request r = {0};
  CHECK(kube_request_set_path(&r, &pods, "ns", "x", NULL, NULL) == KUBE_OK);
  CHECK(kube_request_set_path(&r, &pods, "ns", "..", NULL, NULL) == KUBE_EUSAGE);
  CHECK_TEXT(r.path, strlen(r.path), "/api/v1/namespaces/ns/pods/x");
  CHECK(kube_request_set_path(&r, &pods, "ns", "y", NULL, NULL) == KUBE_OK);
  CHECK_TEXT(r.path, strlen(r.path), "/api/v1/namespaces/ns/pods/y");
  kube_request_clear(&r);
  kube_request_clear(&r);
}

static void a_body_is_copied_and_replaced(void) {
  kube_request r = {0};
  char body[] = "{\"a\":1}";
  CHECK(kube_request_set_body(&r, (kube_slice){body, 7}, NULL) == KUBE_OK);
  body[2] = 'b';
  CHECK_TEXT(kube_buffer_bytes(&r.body), kube_buffer_length(&r.body), "{\"a\":1}");
  CHECK(kube_request_set_body(&r, (kube_slice){body, 2}, NULL) == KUBE_OK);
  CHECK_TEXT(kube_buffer_bytes(&r.body), kube_buffer_length(&r.body), "{\"");
  CHECK(kube_request_set_body(&r, (kube_slice){NULL, 0}, NULL) == KUBE_OK);
  CHECK(kube_buffer_length(&r.body) == 0);
  kube_request_clear(&r);
}

int main(void) {
  RUN(good_paths);
  RUN(bad_segments);
  RUN(a_failure_leaves_the_path_there_was);
  RUN(a_body_is_copied_and_replaced);
  return check_report();
}
