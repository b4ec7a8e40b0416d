/*
** Deleting, as a verb of the dynamic client; the contract is in kube.h. Sources: client-go
** dynamic/simple.go; apimachinery pkg/apis/meta/v1/types.go DeleteOptions.
*/
#include <string.h>

#include "dynamic.h"

/* ---- meta/v1 DeleteOptions ---- */

/* Adds "name": to an object that is being written. */
static kube_status add_name(kube_buffer *json, const char *name, kube_error *err) {
  return kube_buffer_printf(json, err, "%s\"%s\":", json->data[json->end - 1] == '{' ? "" : ",",
                            name);
}

/* Adds "name":"value"; nothing without a value. */
static kube_status add_text(kube_buffer *json, const char *name, const char *value,
                            kube_error *err) {
  kube_status status;
  if (value == NULL) return KUBE_OK;
  status = add_name(json, name, err);
  return status == KUBE_OK ? kube_json_quote(json, value, strlen(value), err) : status;
}

static kube_status add_flag(kube_buffer *json, const char *name, const bool *value,
                            kube_error *err) {
  kube_status status;
  if (value == NULL) return KUBE_OK;
  status = add_name(json, name, err);
  return status == KUBE_OK ? kube_buffer_add_text(json, *value ? "true" : "false", err) : status;
}

static kube_status add_grace(kube_buffer *json, const int64_t *seconds, kube_error *err) {
  if (seconds == NULL) return KUBE_OK;
  return kube_buffer_printf(json, err, ",\"gracePeriodSeconds\":%lld", (long long)*seconds);
}

static kube_status add_preconditions(kube_buffer *json, const kube_delete_options *o,
                                     kube_error *err) {
  kube_status status;
  if (o->precondition_uid == NULL && o->precondition_resource_version == NULL) return KUBE_OK;
  status = kube_buffer_add_text(json, ",\"preconditions\":{", err);
  if (status == KUBE_OK) status = add_text(json, "uid", o->precondition_uid, err);
  if (status == KUBE_OK)
    status = add_text(json, "resourceVersion", o->precondition_resource_version, err);
  return status == KUBE_OK ? kube_buffer_add_char(json, '}', err) : status;
}

static kube_status add_dry_run(kube_buffer *json, const char *dry_run, kube_error *err) {
  kube_status status;
  if (dry_run == NULL || *dry_run == '\0') return KUBE_OK;
  status = kube_buffer_add_text(json, ",\"dryRun\":[", err);
  if (status == KUBE_OK) status = kube_json_quote(json, dry_run, strlen(dry_run), err);
  return status == KUBE_OK ? kube_buffer_add_char(json, ']', err) : status;
}

static kube_status write_options(kube_buffer *json, const kube_delete_options *o, kube_error *err) {
  kube_status status =
      kube_buffer_add_text(json, "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"", err);
  if (status == KUBE_OK) status = add_grace(json, o->grace_period_seconds, err);
  if (status == KUBE_OK) status = add_text(json, "propagationPolicy", o->propagation_policy, err);
  if (status == KUBE_OK) status = add_preconditions(json, o, err);
  if (status == KUBE_OK) status = add_flag(json, "orphanDependents", o->orphan_dependents, err);
  if (status == KUBE_OK) status = add_dry_run(json, o->dry_run, err);
  if (status == KUBE_OK)
    status = add_flag(json, "ignoreStoreReadErrorWithClusterBreakingPotential",
                      o->ignore_store_read_error_with_cluster_breaking_potential, err);
  return status == KUBE_OK ? kube_buffer_add_char(json, '}', err) : status;
}

/* ---- the verbs ---- */

static kube_call *delete (kube_client *client, kube_steps *s, const kube_delete_options *o) {
  kube_buffer json = {0};
  if (s->status == KUBE_OK) s->status = write_options(&json, o, s->err);
  if (s->status == KUBE_OK) kube_steps_body(s, kube_buffer_slice(&json));
  kube_buffer_clear(&json);
  return kube_steps_start(client, &kube_document_mode, s, o->timeout);
}

static const kube_delete_options no_options;

kube_call *kube_dynamic_delete(kube_client *client, const kube_resource *resource, const char *ns,
                               const char *name, const kube_delete_options *options,
                               kube_error *err) {
  const kube_delete_options *o = options ? options : &no_options;
  kube_steps s = kube_steps_begin("DELETE", resource, ns, name, o->subresource, err);
  kube_steps_need_name(&s, name);
  kube_steps_form(&s, o->as, NULL, false);
  return delete (client, &s, o);
}

kube_call *kube_dynamic_delete_collection(kube_client *client, const kube_resource *resource,
                                          const char *ns, const kube_delete_options *options,
                                          kube_error *err) {
  const kube_delete_options *o = options ? options : &no_options;
  kube_steps s = kube_steps_begin("DELETE", resource, ns, NULL, NULL, err);
  kube_steps_list_options(&s, &o->collection);
  kube_steps_form(&s, o->as, NULL, true);
  return delete (client, &s, o);
}
