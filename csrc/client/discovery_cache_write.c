/* kubectl's cache of what servers serve: how it is written. The contract is in kube.h. */
#define _GNU_SOURCE /* mkostemp */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/files.h"
#include "core/json.h"
#include "discovery.h"

static kube_status failed(const char *path, kube_error *err) {
  return kube_fail(err, KUBE_ESYSTEM, "%s: %s", path, strerror(errno));
}

/* ---- what is written ---- */

static kube_status quote(kube_buffer *out, const char *before, const char *text, kube_error *err) {
  const kube_status status = kube_buffer_add_text(out, before, err);
  return status == KUBE_OK ? kube_json_quote(out, text, strlen(text), err) : status;
}

static kube_status write_version(kube_buffer *out, const char *group, const char *version,
                                 kube_error *err) {
  kube_buffer name = {0};
  kube_status status = KUBE_OK;
  const char *text = "";
  if (*version) {
    status = kube_discovery_name(&name, group, version, err);
    text = status == KUBE_OK ? kube_buffer_text(&name, err) : NULL;
  }
  status = text ? quote(out, "{\"groupVersion\":", text, err) : KUBE_ENOMEM;
  if (status == KUBE_OK) status = quote(out, ",\"version\":", version, err);
  kube_buffer_clear(&name);
  return status == KUBE_OK ? kube_buffer_add_char(out, '}', err) : status;
}

static kube_status write_group(kube_buffer *out, const kube_api_group *group, kube_error *err) {
  kube_status status = quote(out, "{\"name\":", group->name, err);
  size_t i;
  if (status == KUBE_OK) status = kube_buffer_add_text(out, ",\"versions\":[", err);
  for (i = 0; status == KUBE_OK && group->versions[i]; i++) {
    if (i) status = kube_buffer_add_char(out, ',', err);
    if (status == KUBE_OK) status = write_version(out, group->name, group->versions[i], err);
  }
  if (status == KUBE_OK) status = kube_buffer_add_text(out, "],\"preferredVersion\":", err);
  if (status == KUBE_OK) status = write_version(out, group->name, group->preferred, err);
  return status == KUBE_OK ? kube_buffer_add_char(out, '}', err) : status;
}

static kube_status write_groups(kube_buffer *out, const kube_discovery *d, kube_error *err) {
  kube_status status = kube_buffer_add_text(
      out, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[", err);
  const kube_api_group *group;
  size_t i;
  for (i = 0; status == KUBE_OK && (group = kube_discovery_group(d, i)) != NULL; i++) {
    if (i) status = kube_buffer_add_char(out, ',', err);
    if (status == KUBE_OK) status = write_group(out, group, err);
  }
  return status == KUBE_OK ? kube_buffer_add_text(out, "]}\n", err) : status;
}

static kube_status write_names(kube_buffer *out, const char *field, const char *const *names,
                               bool always, kube_error *err) {
  kube_status status = KUBE_OK;
  size_t i;
  if (!always && (names == NULL || names[0] == NULL)) return KUBE_OK;
  status = kube_buffer_printf(out, err, ",\"%s\":[", field);
  for (i = 0; status == KUBE_OK && names && names[i]; i++)
    status = quote(out, i ? "," : "", names[i], err);
  return status == KUBE_OK ? kube_buffer_add_char(out, ']', err) : status;
}

static kube_status write_name(kube_buffer *out, const kube_api_resource *r, kube_error *err) {
  kube_buffer name = {0};
  const char *text = r->resource;
  kube_status status = KUBE_OK;
  if (*r->subresource) {
    status = kube_buffer_printf(&name, err, "%s/%s", r->resource, r->subresource);
    text = status == KUBE_OK ? kube_buffer_text(&name, err) : NULL;
  }
  status = text ? quote(out, "{\"name\":", text, err) : KUBE_ENOMEM;
  kube_buffer_clear(&name);
  return status;
}

static kube_status write_resource(kube_buffer *out, const kube_api_resource *r, kube_error *err) {
  kube_status status = write_name(out, r, err);
  if (status == KUBE_OK) status = quote(out, ",\"singularName\":", r->singular, err);
  if (status == KUBE_OK)
    status = kube_buffer_add_text(
        out, r->namespaced ? ",\"namespaced\":true" : ",\"namespaced\":false", err);
  if (status == KUBE_OK && *r->kind_group) status = quote(out, ",\"group\":", r->kind_group, err);
  if (status == KUBE_OK && *r->kind_version)
    status = quote(out, ",\"version\":", r->kind_version, err);
  if (status == KUBE_OK) status = quote(out, ",\"kind\":", r->kind, err);
  if (status == KUBE_OK) status = write_names(out, "verbs", r->verbs, true, err);
  if (status == KUBE_OK) status = write_names(out, "shortNames", r->short_names, false, err);
  if (status == KUBE_OK) status = write_names(out, "categories", r->categories, false, err);
  return status == KUBE_OK ? kube_buffer_add_char(out, '}', err) : status;
}

static bool is_of(const kube_api_resource *r, const char *group, const char *version) {
  return strcmp(r->group, group) == 0 && strcmp(r->version, version) == 0;
}

/* How far what was written goes: resources stand in the order of their group-versions. */
typedef struct places {
  size_t resources, subresources;
} places;

static kube_status write_list(kube_buffer *out, const kube_discovery *d, const char *group,
                              const char *version, places *at, kube_error *err) {
  kube_buffer name = {0};
  const char *text, *between = "";
  const kube_api_resource *r;
  kube_status status = kube_discovery_name(&name, group, version, err);
  text = status == KUBE_OK ? kube_buffer_text(&name, err) : NULL;
  status = text ? quote(out,
                        "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\","
                        "\"groupVersion\":",
                        text, err)
                : KUBE_ENOMEM;
  kube_buffer_clear(&name);
  if (status == KUBE_OK) status = kube_buffer_add_text(out, ",\"resources\":[", err);
  for (; status == KUBE_OK && (r = kube_discovery_resource(d, at->resources)) != NULL &&
         is_of(r, group, version);
       at->resources++, between = ",") {
    status = kube_buffer_add_text(out, between, err);
    if (status == KUBE_OK) status = write_resource(out, r, err);
  }
  for (; status == KUBE_OK && (r = kube_discovery_subresource(d, at->subresources)) != NULL &&
         is_of(r, group, version);
       at->subresources++, between = ",") {
    status = kube_buffer_add_text(out, between, err);
    if (status == KUBE_OK) status = write_resource(out, r, err);
  }
  return status == KUBE_OK ? kube_buffer_add_text(out, "]}\n", err) : status;
}

/* ---- writing ---- */

/* The temporary file, once it is filled, is put in the place of the other. */
static kube_status fill(int fd, const char *temporary, const char *path, kube_slice text,
                        kube_error *err) {
  kube_status status = KUBE_OK;
  if (fchmod(fd, 0660) != 0 || !kube_file_write_all(fd, text.bytes, text.length))
    status = failed(temporary, err);
  if (close(fd) != 0 && status == KUBE_OK) status = failed(temporary, err);
  if (status == KUBE_OK) status = kube_file_rename(temporary, path, err);
  if (status != KUBE_OK) unlink(temporary);
  return status;
}

/* Where the directory is not there yet it is made, on the second try. */
static kube_status replace(const char *path, kube_slice text, kube_error *err) {
  kube_buffer temporary = {0};
  kube_status status = kube_buffer_printf(&temporary, err, "%s.XXXXXX", path);
  char *name = status == KUBE_OK ? kube_buffer_text(&temporary, err) : NULL;
  int fd = name ? mkostemp(name, O_CLOEXEC) : -1;
  if (name && fd < 0 && errno == ENOENT) {
    status = kube_file_make_directories_above(path, 0750, err);
    memset(name + strlen(name) - 6, 'X', 6);
    if (status == KUBE_OK) fd = mkostemp(name, O_CLOEXEC);
  }
  if (name == NULL)
    status = KUBE_ENOMEM;
  else if (fd >= 0)
    status = fill(fd, name, path, text, err);
  else if (status == KUBE_OK)
    status = failed(path, err);
  kube_buffer_clear(&temporary);
  return status;
}

static bool has_failed(const kube_discovery *d, const char *group, const char *version) {
  const size_t n = strlen(group);
  const kube_api_failure *failure;
  size_t i;
  for (i = 0; (failure = kube_discovery_failure(d, i)) != NULL; i++) {
    const char *name = failure->group_version;
    if (n && (strncmp(name, group, n) != 0 || name[n] != '/')) continue;
    if (strcmp(name + n + (n > 0), version) == 0) return true;
  }
  return false;
}

/* What failed has no file: it is asked for the next time. */
static kube_status write_file(const kube_discovery *d, const char *path, const char *group,
                              const char *version, places *at, kube_error *err) {
  kube_buffer file = {0}, text = {0};
  char *name;
  kube_status status = kube_discovery_file(&file, path, group, version, err);
  name = status == KUBE_OK ? kube_buffer_text(&file, err) : NULL;
  if (status == KUBE_OK && name == NULL) status = KUBE_ENOMEM;
  if (status == KUBE_OK) status = write_list(&text, d, group, version, at, err);
  if (status == KUBE_OK && !has_failed(d, group, version))
    status = replace(name, kube_buffer_slice(&text), err);
  kube_buffer_clear(&file);
  kube_buffer_clear(&text);
  return status;
}

static kube_status write_index(const kube_discovery *d, const char *path, kube_error *err) {
  kube_buffer file = {0}, text = {0};
  kube_status status = kube_buffer_printf(&file, err, "%s/servergroups.json", path);
  char *name = status == KUBE_OK ? kube_buffer_text(&file, err) : NULL;
  status = name ? write_groups(&text, d, err) : KUBE_ENOMEM;
  if (status == KUBE_OK) status = replace(name, kube_buffer_slice(&text), err);
  kube_buffer_clear(&file);
  kube_buffer_clear(&text);
  return status;
}

/* The index comes last: who reads it finds what it names. */
kube_status kube_discovery_cache_write(const kube_discovery *d, const char *path, kube_error *err) {
  kube_status status = KUBE_OK;
  const kube_api_group *group;
  places at = {0};
  size_t i, j;
  if (kube_discovery_group(d, 0) == NULL) return KUBE_OK; /* what is empty is not kept */
  for (i = 0; status == KUBE_OK && (group = kube_discovery_group(d, i)) != NULL; i++)
    for (j = 0; status == KUBE_OK && group->versions[j]; j++)
      status = write_file(d, path, group->name, group->versions[j], &at, err);
  return status == KUBE_OK ? write_index(d, path, err) : status;
}
