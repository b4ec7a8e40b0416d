/* Documents of aggregated discovery, read as they are. */
#include "../support/place.h"

static const char document[] =
    "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"items\":["
    "{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":\"v1\",\"resources\":["
    "{\"resource\":\"deployments\",\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":"
    "\"Deployment\"},\"scope\":\"Namespaced\",\"singularResource\":\"deployment\",\"verbs\":["
    "\"get\","
    "\"list\"],\"shortNames\":[\"deploy\"],\"categories\":[\"all\"],\"subresources\":["
    "{\"subresource\":\"scale\"},{\"subresource\":\"status\"}]}],\"freshness\":\"Current\"},"
    "{\"version\":\"v1beta1\",\"freshness\":\"Stale\"}]},"
    "{\"metadata\":{},\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":\"nodes\","
    "\"responseKind\":{\"kind\":\"Node\"},\"scope\":\"Cluster\"}]}]}]}";

static void discovery_reads_what_is_listed(void) {
  kube_discovery *d = kube_discovery_new(NULL);
  const kube_api_resource *r;
  kube_error err = {0};
  char *exact = check_exact(document, sizeof document - 1);
  CHECK(kube_discovery_resource(d, 0) == NULL && kube_discovery_stale(d, 0) == NULL);
  CHECK(kube_discovery_add(d, (kube_slice){exact, sizeof document - 1}, &err) == KUBE_OK);
  free(exact); /* the texts are its own */
  r = kube_discovery_resource(d, 0);
  CHECK(strcmp(r->group, "apps") == 0 && strcmp(r->version, "v1") == 0);
  CHECK(strcmp(r->resource, "deployments") == 0 && strcmp(r->singular, "deployment") == 0);
  CHECK(strcmp(r->kind, "Deployment") == 0 && r->namespaced);
  CHECK(strcmp(r->short_names[0], "deploy") == 0 && r->short_names[1] == NULL);
  CHECK(strcmp(r->categories[0], "all") == 0 && r->categories[1] == NULL);
  CHECK(strcmp(r->verbs[1], "list") == 0 && r->verbs[2] == NULL);
  CHECK(strcmp(r->subresources[1], "status") == 0 && r->subresources[2] == NULL);
  r = kube_discovery_resource(d, 1);
  CHECK(*r->group == '\0' && strcmp(r->resource, "nodes") == 0 && !r->namespaced);
  CHECK(r->verbs[0] == NULL && r->short_names[0] == NULL && strcmp(r->kind, "Node") == 0);
  CHECK(kube_discovery_resource(d, 2) == NULL);
  CHECK(strcmp(kube_discovery_stale(d, 0), "apps/v1beta1") == 0);
  CHECK(kube_discovery_stale(d, 1) == NULL);
  kube_discovery_free(d);
  kube_discovery_free(NULL);
}

static void other_documents_are_refused(void) {
  static const struct {
    const char *text, *words;
  } cases[] = {{"{\"kind\":\"Pod\",\"items\":[]}", "answered a Pod"},
               {"{\"kind\":\"APIResourceList\",\"resources\":[]}", "without groupVersion"},
               {"{}", "without a kind"},
               {"[]", "without a kind"},
               {"5", "without a kind"},
               {"null", "without a kind"},
               {"", "not JSON"},
               {"{\"kind\":", "not JSON"},
               {"SECRETMARK", "not JSON"},
               {"{\"kind\":\"\\ud83d\"}", "half of a character"},
               {"{\"kind\":\"\\\\\\ud83d\\ud83d\"}", "half of a character"},
               {"[\"\\ud83d\\ude00\\ude00\"]", "half of a character"},
               {"[\"\\ud83d\\ude00\\\\ude00\"]", "without a kind"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_discovery *d = kube_discovery_new(NULL);
    kube_error err = {0};
    char *exact = check_exact(cases[i].text, strlen(cases[i].text));
    check_about = cases[i].text;
    CHECK(kube_discovery_add(d, (kube_slice){exact, strlen(cases[i].text)}, &err) == KUBE_EDECODE);
    if (!CHECK(strstr(err.message, cases[i].words))) puts(err.message);
    CHECK(strstr(err.message, "SECRETMARK") == NULL);
    CHECK(kube_discovery_resource(d, 0) == NULL);
    CHECK(kube_discovery_add(d, slice(document), &err) == KUBE_OK); /* and another one is read */
    CHECK(kube_discovery_resource(d, 1) != NULL);
    free(exact);
    kube_discovery_free(d);
  }
}

/* What is odd inside of a document is passed over. */
static void odd_documents(void) {
#define LIST(items) "{\"kind\":\"APIGroupDiscoveryList\",\"items\":" items "}"
  static const char *const texts[] = {
      "{\"kind\":\"APIGroupDiscoveryList\"}",
      LIST("null"),
      LIST("{}"),
      LIST("\"x\""),
      LIST("[null,1,\"x\",[],{}]"),
      LIST("[{\"metadata\":5,\"versions\":null}]"),
      LIST("[{\"metadata\":{\"name\":7},\"versions\":[null,5,{}]}]"),
      LIST("[{\"metadata\":{\"name\":\"g\"},\"versions\":[{\"version\":1,\"resources\":null}]}]"),
      LIST("[{\"metadata\":{\"name\":\"g\"},\"versions\":{\"version\":\"v1\"}}]"),
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    kube_discovery *d = kube_discovery_new(NULL);
    check_about = texts[i];
    CHECK(kube_discovery_add(d, slice(texts[i]), NULL) == KUBE_OK);
    CHECK(kube_discovery_resource(d, 0) == NULL);
    CHECK(kube_discovery_stale(d, 0) == NULL);
    kube_discovery_free(d);
  }
}

/* head, n times what, with commas, and tail. The caller frees it. */
static char *repeated(const char *head, const char *what, int n, const char *tail) {
  char *text = malloc(strlen(head) + (size_t)n * (strlen(what) + 1) + strlen(tail) + 1);
  char *end = stpcpy(text, head);
  for (int i = 0; i < n; i++) end = stpcpy(stpcpy(end, i ? "," : ""), what);
  strcpy(end, tail);
  return text;
}

/* A server must not make us ask for, write and compare as much as it likes. */
static void what_is_too_much_is_refused(void) {
#define OPEN "{\"kind\":\"APIGroupDiscoveryList\",\"items\":["
  static const struct {
    const char *head, *what, *tail;
  } rows[] = {
      {OPEN "{\"metadata\":{\"name\":\"g\"},\"versions\":[", "{\"version\":\"v1\"}", "]}]}"},
      {OPEN "{\"metadata\":{\"name\":\"g\"},\"versions\":[",
       "{\"version\":\"v1\",\"freshness\":\"Stale\"}", "]}]}"},
      {OPEN, "{\"metadata\":{\"name\":\"g\"}},{}", "]}"},
      {"{\"kind\":\"APIVersions\",\"versions\":[", "\"v1\"", "]}"},
      {"{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":[",
       "{\"name\":\"a/b\"}", "]}"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    for (int n = 4096; n <= 4097; n++) {
      const int items = i == 2 ? n - 2048 : n; /* there are two groups in one */
      char *text = repeated(rows[i].head, rows[i].what, items, rows[i].tail);
      kube_discovery *d = kube_discovery_new(NULL);
      kube_error err = {0};
      const kube_status status = kube_discovery_add(d, slice(text), &err);
      check_about = rows[i].what;
      CHECK(status == (n == 4096 ? KUBE_OK : KUBE_ETOOLARGE));
      CHECK(n == 4096 || strstr(err.message, "more than 4096"));
      CHECK(n == 4096 || kube_discovery_resource(d, 0) == NULL);
      kube_discovery_free(d);
      free(text);
    }
  }
}

static void discovery_asks_for_the_aggregated_documents(void) {
  place p;
  kube_discovery *d;
  open_place(&p, answer_arg, (void *)(uintptr_t)document);
  d = kube_discovery_start(p.client, NULL, NULL);
  CHECK(kube_discovery_call_id(d) != 0);
  CHECK(kube_discovery_wait(d, PATIENCE, NULL) == KUBE_OK);
  CHECK(kube_discovery_call_id(d) == 0 && kube_discovery_peek(d, NULL) == KUBE_OK);
  CHECK(strcmp(kube_discovery_resource(d, 0)->resource, "deployments") == 0);
  kube_discovery_free(d);
  close_place(&p);
}

int main(void) {
  RUN(discovery_reads_what_is_listed);
  RUN(other_documents_are_refused);
  RUN(odd_documents);
  RUN(what_is_too_much_is_refused);
  RUN(discovery_asks_for_the_aggregated_documents);
  return check_report();
}
