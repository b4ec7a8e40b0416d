/*
** The verbs of the dynamic client; the contracts are in kube.h. Source: client-go
** dynamic/simple.go.
*/
#include <string.h>

#include "call.h"

#define FIELD_MANAGER "kube-lua"

enum { PAGE = 500 }; /* objects: client-go tools/pager */

const kube_resource KUBE_PODS = {"", "v1", "pods"};
const kube_resource KUBE_NAMESPACES = {"", "v1", "namespaces"};
const kube_resource KUBE_CONFIGMAPS = {"", "v1", "configmaps"};
const kube_resource KUBE_SERVICES = {"", "v1", "services"};
const kube_resource KUBE_DEPLOYMENTS = {"apps", "v1", "deployments"};

/* A verb is written as a row of steps; the first that fails ends it. */
typedef struct steps {
  kube_request request;
  kube_status status;
  kube_error *err;
} steps;

static steps begin(const char *method, const kube_resource *resource, const char *ns,
                   const char *name, const char *subresource, kube_error *err) {
  steps s = {.err = err};
  s.request.method = method;
  s.status = kube_request_set_path(&s.request, resource, ns, name, subresource, err);
  return s;
}

static void set(steps *s, const char *name, const char *value) {
  if (s->status == KUBE_OK) s->status = kube_query_set(&s->request.query, name, value, s->err);
}

static void set_integer(steps *s, const char *name, int64_t value) {
  if (s->status == KUBE_OK && value > 0)
    s->status = kube_query_set_integer(&s->request.query, name, value, s->err);
}

static void set_body(steps *s, kube_slice body) {
  if (s->status == KUBE_OK) s->status = kube_request_set_body(&s->request, body, s->err);
}

static void fail(steps *s, const char *message) {
  if (s->status == KUBE_OK) s->status = kube_fail(s->err, KUBE_EUSAGE, "%s", message);
}

static kube_call *start(kube_client *client, const kube_call_mode *mode, steps *s,
                        int64_t timeout) {
  if (s->status == KUBE_OK) return kube_call_new(client, mode, &s->request, timeout, s->err);
  kube_request_clear(&s->request);
  return NULL;
}

static void need_name(steps *s, const char *name) {
  if (name == NULL) fail(s, "a name is required: resource name may not be empty");
}

/* ---- reading ---- */

kube_call *kube_dynamic_get(kube_client *client, const kube_resource *resource, const char *ns,
                            const char *name, const kube_get_options *options, kube_error *err) {
  static const kube_get_options none;
  const kube_get_options *o = options ? options : &none;
  steps s = begin("GET", resource, ns, name, o->subresource, err);
  need_name(&s, name);
  set(&s, "resourceVersion", o->resource_version);
  return start(client, &kube_document_mode, &s, o->timeout);
}

kube_call *kube_dynamic_list(kube_client *client, const kube_resource *resource, const char *ns,
                             const kube_list_options *options, kube_error *err) {
  static const kube_list_options none;
  const kube_list_options *o = options ? options : &none;
  steps s = begin("GET", resource, ns, NULL, NULL, err);
  kube_call *call;
  set(&s, "labelSelector", o->label_selector);
  set(&s, "fieldSelector", o->field_selector);
  set(&s, "resourceVersion", o->resource_version);
  set(&s, "resourceVersionMatch", o->resource_version_match);
  set(&s, "continue", o->continue_token);
  set_integer(&s, "limit", o->limit > 0 ? o->limit : PAGE);
  set_integer(&s, "timeoutSeconds", o->timeout_seconds);
  s.request.kind = KUBE_LIST;
  call = start(client, &kube_list_mode, &s, o->timeout);
  if (call) call->one_page = o->one_page;
  return call;
}

kube_call *kube_dynamic_watch(kube_client *client, const kube_resource *resource, const char *ns,
                              const kube_watch_options *options, kube_error *err) {
  static const kube_watch_options none;
  steps s = begin("GET", resource, ns, NULL, NULL, err);
  if (s.status == KUBE_OK)
    return kube_watch_new(client, &s.request, options ? options : &none, err);
  kube_request_clear(&s.request);
  return NULL;
}

/* ---- writing ---- */

static const kube_write_options no_write_options;

static void set_write_options(steps *s, const kube_write_options *o) {
  set(s, "fieldManager", o->field_manager);
  set(s, "fieldValidation", o->field_validation);
  set(s, "dryRun", o->dry_run);
}

kube_call *kube_dynamic_create(kube_client *client, const kube_resource *resource, const char *ns,
                               const char *name, kube_slice body, const kube_write_options *options,
                               kube_error *err) {
  const kube_write_options *o = options ? options : &no_write_options;
  steps s = begin("POST", resource, ns, name, o->subresource, err);
  if (o->subresource) need_name(&s, name);
  set_write_options(&s, o);
  set_body(&s, body);
  return start(client, &kube_document_mode, &s, o->timeout);
}

kube_call *kube_dynamic_update(kube_client *client, const kube_resource *resource, const char *ns,
                               const char *name, kube_slice body, const kube_write_options *options,
                               kube_error *err) {
  const kube_write_options *o = options ? options : &no_write_options;
  steps s = begin("PUT", resource, ns, name, o->subresource, err);
  need_name(&s, name);
  set_write_options(&s, o);
  set_body(&s, body);
  return start(client, &kube_document_mode, &s, o->timeout);
}

kube_call *kube_dynamic_update_status(kube_client *client, const kube_resource *resource,
                                      const char *ns, const char *name, kube_slice body,
                                      const kube_write_options *options, kube_error *err) {
  kube_write_options o = options ? *options : no_write_options;
  o.subresource = "status";
  return kube_dynamic_update(client, resource, ns, name, body, &o, err);
}

static kube_call *patch(kube_client *client, const kube_resource *resource, const char *ns,
                        const char *name, const char *content_type, kube_slice body,
                        const kube_write_options *o, kube_error *err) {
  steps s = begin("PATCH", resource, ns, name, o->subresource, err);
  need_name(&s, name);
  s.request.content_type = content_type;
  set_write_options(&s, o);
  if (o->force) set(&s, "force", "true");
  set_body(&s, body);
  return start(client, &kube_document_mode, &s, o->timeout);
}

kube_call *kube_dynamic_patch(kube_client *client, const kube_resource *resource, const char *ns,
                              const char *name, kube_patch_type type, kube_slice body,
                              const kube_write_options *options, kube_error *err) {
  static const char *const content_types[] = {"application/json-patch+json",
                                              "application/merge-patch+json",
                                              "application/strategic-merge-patch+json"};
  const kube_write_options *o = options ? options : &no_write_options;
  if ((size_t)type >= sizeof content_types / sizeof *content_types) {
    kube_fail(err, KUBE_EUSAGE, "no such patch type: %d", (int)type);
    return NULL;
  }
  return patch(client, resource, ns, name, content_types[type], body, o, err);
}

kube_call *kube_dynamic_apply(kube_client *client, const kube_resource *resource, const char *ns,
                              const char *name, kube_slice body, const kube_write_options *options,
                              kube_error *err) {
  kube_write_options o = options ? *options : no_write_options;
  if (o.field_manager == NULL) o.field_manager = FIELD_MANAGER;
  return patch(client, resource, ns, name, "application/apply-patch+yaml", body, &o, err);
}

/* ---- deleting ---- */

/* Adds "name":"value" to an object that is being written; nothing without a value. */
static kube_status add_field(kube_buffer *json, const char *name, const char *value,
                             kube_error *err) {
  kube_status status = KUBE_OK;
  if (value == NULL) return status;
  status =
      kube_buffer_printf(json, err, "%s\"%s\":", json->data[json->end - 1] == '{' ? "" : ",", name);
  return status == KUBE_OK ? kube_json_quote(json, value, strlen(value), err) : status;
}

/* meta/v1 DeleteOptions: sent in the body, as client-go does. */
static kube_status write_delete_options(kube_buffer *json, const kube_delete_options *o,
                                        kube_error *err) {
  kube_status status =
      kube_buffer_add_text(json, "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"", err);
  if (status == KUBE_OK && o->grace_period_seconds)
    status = kube_buffer_printf(json, err, ",\"gracePeriodSeconds\":%lld",
                                (long long)*o->grace_period_seconds);
  if (status == KUBE_OK) status = add_field(json, "propagationPolicy", o->propagation_policy, err);
  if (status == KUBE_OK && (o->precondition_uid || o->precondition_resource_version)) {
    status = kube_buffer_add_text(json, ",\"preconditions\":{", err);
    if (status == KUBE_OK) status = add_field(json, "uid", o->precondition_uid, err);
    if (status == KUBE_OK)
      status = add_field(json, "resourceVersion", o->precondition_resource_version, err);
    if (status == KUBE_OK) status = kube_buffer_add_char(json, '}', err);
  }
  if (status == KUBE_OK && o->dry_run) {
    status = kube_buffer_add_text(json, ",\"dryRun\":[", err);
    if (status == KUBE_OK) status = kube_json_quote(json, o->dry_run, strlen(o->dry_run), err);
    if (status == KUBE_OK) status = kube_buffer_add_char(json, ']', err);
  }
  return status == KUBE_OK ? kube_buffer_add_char(json, '}', err) : status;
}

static kube_call *delete (kube_client *client, steps *s, const kube_delete_options *o) {
  kube_buffer json = {0};
  kube_slice body;
  if (s->status == KUBE_OK) s->status = write_delete_options(&json, o, s->err);
  body.bytes = kube_buffer_length(&json) ? kube_buffer_bytes(&json) : "";
  body.length = kube_buffer_length(&json);
  set_body(s, body);
  kube_buffer_clear(&json);
  return start(client, &kube_document_mode, s, o->timeout);
}

static const kube_delete_options no_delete_options;

kube_call *kube_dynamic_delete(kube_client *client, const kube_resource *resource, const char *ns,
                               const char *name, const kube_delete_options *options,
                               kube_error *err) {
  steps s = begin("DELETE", resource, ns, name, NULL, err);
  need_name(&s, name);
  return delete (client, &s, options ? options : &no_delete_options);
}

kube_call *kube_dynamic_delete_collection(kube_client *client, const kube_resource *resource,
                                          const char *ns, const kube_delete_options *options,
                                          kube_error *err) {
  const kube_delete_options *o = options ? options : &no_delete_options;
  steps s = begin("DELETE", resource, ns, NULL, NULL, err);
  set(&s, "labelSelector", o->label_selector);
  set(&s, "fieldSelector", o->field_selector);
  return delete (client, &s, o);
}

/* ---- any path ---- */

static kube_status check_path(const char *path, kube_error *err) {
  const char *p;
  if (*path != '/') return kube_fail(err, KUBE_EUSAGE, "a path begins with '/': \"%s\"", path);
  for (p = path; *p; p++)
    if ((unsigned char)*p <= ' ' || *p == 127)
      return kube_fail(err, KUBE_EUSAGE, "a path holds no spaces or control characters");
  return KUBE_OK;
}

kube_call *kube_rest_get(kube_client *client, const char *path, const char *accept, int64_t timeout,
                         kube_error *err) {
  steps s = {.err = err};
  kube_call *call;
  s.request.method = "GET";
  s.request.accept = accept;
  s.status = check_path(path, err);
  if (s.status == KUBE_OK && (s.request.path = strdup(path)) == NULL)
    s.status = kube_fail_memory(err, "a path");
  call = start(client, &kube_document_mode, &s, timeout);
  if (call) call->raw = true;
  return call;
}
