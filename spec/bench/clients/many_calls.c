/*
** libkube with many calls at a time. many_calls idle-watches: watches of which none says anything,
** measured while they wait | burst: gets that start together
*/
#include <kube.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { WATCHES = 1000, GETS = 100, IDLE = 10000 /* ms */, PATIENCE = 60000 };

static kube_engine *engine;
static kube_client *client;
static kube_error err;

static _Noreturn void die(const char *what) {
  fprintf(stderr, "many_calls: %s\n", what);
  exit(1);
}

/* See measure.py. */
static void tell(const char *line) {
  char answer[16];
  puts(line);
  fflush(stdout);
  if (fgets(answer, sizeof answer, stdin) == NULL) exit(1);
}

static void done(int count) {
  char line[64];
  snprintf(line, sizeof line, "done %d %d", count, count);
  tell(line);
}

/* One connection each, with HTTP/1.1: more than a shell allows at first. */
static void allow_descriptors(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/* Waits until each call had one object. */
static void serve(int count) {
  kube_frame frame;
  kube_call *call;
  while (count > 0) {
    if (kube_engine_wait(engine, PATIENCE, &err) != KUBE_OK) die("nothing comes any more");
    while ((call = kube_engine_next_ready(engine)) != NULL) {
      const kube_status status = kube_call_peek(call, &frame, &err);
      if (status == KUBE_AGAIN || status == KUBE_EOF) continue;
      if (status != KUBE_OK) die(err.message);
      kube_call_take(call);
      count--;
    }
  }
}

static void idle_watches(void) {
  const kube_watch_options options = {.resource_version = "1", .bookmarks = true};
  long long end;
  int i;
  tell("begin");
  for (i = 0; i < WATCHES; i++)
    if (kube_dynamic_watch(client, &KUBE_PODS, "idle", &options, &err) == NULL) die(err.message);
  serve(WATCHES);
  tell("ready");
  for (end = kube_engine_now(engine) + IDLE; kube_engine_now(engine) < end;)
    kube_engine_wait(engine, (int)(end - kube_engine_now(engine)), &err);
  done(WATCHES);
  exit(0); /* TLS's goodbye would be taken for a request by nginx's Lua module, which goes on */
}

static void burst(void) {
  static kube_call *gets[GETS];
  int i;
  tell("ready");
  for (i = 0; i < GETS; i++)
    gets[i] = kube_dynamic_get(client, &KUBE_PODS, "ns-0", getenv("BENCH_NAME"), NULL, &err);
  serve(GETS);
  done(GETS);
  for (i = 0; i < GETS; i++) kube_call_free(gets[i]);
}

int main(int argc, char **argv) {
  kube_config *config = kube_config_load(NULL, &err);
  allow_descriptors();
  engine = kube_engine_new(&err);
  if (config && engine) client = kube_client_new(engine, config, &err);
  if (client == NULL) die(err.message);
  if (argc > 1 && strcmp(argv[1], "idle-watches") == 0) idle_watches();
  if (argc > 1 && strcmp(argv[1], "burst") == 0) burst();
  kube_client_free(client);
  kube_engine_free(engine);
  kube_config_free(config);
  return 0;
}
