/*
** Memory runs out: each job below fails at the first allocation that kube's own code (and cJSON, for
** it) makes, at the second, ... until it needs no more; once a single one, once all that follow too.
** It never crashes or leaks (valgrind and sanitizers look at that), and it is never taken for a
** success: whoever asked is told.
*/
#include <curl/curl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "client/client.h"
#include "client/config.h"
#include "client/kubeconfig_edit.h"
#include "core/files.h"
#include "core/json.h"
#include "core/text.h"
#include "core/yaml_json.h"
#include "descriptors.h"
#include "identity.h"
#include "kube.h"
#include "own_files.h"
#include "scarce_jobs.h"
#include "server.h"

enum { PATIENCE = 60000 };

/* ---- the server ---- */

#define EVENT(type, version)                                                                       \
  "{\"type\":\"" type "\",\"object\":{\"metadata\":{\"resourceVersion\":\"" version "\"}}}\n"
#define DISCOVERY                                                                                  \
  "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{\"name\":\"g\"},\"versions\":[{"  \
  "\"version\":\"v2\",\"freshness\":\"Stale\"},{\"version\":\"v1\",\"resources\":[{\"resource\":"  \
  "\"pods\",\"responseKind\":{\"kind\":\"Pod\"},\"verbs\":[\"get\"],\"shortNames\":[\"po\"],"      \
  "\"subresources\":[{\"subresource\":\"status\",\"responseKind\":{\"kind\":\"Pod\"}}]}]}]}]}"
#define LIST                                                                                       \
  "{\"kind\":\"APIResourceList\",\"groupVersion\":\"g/"                                            \
  "v1\",\"resources\":[{\"name\":\"pods\",\"kind\":"                                               \
  "\"Pod\",\"group\":\"a\",\"version\":\"b\",\"shortNames\":[\"po\"]},{\"name\":\"pods/status\","  \
  "\"kind\":\"Pod\",\"verbs\":[\"get\"]}]}"
#define GROUPS                                                                                     \
  "{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"g\",\"versions\":[{\"groupVersion\":\"g/"    \
  "v1\"},{"                                                                                        \
  "\"version\":\"v2\"}],\"preferredVersion\":{\"version\":\"v1\"}}]}"

static void answer_watch(server_connection *c) {
  const bool again = strstr(c->target, "resourceVersion=7") != NULL;
  server_text(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  server_text(c, again ? EVENT("MODIFIED", "8") : EVENT("ADDED", "5") EVENT("BOOKMARK", "7"));
  c->close = true;
}

/* To a place beside it, and from there to another host. */
static void answer_elsewhere(server_connection *c) {
  const char *port = strrchr(c->server->url, ':');
  server_text(c, "HTTP/1.1 307 Elsewhere\r\nContent-Length: 0\r\n");
  if (strstr(c->target, "/pods/moved"))
    server_text(c, "Location: further\r\n\r\n");
  else
    server_printf(c, "Location: http://localhost%s/pods/a?b=c\r\n\r\n", port);
}

/* Aggregated, with an ETag, where that is asked for; else the documents of old. */
static void answer_discovery(server_connection *c) {
  if (strstr(c->head, "If-None-Match: \"x\""))
    server_text(c, "HTTP/1.1 304 Not Modified\r\n\r\n");
  else if (strstr(c->head, "APIGroupDiscoveryList"))
    server_printf(c,
                  "HTTP/1.1 200 OK\r\nContent-Type: application/json;g=apidiscovery.k8s.io;v=v2;"
                  "as=APIGroupDiscoveryList\r\nETag: \"x\"\r\nContent-Length: %zu\r\n\r\n%s",
                  strlen(DISCOVERY), DISCOVERY);
  else
    server_json(c, strcmp(c->target, "/api") == 0 ? "{\"versions\":[]}" : GROUPS);
}

static void answer(server_connection *c, void *arg) {
  (void)arg;
  if (strstr(c->target, "/pods/moved") || strstr(c->target, "/pods/further")) {
    answer_elsewhere(c);
    return;
  }
  if (strcmp(c->method, "GET") != 0)
    server_json(c, "{\"kind\":\"Pod\"}");
  else if (strstr(c->target, "/pods/warned"))
    server_text(c, "HTTP/1.1 200 OK\r\nWarning: 299 - \"=?UTF-8?B?YQ==?=\"\r\n"
                   "Content-Length: 2\r\n\r\n{}");
  else if (strstr(c->target, "watch=true"))
    answer_watch(c);
  else if (strstr(c->target, "/pods/a"))
    server_json(c, "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}");
  else if (strstr(c->target, "/pods/none"))
    server_answer(c, 404, "application/json",
                  "{\"kind\":\"Status\",\"message\":\"no such pod\",\"reason\":\"NotFound\"}");
  else if (strstr(c->target, "/pods/page"))
    server_answer(c, 502, "text/html", "<h1>\"Bad\"\xFF</h1>");
  else if (strstr(c->target, "continue="))
    server_json(c, "{\"kind\":\"PodList\",\"items\":[{\"b\":2}],\"metadata\":{}}");
  else if (strstr(c->target, "/pods"))
    server_json(c,
                "{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"t\"},\"items\":[{\"a\":1}]}");
  else if (strcmp(c->target, "/apis/g/v2") == 0)
    server_answer(c, 404, "text/plain", "no");
  else if (strcmp(c->target, "/apis/g/v1") == 0)
    server_json(c, LIST);
  else
    answer_discovery(c);
}

/* ---- what a job has: a directory of files, a server, and a client unless it makes its own ---- */

static char url[64];
static kube_client *client;

static void write_config(const char *name, const char *cluster, const char *user) {
  char text[8192];
  snprintf(text, sizeof text,
           "current-context: x\n"
           "contexts: [{name: x, context: {cluster: c, user: u, namespace: ns}}]\n"
           "clusters: [{name: c, cluster: {%s}}]\n"
           "users: [{name: u, user: {%s}}]\n",
           cluster, user);
  write_file(name, text);
}

static void base64(kube_buffer *out, const char *text) {
  kube_text_base64_encode(out, text, strlen(text), NULL);
  kube_buffer_text(out, NULL);
}

static void write_files(void) {
  static identity id;
  char cluster[8192], user[8192];
  kube_buffer cert = {0}, key = {0};
  make_identity(&id);
  base64(&cert, id.cert);
  base64(&key, id.key);
  write_file("id.crt", id.cert);
  write_file("id.key", id.key);
  write_file("id.token", "SECRETMARK\n");
  write_file("token", "SECRETMARK\n");
  write_file("ca.crt", id.cert);
  write_file("namespace", "ns\n");
  snprintf(cluster, sizeof cluster, "server: '%s', proxy-url: ''", url);
  write_config("plain", cluster, "username: me, password: SECRETMARK");
  write_config(
      "files",
      "server: 'https://127.0.0.1:9', certificate-authority: id.crt, tls-server-name: name",
      "client-certificate: id.crt, client-key: id.key, tokenFile: id.token");
  snprintf(cluster, sizeof cluster,
           "server: 127.0.0.1:9, certificate-authority-data: %s, "
           "proxy-url: 'http://127.0.0.1:9'",
           cert.data);
  snprintf(user, sizeof user, "client-certificate-data: %s, client-key-data: %s, token: SECRETMARK",
           cert.data, key.data);
  write_config("data", cluster, user);
  write_config(
      "plugin",
      "server: 127.0.0.1:9, certificate-authority: id.crt, extensions: [{name: "
      "client.authentication.k8s.io/exec, extension: {a: [b]}}]",
      "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [a, b], "
      "env: [{name: a, value: SECRETMARK}], interactiveMode: Never, installHint: \"\\e\", "
      "provideClusterInfo: true}, as: a, as-groups: [b, c], as-user-extra: {d: [e, f]}");
  write_config("provider", "server: 'http://127.0.0.1:9'",
               "auth-provider: {name: oidc, config: {a: SECRETMARK, b: c}}");
  write_config("insecure", "server: 'https://127.0.0.1:9', insecure-skip-tls-verify: true", "");
  kube_buffer_clear(&cert);
  kube_buffer_clear(&key);
}

/* ---- the jobs: each gives KUBE_OK, or what *err says ---- */

static kube_status load(const kube_config_options *options, kube_error *err) {
  kube_config *config = kube_config_load(options, err);
  if (config)
    CHECK(*kube_config_server(config) && strcmp(kube_config_namespace(config), "ns") == 0);
  kube_config_free(config);
  return config ? KUBE_OK : err->status;
}

static kube_status load_file(const char *name, kube_error *err) {
  const kube_config_options options = {.kubeconfig = path_of(name)};
  return load(&options, err);
}

static kube_status load_plain(kube_error *err) { return load_file("plain", err); }
static kube_status load_files(kube_error *err) { return load_file("files", err); }
static kube_status load_data(kube_error *err) { return load_file("data", err); }
static kube_status load_plugin(kube_error *err) { return load_file("plugin", err); }
static kube_status load_provider(kube_error *err) { return load_file("provider", err); }

static kube_status load_contexts(kube_error *err) {
  kube_contexts *all = kube_contexts_load(NULL, err);
  if (all) CHECK(strcmp(kube_contexts_at(all, 0)->name, "x") == 0);
  kube_contexts_free(all);
  return all ? KUBE_OK : err->status;
}

static kube_status load_flags(kube_error *err) {
  kube_config *config = kube_config_from_flags("http://127.0.0.1:9", path_of("files"), err);
  kube_config_free(config);
  return config ? KUBE_OK : err->status;
}

/* A pod, as its files are. The service account is in the directory only now. */
static kube_status load_pod(kube_error *err) {
  kube_config *config;
  setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1", 1);
  setenv("KUBERNETES_SERVICE_PORT", "9", 1);
  config = kube_config_from_flags(NULL, NULL, err);
  unsetenv("KUBERNETES_SERVICE_HOST");
  unsetenv("KUBERNETES_SERVICE_PORT");
  kube_config_free(config);
  return config ? KUBE_OK : err->status;
}

/* The list in KUBECONFIG, of which one is missing; and everything overridden. */
static kube_status load_list(kube_error *err) {
  static const kube_config_options options = {.context = "x",
                                              .cluster = "c",
                                              .user = "u",
                                              .ns = "ns",
                                              .server = "http://other/",
                                              .user_agent = "me"};
  return load(&options, err);
}

/* What was looked for and not found is told, also without memory for a part of it. */
static kube_status load_nothing(kube_error *err) {
  const kube_config_options options = {.kubeconfig = path_of("nowhere")};
  const kube_status status = load(&options, err);
  return status == KUBE_ECONFIG && strstr(err->message, "nowhere") ? KUBE_OK : status;
}

static kube_status load_missing_context(kube_error *err) {
  const kube_config_options options = {.kubeconfig = path_of("plain"), .context = "y"};
  const kube_status status = load(&options, err);
  return status == KUBE_ECONFIG && strstr(err->message, "\"y\"") ? KUBE_OK : status;
}

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

static kube_status start_all(kube_error *err) {
  const kube_config_options options = {.kubeconfig = path_of("plain")};
  kube_config *config = kube_config_load(&options, err);
  kube_engine *engine = config ? kube_engine_new(err) : NULL;
  kube_client *own = engine ? kube_client_new(engine, config, err) : NULL;
  kube_status status = own ? KUBE_OK : err->status;
  if (own) status = read_all(kube_dynamic_get(own, &KUBE_PODS, "ns", "a", NULL, err), 1, true, err);
  kube_client_free(own);
  kube_engine_free(engine);
  kube_config_free(config);
  return status;
}

/* Nobody answers there: that is what is wanted. */
static kube_status connect_with_tls(const char *name, kube_error *err) {
  const kube_config_options options = {.kubeconfig = path_of(name)};
  kube_config *config = kube_config_load(&options, err);
  kube_engine *engine = config ? kube_engine_new(err) : NULL;
  kube_client *own = engine ? kube_client_new(engine, config, err) : NULL;
  kube_status status = own ? KUBE_OK : err->status;
  if (own) status = read_all(kube_dynamic_get(own, &KUBE_PODS, "ns", "a", NULL, err), 1, true, err);
  kube_client_free(own);
  kube_engine_free(engine);
  kube_config_free(config);
  return status == KUBE_ECONNECT ? KUBE_OK : status;
}

static kube_status connect_with_files(kube_error *err) { return connect_with_tls("files", err); }
static kube_status connect_through_proxy(kube_error *err) { return connect_with_tls("data", err); }
static kube_status connect_insecurely(kube_error *err) { return connect_with_tls("insecure", err); }

static kube_status get(kube_error *err) {
  static const kube_get_options options = {.resource_version = "0", .subresource = "status"};
  return read_all(kube_dynamic_get(client, &KUBE_PODS, "ns", "a", &options, err), 1, true, err);
}

#define BODY                                                                                       \
  (kube_slice) { "{\"a\":1}", 7 }

static kube_status get_elsewhere(kube_error *err) {
  return read_all(kube_dynamic_get(client, &KUBE_PODS, "ns", "moved", NULL, err), 1, true, err);
}

static kube_status update_elsewhere(kube_error *err) {
  return read_all(kube_dynamic_update(client, &KUBE_PODS, "ns", "moved", BODY, NULL, err), 1, true,
                  err);
}

/* A refusal is what is wanted here: anything else is a failure. */
static kube_status get_refused(kube_error *err) {
  kube_call *call = kube_dynamic_get(client, &KUBE_PODS, "ns", "none", NULL, err);
  const kube_status status = read_all(call, 1, true, err);
  if (status != KUBE_EAPI || err->code != 404) return status;
  return strcmp(err->reason, "NotFound") == 0 ? KUBE_OK : KUBE_EAPI;
}

/* The Status that stands for the page is there, whole, or without memory for it not at all. */
static kube_status get_refused_by_another(kube_error *err) {
  kube_call *call = kube_dynamic_get(client, &KUBE_PODS, "ns", "page", NULL, err);
  kube_frame frame;
  kube_status status = call ? kube_call_next(call, &frame, PATIENCE, err) : err->status;
  if (status == KUBE_EAPI && err->code == 502) {
    const kube_slice text = kube_call_status(call);
    int64_t code = 0;
    CHECK(text.length == 0 ||
          (kube_json_integer(kube_json_find(text, "code"), &code) && code == 502));
    status = KUBE_OK;
  }
  kube_call_free(call);
  return status;
}

static kube_status list(kube_error *err) {
  static const kube_list_options options = {.label_selector = "a=b",
                                            .field_selector = "c=d",
                                            .as = "PartialObjectMetadata",
                                            .resource_version = "1",
                                            .resource_version_match = "Exact",
                                            .limit = 1,
                                            .timeout_seconds = 9,
                                            .timeout = PATIENCE};
  return read_all(kube_dynamic_list(client, &KUBE_PODS, "ns", &options, err), 2, true, err);
}

static kube_status watch(kube_error *err) {
  static const kube_watch_options options = {.field_selector = "a=b", .timeout = PATIENCE};
  return read_all(kube_dynamic_watch(client, &KUBE_PODS, "ns", &options, err), 2, false, err);
}

static const kube_write_options written = {.field_manager = "m",
                                           .field_validation = "Strict",
                                           .dry_run = "All",
                                           .force = true,
                                           .timeout = PATIENCE};

static kube_status create(kube_error *err) {
  return read_all(kube_dynamic_create(client, &KUBE_PODS, "ns", NULL, BODY, &written, err), 1, true,
                  err);
}

static kube_status update(kube_error *err) {
  return read_all(kube_dynamic_update(client, &KUBE_PODS, "ns", "a", BODY, &written, err), 1, true,
                  err);
}

static kube_status update_status(kube_error *err) {
  return read_all(kube_dynamic_update_status(client, &KUBE_PODS, "ns", "a", BODY, NULL, err), 1,
                  true, err);
}

static kube_status patch(kube_error *err) {
  return read_all(kube_dynamic_patch(client, &KUBE_DEPLOYMENTS, "ns", "a", KUBE_MERGE_PATCH, BODY,
                                     &written, err),
                  1, true, err);
}

static kube_status apply(kube_error *err) {
  return read_all(kube_dynamic_apply(client, &KUBE_PODS, "ns", "a", BODY, NULL, err), 1, true, err);
}

static const int64_t grace = 0;
static const bool yes = true;
static const kube_delete_options deleted = {.grace_period_seconds = &grace,
                                            .propagation_policy = "Orphan",
                                            .precondition_uid = "u\"",
                                            .precondition_resource_version = "1",
                                            .dry_run = "All",
                                            .collection.label_selector = "a=b",
                                            .collection.field_selector = "c=d",
                                            .collection.limit = 7,
                                            .orphan_dependents = &yes,
                                            .as = "PartialObjectMetadata",
                                            .timeout = PATIENCE};

static kube_status delete (kube_error *err) {
  return read_all(kube_dynamic_delete(client, &KUBE_PODS, "ns", "a", &deleted, err), 1, true, err);
}

static kube_status delete_collection(kube_error *err) {
  return read_all(kube_dynamic_delete_collection(client, &KUBE_PODS, "ns", &deleted, err), 1, true,
                  err);
}

/* What there is no memory to tell is not told, and nothing else comes of it. */
static kube_status get_told(kube_error *err) {
  char *line;
  kube_status status;
  kube_log_set_level(10);
  kube_engine_keep_log(client->engine, true);
  status = read_all(kube_dynamic_get(client, &KUBE_PODS, "ns", "warned", NULL, err), 1, true, err);
  while ((line = kube_engine_take_log(client->engine)) != NULL) kube_text_free(line);
  kube_engine_keep_log(client->engine, false);
  kube_log_set_level(0);
  return status;
}

static kube_status rest_get(kube_error *err) {
  return read_all(kube_rest_get(client, "/version", "text/plain", PATIENCE, err), 1, true, err);
}

/* Every piece of a request. */
static kube_status rest_send(kube_error *err) {
  kube_rest *rest = kube_rest_new(client, "PUT", err);
  char url_text[256];
  kube_status status;
  if (rest == NULL) return err->status;
  kube_rest_group_version(rest, "apps", "v1");
  kube_rest_namespace(rest, "ns");
  kube_rest_resource(rest, "pods");
  kube_rest_name(rest, "a");
  kube_rest_subresource(rest, "status");
  kube_rest_suffix(rest, "b/c");
  kube_rest_param(rest, "p", "q");
  kube_rest_param(rest, "p", "r");
  kube_rest_header(rest, "Authorization", "SECRETMARK");
  kube_rest_body(rest, (kube_slice){"{}", 2}, "text/plain");
  kube_rest_timeout(rest, PATIENCE);
  kube_rest_max_retries(rest, 3);
  kube_rest_url(rest, url_text, sizeof url_text, NULL);
  status = read_all(kube_rest_send(rest, err), 1, true, err);
  kube_rest_free(rest);
  return status;
}

static kube_status rest_stream(kube_error *err) {
  kube_rest *rest = kube_rest_new(client, "GET", err);
  kube_call *call;
  kube_frame frame;
  kube_status status;
  if (rest == NULL) return err->status;
  kube_rest_abs_path(rest, "/version/");
  call = kube_rest_stream(rest, err);
  status = call ? KUBE_OK : err->status;
  while (status == KUBE_OK) {
    status = kube_call_next(call, &frame, PATIENCE, err);
    if (status == KUBE_OK) kube_call_take(call);
  }
  kube_call_free(call);
  kube_rest_free(rest);
  return status == KUBE_EOF ? KUBE_OK : status;
}

static kube_status discovery_version(kube_error *err) {
  return read_all(kube_discovery_version(client, err), 1, true, err);
}

static kube_status openapi_v3(kube_error *err) {
  return read_all(kube_openapi_v3(client, err), 1, true, err);
}

static kube_status openapi_v3_schema(kube_error *err) {
  return read_all(kube_openapi_v3_schema(client, "/openapi/v3/a?hash=b", err), 1, true, err);
}

/* What failed for a group-version is told, or that there is no memory to. */
static kube_status finish_discovery(kube_discovery *d, kube_error *err) {
  kube_error why = {0};
  kube_status status = d ? kube_discovery_wait(d, PATIENCE, err) : err->status;
  if (status == KUBE_OK) {
    CHECK(kube_discovery_group(d, 0));
    status = kube_discovery_problem(d, &why);
    if (status == KUBE_EAPI) status = KUBE_OK;
    if (status != KUBE_OK) *err = why;
  }
  return status;
}

static kube_status discovery_aggregated(kube_error *err) {
  kube_discovery *d = kube_discovery_start(client, NULL, err), *again = NULL;
  const kube_discovery_options known = {.known = d};
  kube_status status = finish_discovery(d, err);
  if (status == KUBE_OK) {
    CHECK(kube_discovery_resource(d, 0) && kube_discovery_subresource(d, 0));
    CHECK(kube_discovery_stale(d, 0));
    again = kube_discovery_start(client, &known, err);
    status = finish_discovery(again, err);
  }
  if (status == KUBE_OK) CHECK(kube_discovery_is_unchanged(again));
  kube_discovery_free(d);
  kube_discovery_free(again);
  return status;
}

/* The server has lists for one of two group-versions. */
static kube_status discovery_legacy(kube_error *err) {
  const kube_discovery_options legacy = {.legacy = true};
  kube_discovery *d = kube_discovery_start(client, &legacy, err);
  const kube_status status = finish_discovery(d, err);
  if (status == KUBE_OK) {
    CHECK(kube_discovery_resource(d, 0) && kube_discovery_subresource(d, 0));
    CHECK(strcmp(kube_discovery_resource(d, 0)->subresources[0], "status") == 0);
    CHECK(strcmp(kube_discovery_stale(d, 0), "g/v2") == 0);
  }
  kube_discovery_free(d);
  return status;
}

static kube_status discovery_one_version(kube_error *err) {
  kube_discovery *d = kube_discovery_start_version(client, "g", "v1", err);
  const kube_status status = finish_discovery(d, err);
  if (status == KUBE_OK) CHECK(kube_discovery_resource(d, 0));
  kube_discovery_free(d);
  return status;
}

static void remove_cache(void) {
  static const char *const names[] = {"cache/servergroups.json", "cache/g/v1/serverresources.json",
                                      "cache/g/v1", "cache/g", "cache"};
  size_t i;
  for (i = 0; i < sizeof names / sizeof *names; i++) remove(path_of(names[i]));
}

static kube_status discovery_cache(kube_error *err) {
  kube_discovery *d = kube_discovery_new(err), *read = NULL;
  kube_status status = d ? KUBE_OK : KUBE_ENOMEM;
  if (d) status = kube_discovery_add(d, (kube_slice){LIST, sizeof LIST - 1}, err);
  if (status == KUBE_OK) status = kube_discovery_cache_write(d, path_of("cache"), err);
  if (status == KUBE_OK) read = kube_discovery_cache_read(path_of("cache"), 0, err);
  if (status == KUBE_OK && read == NULL) status = err->status;
  if (status == KUBE_OK)
    CHECK(strcmp(kube_discovery_subresource(read, 0)->subresource, "status") == 0);
  kube_discovery_free(d);
  kube_discovery_free(read);
  remove_cache();
  return status;
}

static kube_status yaml_to_json(kube_error *err) {
  static const char yaml[] = "a: &x [1, 'b', \"c\\n\"]\nd: *x\n? e\n: |\n  f\n  g\n<<: {h: 2}\n"
                             "---\n- ~\n- 0x10\n";
  static const char want[] =
      "{\"a\":[1,\"b\",\"c\\n\"],\"d\":[1,\"b\",\"c\\n\"],\"e\":\"f\\ng\\n\","
      "\"h\":2}";
  kube_buffer json = {0};
  kube_yaml_reader *reader = kube_yaml_open(yaml, sizeof yaml - 1, NULL, err);
  kube_status status = reader ? kube_yaml_next(reader, &json, err) : err->status;
  if (status == KUBE_OK) CHECK_TEXT(kube_buffer_bytes(&json), kube_buffer_length(&json), want);
  if (status == KUBE_OK) status = kube_yaml_next(reader, &json, err);
  if (status == KUBE_OK)
    CHECK_TEXT(kube_buffer_bytes(&json), kube_buffer_length(&json), "[null,16]");
  kube_yaml_close(reader);
  kube_buffer_clear(&json);
  return status;
}

static kube_status yaml_from_json(kube_error *err) {
  static const char json[] = "{\"a\":[1,{\"b\":\"c\\nd\\n\"}],\"e\":\"yes\",\"f\":{}}";
  kube_buffer yaml = {0};
  const kube_status status = kube_yaml_from_json((kube_slice){json, sizeof json - 1}, &yaml, err);
  if (status == KUBE_OK)
    CHECK_TEXT(kube_buffer_bytes(&yaml), kube_buffer_length(&yaml),
               "a:\n- 1\n- b: |\n    c\n    d\ne: \"yes\"\nf: {}\n");
  else
    CHECK(kube_buffer_length(&yaml) == 0);
  kube_buffer_clear(&yaml);
  return status;
}

/* The file is the old one or the new one, and nothing is left beside it. */
static kube_status edit_kubeconfig(kube_error *err) {
  static const kube_edit edits[] = {
      {KUBE_EDIT_SET_USER, "new.user",
       "{\"client-certificate\":\"/a/b\",\"client-key-data\":\"eA==\",\"as\":\"x\"}"},
      {KUBE_EDIT_SET_CLUSTER, "c", "{\"insecure-skip-tls-verify\":true}"},
      {KUBE_EDIT_RENAME_CONTEXT, "x", "z"},
      {KUBE_EDIT_SET_RAW, "users.new.user.client-key-data", "SECRETMARK"},
      {KUBE_EDIT_UNSET, "users.new.user.act-as", NULL}};
  const kube_kubeconfig_options options = {.kubeconfig = path_of("edited"), .timeout = 1000};
  kube_status status;
  write_file("edited", "current-context: x\ncontexts: [{name: x, context: {}}]\n");
  status = kube_kubeconfig_modify(&options, edits, sizeof edits / sizeof *edits, err);
  CHECK(access(path_of("edited.lock"), F_OK) != 0);
  CHECK(access(path_of("edited.kube-tmp"), F_OK) != 0);
  return status;
}

static kube_status view_kubeconfig(kube_error *err) {
  const kube_view_options options = {
      .kubeconfig = path_of("files"), .flatten = true, .minify = true, .context = "x"};
  char *text = kube_kubeconfig_view(&options, err);
  const kube_status status = text ? KUBE_OK : err->status;
  if (text) CHECK(strstr(text, "SECRETMARK") == NULL && strstr(text, "\"DATA+OMITTED\""));
  kube_text_free(text);
  return status;
}

static kube_status keep_token(kube_error *err) {
  static const char *const fields[] = {"id-token", "SECRETMARK", NULL};
  write_file("edited", "users: [{name: u, user: {auth-provider: {name: oidc}}}]\n");
  return kube_kubeconfig_set_auth_provider(path_of("edited"), "u", fields, err);
}

static kube_status quote(kube_error *err) {
  kube_buffer out = {0};
  const kube_status status = kube_json_quote(&out, "a\"\n", 3, err);
  if (status == KUBE_OK)
    CHECK_TEXT(kube_buffer_bytes(&out), kube_buffer_length(&out), "\"a\\\"\\n\"");
  kube_buffer_clear(&out);
  return status;
}

/* A key, a request of it, a certificate, and what that says. */
static kube_status certificates(kube_error *err) {
  static const char *const names[] = {"a", "b", NULL}, *const addresses[] = {"10.0.0.1", NULL};
  static const kube_subject subject = {"SECRETMARK", names, names, addresses};
  kube_certificates *all = NULL;
  char *key = kube_key_new(KUBE_KEY_ECDSA, 0, err), *csr = NULL, *pem = NULL;
  const kube_slice key_text = {key, key ? strlen(key) : 0};
  kube_slice text;
  if (key) csr = kube_csr_new(key_text, &subject, err);
  if (csr) pem = kube_certificate_new(key_text, &subject, NULL, err);
  text = (kube_slice){pem, pem ? strlen(pem) : 0};
  if (pem) all = kube_certificates_parse(text, err);
  if (all) CHECK_STRING(kube_certificates_at(all, 0)->dns_names[1], "b");
  kube_certificates_free(all);
  kube_pem_free(pem);
  kube_pem_free(csr);
  kube_pem_free(key);
  return all ? KUBE_OK : err->status;
}

static kube_status directories(kube_error *err) {
  return kube_file_make_directories(directory, err);
}

#define JOB(name)                                                                                  \
  { #name, name }

static const scarce_job jobs[] = {JOB(load_plain),
                                  JOB(load_files),
                                  JOB(load_data),
                                  JOB(load_plugin),
                                  JOB(load_provider),
                                  JOB(load_contexts),
                                  JOB(load_flags),
                                  JOB(load_pod),
                                  JOB(load_list),
                                  JOB(load_nothing),
                                  JOB(load_missing_context),
                                  JOB(start_all),
                                  JOB(connect_with_files),
                                  JOB(connect_through_proxy),
                                  JOB(connect_insecurely),
                                  JOB(get),
                                  JOB(get_elsewhere),
                                  JOB(update_elsewhere),
                                  JOB(get_refused),
                                  JOB(get_refused_by_another),
                                  JOB(list),
                                  JOB(watch),
                                  JOB(create),
                                  JOB(update),
                                  JOB(update_status),
                                  JOB(patch),
                                  JOB(apply),
                                  JOB(delete),
                                  JOB(delete_collection),
                                  JOB(get_told),
                                  JOB(rest_get),
                                  JOB(rest_send),
                                  JOB(rest_stream),
                                  JOB(openapi_v3),
                                  JOB(openapi_v3_schema),
                                  JOB(discovery_aggregated),
                                  JOB(discovery_legacy),
                                  JOB(discovery_one_version),
                                  JOB(discovery_cache),
                                  JOB(discovery_version),
                                  JOB(yaml_to_json),
                                  JOB(yaml_from_json),
                                  JOB(edit_kubeconfig),
                                  JOB(view_kubeconfig),
                                  JOB(keep_token),
                                  JOB(quote),
                                  JOB(certificates),
                                  JOB(directories)};

/* ---- all together ---- */

/* What came of it is said; the callbacks of libcurl can only say that it did not work. */
static void told(kube_status status, const kube_error *err) {
  if (!CHECK(status == KUBE_ENOMEM || status == KUBE_ECONNECT || status == KUBE_ENETWORK))
    printf("  status %d: %s\n", (int)status, err->message);
  CHECK(err->status == status && err->message[0]);
  CHECK(strstr(err->message, "SECRETMARK") == NULL);
}

static kube_client *connect_client(void) {
  const kube_config_options options = {.kubeconfig = path_of("plain")};
  kube_config *config = kube_config_load(&options, NULL);
  kube_engine *engine = kube_engine_new(NULL);
  kube_client *made = kube_client_new(engine, config, NULL);
  kube_engine_free(engine);
  kube_config_free(config);
  return made;
}

static void memory_runs_out(void) {
  client = connect_client();
  scarce_do(jobs, sizeof jobs / sizeof *jobs, told);
  kube_client_free(client);
}

int main(void) {
  char list[300];
  server s;
  int before;
  scarce_begin_json();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  files_begin();
  server_start(&s, answer, NULL);
  snprintf(url, sizeof url, "%s", s.url);
  write_files();
  kube_service_account = directory;
  snprintf(list, sizeof list, "/nowhere/config:%s", path_of("plain"));
  setenv("KUBECONFIG", list, 1);
  setenv("SSL_CERT_FILE", path_of("id.crt"), 1);
  before = descriptors();
  RUN(memory_runs_out);
  CHECK(descriptors_become(before));
  server_stop(&s);
  CHECK(files_end());
  return check_report();
}
