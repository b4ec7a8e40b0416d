/*
** What a server serves, read from aggregated discovery (KEP-3352: apidiscovery.k8s.io/v2, in two
** requests). The contracts are in kube.h. The texts stay in the cJSON trees.
*/
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"

#define ACCEPT                                                                                     \
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"

enum {
  TIMEOUT = 32000,   /* ms: client-go discovery/discovery_client.go */
  CEILING = 32 << 20 /* bytes of a document: cJSON may need many times as much for it */
};

struct kube_discovery {
  cJSON **documents;
  size_t document_count;
  kube_api_resource *resources;
  size_t count, size;
  char **stale;
  size_t stale_count;
};

/* ---- requests ---- */

static kube_call *start(kube_client *client, const char *path, kube_error *err) {
  kube_call *call = kube_rest_get(client, path, ACCEPT, TIMEOUT, err);
  if (call) call->ceiling = CEILING;
  return call;
}

kube_call *kube_discovery_core(kube_client *client, kube_error *err) {
  return start(client, "/api", err);
}

kube_call *kube_discovery_groups(kube_client *client, kube_error *err) {
  return start(client, "/apis", err);
}

kube_call *kube_discovery_version(kube_client *client, kube_error *err) {
  return kube_rest_get(client, "/version", NULL, TIMEOUT, err);
}

/* ---- life ---- */

kube_discovery *kube_discovery_new(kube_error *err) {
  kube_discovery *d = calloc(1, sizeof *d);
  if (d == NULL) kube_fail_memory(err, "discovery");
  return d;
}

static void free_names(const char *const *names) { free((void *)names); }

void kube_discovery_free(kube_discovery *d) {
  size_t i;
  if (d == NULL) return;
  for (i = 0; i < d->count; i++) {
    free_names(d->resources[i].short_names);
    free_names(d->resources[i].categories);
    free_names(d->resources[i].verbs);
    free_names(d->resources[i].subresources);
  }
  for (i = 0; i < d->document_count; i++) cJSON_Delete(d->documents[i]);
  for (i = 0; i < d->stale_count; i++) free(d->stale[i]);
  free(d->resources);
  free(d->documents);
  free(d->stale);
  free(d);
}

/* ---- reading a document ---- */

static const char *text_of(const cJSON *object, const char *field) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
  return cJSON_IsString(item) ? item->valuestring : "";
}

/* The strings of a list; of a list of objects, those in their field. Ends in NULL. */
static kube_status names_of(const cJSON *list, const char *field, const char *const **out,
                            kube_error *err) {
  const cJSON *item;
  size_t n = 0;
  const char **names = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *names);
  if (names == NULL) return kube_fail_memory(err, "discovery");
  cJSON_ArrayForEach(item, list) {
    const char *text = field ? text_of(item, field) : cJSON_IsString(item) ? item->valuestring : "";
    if (*text) names[n++] = text;
  }
  *out = names;
  return KUBE_OK;
}

static kube_api_resource *grow(kube_discovery *d, kube_error *err) {
  if (d->count == d->size) {
    size_t size = d->size ? d->size * 2 : 64;
    kube_api_resource *resources = realloc(d->resources, size * sizeof *resources);
    if (resources == NULL) {
      kube_fail_memory(err, "discovery");
      return NULL;
    }
    d->resources = resources;
    d->size = size;
  }
  memset(&d->resources[d->count], 0, sizeof *d->resources);
  return &d->resources[d->count++];
}

static kube_status add_resource(kube_discovery *d, const char *group, const char *version,
                                const cJSON *from, kube_error *err) {
  kube_api_resource *r = grow(d, err);
  kube_status status;
  if (r == NULL) return KUBE_ENOMEM;
  r->group = group;
  r->version = version;
  r->resource = text_of(from, "resource");
  r->singular = text_of(from, "singularResource");
  r->kind = text_of(cJSON_GetObjectItemCaseSensitive(from, "responseKind"), "kind");
  r->namespaced = strcmp(text_of(from, "scope"), "Namespaced") == 0;
  status =
      names_of(cJSON_GetObjectItemCaseSensitive(from, "shortNames"), NULL, &r->short_names, err);
  if (status == KUBE_OK)
    status =
        names_of(cJSON_GetObjectItemCaseSensitive(from, "categories"), NULL, &r->categories, err);
  if (status == KUBE_OK)
    status = names_of(cJSON_GetObjectItemCaseSensitive(from, "verbs"), NULL, &r->verbs, err);
  if (status == KUBE_OK)
    status = names_of(cJSON_GetObjectItemCaseSensitive(from, "subresources"), "subresource",
                      &r->subresources, err);
  return status;
}

/* An aggregated API whose server is gone is told as stale: its resources may be missing. */
static kube_status note_stale(kube_discovery *d, const char *group, const char *version,
                              kube_error *err) {
  kube_buffer name = {0};
  char **stale = realloc(d->stale, (d->stale_count + 1) * sizeof *stale);
  kube_status status = stale ? KUBE_OK : kube_fail_memory(err, "discovery");
  if (stale) d->stale = stale;
  if (status == KUBE_OK) status = kube_buffer_printf(&name, err, "%s/%s", group, version);
  if (status == KUBE_OK) {
    stale[d->stale_count] = kube_buffer_steal(&name, err);
    if (stale[d->stale_count])
      d->stale_count++;
    else
      status = KUBE_ENOMEM;
  }
  kube_buffer_clear(&name);
  return status;
}

static kube_status add_version(kube_discovery *d, const char *group, const cJSON *from,
                               kube_error *err) {
  const char *version = text_of(from, "version");
  const cJSON *resource;
  kube_status status = KUBE_OK;
  if (strcmp(text_of(from, "freshness"), "Stale") == 0) status = note_stale(d, group, version, err);
  cJSON_ArrayForEach(resource, cJSON_GetObjectItemCaseSensitive(from, "resources")) {
    if (status == KUBE_OK) status = add_resource(d, group, version, resource, err);
  }
  return status;
}

static kube_status keep(kube_discovery *d, cJSON *document, kube_error *err) {
  cJSON **documents = realloc(d->documents, (d->document_count + 1) * sizeof *documents);
  if (documents == NULL) {
    cJSON_Delete(document);
    return kube_fail_memory(err, "discovery");
  }
  d->documents = documents;
  documents[d->document_count++] = document;
  return KUBE_OK;
}

/* cJSON does not say whether the text was bad or memory ran out. */
static kube_status fail_to_parse(kube_slice text, kube_error *err) {
  if (kube_json_validate(text, NULL) == KUBE_OK) return kube_fail_memory(err, "discovery");
  return kube_fail(err, KUBE_EDECODE, "discovery: the answer is not JSON");
}

kube_status kube_discovery_add(kube_discovery *d, kube_slice text, kube_error *err) {
  cJSON *document = cJSON_ParseWithLength(text.bytes, text.length);
  const cJSON *group, *version;
  const char *kind;
  kube_status status;
  if (document == NULL) return fail_to_parse(text, err);
  status = keep(d, document, err);
  if (status != KUBE_OK) return status;
  kind = text_of(document, "kind");
  if (strcmp(kind, "APIGroupDiscoveryList") != 0)
    return kube_fail(
        err, KUBE_EDECODE,
        "discovery: the server answered %s%s, not an "
        "APIGroupDiscoveryList: kube needs aggregated discovery (Kubernetes 1.30 or later)",
        *kind ? "a " : "without a kind", kind);
  cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(document, "items")) {
    const char *name = text_of(cJSON_GetObjectItemCaseSensitive(group, "metadata"), "name");
    cJSON_ArrayForEach(version, cJSON_GetObjectItemCaseSensitive(group, "versions")) {
      if (status == KUBE_OK) status = add_version(d, name, version, err);
    }
  }
  return status;
}

const kube_api_resource *kube_discovery_resource(const kube_discovery *d, size_t i) {
  return i < d->count ? &d->resources[i] : NULL;
}

const char *kube_discovery_stale(const kube_discovery *d, size_t i) {
  return i < d->stale_count ? d->stale[i] : NULL;
}
