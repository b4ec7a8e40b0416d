/*
** The verbs of the dynamic client; the contracts are in kube.h. Sources: client-go
** dynamic/simple.go; apimachinery pkg/apis/meta/v1/types.go, all options of which are here.
**
** | case                                | client-go dynamic        | here                        |
** | list without a limit                | the whole list at once   | pages of 500; < 0: at once  |
** | watch                               | as asked                 | bookmarks, 5 to 10 minutes  |
** | fieldManager of apply, if not given | none: the server refuses | "kube-lua"                  |
** | force, sendInitialEvents: false     | sent                     | not sent: it means the same |
** | timeoutSeconds: 0                   | sent                     | not sent: the server's own  |
** | limit and continue of a watch       | sent; nobody reads them  | there are none              |
*/
#include <string.h>

#include "dynamic.h"

#define FIELD_MANAGER "kube-lua"

enum { PAGE = 500 }; /* objects: client-go tools/pager */

const kube_resource KUBE_PODS = {"", "v1", "pods"};
const kube_resource KUBE_NAMESPACES = {"", "v1", "namespaces"};
const kube_resource KUBE_CONFIGMAPS = {"", "v1", "configmaps"};
const kube_resource KUBE_SERVICES = {"", "v1", "services"};
const kube_resource KUBE_DEPLOYMENTS = {"apps", "v1", "deployments"};

kube_steps kube_steps_begin(const char *method, const kube_resource *resource, const char *ns,
                            const char *name, const char *subresource, kube_error *err) {
  kube_steps s = {.err = err};
  s.request.method = method;
  s.status = kube_request_set_path(&s.request, resource, ns, name, subresource, err);
  return s;
}

void kube_steps_set(kube_steps *s, const char *name, const char *value) {
  if (s->status == KUBE_OK) s->status = kube_query_set(&s->request.query, name, value, s->err);
}

void kube_steps_set_integer(kube_steps *s, const char *name, int64_t value) {
  if (s->status == KUBE_OK && value > 0)
    s->status = kube_query_set_integer(&s->request.query, name, value, s->err);
}

void kube_steps_body(kube_steps *s, kube_slice body) {
  if (s->status == KUBE_OK) s->status = kube_request_set_body(&s->request, body, s->err);
}

void kube_steps_fail(kube_steps *s, const char *message) {
  if (s->status == KUBE_OK) s->status = kube_fail(s->err, KUBE_EUSAGE, "%s", message);
}

kube_call *kube_steps_start(kube_client *client, const kube_call_mode *mode, kube_steps *s,
                            int64_t timeout) {
  if (s->status == KUBE_OK) return kube_call_new(client, mode, &s->request, timeout, s->err);
  kube_request_clear(&s->request);
  return NULL;
}

/* Another representation. Accept as kubectl and client-go metadata/metadata.go write it. */
void kube_steps_form(kube_steps *s, const char *as, const char *include_object, bool is_list) {
  if (as == NULL) return;
  if (strcmp(as, "Table") == 0) {
    s->request.accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    kube_steps_set(s, "includeObject", include_object);
  } else if (strcmp(as, "PartialObjectMetadata") == 0) {
    s->request.accept = is_list
                            ? "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,"
                              "application/json"
                            : "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,"
                              "application/json";
  } else {
    kube_steps_fail(s, "no such representation: \"Table\" and \"PartialObjectMetadata\" are");
  }
}

void kube_steps_need_name(kube_steps *s, const char *name) {
  if (name == NULL) kube_steps_fail(s, "a name is required: resource name may not be empty");
}

/* ---- reading ---- */

kube_call *kube_dynamic_get(kube_client *client, const kube_resource *resource, const char *ns,
                            const char *name, const kube_get_options *options, kube_error *err) {
  static const kube_get_options none;
  const kube_get_options *o = options ? options : &none;
  kube_steps s = kube_steps_begin("GET", resource, ns, name, o->subresource, err);
  kube_steps_need_name(&s, name);
  kube_steps_set(&s, "resourceVersion", o->resource_version);
  kube_steps_form(&s, o->as, o->include_object, false);
  return kube_steps_start(client, &kube_document_mode, &s, o->timeout);
}

/* What chooses the objects of a list, or of a collection to delete. */
void kube_steps_list_options(kube_steps *s, const kube_list_options *o) {
  kube_steps_set(s, "labelSelector", o->label_selector);
  kube_steps_set(s, "fieldSelector", o->field_selector);
  kube_steps_set(s, "shardSelector", o->shard_selector);
  kube_steps_set(s, "resourceVersion", o->resource_version);
  kube_steps_set(s, "resourceVersionMatch", o->resource_version_match);
  kube_steps_set(s, "continue", o->continue_token);
  kube_steps_set_integer(s, "limit", o->limit);
  kube_steps_set_integer(s, "timeoutSeconds", o->timeout_seconds);
}

kube_call *kube_dynamic_list(kube_client *client, const kube_resource *resource, const char *ns,
                             const kube_list_options *options, kube_error *err) {
  static const kube_list_options none;
  const kube_list_options *o = options ? options : &none;
  kube_steps s = kube_steps_begin("GET", resource, ns, NULL, NULL, err);
  kube_call *call;
  kube_steps_list_options(&s, o);
  if (o->limit == 0) kube_steps_set_integer(&s, "limit", PAGE);
  kube_steps_form(&s, o->as, o->include_object, true);
  s.request.kind = KUBE_LIST;
  call = kube_steps_start(client, &kube_list_mode, &s, o->timeout);
  if (call == NULL) return NULL;
  call->list.one_page = o->one_page;
  call->list.inconsistent = o->inconsistent;
  call->list.as_rows = o->as && strcmp(o->as, "Table") == 0;
  return call;
}

kube_call *kube_dynamic_watch(kube_client *client, const kube_resource *resource, const char *ns,
                              const kube_watch_options *options, kube_error *err) {
  static const kube_watch_options none;
  const kube_watch_options *o = options ? options : &none;
  kube_steps s = kube_steps_begin("GET", resource, ns, NULL, NULL, err);
  kube_steps_set(&s, "shardSelector", o->shard_selector);
  kube_steps_form(&s, o->as, o->include_object, false);
  if (s.status == KUBE_OK) return kube_watch_new(client, &s.request, o, err);
  kube_request_clear(&s.request);
  return NULL;
}

/* ---- writing ---- */

static const kube_write_options no_write_options;

static void set_write_options(kube_steps *s, const kube_write_options *o) {
  kube_steps_set(s, "fieldManager", o->field_manager);
  kube_steps_set(s, "fieldValidation", o->field_validation);
  kube_steps_set(s, "dryRun", o->dry_run);
  kube_steps_form(s, o->as, o->include_object, false);
}

kube_call *kube_dynamic_create(kube_client *client, const kube_resource *resource, const char *ns,
                               const char *name, kube_slice body, const kube_write_options *options,
                               kube_error *err) {
  const kube_write_options *o = options ? options : &no_write_options;
  kube_steps s = kube_steps_begin("POST", resource, ns, name, o->subresource, err);
  if (o->subresource) kube_steps_need_name(&s, name);
  set_write_options(&s, o);
  kube_steps_body(&s, body);
  return kube_steps_start(client, &kube_document_mode, &s, o->timeout);
}

kube_call *kube_dynamic_update(kube_client *client, const kube_resource *resource, const char *ns,
                               const char *name, kube_slice body, const kube_write_options *options,
                               kube_error *err) {
  const kube_write_options *o = options ? options : &no_write_options;
  kube_steps s = kube_steps_begin("PUT", resource, ns, name, o->subresource, err);
  kube_steps_need_name(&s, name);
  set_write_options(&s, o);
  kube_steps_body(&s, body);
  return kube_steps_start(client, &kube_document_mode, &s, o->timeout);
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
  kube_steps s = kube_steps_begin("PATCH", resource, ns, name, o->subresource, err);
  kube_steps_need_name(&s, name);
  s.request.content_type = content_type;
  set_write_options(&s, o);
  if (o->force) kube_steps_set(&s, "force", "true");
  kube_steps_body(&s, body);
  return kube_steps_start(client, &kube_document_mode, &s, o->timeout);
}

kube_call *kube_dynamic_patch(kube_client *client, const kube_resource *resource, const char *ns,
                              const char *name, kube_patch_type type, kube_slice body,
                              const kube_write_options *options, kube_error *err) {
  static const char *const content_types[] = {
      "application/json-patch+json", "application/merge-patch+json",
      "application/strategic-merge-patch+json", "application/apply-patch+yaml"};
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
