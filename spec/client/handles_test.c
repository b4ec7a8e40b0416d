/*
** Handles are freed in every order, whatever they are doing: configurations, engines and clients
** before what stands on them, calls of every kind at every stage; and all of that again in a child
** process, while the parent goes on. Sanitizers and valgrind look on.
**   handles_test [n]: every n-th round only
*/
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_COUNT_ERRORS 0
#endif

#include "check.h"
#include "descriptors.h"
#include "kube.h"
#include "server.h"

enum { PATIENCE = 60000, HANDLES = 5, ORDERS = 120, KINDS = 6, STAGES = 3 };

static int every = 1;

/* ---- the server ---- */

#define EVENT(version)                                                                             \
  "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"" version "\"}}}\n"

static void answer(server_connection *c, void *arg) {
  const bool chunked = strstr(c->target, "watch=true") || strstr(c->target, "/pods?");
  (void)arg;
  if (strcmp(c->method, "GET") != 0) {
    server_json(c, c->body);
  } else if (strstr(c->target, "/pods/slow")) {
    server_await_gone(c);
  } else if (!chunked) {
    server_json(c, "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[]}");
  } else {
    server_text(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    if (strstr(c->target, "watch=true"))
      server_chunk(c, EVENT("1") EVENT("2") EVENT("3"));
    else
      server_chunk(c, "{\"kind\":\"PodList\",\"items\":[{\"a\":1},{\"b\":2},{\"c\":");
    server_await_gone(c);
  }
}

/* ---- what stands on what ---- */

typedef struct handles {
  kube_config *config;
  kube_engine *engine;
  kube_client *client;
  kube_call *call[2];
} handles;

static kube_call *start(kube_client *client, int kind, kube_error *err) {
  static const kube_watch_options watch = {.timeout = PATIENCE};
  switch (kind) {
    case 0: return kube_dynamic_get(client, &KUBE_PODS, "ns", "a", NULL, err);
    case 1: return kube_dynamic_list(client, &KUBE_PODS, "ns", NULL, err);
    case 2: return kube_dynamic_watch(client, &KUBE_PODS, "ns", &watch, err);
    case 3: return kube_dynamic_get(client, &KUBE_PODS, "ns", "slow", NULL, err);
    case 4:
      return kube_dynamic_create(client, &KUBE_PODS, "ns", NULL, (kube_slice){"{}", 2}, NULL, err);
    default: return kube_openapi_v3(client, err);
  }
}

static void open_all(handles *h, const char *path, int first, int second) {
  const kube_config_options options = {.kubeconfig = path};
  kube_error err = {0};
  h->config = kube_config_load(&options, &err);
  h->engine = kube_engine_new(&err);
  h->client = kube_client_new(h->engine, h->config, &err);
  h->call[0] = start(h->client, first, &err);
  h->call[1] = start(h->client, second, &err);
  if (!CHECK(h->call[0] && h->call[1])) abort();
}

static bool slow(int kind) { return kind == 3; }

/* Stage 0: just sent. 1: with an object at hand. 2: one was taken, and another may be at hand. */
static void bring_to(kube_call *call, int kind, int stage) {
  kube_frame frame;
  kube_error err = {0};
  if (stage == 0) return;
  if (slow(kind)) {
    CHECK(kube_call_next(call, &frame, 0, &err) == KUBE_ETIMEOUT);
    return;
  }
  CHECK(kube_call_next(call, &frame, PATIENCE, &err) == KUBE_OK);
  if (stage == 1) return;
  kube_call_take(call);
  kube_call_peek(call, &frame, &err);
}

static void free_one(handles *h, int which) {
  switch (which) {
    case 0: kube_config_free(h->config); break;
    case 1: kube_engine_free(h->engine); break;
    case 2: kube_client_free(h->client); break;
    default: kube_call_free(h->call[which - 3]); h->call[which - 3] = NULL;
  }
}

/* The calls that are left must still be good for something. */
static void use(const handles *h, bool ours) {
  kube_frame frame;
  kube_error err = {0};
  int i;
  for (i = 0; i < 2; i++) {
    kube_status status;
    if (h->call[i] == NULL) continue;
    status = kube_call_next(h->call[i], &frame, 0, &err);
    if (ours) CHECK(status == KUBE_OK || status == KUBE_EOF || status == KUBE_ETIMEOUT);
    kube_call_take(h->call[i]);
    kube_call_wake(h->call[i]);
    CHECK(kube_call_id(h->call[i]) > 0);
  }
}

/* Frees in the order of that number, 0 to 119. */
static void free_all(handles *h, int order, bool ours) {
  int left[HANDLES] = {0, 1, 2, 3, 4}, n, i;
  for (n = HANDLES; n > 0; n--) {
    const int place = order % n;
    order /= n;
    free_one(h, left[place]);
    for (i = place; i < n - 1; i++) left[i] = left[i + 1];
    use(h, ours);
  }
}

/* ---- rounds ---- */

typedef struct round {
  int order, stage, first, second;
} round;

static round round_of(int i) {
  const int pair = (i + i / ORDERS) % (KINDS * KINDS);
  return (round){i % ORDERS, i / ORDERS % STAGES, pair / KINDS, pair % KINDS};
}

static void open_round(handles *h, const char *path, const round *r) {
  open_all(h, path, r->first, r->second);
  bring_to(h->call[0], r->first, r->stage);
  bring_to(h->call[1], r->second, r->stage);
}

static void any_order(const char *path) {
  const int before = descriptors();
  int i;
  for (i = 0; i < ORDERS * STAGES; i += every) {
    const round r = round_of(i);
    char about[64];
    handles h;
    snprintf(about, sizeof about, "round %d", i);
    check_about = about;
    open_round(&h, path, &r);
    free_all(&h, r.order, true);
    check_about = "";
  }
  CHECK(descriptors_become(before));
}

/*
** The child frees what is the parent's and is gone before anything else can happen (it cannot free
** what libcurl holds, so nobody is to look for leaks in it); whether it failed stands in the pipe.
*/
static void be_the_child(handles *h, const round *r, int tell) {
  const int failed = check_failed;
  const unsigned long errors = VALGRIND_COUNT_ERRORS;
  char good;
  use(h, false);
  free_all(h, r->order, false);
  good = check_failed == failed && VALGRIND_COUNT_ERRORS == errors ? 'y' : 'n';
  if (write(tell, &good, 1) == 1) raise(SIGKILL);
  _exit(1);
}

static void in_a_child(const char *path) {
  const int before = descriptors();
  int i;
  for (i = 0; i < ORDERS * STAGES; i += 3 * every) {
    const round r = round_of(i);
    handles h;
    int ends[2], status;
    char good = 'n';
    pid_t pid;
    open_round(&h, path, &r);
    if (pipe(ends) != 0) abort();
    pid = fork();
    if (pid == 0) be_the_child(&h, &r, ends[1]);
    close(ends[1]);
    CHECK(read(ends[0], &good, 1) == 1 && good == 'y');
    close(ends[0]);
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    free_all(&h, ORDERS - 1 - r.order, true);
  }
  CHECK(descriptors_become(before));
}

static void all_rounds(void) {
  char path[] = "/tmp/handles_test.XXXXXX";
  server s;
  FILE *file;
  server_start(&s, answer, NULL);
  file = fdopen(mkstemp(path), "w");
  if (file == NULL) abort();
  fprintf(file,
          "current-context: x\n"
          "contexts: [{name: x, context: {cluster: c}}]\n"
          "clusters: [{name: c, cluster: {server: '%s', proxy-url: ''}}]\n",
          s.url);
  fclose(file);
  any_order(path);
  in_a_child(path);
  unlink(path);
  server_stop(&s);
}

int main(int argc, char **argv) {
  if (argc > 1) every = atoi(argv[1]);
  RUN(all_rounds);
  return check_report();
}
