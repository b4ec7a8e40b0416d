/*
** A scripted server (server.h), an engine, and a client of the server, for a C test of calls; and what is
** asked of a call.
*/
#ifndef SPEC_SUPPORT_PLACE_H
#define SPEC_SUPPORT_PLACE_H

#include "../../csrc/kube.h"
#include "check.h"
#include "connect.h"
#include "server.h"

enum { PATIENCE = 60000 };

typedef struct place {
  server s;
  kube_engine *engine;
  kube_client *client;
} place;

static inline kube_client *connect_to(kube_engine *engine, const char *url) {
  return connect_as(engine, url, "", "token: SECRETMARK");
}

static inline void open_place(place *p, server_script *script, void *arg) {
  server_start(&p->s, script, arg);
  p->engine = kube_engine_new(NULL);
  p->client = connect_to(p->engine, p->s.url);
}

static inline void close_place(place *p) {
  kube_client_free(p->client);
  kube_engine_free(p->engine);
  server_stop(&p->s);
}

/* A request of that verb, which is sent again so often at most. */
static inline kube_call *ask(place *p, const char *verb, const char *path, int64_t timeout,
                             int retries) {
  kube_error err = {0};
  kube_rest *rest = kube_rest_new(p->client, verb, &err);
  kube_call *call;
  kube_rest_abs_path(rest, path);
  kube_rest_timeout(rest, timeout);
  kube_rest_max_retries(rest, retries);
  call = kube_rest_send(rest, &err);
  kube_rest_free(rest);
  if (!CHECK(call != NULL)) puts(err.message), abort();
  return call;
}

static inline void next_is(kube_call *call, const char *want) {
  kube_frame frame;
  kube_error err = {0};
  if (!CHECK(kube_call_next(call, &frame, PATIENCE, &err) == KUBE_OK)) puts(err.message), abort();
  CHECK_TEXT(frame.object.bytes, frame.object.length, want);
  kube_call_take(call);
}

/* Ends as it should, and again the same each time it is asked. */
static inline kube_error ends(kube_call *call, kube_status status) {
  kube_frame frame;
  kube_error err = {0}, again = {0};
  if (!CHECK(kube_call_next(call, &frame, PATIENCE, &err) == status)) puts(err.message);
  for (int i = 0; i < 3; i++) {
    CHECK(kube_call_peek(call, &frame, &again) == status);
    CHECK(kube_call_next(call, &frame, 0, &again) == status);
    CHECK(status == KUBE_EOF || memcmp(&err, &again, sizeof err) == 0);
    CHECK(kube_call_peek(call, &frame, NULL) == status);
    kube_call_take(call); /* nothing to take: nothing happens */
  }
  CHECK(strstr(err.message, "SECRETMARK") == NULL);
  return err;
}

#endif
