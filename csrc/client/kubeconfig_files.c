/* kubeconfig files on disk; the contract is in kubeconfig_files.h. */
#include "kubeconfig_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"
#include "core/yaml_json.h"
#include "problems.h"
#include "tree.h"

/* ---- reading one file ---- */

static kube_status parse(const kube_buffer *yaml, cJSON **root, kube_error *err) {
  kube_buffer json = {0};
  kube_yaml_reader *reader =
      kube_yaml_open(kube_buffer_bytes(yaml), kube_buffer_length(yaml), NULL, err);
  kube_status status = reader ? kube_buffer_reserve(&json, kube_buffer_length(yaml), err)
                              : KUBE_ENOMEM; /* at once: it is about as long */
  if (status == KUBE_OK) status = kube_yaml_next(reader, &json, err);
  if (status == KUBE_EOF) { /* an empty file is a valid kubeconfig */
    status = KUBE_OK;
    *root = cJSON_CreateObject();
  } else if (status == KUBE_OK) {
    const kube_slice text = {.bytes = kube_buffer_bytes(&json),
                             .length = kube_buffer_length(&json)};
    status = kube_tree_parse(text, root, err);
  }
  if (status == KUBE_OK && *root == NULL) status = kube_fail_memory(err, "a kubeconfig");
  if (status == KUBE_OK && cJSON_IsNull(*root)) (*root)->type = cJSON_Object;
  if (status == KUBE_OK && !cJSON_IsObject(*root))
    status = kube_fail(err, KUBE_ECONFIG, "not a kubeconfig: the document is not a map");
  kube_yaml_close(reader);
  kube_buffer_clear_secret(&json);
  return status;
}

static int compare(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Rule: client-go tools/clientcmd/api/v1/conversion.go, which refuses two of one name. */
static kube_status check_unique(const cJSON *all, const char *list, kube_error *err) {
  const size_t count = (size_t)cJSON_GetArraySize(all);
  const char **names = malloc((count + 1) * sizeof *names);
  kube_status status = KUBE_OK;
  const cJSON *entry;
  size_t n = 0, i;
  if (names == NULL) return kube_fail_memory(err, "the names in a kubeconfig");
  cJSON_ArrayForEach(entry, all) names[n++] =
      cJSON_GetObjectItemCaseSensitive(entry, "name")->valuestring;
  qsort(names, n, sizeof *names, compare);
  for (i = 1; i < n && status == KUBE_OK; i++)
    if (strcmp(names[i - 1], names[i]) == 0)
      status = kube_fail(err, KUBE_ECONFIG, "duplicate name \"%s\" in list %s", names[i], list);
  free(names);
  return status;
}

/* clusters, users and contexts are lists of maps that have a name of their own. */
static kube_status check_list(const cJSON *root, const char *list, kube_error *err) {
  const cJSON *all = cJSON_GetObjectItemCaseSensitive(root, list), *entry;
  if (all == NULL || cJSON_IsNull(all)) return KUBE_OK;
  if (!cJSON_IsArray(all)) return kube_fail(err, KUBE_ECONFIG, "%s is not a list", list);
  cJSON_ArrayForEach(entry, all) {
    if (!cJSON_IsString(cJSON_GetObjectItemCaseSensitive(entry, "name")))
      return kube_fail(err, KUBE_ECONFIG, "an entry of %s has no name", list);
  }
  return check_unique(all, list, err);
}

static kube_status read_file(const char *path, cJSON **root, kube_error *err) {
  kube_buffer yaml = {0};
  kube_status status = kube_file_read(path, KUBE_CONFIG_CEILING, &yaml, err);
  if (status == KUBE_OK) {
    status = parse(&yaml, root, err);
    if (status == KUBE_OK) status = check_list(*root, "clusters", err);
    if (status == KUBE_OK) status = check_list(*root, "users", err);
    if (status == KUBE_OK) status = check_list(*root, "contexts", err);
    if (status != KUBE_OK) kube_error_prefix(err, "error loading config file \"%s\"", path);
  }
  kube_buffer_clear_secret(&yaml);
  return status == KUBE_OK || status == KUBE_ENOMEM ? status : kube_error_turn(err, KUBE_ECONFIG);
}

/* ---- reading them all ---- */

void kube_kubeconfig_files_clear(kube_kubeconfig_files *all) {
  size_t i;
  for (i = 0; i < all->count; i++) kube_tree_free(all->file[i].root);
  free(all->file);
  memset(all, 0, sizeof *all);
}

/* Right after the access that failed: errno says why. */
static kube_status note_missing(kube_buffer *tried, const char *path, kube_error *err) {
  return kube_buffer_printf(tried, err, "%s%s (%s)", kube_buffer_length(tried) ? ", " : "", path,
                            strerror(errno));
}

/* Reads what is there; a missing file is skipped unless it was asked for by name. */
static kube_status read_all(kube_kubeconfig_files *all, const kube_kubeconfig_paths *paths,
                            kube_buffer *tried, kube_problems *broken, kube_error *err) {
  kube_status status = KUBE_OK;
  size_t i;
  for (i = 0; i < paths->count && status == KUBE_OK; i++) {
    kube_kubeconfig_file *file = &all->file[all->count];
    kube_error why = {0};
    file->path = paths->path[i];
    if (!paths->explicit_file && access(file->path, F_OK) != 0) {
      status = note_missing(tried, file->path, err);
      continue;
    }
    status = read_file(file->path, &file->root, &why);
    all->count += file->root != NULL;
    if (status == KUBE_ECONFIG) {
      kube_problem(broken, "%s", why.message);
      status = KUBE_OK;
    } else if (status != KUBE_OK && err) {
      *err = why;
    }
  }
  return status;
}

kube_status kube_kubeconfig_files_read(kube_kubeconfig_files *all,
                                       const kube_kubeconfig_paths *paths, kube_buffer *tried,
                                       kube_error *err) {
  kube_problems broken = {0};
  kube_status status;
  all->file = calloc(paths->count ? paths->count : 1, sizeof *all->file);
  if (all->file == NULL) return kube_fail_memory(err, "a kubeconfig");
  status = read_all(all, paths, tried, &broken, err);
  if (status == KUBE_OK && paths->homeless)
    status = kube_buffer_add_text(tried, "~/.kube/config (HOME is not set)", err);
  if (status == KUBE_OK) status = kube_problems_fail(&broken, "", "", err);
  return status;
}

/* ---- looking up ---- */

const char *kube_kubeconfig_text(const cJSON *object, const char *field) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
  return cJSON_IsString(item) && item->valuestring[0] ? item->valuestring : NULL;
}

bool kube_is_pem(const char *text) { return strstr(text, "-----BEGIN") != NULL; }

kube_status kube_path_check(const char *field, const char *text, kube_error *err) {
  if (kube_is_pem(text) && strcmp(field, "tokenFile") != 0)
    return kube_fail(err, KUBE_EUSAGE, "%s is a path, and this is a PEM text: use %s-data", field,
                     field);
  if (kube_is_pem(text) || strpbrk(text, "\r\n"))
    return kube_fail(err, KUBE_EUSAGE, "%s is a path, and this is none", field);
  return KUBE_OK;
}

const char *kube_kubeconfig_current_context(const kube_kubeconfig_files *all) {
  size_t i;
  const char *name = NULL;
  for (i = 0; i < all->count && name == NULL; i++)
    name = kube_kubeconfig_text(all->file[i].root, "current-context");
  return name;
}

/* The first stanza of that name; what is "cluster", its list "clusters". */
kube_stanza kube_kubeconfig_find(const kube_kubeconfig_files *all, const char *what,
                                 const char *list, const char *name) {
  kube_stanza found = {.what = what, .name = name};
  size_t i;
  for (i = 0; i < all->count && found.body == NULL; i++) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(all->file[i].root, list)) {
      const char *own = kube_kubeconfig_text(entry, "name");
      if (own == NULL || strcmp(own, name) != 0) continue;
      found.path = all->file[i].path;
      found.body = cJSON_GetObjectItemCaseSensitive(entry, what);
      break;
    }
    if (found.path) break;
  }
  return found;
}

static void add_words(char *out, size_t size, const char *first, const char *second) {
  const size_t used = strlen(out);
  snprintf(out + used, size - used, "%s%s", first, second);
}

/* The names there are, for a message. */
void kube_kubeconfig_there_are(const kube_kubeconfig_files *all, const char *list, char *out,
                               size_t size) {
  size_t i, n = 0;
  out[0] = '\0';
  add_words(out, size, " (there are: ", "");
  for (i = 0; i < all->count; i++) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(all->file[i].root, list)) {
      const char *name = kube_kubeconfig_text(entry, "name");
      add_words(out, size, n++ ? ", " : "", name ? name : "\"\"");
    }
  }
  add_words(out, size, n ? "" : "none", ")");
}
