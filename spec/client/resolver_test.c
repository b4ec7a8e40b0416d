/*
** Names that take long to resolve, and a libcurl that would not do. getaddrinfo and
** curl_version_info are this program's own: the libraries find them first.
*/
#include "../../csrc/kube.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <netdb.h>
#include <sys/wait.h>
#include <time.h>

#include "../support/check.h"
#include "../support/connect.h"
#include "../support/server.h"

enum { PATIENCE = 60000, SLOW = 4000 /* ms */, SOON = 3500 /* before that */ };

#define OURS __attribute__((visibility("default")))

static int asked; /* for the slow name */

OURS int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                     struct addrinfo **found) {
  typedef int resolve(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  resolve *next = NULL;
  if (name && strcmp(name, "slow.example") == 0) {
    __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST);
    nanosleep(&(struct timespec){.tv_sec = SLOW / 1000}, NULL);
    return EAI_NONAME;
  }
  *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
  return next(name, service, hints, found);
}

/* Of the real one, unless a test has something else in mind. */
static int without_features;
static const char *other_tls;

OURS curl_version_info_data *curl_version_info(CURLversion age) {
  static curl_version_info_data info;
  typedef curl_version_info_data *tell(CURLversion);
  tell *next = NULL;
  *(void **)&next = dlsym(RTLD_NEXT, "curl_version_info");
  info = *next(age);
  info.features &= ~without_features;
  if (other_tls) info.ssl_version = *other_tls ? other_tls : NULL;
  return &info;
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void hello(server_connection *c, void *arg) {
  (void)arg;
  server_json(c, "{\"hello\":1}");
}

typedef struct place {
  server s;
  kube_engine *engine;
  kube_client *client, *slow;
} place;

static void open_place(place *p) {
  server_start(&p->s, hello, NULL);
  p->engine = kube_engine_new(NULL);
  p->client = connect_as(p->engine, p->s.url, "", "");
  p->slow = connect_as(p->engine, "https://slow.example:1", "", "");
}

static void close_place(place *p) {
  kube_client_free(p->client);
  kube_client_free(p->slow);
  kube_engine_free(p->engine);
  server_stop(&p->s);
}

static kube_call *get(kube_client *client, int64_t timeout) {
  return kube_rest_get(client, "/x", NULL, timeout, NULL);
}

/* Steps until its resolver is at work. */
static void begin(place *p) {
  const int before = __atomic_load_n(&asked, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&asked, __ATOMIC_SEQ_CST) == before) kube_engine_wait(p->engine, 5, NULL);
}

static void a_slow_name_holds_up_nobody_else(void) {
  place p;
  kube_call *slow, *call;
  kube_error err = {0};
  kube_frame frame;
  const long long start = now();
  open_place(&p);
  slow = get(p.slow, 0);
  begin(&p);
  for (int i = 0; i < 100; i++) {
    call = get(p.client, 0);
    CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
    kube_call_free(call);
  }
  CHECK(now() - start < SOON);
  CHECK(kube_call_next(slow, &frame, PATIENCE, &err) == KUBE_EDNS);
  CHECK(now() - start >= SLOW && strstr(err.message, "slow.example"));
  kube_call_free(slow);
  close_place(&p);
}

static void a_deadline_passes_in_time(void) {
  place p;
  kube_call *call;
  kube_error err = {0};
  long long start;
  open_place(&p);
  call = get(p.slow, 200);
  start = now();
  CHECK(kube_call_next(call, &(kube_frame){0}, PATIENCE, &err) == KUBE_ETIMEOUT);
  CHECK(now() - start >= 150 && now() - start < SOON);
  kube_call_free(call);
  CHECK(now() - start < SOON);
  close_place(&p);
  CHECK(now() - start < SOON);
}

static void who_resolves_is_freed_at_once(void) {
  place p;
  kube_call *calls[3];
  long long start;
  open_place(&p);
  calls[0] = get(p.slow, 0);
  calls[1] = kube_dynamic_list(p.slow, &KUBE_PODS, NULL, NULL, NULL);
  calls[2] = kube_dynamic_watch(p.slow, &KUBE_PODS, NULL, NULL, NULL);
  begin(&p);
  start = now();
  for (int i = 0; i < 3; i++) kube_call_free(calls[i]);
  CHECK(now() - start < SOON);
  close_place(&p);
  CHECK(now() - start < SOON);
  nanosleep(&(struct timespec){.tv_sec = SLOW / 1000 + 1}, NULL); /* their threads end well */
}

/* A program may end in the middle of it. */
static void a_process_ends_at_once(void) {
  const long long start = now();
  int how = -1;
  pid_t pid;
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    place p;
    open_place(&p);
    if (get(p.slow, 0)) begin(&p);
    exit(0);
  }
  CHECK(pid > 0 && waitpid(pid, &how, 0) == pid && WIFEXITED(how) && WEXITSTATUS(how) == 0);
  CHECK(now() - start < SOON);
}

static void is_refused(const char *words, const char *more) {
  kube_error err = {0};
  CHECK(kube_engine_new(&err) == NULL);
  if (!CHECK(err.status == KUBE_ESYSTEM && strstr(err.message, words) && strstr(err.message, more)))
    puts(err.message);
  without_features = 0;
  other_tls = NULL;
}

static void a_libcurl_that_would_block_is_refused(void) {
  without_features = CURL_VERSION_ASYNCHDNS;
  is_refused("looks names up blocking", "threaded resolver");
}

static void a_libcurl_on_another_tls_is_refused(void) {
  other_tls = "GnuTLS/3.7.9";
  is_refused("GnuTLS/3.7.9", "OpenSSL");
  other_tls = "";
  is_refused("no TLS", "OpenSSL");
}

int main(void) {
  RUN(a_process_ends_at_once);
  RUN(a_slow_name_holds_up_nobody_else);
  RUN(a_deadline_passes_in_time);
  RUN(who_resolves_is_freed_at_once);
  RUN(a_libcurl_that_would_block_is_refused);
  RUN(a_libcurl_on_another_tls_is_refused);
  return check_report();
}
