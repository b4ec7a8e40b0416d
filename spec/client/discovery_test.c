/*
** Discovery from C: a server that hangs, waits of all kinds, and kubectl's cache file by file. What is
** read of documents is in discovery_read_test.c and spec/client/discovery_*_spec.lua.
*/
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "connect.h"
#include "kube.h"
#include "own_files.h"
#include "server.h"

enum { PATIENCE = 60000 };

#define GROUPS                                                                                     \
  "{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"g\",\"versions\":[{\"version\":\"v1\"},{"    \
  "\"version\":\"v2\"}]}]}"
#define LIST(name)                                                                                 \
  "{\"kind\":\"APIResourceList\",\"groupVersion\":\"g/v1\",\"resources\":[{\"name\":\"" name       \
  "\",\"kind\":\"K\"}]}"

/* ---- fetching ---- */

/* A server of old, whose g/v2 answers once that is allowed. */
static void answer(server_connection *c, void *arg) {
  (void)arg;
  if (strcmp(c->target, "/api") == 0)
    server_answer(c, 404, "text/plain", "none");
  else if (strcmp(c->target, "/apis") == 0)
    server_json(c, GROUPS);
  else if (strcmp(c->target, "/apis/g/v1") == 0)
    server_json(c, LIST("things"));
  else if (server_await(c, 1))
    server_json(c, LIST("others"));
}

typedef struct place {
  server s;
  kube_engine *engine;
  kube_client *client;
} place;

static void open_place(place *p) {
  server_start(&p->s, answer, NULL);
  p->engine = kube_engine_new(NULL);
  p->client = connect_as(p->engine, p->s.url, "", "");
}

static void close_place(place *p) {
  kube_client_free(p->client);
  kube_engine_free(p->engine);
  server_stop(&p->s);
}

static void one_that_hangs_does_not_hold_up_the_others(void) {
  place p;
  kube_error err = {0};
  kube_discovery *d;
  open_place(&p);
  d = kube_discovery_start(p.client, NULL, &err);
  while (server_requests(&p.s) < 4) kube_discovery_wait(d, 10, NULL);
  kube_engine_advance(p.engine, 33000);
  CHECK(kube_discovery_wait(d, PATIENCE, &err) == KUBE_OK);
  CHECK_STRING(kube_discovery_resource(d, 0)->resource, "things");
  CHECK(kube_discovery_resource(d, 1) == NULL);
  CHECK_STRING(kube_discovery_failure(d, 0)->group_version, "g/v2");
  CHECK_STRING(kube_discovery_failure(d, 0)->error.reason, "Timeout");
  CHECK(kube_discovery_failure(d, 1) == NULL);
  CHECK(kube_discovery_problem(d, &err) == KUBE_EAPI);
  CHECK_STRING(err.reason, "GroupDiscoveryFailed");
  CHECK(strstr(err.message, "complete list of server APIs: g/v2: GET http://") != NULL);
  kube_discovery_free(d);
  server_allow(&p.s, 1);
  close_place(&p);
}

static void waits_no_longer_than_told(void) {
  place p;
  kube_error err = {0};
  kube_discovery *d;
  open_place(&p);
  d = kube_discovery_start(p.client, NULL, &err);
  CHECK(kube_discovery_wait(d, 0, &err) == KUBE_ETIMEOUT);
  CHECK(kube_discovery_wait(d, 20, &err) == KUBE_ETIMEOUT);
  CHECK(kube_discovery_peek(d, &err) == KUBE_AGAIN && kube_discovery_call_id(d) != 0);
  server_allow(&p.s, 1);
  CHECK(kube_discovery_wait(d, KUBE_FOREVER, &err) == KUBE_OK && err.status == KUBE_OK);
  CHECK(kube_discovery_wait(d, 0, &err) == KUBE_OK && kube_discovery_call_id(d) == 0);
  CHECK_STRING(kube_discovery_resource(d, 1)->version, "v2");
  CHECK_STRING(kube_discovery_group(d, 0)->preferred, "v1");
  kube_client_free(p.client); /* it needs none any more */
  p.client = NULL;
  CHECK(kube_discovery_problem(d, &err) == KUBE_OK);
  kube_discovery_free(d);
  close_place(&p);
}

/* As a program with a loop of its own does it. */
static void is_peeked_when_a_call_moved(void) {
  place p;
  kube_error err = {0};
  kube_discovery *d;
  kube_status status;
  open_place(&p);
  server_allow(&p.s, 1);
  d = kube_discovery_start(p.client, NULL, &err);
  while ((status = kube_discovery_peek(d, &err)) == KUBE_AGAIN) {
    struct pollfd fd = {.fd = kube_engine_fd(p.engine), .events = POLLIN};
    poll(&fd, 1, kube_engine_timeout(p.engine));
    kube_engine_step(p.engine, &err);
    while (kube_engine_next_ready(p.engine)) {}
  }
  CHECK(status == KUBE_OK && kube_discovery_resource(d, 1));
  kube_discovery_free(d);
  close_place(&p);
}

static void ends_at_any_moment(void) {
  int after;
  for (after = 0; after < 5; after++) {
    place p;
    kube_discovery *d;
    open_place(&p);
    d = kube_discovery_start(p.client, NULL, NULL);
    while (server_requests(&p.s) < after) kube_discovery_wait(d, 10, NULL);
    kube_client_free(p.client); /* it keeps what it needs */
    p.client = NULL;
    kube_discovery_free(d);
    server_allow(&p.s, 1);
    close_place(&p);
  }
}

static void one_group_version_alone(void) {
  place p;
  kube_error err = {0};
  kube_discovery *d;
  open_place(&p);
  d = kube_discovery_start_version(p.client, "g", "v1", &err);
  CHECK(kube_discovery_wait(d, PATIENCE, &err) == KUBE_OK);
  CHECK_STRING(kube_discovery_resource(d, 0)->group, "g");
  CHECK_STRING(kube_discovery_group(d, 0)->versions[0], "v1");
  CHECK(server_requests(&p.s) == 1);
  kube_discovery_free(d);
  d = kube_discovery_start_version(p.client, "a/b", "v1", &err); /* no name of a group */
  CHECK(kube_discovery_wait(d, PATIENCE, &err) == KUBE_OK);
  CHECK_STRING(kube_discovery_failure(d, 0)->error.reason, "BadRequest");
  CHECK(server_requests(&p.s) == 1);
  kube_discovery_free(d);
  close_place(&p);
}

/* ---- OpenAPI ---- */

static void say_target(server_connection *c, void *arg) {
  (void)arg;
  server_printf(c, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n\"%s\"", strlen(c->target) + 2,
                c->target);
}

/* The server's own path is /k: wherever the index leads, it is that server who is asked. */
static void a_schema_is_where_the_index_says(void) {
  static const struct {
    const char *url, *target;
  } cases[] = {{"/openapi/v3/apis/a?hash=b", "/k/openapi/v3/apis/a?hash=b"},
               {"/k/openapi/v3/apis/a", "/k/openapi/v3/apis/a"},
               {"/k/other", "/k/other"},
               {"/other", "/other"},
               {"/k", "/k"},
               {"/k@127.0.0.1:1/x", "/k@127.0.0.1:1/x"},
               {"/k:1@127.0.0.1:1/openapi/v3", "/k:1@127.0.0.1:1/openapi/v3"},
               {"/k.example.com/openapi/v3", "/k.example.com/openapi/v3"},
               {"//127.0.0.1:1/x", NULL},
               {"http://127.0.0.1:1/x", NULL},
               {"/a b", NULL}};
  place p;
  char url[96];
  server_start(&p.s, say_target, NULL);
  snprintf(url, sizeof url, "%s/k", p.s.url);
  p.engine = kube_engine_new(NULL);
  p.client = connect_as(p.engine, url, "", "");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char want[64], said[128], where[128];
    kube_error err = {0};
    kube_frame frame;
    kube_call *call = kube_openapi_v3_schema(p.client, cases[i].url, &err);
    check_about = cases[i].url;
    if (!CHECK((call != NULL) == (cases[i].target != NULL)) || call == NULL) continue;
    snprintf(want, sizeof want, "\"%s\"", cases[i].target);
    if (CHECK(kube_call_next(call, &frame, PATIENCE, &err) == KUBE_OK))
      CHECK_TEXT(frame.object.bytes, frame.object.length, want);
    snprintf(where, sizeof where, "GET %s%s", p.s.url, cases[i].target);
    kube_call_request(call, said, sizeof said);
    CHECK_STRING(said, where);
    kube_call_free(call);
  }
  close_place(&p);
}

/* ---- kubectl's cache ---- */

static void check_path(const char *server, const char *directory, const char *wanted) {
  kube_error err = {0};
  kube_config *config = kube_config_from_flags(server, NULL, &err);
  char path[512], cut[8];
  const int n = kube_discovery_cache_path(config, directory, path, sizeof path);
  check_about = server;
  CHECK_STRING(path, wanted);
  CHECK(n == (int)strlen(wanted));
  CHECK(kube_discovery_cache_path(config, directory, cut, sizeof cut) == n);
  CHECK(strncmp(cut, wanted, 7) == 0 && strlen(cut) <= 7);
  CHECK(kube_discovery_cache_path(config, directory, NULL, 0) == n);
  kube_config_free(config);
}

/* cli-runtime pkg/genericclioptions/config_flags.go computeDiscoverCacheDir, getDefaultCacheDir. */
static void a_server_has_its_place(void) {
  setenv("HOME", "/home/me", 1);
  unsetenv("KUBECACHEDIR");
  check_path("https://127.0.0.1:6443", NULL, "/home/me/.kube/cache/discovery/127.0.0.1_6443");
  check_path("https://127.0.0.1:6443", "", "/home/me/.kube/cache/discovery/127.0.0.1_6443");
  check_path("http://[::1]:8080", "/c", "/c/discovery/___1__8080");
  check_path("https://my-host.example.com", "/c", "/c/discovery/my_host.example.com");
  check_path("https://h:1/k8s/clusters/c-m(x)/", "/c", "/c/discovery/h_1/k8s/clusters/c_m(x)");
  check_path("https://h/a%20b", "/c", "/c/discovery/h/a_20b");
  check_path("https://h/\xc3\xa9\xe2\x82\xac", "/c", "/c/discovery/h/__");
  check_path("https://h/../../x", "/c", "/c/discovery/x");
  setenv("KUBECACHEDIR", "/var/cache/kube", 1);
  check_path("https://h:1", NULL, "/var/cache/kube/discovery/h_1");
  check_path("https://h:1", "relative", "relative/discovery/h_1");
  unsetenv("KUBECACHEDIR");
  unsetenv("HOME");
  check_path("https://h:1", NULL, "");
}

static kube_discovery *made(void) {
  kube_discovery *d = kube_discovery_new(NULL);
  static const char list[] = LIST("things");
  CHECK(kube_discovery_add(d, (kube_slice){list, sizeof list - 1}, NULL) == KUBE_OK);
  return d;
}

static void write_cache(const char *name) {
  kube_discovery *d = made();
  kube_error err = {0};
  if (!CHECK(kube_discovery_cache_write(d, path_of(name), &err) == KUBE_OK)) puts(err.message);
  kube_discovery_free(d);
}

static void fails(const char *name, int64_t max_age, const char *words) {
  kube_error err = {0};
  kube_discovery *d = kube_discovery_cache_read(path_of(name), max_age, &err);
  check_about = words;
  CHECK(d == NULL);
  if (!CHECK(strstr(err.message, words) != NULL)) puts(err.message);
  kube_discovery_free(d);
}

static void works(const char *name) {
  kube_error err = {0};
  kube_discovery *d = kube_discovery_cache_read(path_of(name), 0, &err);
  if (CHECK(d != NULL))
    CHECK_STRING(kube_discovery_resource(d, 0)->resource, "things");
  else
    puts(err.message);
  kube_discovery_free(d);
}

static int mode_of(const char *name) {
  struct stat found;
  return stat(path_of(name), &found) == 0 ? (int)(found.st_mode & 07777) : -1;
}

static void files_are_kubectls(void) {
  umask(0);
  write_cache("a/b");
  umask(022);
  works("a/b");
  CHECK(mode_of("a") == 0750 && mode_of("a/b") == 0750 && mode_of("a/b/g/v1") == 0750);
  CHECK(mode_of("a/b/servergroups.json") == 0660);
  CHECK(mode_of("a/b/g/v1/serverresources.json") == 0660);
  write_cache("a/b"); /* in place of what is there */
  works("a/b");
}

static void set_age(const char *name, int seconds) {
  struct timespec times[2];
  clock_gettime(CLOCK_REALTIME, &times[0]);
  times[0].tv_sec -= seconds;
  times[1] = times[0];
  CHECK(utimensat(AT_FDCWD, path_of(name), times, 0) == 0);
}

static void what_is_not_right_is_not_used(void) {
  static const char *const groups = "c/servergroups.json";
  static const char *const list = "c/g/v1/serverresources.json";
  fails("c", 0, "No such file");
  write_cache("c");
  set_age(list, 6 * 3600 - 60);
  works("c");
  fails("c", 60000, "too old");
  set_age(list, 6 * 3600 + 60);
  fails("c", 0, "v1/serverresources.json is too old");
  set_age(list, -3600); /* a clock that was wrong */
  works("c");
  write_file(list, "{\"kind\":\"APIResourceList\",\"resour");
  fails("c", 0, "not JSON");
  write_file(list, "{\"kind\":\"Pod\"}");
  fails("c", 0, "answered a Pod");
  write_file(list, GROUPS);
  fails("c", 0, "another document");
  write_file(list, "");
  fails("c", 0, "not JSON");
  CHECK(truncate(path_of(list), 40 << 20) == 0);
  fails("c", 0, "too large");
  unlink(path_of(list));
  fails("c", 0, "No such file");
  CHECK(mkfifo(path_of(list), 0600) == 0);
  fails("c", 0, "not a regular file");
  unlink(path_of(list));
  CHECK(mkdir(path_of(list), 0700) == 0);
  fails("c", 0, "not a regular file");
  CHECK(rmdir(path_of(list)) == 0);
  write_cache("c");
  write_file(groups, "{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"..\",\"versions\":["
                     "{\"version\":\"v1\"}]}]}");
  fails("c", 0, "group");
  write_cache("c");
  write_cache("c");
  CHECK(chmod(path_of(groups), 0666) == 0);
  fails("c", 0, "servergroups.json may be written by everybody");
  write_cache("c"); /* another file in its place */
  CHECK(mode_of(groups) == 0660);
  if (geteuid() == 0 && chown(path_of(groups), 12345, 12345) == 0)
    fails("c", 0, "servergroups.json is another user's");
}

static void where_nothing_can_be_written_nothing_is(void) {
  kube_discovery *d = made(), *empty = kube_discovery_new(NULL);
  kube_error err = {0};
  write_file("file", "");
  CHECK(kube_discovery_cache_write(d, path_of("file/below"), &err) == KUBE_ESYSTEM);
  CHECK(strstr(err.message, "Not a directory") != NULL);
  CHECK(kube_discovery_cache_write(d, "/dev/null/cache", &err) == KUBE_ESYSTEM);
  CHECK(kube_discovery_cache_write(empty, path_of("empty"), &err) == KUBE_OK);
  CHECK(access(path_of("empty"), F_OK) != 0);
  kube_discovery_free(d);
  kube_discovery_free(empty);
}

int main(void) {
  RUN(one_that_hangs_does_not_hold_up_the_others);
  RUN(waits_no_longer_than_told);
  RUN(is_peeked_when_a_call_moved);
  RUN(ends_at_any_moment);
  RUN(one_group_version_alone);
  RUN(a_schema_is_where_the_index_says);
  RUN(a_server_has_its_place);
  files_begin();
  RUN(files_are_kubectls);
  RUN(what_is_not_right_is_not_used);
  RUN(where_nothing_can_be_written_nothing_is);
  CHECK(files_remove_all());
  return check_report();
}
