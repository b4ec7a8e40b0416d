/*
** Every allocation fails once: the n-th that kube's own code makes, for n = 1, 2, 3, ... until the
** job needs no more. It never crashes or leaks (valgrind and sanitizers look at that), and it is
** never taken for a success: whoever asked is told.
*/
#include <curl/curl.h>
#include <unistd.h>

#include "check.h"
#include "kube.h"
#include "server.h"

enum { PATIENCE = 60000, MOST = 2000 };

/* ---- memory that runs out: the linker wraps these, see Makefile ---- */

static long left = -1; /* allocations that succeed before one fails; -1: all do */
static bool failed;
static pthread_t tested;

static bool fails(void) {
  if (left < 0 || !pthread_equal(pthread_self(), tested) || left-- > 0) return false;
  failed = true;
  return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

void *__wrap_malloc(size_t n) { return fails() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t n) { return fails() ? NULL : __real_realloc(p, n); }
char *__wrap_strdup(const char *s) { return fails() ? NULL : __real_strdup(s); }
char *__wrap_strndup(const char *s, size_t n) { return fails() ? NULL : __real_strndup(s, n); }

/* ---- the server ---- */

#define EVENT(type, version)                                                                       \
  "{\"type\":\"" type "\",\"object\":{\"metadata\":{\"resourceVersion\":\"" version "\"}}}\n"

static void answer_watch(server_connection *c) {
  const bool again = strstr(c->target, "resourceVersion=7") != NULL;
  server_text(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  server_text(c, again ? EVENT("MODIFIED", "8") : EVENT("ADDED", "5") EVENT("BOOKMARK", "7"));
  c->close = true;
}

static void answer(server_connection *c, void *arg) {
  (void)arg;
  if (strstr(c->target, "watch=true"))
    answer_watch(c);
  else if (strstr(c->target, "/pods/a"))
    server_json(c, "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}");
  else if (strstr(c->target, "/pods/none"))
    server_answer(c, 404, "application/json",
                  "{\"kind\":\"Status\",\"message\":\"no such pod\",\"reason\":\"NotFound\"}");
  else if (strstr(c->target, "continue="))
    server_json(c, "{\"kind\":\"PodList\",\"items\":[{\"b\":2}],\"metadata\":{}}");
  else if (strstr(c->target, "/pods"))
    server_json(c,
                "{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"t\"},\"items\":[{\"a\":1}]}");
  else
    server_json(c, "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{},\"versions\":["
                   "{\"version\":\"v1\",\"freshness\":\"Stale\",\"resources\":["
                   "{\"resource\":\"pods\",\"verbs\":[\"get\"]}]}]}]}");
}

/* ---- the job: each part gives KUBE_OK, or what *err says ---- */

/* Takes as many objects as are wanted, and then, unless it is a watch, comes to the end. */
static kube_status read_all(kube_call *call, int wanted, bool ends, kube_error *err) {
  kube_frame frame;
  kube_status status = call ? KUBE_OK : err->status;
  for (; status == KUBE_OK && wanted > 0; wanted--) {
    status = kube_call_next(call, &frame, PATIENCE, err);
    if (status == KUBE_OK) kube_call_take(call);
  }
  if (status == KUBE_OK && ends && kube_call_next(call, &frame, PATIENCE, err) != KUBE_EOF)
    status = err->status;
  kube_call_free(call);
  return status;
}

/* A refusal is what is wanted here: anything else is a failure. */
static kube_status read_refusal(kube_call *call, kube_error *err) {
  const kube_status status = read_all(call, 1, true, err);
  if (status != KUBE_EAPI || err->code != 404) return status;
  return strcmp(err->reason, "NotFound") == 0 ? KUBE_OK : KUBE_EAPI;
}

static kube_status read_discovery(kube_client *client, kube_error *err) {
  kube_frame frame;
  kube_discovery *found = kube_discovery_new(err);
  kube_call *call = found ? kube_discovery_core(client, err) : NULL;
  kube_status status = call ? kube_call_next(call, &frame, PATIENCE, err) : err->status;
  if (status == KUBE_OK) status = kube_discovery_add(found, frame.object, err);
  if (status == KUBE_OK) CHECK(kube_discovery_resource(found, 0) && kube_discovery_stale(found, 0));
  kube_call_free(call);
  kube_discovery_free(found);
  return status;
}

static kube_status use(kube_client *client, kube_error *err) {
  static const kube_list_options page = {.label_selector = "a=b", .limit = 1};
  static const kube_watch_options watch = {.field_selector = "a=b"};
  kube_status status =
      read_all(kube_dynamic_get(client, &KUBE_PODS, "ns", "a", NULL, err), 1, true, err);
  if (status == KUBE_OK)
    status = read_refusal(kube_dynamic_get(client, &KUBE_PODS, "ns", "none", NULL, err), err);
  if (status == KUBE_OK)
    status = read_all(kube_dynamic_list(client, &KUBE_PODS, "ns", &page, err), 2, true, err);
  if (status == KUBE_OK)
    status = read_all(kube_dynamic_watch(client, &KUBE_PODS, "ns", &watch, err), 2, false, err);
  if (status == KUBE_OK)
    status = read_all(
        kube_dynamic_create(client, &KUBE_PODS, "ns", NULL, (kube_slice){"{}", 2}, NULL, err), 1,
        false, err);
  return status == KUBE_OK ? read_discovery(client, err) : status;
}

static kube_status do_job(const char *path, kube_error *err) {
  const kube_config_options options = {.kubeconfig = path};
  kube_config *config = kube_config_load(&options, err);
  kube_engine *engine = config ? kube_engine_new(err) : NULL;
  kube_client *client = engine ? kube_client_new(engine, config, err) : NULL;
  const kube_status status = client ? use(client, err) : err->status;
  kube_client_free(client);
  kube_engine_free(engine);
  kube_config_free(config);
  return status;
}

/* ---- all together ---- */

static void write_config(char *path, const char *url) {
  const int fd = mkstemp(path);
  FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
  if (file == NULL) abort();
  fprintf(file,
          "current-context: x\n"
          "contexts: [{name: x, context: {cluster: c, user: u, namespace: ns}}]\n"
          "clusters: [{name: c, cluster: {server: '%s', proxy-url: ''}}]\n"
          "users: [{name: u, user: {username: me, password: SECRETMARK}}]\n",
          url);
  fclose(file);
}

/* What came of it is said; the callbacks of libcurl can only say that it did not work. */
static void told(kube_status status, const kube_error *err) {
  if (!CHECK(status == KUBE_ENOMEM || status == KUBE_ECONNECT || status == KUBE_ENETWORK))
    printf("  status %d: %s\n", (int)status, err->message);
  CHECK(err->status == status && err->message[0]);
  CHECK(strstr(err->message, "SECRETMARK") == NULL);
}

static void each_allocation_fails_once(void) {
  char path[] = "/tmp/memory_test.XXXXXX", about[32];
  server s;
  long n;
  tested = pthread_self();
  server_start(&s, answer, NULL);
  write_config(path, s.url);
  for (n = 0; n < MOST; n++) {
    kube_error err = {0};
    kube_status status;
    snprintf(about, sizeof about, "allocation %ld", n + 1);
    check_about = about;
    left = n;
    failed = false;
    status = do_job(path, &err);
    left = -1;
    if (failed && status != KUBE_OK) told(status, &err);
    if (!failed) break;
  }
  CHECK(n > 100 && n < MOST);
  unlink(path);
  server_stop(&s);
}

int main(void) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  RUN(each_allocation_fails_once);
  return check_report();
}
