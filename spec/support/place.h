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

static inline kube_call *get(place *p, const char *path, int64_t timeout) {
  kube_error err = {0};
  kube_call *call = kube_rest_get(p->client, path, NULL, timeout, &err);
  if (!CHECK(call != NULL)) puts(err.message), abort();
  return call;
}

static inline kube_call *list(place *p, const kube_list_options *options) {
  kube_call *call = kube_dynamic_list(p->client, &KUBE_PODS, "ns", options, NULL);
  if (!CHECK(call != NULL)) abort();
  return call;
}

static inline kube_call *watch(place *p, const kube_watch_options *options) {
  kube_call *call = kube_dynamic_watch(p->client, &KUBE_PODS, "ns", options, NULL);
  if (!CHECK(call != NULL)) abort();
  return call;
}

static inline kube_slice slice(const char *text) { return (kube_slice){text, strlen(text)}; }

static inline void answer_arg(server_connection *c, void *arg) { server_json(c, arg); }

static inline void never(server_connection *c, void *arg) {
  (void)arg;
  server_await_gone(c);
}

#define EVENT(type, version)                                                                       \
  "{\"type\":\"" type "\",\"object\":{\"metadata\":{\"resourceVersion\":\"" version "\"}}}\n"
#define OBJECT(version) "{\"metadata\":{\"resourceVersion\":\"" version "\"}}"

static inline void stream(server_connection *c, const char *events) {
  server_text(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  server_chunk(c, events);
}

/* Begins each kind of answer, and never ends it. */

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
