/*
** Every verb of the dynamic client in C, against the real API server that spec/run.sh started
** (its ready line is in KUBE_SPEC_CLUSTER).
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "kube.h"

enum { PATIENCE = 30000 }; /* ms */

static kube_engine *engine;
static char ns[64];

/* ---- helpers ---- */

static kube_slice text(const char *s) { return (kube_slice){s, strlen(s)}; }

/* A client of one of the cluster's users. */
static kube_client *connect_as(const char *user) {
  char path[64], file[512];
  kube_error err = {0};
  kube_config_options options = {.kubeconfig = file};
  kube_config *config;
  kube_client *client;
  snprintf(path, sizeof path, "kubeconfigs['%s']", user);
  kube_json_text(kube_json_find(text(getenv("KUBE_SPEC_CLUSTER")), path), file, sizeof file);
  config = kube_config_load(&options, &err);
  CHECK_STRING(err.message, "");
  client = kube_client_new(engine, config, &err);
  kube_config_free(config);
  return client;
}

/* The string at path of the one object a call gives; the call is freed. "" and *err if it fails. */
static const char *finish(kube_call *call, const char *path, kube_error *err) {
  static char value[256];
  kube_frame frame;
  value[0] = '\0';
  if (call == NULL) return value;
  if (kube_call_next(call, &frame, PATIENCE, err) == KUBE_OK) {
    kube_json_text(kube_json_find(frame.object, path), value, sizeof value);
    kube_call_take(call);
    CHECK(kube_call_next(call, &frame, PATIENCE, err) == KUBE_EOF);
  }
  kube_call_free(call);
  return value;
}

static kube_slice config_map(char *out, size_t size, const char *name, const char *value) {
  snprintf(
      out, size,
      "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"%s\",\"labels\":{"
      "\"test\":\"c\"}},\"data\":{\"key\":\"%s\"}}",
      name, value);
  return text(out);
}

/* ---- tests ---- */

static void makes_a_namespace(kube_client *k) {
  char body[256];
  kube_error err = {0};
  snprintf(ns, sizeof ns, "c-%ld", (long)time(NULL));
  snprintf(body, sizeof body,
           "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"%s\"}}", ns);
  CHECK_STRING(finish(kube_dynamic_create(k, &KUBE_NAMESPACES, NULL, NULL, text(body), NULL, &err),
                      "metadata.name", &err),
               ns);
}

static void creates_gets_updates(kube_client *k) {
  char body[512];
  kube_error err = {0};
  const char *key = "data.key";
  kube_slice map = config_map(body, sizeof body, "one", "created");
  CHECK_STRING(
      finish(kube_dynamic_create(k, &KUBE_CONFIGMAPS, ns, NULL, map, NULL, &err), key, &err),
      "created");
  CHECK_STRING(finish(kube_dynamic_get(k, &KUBE_CONFIGMAPS, ns, "one", NULL, &err), key, &err),
               "created");
  map = config_map(body, sizeof body, "one", "updated");
  CHECK_STRING(
      finish(kube_dynamic_update(k, &KUBE_CONFIGMAPS, ns, "one", map, NULL, &err), key, &err),
      "updated");
}

static void patches(kube_client *k) {
  static const char *const bodies[] = {
      "[{\"op\":\"replace\",\"path\":\"/data/key\",\"value\":\"json\"}]",
      "{\"data\":{\"key\":\"merge\"}}", "{\"data\":{\"key\":\"strategic\"}}"};
  static const char *const expected[] = {"json", "merge", "strategic"};
  kube_error err = {0};
  int type;
  for (type = KUBE_JSON_PATCH; type <= KUBE_STRATEGIC_PATCH; type++)
    CHECK_STRING(finish(kube_dynamic_patch(k, &KUBE_CONFIGMAPS, ns, "one", (kube_patch_type)type,
                                           text(bodies[type]), NULL, &err),
                        "data.key", &err),
                 expected[type]);
}

static void applies(kube_client *k) {
  char body[512];
  kube_error err = {0};
  kube_write_options other = {.field_manager = "somebody-else"};
  kube_slice map = config_map(body, sizeof body, "applied", "a");
  CHECK_STRING(finish(kube_dynamic_apply(k, &KUBE_CONFIGMAPS, ns, "applied", map, NULL, &err),
                      "metadata.managedFields[0].manager", &err),
               "kube-lua");
  map = config_map(body, sizeof body, "applied", "b");
  finish(kube_dynamic_apply(k, &KUBE_CONFIGMAPS, ns, "applied", map, &other, &err), "", &err);
  CHECK(err.status == KUBE_EAPI && err.code == 409);
  CHECK_STRING(err.reason, "Conflict");
  other.force = true;
  CHECK_STRING(finish(kube_dynamic_apply(k, &KUBE_CONFIGMAPS, ns, "applied", map, &other, &err),
                      "data.key", &err),
               "b");
}

static void updates_a_status(kube_client *k) {
  static const char pod[] =
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"annotations\":{"
      "\"kubelet\":\"off\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}";
  static const char status[] =
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"status\":{"
      "\"message\":\"set from C\"}}";
  kube_error err = {0};
  finish(kube_dynamic_create(k, &KUBE_PODS, ns, NULL, text(pod), NULL, &err), "", &err);
  CHECK_STRING(finish(kube_dynamic_update_status(k, &KUBE_PODS, ns, "p", text(status), NULL, &err),
                      "status.message", &err),
               "set from C");
  CHECK_STRING(err.message, "");
}

/* Seven objects in pages of two come as one list, in order, each once. */
static void lists_in_pages(kube_client *k) {
  char body[512], name[32];
  kube_error err = {0};
  kube_list_options options = {.limit = 2, .label_selector = "test=c"};
  kube_list_head head;
  kube_call *call;
  kube_frame frame;
  int i, count = 0;
  for (i = 0; i < 5; i++) {
    kube_slice map;
    snprintf(name, sizeof name, "page-%d", i);
    map = config_map(body, sizeof body, name, "x");
    finish(kube_dynamic_create(k, &KUBE_CONFIGMAPS, ns, NULL, map, NULL, &err), "", &err);
  }
  call = kube_dynamic_list(k, &KUBE_CONFIGMAPS, ns, &options, &err);
  for (; kube_call_next(call, &frame, PATIENCE, &err) == KUBE_OK; kube_call_take(call)) {
    CHECK(frame.kind.length == 9 && memcmp(frame.kind.bytes, "ConfigMap", 9) == 0);
    count++;
  }
  CHECK_STRING(err.message, "");
  CHECK(count == 7);
  kube_call_list_head(call, &head);
  CHECK(head.kind.length == 13 && memcmp(head.kind.bytes, "ConfigMapList", 13) == 0);
  CHECK(kube_json_find(head.metadata, "resourceVersion").length > 0);
  kube_call_free(call);
}

/* What there is, then a change, then the end of it. */
static void watches(kube_client *k) {
  kube_error err = {0};
  kube_watch_options options = {.field_selector = "metadata.name=one"};
  kube_call *watch = kube_dynamic_watch(k, &KUBE_CONFIGMAPS, ns, &options, &err);
  kube_frame event;
  CHECK(kube_call_next(watch, &event, PATIENCE, &err) == KUBE_OK);
  CHECK_STRING(event.event, "ADDED");
  kube_call_take(watch);
  finish(kube_dynamic_patch(k, &KUBE_CONFIGMAPS, ns, "one", KUBE_MERGE_PATCH,
                            text("{\"data\":{\"seen\":\"yes\"}}"), NULL, &err),
         "", &err);
  CHECK(kube_call_next(watch, &event, PATIENCE, &err) == KUBE_OK);
  CHECK_STRING(event.event, "MODIFIED");
  CHECK(kube_json_find(event.object, "data.seen").length == 3);
  kube_call_take(watch);
  finish(kube_dynamic_delete(k, &KUBE_CONFIGMAPS, ns, "one", NULL, &err), "", &err);
  CHECK(kube_call_next(watch, &event, PATIENCE, &err) == KUBE_OK);
  CHECK_STRING(event.event, "DELETED");
  kube_call_free(watch);
  CHECK_STRING(err.message, "");
}

static void deletes(kube_client *k) {
  kube_error err = {0};
  const int64_t now = 0;
  kube_delete_options at_once = {.grace_period_seconds = &now};
  kube_delete_options wrong = {.precondition_uid = "not-its-uid"};
  kube_delete_options ours = {.collection.label_selector = "test=c"};
  kube_call *call;
  kube_frame frame;
  finish(kube_dynamic_delete(k, &KUBE_PODS, ns, "p", &wrong, &err), "", &err);
  CHECK(err.code == 409);
  err = (kube_error){0};
  finish(kube_dynamic_delete(k, &KUBE_PODS, ns, "p", &at_once, &err), "", &err);
  CHECK_STRING(err.message, "");
  finish(kube_dynamic_get(k, &KUBE_PODS, ns, "p", NULL, &err), "", &err);
  CHECK(err.code == 404);
  CHECK_STRING(err.reason, "NotFound");
  err = (kube_error){0};
  finish(kube_dynamic_delete_collection(k, &KUBE_CONFIGMAPS, ns, &ours, &err), "", &err);
  CHECK_STRING(err.message, "");
  call = kube_dynamic_list(k, &KUBE_CONFIGMAPS, ns,
                           &(kube_list_options){.label_selector = "test=c"}, &err);
  CHECK(kube_call_next(call, &frame, PATIENCE, &err) == KUBE_EOF);
  kube_call_free(call);
}

/* A refusal has the server's reason and words, and its whole Status. */
static void is_refused(void) {
  kube_client *denied = connect_as("denied");
  kube_error err = {0};
  kube_frame frame;
  kube_call *call = kube_dynamic_list(denied, &KUBE_PODS, ns, NULL, &err);
  CHECK(kube_call_next(call, &frame, PATIENCE, &err) == KUBE_EAPI);
  CHECK(err.code == 403);
  CHECK_STRING(err.reason, "Forbidden");
  CHECK(strstr(err.message, "cannot list resource \"pods\"") != NULL);
  CHECK(kube_json_find(kube_call_status(call), "details.kind").length == 4);
  kube_call_free(call);
  kube_client_free(denied);
}

static void discovers(kube_client *k) {
  kube_error err = {0};
  kube_discovery *discovery = kube_discovery_start(k, NULL, &err);
  const kube_api_resource *r;
  bool pods = false, deployments = false;
  size_t i;
  CHECK(kube_discovery_wait(discovery, PATIENCE, &err) == KUBE_OK);
  CHECK(kube_discovery_problem(discovery, &err) == KUBE_OK);
  for (i = 0; (r = kube_discovery_resource(discovery, i)) != NULL; i++) {
    if (strcmp(r->kind, "Pod") == 0 && *r->group == '\0')
      pods = r->namespaced && strcmp(r->short_names[0], "po") == 0;
    if (strcmp(r->resource, "deployments") == 0) deployments = strcmp(r->group, "apps") == 0;
  }
  CHECK(pods && deployments && i > 50);
  kube_discovery_free(discovery);
  CHECK(strncmp(finish(kube_discovery_version(k, &err), "gitVersion", &err), "v1.", 3) == 0);
}

int main(void) {
  kube_error err = {0};
  kube_client *admin;
  if (getenv("KUBE_SPEC_CLUSTER") == NULL) {
    puts("no control plane: this test is run by spec/run.sh");
    return 1;
  }
  engine = kube_engine_new(&err);
  admin = connect_as("admin");
  makes_a_namespace(admin);
  creates_gets_updates(admin);
  patches(admin);
  applies(admin);
  updates_a_status(admin);
  lists_in_pages(admin);
  watches(admin);
  deletes(admin);
  is_refused();
  discovers(admin);
  kube_client_free(admin);
  kube_engine_free(engine);
  return check_report();
}
