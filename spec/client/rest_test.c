/*
** Requests that are written piece by piece: their URLs, and what cannot be. Cases: client-go
** rest/request_test.go TestAbsPath, TestURLTemplate, TestRequestPreflightCheck, TestInvalidSegments,
** TestRequestSetTwiceError, TestRequestOrdersSubResource and its siblings.
*/
#include "../../csrc/client/rest_path.h"

#include "../support/check.h"
#include "../support/connect.h"

/* A client of http://localhost:123 and a path below it; it sends nothing. */
typedef struct place {
  kube_engine *engine;
  kube_config *config;
  kube_client *client;
} place;

static place open_at(const char *base) {
  char server[256];
  place p = {.engine = kube_engine_new(NULL)};
  snprintf(server, sizeof server, "http://localhost:123%s", base);
  p.config =
      kube_config_load(&(kube_config_options){.kubeconfig = "/dev/null", .server = server}, NULL);
  p.client = p.config ? kube_client_new(p.engine, p.config, NULL) : NULL;
  if (p.client == NULL) abort();
  return p;
}

static void close_place(place *p) {
  kube_client_free(p->client);
  kube_config_free(p->config);
  kube_engine_free(p->engine);
}

static void url_is(const kube_rest *rest, const char *want) {
  char url[512];
  const int n = kube_rest_url(rest, url, sizeof url, NULL);
  CHECK(n == (int)strlen(url));
  CHECK_STRING(strncmp(url, "http://localhost:123", 20) == 0 ? url + 20 : url, want);
}

static void fails(kube_rest *rest, const char *words) {
  kube_error err = {0};
  check_about = words;
  CHECK(kube_rest_send(rest, &err) == NULL && err.status == KUBE_EUSAGE);
  CHECK(strstr(err.message, words) != NULL);
  if (!strstr(err.message, words)) printf("  have: %s\n", err.message);
  CHECK(kube_rest_stream(rest, NULL) == NULL);
  check_about = "";
  kube_rest_free(rest);
}

static void absolute_paths(void) {
  static const struct {
    const char *base, *path, *want;
  } cases[] = {
      {"/", "", "/"},
      {"", "/", "/"},
      {"", "/api", "/api"},
      {"", "/api/", "/api/"},
      {"", "/apis", "/apis"},
      {"", "/bar/foo", "/bar/foo"},
      {"/p1", "/", "/p1/"},
      {"/p1", "/api", "/p1/api"},
      {"/p1/api/p2", "/", "/p1/api/p2/"},
      {"/p1/api/p2", "/api/", "/p1/api/p2/api/"},
      {"", "foo/bar/baz", "/foo/bar/baz"},
      {"", "//a/./b/../c//", "/a/c/"},
      {"/p1", "/../../x", "/p1/x"}, /* ours does not leave the server's path */
      {"", "/openapi/v3/apis/a b", "/openapi/v3/apis/a%20b"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    place p = open_at(cases[i].base);
    kube_rest *rest = kube_rest_new(p.client, "POST", NULL);
    check_about = cases[i].path;
    kube_rest_abs_path(rest, cases[i].path);
    url_is(rest, cases[i].want);
    kube_rest_free(rest);
    close_place(&p);
  }
}

/* The pieces in their order, whatever the order in which they were set. */
static void pieces_of_a_path(void) {
  place p = open_at("/base");
  kube_rest *rest = kube_rest_new(p.client, "get", NULL);
  kube_rest_suffix(rest, "test");
  kube_rest_subresource(rest, "a/b");
  kube_rest_name(rest, "bar");
  kube_rest_resource(rest, "Baz");
  url_is(rest, "/base/api/v1/baz/bar/a/b/test");
  kube_rest_namespace(rest, "foo");
  url_is(rest, "/base/api/v1/namespaces/foo/baz/bar/a/b/test");
  kube_rest_group_version(rest, "apps", "v1");
  url_is(rest, "/base/apis/apps/v1/namespaces/foo/baz/bar/a/b/test");
  kube_rest_suffix(rest, "more/of/it");
  kube_rest_abs_path(rest, "/x/");
  url_is(rest, "/base/x/namespaces/foo/baz/bar/a/b/test/more/of/it");
  kube_rest_free(rest);
  rest = kube_rest_new(p.client, "GET", NULL);
  kube_rest_namespace(rest, "");
  kube_rest_resource(rest, "pods");
  url_is(rest, "/base/api/v1/pods");
  kube_rest_free(rest);
  rest = kube_rest_new(p.client, "GET", NULL);
  kube_rest_resource(rest, "clusterroles");
  kube_rest_group_version(rest, "rbac.authorization.k8s.io", "v1");
  kube_rest_name(rest, "system:node \xc3\xa4?#");
  url_is(rest, "/base/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node%20%C3%A4%3F%23");
  kube_rest_free(rest);
  close_place(&p);
}

static void parameters(void) {
  place p = open_at("");
  kube_rest *rest = kube_rest_new(p.client, "GET", NULL);
  kube_rest_resource(rest, "pods");
  kube_rest_param(rest, "foo", "b");
  kube_rest_param(rest, "bar", "");
  kube_rest_param(rest, "foo", "a");
  kube_rest_param(rest, "a b&c", "1&2=3;\xc3\xa4 +%");
  url_is(rest, "/api/v1/pods?a%20b%26c=1%262%3D3%3B%C3%A4%20%2B%25&bar=&foo=b&foo=a");
  kube_rest_timeout(rest, 92500);
  url_is(rest,
         "/api/v1/pods?a%20b%26c=1%262%3D3%3B%C3%A4%20%2B%25&bar=&foo=b&foo=a&timeout=1m32.5s");
  kube_rest_free(rest);
  rest = kube_rest_new(p.client, "GET", NULL);
  kube_rest_param(rest, "timeout", "42"); /* is no longer protected, as upstream says */
  url_is(rest, "/api/v1?timeout=42");
  kube_rest_timeout(rest, 32000);
  url_is(rest, "/api/v1?timeout=32s");
  kube_rest_free(rest);
  close_place(&p);
}

typedef void set(kube_rest *rest, const char *text);

static void invalid_segments(void) {
  static const char *const segments[] = {".", "..", "/", "a/b", "a%b", "%", "a%20b"};
  static const struct {
    set *set;
    bool several; /* of it */
  } setters[] = {{kube_rest_namespace, false},
                 {kube_rest_resource, false},
                 {kube_rest_name, false},
                 {kube_rest_subresource, true},
                 {kube_rest_suffix, true}};
  place p = open_at("");
  for (size_t i = 0; i < sizeof setters / sizeof *setters; i++)
    for (size_t j = 0; j < sizeof segments / sizeof *segments; j++) {
      kube_rest *rest = kube_rest_new(p.client, "GET", NULL);
      if (setters[i].several && strchr(segments[j], '/')) {
        kube_rest_free(rest);
        continue;
      }
      setters[i].set(rest, segments[j]);
      fails(rest, "invalid ");
    }
  close_place(&p);
}

static void set_twice(void) {
  static const struct {
    set *set;
    const char *words;
  } cases[] = {
      {kube_rest_name, "resource name already set to \"bar\", cannot change to \"baz\""},
      {kube_rest_namespace, "namespace already set to \"bar\", cannot change to \"baz\""},
      {kube_rest_resource, "resource already set to \"bar\", cannot change to \"baz\""},
      {kube_rest_subresource, "subresource already set to \"bar\", cannot change to \"baz\""},
  };
  place p = open_at("");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_rest *rest = kube_rest_new(p.client, "GET", NULL);
    cases[i].set(rest, "bar");
    cases[i].set(rest, "baz");
    kube_rest_name(rest, ""); /* the first mistake is told */
    fails(rest, cases[i].words);
  }
  close_place(&p);
}

static void preflight_checks(void) {
  static const struct {
    const char *verb, *ns, *name, *words; /* words NULL: it may be sent */
  } cases[] = {
      {"GET", NULL, "n", NULL},
      {"POST", NULL, NULL, NULL},
      {"GET", "", NULL, NULL},
      {"PUT", "", NULL, NULL},
      {"DELETE", "", NULL, NULL},
      {"GET", "", "n", "an empty namespace may not be set when a resource name is provided"},
      {"PUT", "", "n", "an empty namespace may not be set when a resource name is provided"},
      {"DELETE", "", "n", "an empty namespace may not be set when a resource name is provided"},
      {"PATCH", "", "n", "an empty namespace may not be set when a resource name is provided"},
      {"POST", "", NULL, "an empty namespace may not be set during creation"},
      {"POST", "ns", "n", NULL},
      {"BREW", NULL, NULL, "there is no verb \"BREW\""},
      {"GET", NULL, "", "resource name may not be empty"},
  };
  place p = open_at("");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_rest *rest = kube_rest_new(p.client, cases[i].verb, NULL);
    kube_call *call;
    if (cases[i].ns) kube_rest_namespace(rest, cases[i].ns);
    if (cases[i].name) kube_rest_name(rest, cases[i].name);
    if (cases[i].words) {
      fails(rest, cases[i].words);
      continue;
    }
    call = kube_rest_send(rest, NULL);
    CHECK(call != NULL);
    kube_call_free(call);
    kube_rest_free(rest);
  }
  close_place(&p);
}

static void headers_that_are_none(void) {
  place p = open_at("");
  kube_rest *rest = kube_rest_new(p.client, "GET", NULL);
  kube_rest_header(rest, "X-A", "b\r\nX-Evil: c");
  fails(rest, "the header X-A holds a line break");
  rest = kube_rest_new(p.client, "GET", NULL);
  kube_rest_header(rest, "X A", "b");
  fails(rest, "\"X A\" is no name of a header");
  rest = kube_rest_new(p.client, "GET", NULL);
  kube_rest_header(rest, "", "b");
  fails(rest, "is no name of a header");
  close_place(&p);
}

int main(void) {
  RUN(absolute_paths);
  RUN(pieces_of_a_path);
  RUN(parameters);
  RUN(invalid_segments);
  RUN(set_twice);
  RUN(preflight_checks);
  RUN(headers_that_are_none);
  return check_report();
}
