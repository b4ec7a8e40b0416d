/*
** Documents into the set: aggregated ones (KEP-3352: apidiscovery.k8s.io/v2) and those of old
** (meta.k8s.io/v1). The contract is in discovery.h.
** Rules: client-go discovery/aggregated_discovery.go, discovery_client.go.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "discovery.h"

static const cJSON *member(const cJSON *object, const char *name) {
  return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* ---- what a document is ---- */

static const struct {
  const char *kind, *member;
} kinds[] = {[KUBE_DOCUMENT_AGGREGATED] = {"APIGroupDiscoveryList", "items"},
             [KUBE_DOCUMENT_VERSIONS] = {"APIVersions", "versions"},
             [KUBE_DOCUMENT_GROUPS] = {"APIGroupList", "groups"},
             [KUBE_DOCUMENT_RESOURCES] = {"APIResourceList", "resources"}};

kube_status kube_document_kind_of(const cJSON *tree, kube_document_kind *kind, kube_error *err) {
  const char *said = kube_document_text(tree, "kind");
  size_t i;
  for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (*said ? strcmp(said, kinds[i].kind) != 0 : member(tree, kinds[i].member) == NULL) continue;
    *kind = (kube_document_kind)i;
    return KUBE_OK;
  }
  return kube_fail(err, KUBE_EDECODE,
                   "discovery: the server answered %s%s, which does not tell what it serves",
                   *said ? "a " : "without a kind", said);
}

/* Whether the text from p to end is name=value, in the words of RFC 9110, section 5.6.6. */
static bool is_parameter(const char *p, size_t n, const char *name, const char *value) {
  const size_t length = strlen(name);
  if (n < length + 1 || strncasecmp(p, name, length) != 0 || p[length] != '=') return false;
  p += length + 1;
  n -= length + 1;
  if (n >= 2 && *p == '"' && p[n - 1] == '"') p++, n -= 2;
  return n == strlen(value) && memcmp(p, value, n) == 0;
}

/* The piece of a Content-Type at *at, without the white space around it. */
static size_t next_piece(const char **at, const char **piece) {
  size_t n;
  *piece = *at + strspn(*at, " \t");
  n = strcspn(*piece, ";");
  *at = *piece + n + ((*piece)[n] == ';');
  while (n > 0 && strchr(" \t", (*piece)[n - 1])) n--;
  return n;
}

bool kube_discovery_is_aggregated(const char *content_type) {
  const char *at = content_type ? content_type : "", *piece;
  size_t n = next_piece(&at, &piece);
  int found = 0;
  if (n != 16 || strncasecmp(piece, "application/json", n) != 0) return false;
  while (*at) {
    n = next_piece(&at, &piece);
    if (is_parameter(piece, n, "g", "apidiscovery.k8s.io")) found |= 1;
    if (is_parameter(piece, n, "v", "v2")) found |= 2;
    if (is_parameter(piece, n, "as", "APIGroupDiscoveryList")) found |= 4;
  }
  return found == 7;
}

/* ---- lists of names ---- */

/* The strings of a list; of a list of objects, those in their field. Ends in NULL. */
static kube_status names_of(const cJSON *list, const char *field, const char *const **out,
                            kube_error *err) {
  const cJSON *item;
  size_t n = 0;
  const char **names = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *names);
  if (names == NULL) return kube_fail_memory(err, "discovery");
  cJSON_ArrayForEach(item, list) {
    const char *text = field                  ? kube_document_text(item, field)
                       : cJSON_IsString(item) ? item->valuestring
                                              : "";
    if (*text) names[n++] = text;
  }
  *out = names;
  return KUBE_OK;
}

/* What both kinds of documents call the same. */
static kube_status read_lists(kube_api_resource *r, const cJSON *from, kube_error *err) {
  kube_status status = names_of(member(from, "shortNames"), NULL, &r->short_names, err);
  if (status == KUBE_OK) status = names_of(member(from, "categories"), NULL, &r->categories, err);
  if (status == KUBE_OK) status = names_of(member(from, "verbs"), NULL, &r->verbs, err);
  return status;
}

/* ---- aggregated ---- */

/* Without a kind a resource is none; its subresources may be some. */
static bool has_kind(const cJSON *from) {
  const cJSON *kind = member(from, "responseKind");
  return *kube_document_text(kind, "kind") || *kube_document_text(kind, "group") ||
         *kube_document_text(kind, "version");
}

static void read_kind(kube_api_resource *r, const cJSON *from) {
  const cJSON *kind = member(from, "responseKind");
  r->kind = kube_document_text(kind, "kind");
  r->kind_group = kube_document_text(kind, "group");
  r->kind_version = kube_document_text(kind, "version");
}

static kube_status add_subresource(kube_discovery *d, const kube_api_resource *parent,
                                   const cJSON *from, kube_error *err) {
  kube_api_resource *r;
  if (!has_kind(from)) return KUBE_OK;
  r = kube_discovery_add_subresource(d, err);
  if (r == NULL) return KUBE_ENOMEM;
  r->group = parent->group;
  r->version = parent->version;
  r->resource = parent->resource;
  r->singular = parent->singular;
  r->namespaced = parent->namespaced;
  r->subresource = kube_document_text(from, "subresource");
  read_kind(r, from);
  return read_lists(r, from, err);
}

static kube_status add_resource(kube_discovery *d, const char *group, const char *version,
                                const cJSON *from, kube_error *err) {
  kube_api_resource named = {.group = group,
                             .version = version,
                             .resource = kube_document_text(from, "resource"),
                             .singular = kube_document_text(from, "singularResource"),
                             .subresource = "",
                             .namespaced =
                                 strcmp(kube_document_text(from, "scope"), "Namespaced") == 0};
  const cJSON *subresource, *subresources = member(from, "subresources");
  kube_status status = KUBE_OK;
  if (has_kind(from)) {
    kube_api_resource *r = kube_discovery_add_resource(d, err);
    if (r == NULL) return KUBE_ENOMEM;
    *r = named;
    read_kind(r, from);
    status = read_lists(r, from, err);
    if (status == KUBE_OK) status = names_of(subresources, "subresource", &r->subresources, err);
  }
  cJSON_ArrayForEach(subresource, subresources) {
    if (status == KUBE_OK) status = add_subresource(d, &named, subresource, err);
  }
  return status;
}

/* An aggregated API whose server is gone is told as stale: what it has is not known. */
static kube_status add_stale(kube_discovery *d, const char *group, const char *version,
                             kube_error *err) {
  kube_error why = {0};
  kube_fail(&why, KUBE_EAPI, "stale GroupVersion discovery: %s%s%s", group, *group ? "/" : "",
            version);
  snprintf(why.reason, sizeof why.reason, "Stale");
  return kube_discovery_fail(d, group, version, &why, err);
}

static kube_status add_aggregated_version(kube_discovery *d, const char *group, const cJSON *from,
                                          kube_error *err) {
  const char *version = kube_document_text(from, "version");
  const cJSON *resource;
  kube_status status;
  if (*version == '\0') return KUBE_OK;
  if (strcmp(kube_document_text(from, "freshness"), "Stale") == 0)
    return add_stale(d, group, version, err);
  status = kube_discovery_add_version(d, version, false, err);
  cJSON_ArrayForEach(resource, member(from, "resources")) {
    if (status == KUBE_OK) status = add_resource(d, group, version, resource, err);
  }
  return status;
}

static kube_status read_aggregated(kube_discovery *d, const cJSON *tree, kube_error *err) {
  const cJSON *group, *version;
  kube_status status = KUBE_OK;
  cJSON_ArrayForEach(group, member(tree, "items")) {
    const char *name = kube_document_text(member(group, "metadata"), "name");
    if (status == KUBE_OK && cJSON_IsObject(group)) status = kube_discovery_add_group(d, name, err);
    cJSON_ArrayForEach(version, member(group, "versions")) {
      if (status == KUBE_OK) status = add_aggregated_version(d, name, version, err);
    }
  }
  return status;
}

/* ---- those of old ---- */

/* The core group's versions: the first is the preferred one. */
static kube_status read_versions(kube_discovery *d, const cJSON *tree, kube_error *err) {
  const cJSON *version, *versions = member(tree, "versions");
  kube_status status = KUBE_OK;
  if (cJSON_GetArraySize(versions)) status = kube_discovery_add_group(d, "", err);
  cJSON_ArrayForEach(version, versions) {
    if (status == KUBE_OK && cJSON_IsString(version) && *version->valuestring)
      status = kube_discovery_add_version(d, version->valuestring, false, err);
  }
  return status;
}

/* "apps/v1" is version v1, whether that is said again or not. */
static const char *version_of(const cJSON *from) {
  const char *version = kube_document_text(from, "version");
  const char *name = kube_document_text(from, "groupVersion"), *slash = strrchr(name, '/');
  if (*version) return version;
  return slash ? slash + 1 : name;
}

static kube_status read_group_list(kube_discovery *d, const cJSON *tree, kube_error *err) {
  const cJSON *group, *from;
  kube_status status = KUBE_OK;
  cJSON_ArrayForEach(group, member(tree, "groups")) {
    const char *preferred = version_of(member(group, "preferredVersion"));
    if (status == KUBE_OK && cJSON_IsObject(group))
      status = kube_discovery_add_group(d, kube_document_text(group, "name"), err);
    cJSON_ArrayForEach(from, member(group, "versions")) {
      const char *version = version_of(from);
      if (status == KUBE_OK && *version)
        status = kube_discovery_add_version(d, version, strcmp(version, preferred) == 0, err);
    }
  }
  return status;
}

kube_status kube_discovery_read_groups(kube_discovery *d, const cJSON *tree,
                                       kube_document_kind kind, kube_error *err) {
  switch (kind) {
    case KUBE_DOCUMENT_AGGREGATED: return read_aggregated(d, tree, err);
    case KUBE_DOCUMENT_VERSIONS: return read_versions(d, tree, err);
    case KUBE_DOCUMENT_GROUPS: return read_group_list(d, tree, err);
    case KUBE_DOCUMENT_RESOURCES: break;
  }
  return kube_fail(err, KUBE_EDECODE, "discovery: a list of resources stands where groups should");
}

/* ---- a list of resources ---- */

static kube_status read_resource(kube_api_resource *r, const char *group, const char *version,
                                 const cJSON *from, kube_error *err) {
  r->group = group;
  r->version = version;
  r->singular = kube_document_text(from, "singularName");
  r->kind = kube_document_text(from, "kind");
  r->kind_group = kube_document_text(from, "group");
  r->kind_version = kube_document_text(from, "version");
  r->namespaced = cJSON_IsTrue(member(from, "namespaced"));
  return read_lists(r, from, err);
}

/* "pods/status" is cut in two: the tree is ours. */
static kube_status add_listed(kube_discovery *d, const char *group, const char *version,
                              const cJSON *from, kube_error *err) {
  const cJSON *name = member(from, "name");
  char *slash = cJSON_IsString(name) ? strchr(name->valuestring, '/') : NULL;
  kube_api_resource *r;
  if (!cJSON_IsString(name) || *name->valuestring == '\0') return KUBE_OK;
  r = slash ? kube_discovery_add_subresource(d, err) : kube_discovery_add_resource(d, err);
  if (r == NULL) return KUBE_ENOMEM;
  r->resource = name->valuestring;
  r->subresource = slash ? slash + 1 : "";
  if (slash) *slash = '\0';
  return read_resource(r, group, version, from, err);
}

/* The resource that has no names of subresources yet, among those from first on. */
static kube_api_resource *parent_of(kube_discovery *d, size_t first, const char *name) {
  kube_api_resource *all = d->resources.items;
  size_t i;
  for (i = first; i < d->resources.count; i++)
    if (strcmp(all[i].resource, name) == 0) return all[i].subresources ? NULL : &all[i];
  return NULL;
}

/* Names n subresources, which stand in a row, at their resource. */
static kube_status name_subresources(kube_discovery *d, size_t first, const kube_api_resource *sub,
                                     size_t n, kube_error *err) {
  kube_api_resource *parent = parent_of(d, first, sub->resource);
  const char **names;
  size_t i;
  if (parent == NULL) return KUBE_OK;
  names = calloc(n + 1, sizeof *names);
  if (names == NULL) return kube_fail_memory(err, "discovery");
  for (i = 0; i < n; i++) names[i] = sub[i].subresource;
  parent->subresources = names;
  return KUBE_OK;
}

/* Servers sort: all subresources of one stand in a row. */
static kube_status name_all(kube_discovery *d, size_t first, size_t first_sub, kube_error *err) {
  const kube_api_resource *all = d->subresources.items;
  const size_t count = d->subresources.count;
  kube_status status = KUBE_OK;
  size_t i, n;
  for (i = first_sub; i < count && status == KUBE_OK; i += n) {
    for (n = 1; i + n < count && strcmp(all[i].resource, all[i + n].resource) == 0;) n++;
    status = name_subresources(d, first, &all[i], n, err);
  }
  return status;
}

kube_status kube_discovery_read_resources(kube_discovery *d, const cJSON *tree, const char *group,
                                          const char *version, kube_error *err) {
  const size_t first = d->resources.count, first_sub = d->subresources.count;
  const cJSON *from, *resources = member(tree, "resources");
  kube_status status = KUBE_OK;
  if (cJSON_GetArraySize(resources) > KUBE_DISCOVERY_MOST)
    return kube_fail(err, KUBE_ETOOLARGE, "discovery: a list of more than %d resources",
                     KUBE_DISCOVERY_MOST);
  cJSON_ArrayForEach(from, resources) {
    if (status == KUBE_OK) status = add_listed(d, group, version, from, err);
  }
  return status == KUBE_OK ? name_all(d, first, first_sub, err) : status;
}

/* ---- one document, for whoever has it ---- */

/* Of a list of resources that says "apps/v1": cut in two. */
static kube_status read_listed(kube_discovery *d, const cJSON *tree, kube_error *err) {
  const cJSON *name = member(tree, "groupVersion");
  char *slash = cJSON_IsString(name) ? strchr(name->valuestring, '/') : NULL;
  const char *group = slash ? name->valuestring : "";
  const char *version = slash ? slash + 1 : cJSON_IsString(name) ? name->valuestring : "";
  kube_status status;
  if (slash) *slash = '\0';
  if (*version == '\0')
    return kube_fail(err, KUBE_EDECODE, "discovery: a list of resources without groupVersion");
  status = kube_discovery_add_group(d, group, err);
  if (status == KUBE_OK) status = kube_discovery_add_version(d, version, false, err);
  return status == KUBE_OK ? kube_discovery_read_resources(d, tree, group, version, err) : status;
}

kube_status kube_discovery_add(kube_discovery *d, kube_slice text, kube_error *err) {
  kube_error local = {0};
  kube_document *document = kube_document_parse(text, NULL, err ? err : (err = &local));
  kube_document_kind kind;
  kube_status status;
  if (document == NULL) return err->status;
  status = kube_discovery_keep(d, document, err);
  if (status == KUBE_OK) status = kube_document_kind_of(document->tree, &kind, err);
  if (status != KUBE_OK) return status;
  if (kind == KUBE_DOCUMENT_RESOURCES) return read_listed(d, document->tree, err);
  return kube_discovery_read_groups(d, document->tree, kind, err);
}
