/* What a server serves: the set, and its life. The contracts are in discovery.h and kube.h. */
#include "discovery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/text.h"

/* ---- arrays that grow ---- */

/* A zeroed item at the end. */
static void *grow(kube_discovery_list *list, size_t item, kube_error *err) {
  char *place;
  if (list->count == list->size) {
    const size_t size = list->size ? list->size * 2 : 16;
    void *items = realloc(list->items, size * item);
    if (items == NULL) {
      kube_fail_memory(err, "discovery");
      return NULL;
    }
    list->items = items;
    list->size = size;
  }
  place = (char *)list->items + list->count++ * item;
  return memset(place, 0, item);
}

static void *at(const kube_discovery_list *list, size_t item, size_t i) {
  return i < list->count ? (char *)list->items + i * item : NULL;
}

/* ---- documents ---- */

static long escaped(const char *p) {
  const char digits[] = {p[2], p[3], p[4], p[5], '\0'};
  return strtol(digits, NULL, 16);
}

/* Whether JSON has one half of a "\ud83d\ude00" alone: Go takes it for U+FFFD, cJSON for no JSON. */
static bool has_half_character(kube_slice json) {
  const char *p = json.bytes, *const end = p + json.length;
  while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
    const long first = p[1] == 'u' ? escaped(p) : 0;
    p += p[1] == 'u' ? 6 : 2;
    if (first < 0xD800 || first > 0xDFFF) continue;
    if (first > 0xDBFF || p[0] != '\\' || p[1] != 'u' || escaped(p) >> 10 != 0xDC00 >> 10)
      return true;
    p += 6;
  }
  return false;
}

/* cJSON does not say whether the text was bad or memory ran out, which ends all of discovery. */
static void fail_to_parse(kube_slice text, kube_error *err) {
  if (kube_json_validate(text, NULL) != KUBE_OK)
    kube_fail(err, KUBE_EDECODE, "discovery: the answer is not JSON");
  else if (has_half_character(text))
    kube_fail(err, KUBE_EDECODE, "discovery: the answer has half of a character");
  else
    kube_fail_memory(err, "discovery");
}

kube_document *kube_document_parse(kube_slice text, const char *etag, kube_error *err) {
  kube_document *document = calloc(1, sizeof *document);
  if (document == NULL) {
    kube_fail_memory(err, "discovery");
    return NULL;
  }
  document->references = 1;
  document->tree = cJSON_ParseWithLength(text.bytes, text.length);
  if (document->tree == NULL) fail_to_parse(text, err);
  if (document->tree && kube_text_copy_to(&document->etag, etag, err) == KUBE_OK) return document;
  kube_document_free(document);
  return NULL;
}

kube_document *kube_document_retain(kube_document *document) {
  if (document) document->references++;
  return document;
}

void kube_document_free(kube_document *document) {
  if (document == NULL || --document->references > 0) return;
  cJSON_Delete(document->tree);
  free(document->etag);
  free(document);
}

kube_status kube_discovery_keep(kube_discovery *d, kube_document *document, kube_error *err) {
  kube_document **place = grow(&d->documents, sizeof document, err);
  if (place)
    *place = document;
  else
    kube_document_free(document);
  return place ? KUBE_OK : KUBE_ENOMEM;
}

const char *kube_document_text(const cJSON *object, const char *field) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
  return cJSON_IsString(item) ? item->valuestring : "";
}

/* ---- life ---- */

kube_discovery *kube_discovery_new(kube_error *err) {
  kube_discovery *d = calloc(1, sizeof *d);
  if (d == NULL) kube_fail_memory(err, "discovery");
  return d;
}

static void free_names(const char *const *names) { free((void *)names); }

static void free_resources(kube_discovery_list *list) {
  kube_api_resource *r = list->items;
  size_t i;
  for (i = 0; i < list->count; i++) {
    free_names(r[i].short_names);
    free_names(r[i].categories);
    free_names(r[i].verbs);
    free_names(r[i].subresources);
  }
  free(r);
}

void kube_discovery_free(kube_discovery *d) {
  size_t i;
  if (d == NULL) return;
  kube_discovery_fetch_free(d->fetch);
  free_resources(&d->resources);
  free_resources(&d->subresources);
  for (i = 0; i < d->groups.count; i++)
    free_names(((kube_group_record *)d->groups.items)[i].shown.versions);
  free(d->groups.items);
  for (i = 0; i < d->failures.count; i++)
    free((char *)((kube_api_failure *)d->failures.items)[i].group_version);
  free(d->failures.items);
  for (i = 0; i < d->documents.count; i++)
    kube_document_free(((kube_document **)d->documents.items)[i]);
  free(d->documents.items);
  free(d);
}

/* ---- what is in it ---- */

static kube_group_record *last_group(const kube_discovery *d) {
  return d->groups.count ? at(&d->groups, sizeof(kube_group_record), d->groups.count - 1) : NULL;
}

static kube_status check_room(size_t count, const char *what, kube_error *err) {
  if (count < KUBE_DISCOVERY_MOST) return KUBE_OK;
  return kube_fail(err, KUBE_ETOOLARGE, "discovery: more than %d %s", KUBE_DISCOVERY_MOST, what);
}

kube_status kube_discovery_add_group(kube_discovery *d, const char *name, kube_error *err) {
  kube_group_record *group = last_group(d);
  if (group && strcmp(group->shown.name, name) == 0) return KUBE_OK;
  if (check_room(d->groups.count, "groups", err) != KUBE_OK) return KUBE_ETOOLARGE;
  group = grow(&d->groups, sizeof *group, err);
  if (group == NULL) return KUBE_ENOMEM;
  group->shown.name = name;
  group->shown.preferred = "";
  group->shown.versions = calloc(1, sizeof *group->shown.versions);
  if (group->shown.versions) return KUBE_OK;
  d->groups.count--;
  return kube_fail_memory(err, "discovery");
}

kube_status kube_discovery_add_version(kube_discovery *d, const char *version, bool preferred,
                                       kube_error *err) {
  kube_group_record *group = last_group(d);
  const char **versions;
  if (check_room(d->versions, "versions", err) != KUBE_OK) return KUBE_ETOOLARGE;
  versions = realloc((void *)group->shown.versions, (group->count + 2) * sizeof *versions);
  if (versions == NULL) return kube_fail_memory(err, "discovery");
  d->versions++;
  group->shown.versions = versions;
  if (preferred || group->count == 0) group->shown.preferred = version;
  versions[group->count++] = version;
  versions[group->count] = NULL;
  return KUBE_OK;
}

kube_api_resource *kube_discovery_add_resource(kube_discovery *d, kube_error *err) {
  return grow(&d->resources, sizeof(kube_api_resource), err);
}

kube_api_resource *kube_discovery_add_subresource(kube_discovery *d, kube_error *err) {
  return grow(&d->subresources, sizeof(kube_api_resource), err);
}

kube_status kube_discovery_name(kube_buffer *out, const char *group, const char *version,
                                kube_error *err) {
  return kube_buffer_printf(out, err, "%s%s%s", group, *group ? "/" : "", version);
}

kube_status kube_discovery_fail(kube_discovery *d, const char *group, const char *version,
                                const kube_error *why, kube_error *err) {
  kube_buffer name = {0};
  kube_status status = check_room(d->failures.count, "versions that failed", err);
  kube_api_failure *failure = NULL;
  if (status != KUBE_OK) return status;
  status = kube_discovery_name(&name, group, version, err);
  if (status == KUBE_OK) failure = grow(&d->failures, sizeof *failure, err);
  if (failure) {
    failure->error = *why;
    failure->group_version = kube_buffer_steal(&name, err);
    if (failure->group_version == NULL) d->failures.count--;
  }
  status = failure && failure->group_version ? KUBE_OK : KUBE_ENOMEM;
  kube_buffer_clear(&name);
  return status;
}

const kube_api_group *kube_discovery_group(const kube_discovery *d, size_t i) {
  const kube_group_record *group = at(&d->groups, sizeof *group, i);
  return group ? &group->shown : NULL;
}

const kube_api_resource *kube_discovery_resource(const kube_discovery *d, size_t i) {
  return at(&d->resources, sizeof(kube_api_resource), i);
}

const kube_api_resource *kube_discovery_subresource(const kube_discovery *d, size_t i) {
  return at(&d->subresources, sizeof(kube_api_resource), i);
}

const kube_api_failure *kube_discovery_failure(const kube_discovery *d, size_t i) {
  return at(&d->failures, sizeof(kube_api_failure), i);
}

bool kube_discovery_is_unchanged(const kube_discovery *d) { return d->unchanged; }

const char *kube_discovery_stale(const kube_discovery *d, size_t i) {
  const kube_api_failure *failure = kube_discovery_failure(d, i);
  return failure ? failure->group_version : NULL;
}

/* ---- what it could not tell ---- */

static int by_name(const void *a, const void *b) {
  const kube_api_failure *const *x = a, *const *y = b;
  return strcmp((*x)->group_version, (*y)->group_version);
}

/* In the order of their names. The caller frees the list; NULL and *err. */
static const kube_api_failure **sorted_failures(const kube_discovery *d, kube_error *err) {
  const kube_api_failure **sorted = calloc(d->failures.count, sizeof *sorted);
  size_t i;
  if (sorted == NULL) {
    kube_fail_memory(err, "discovery");
    return NULL;
  }
  for (i = 0; i < d->failures.count; i++) sorted[i] = kube_discovery_failure(d, i);
  qsort(sorted, d->failures.count, sizeof *sorted, by_name);
  return sorted;
}

kube_status kube_discovery_problem(const kube_discovery *d, kube_error *err) {
  const kube_api_failure **sorted;
  kube_buffer text = {0};
  kube_status status = KUBE_OK;
  size_t i;
  if (d->failures.count == 0) return KUBE_OK;
  sorted = sorted_failures(d, err);
  if (sorted == NULL) return KUBE_ENOMEM;
  for (i = 0; i < d->failures.count && status == KUBE_OK; i++)
    status = kube_buffer_printf(&text, err, "%s%s: %s", i ? ", " : "", sorted[i]->group_version,
                                sorted[i]->error.message);
  free(sorted);
  if (status == KUBE_OK) {
    status = kube_fail(err, KUBE_EAPI, "unable to retrieve the complete list of server APIs: %.*s",
                       (int)kube_buffer_length(&text), kube_buffer_bytes(&text));
    if (err) snprintf(err->reason, sizeof err->reason, "GroupDiscoveryFailed");
  }
  kube_buffer_clear(&text);
  return status;
}
