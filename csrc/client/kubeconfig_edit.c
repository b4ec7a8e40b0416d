/* The transaction around changes of kubeconfig files; the contract is in kubeconfig_edit.h. */
#include "kubeconfig_edit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file_lock.h"
#include "core/file_replace.h"
#include "core/files.h"
#include "core/json.h"
#include "core/text.h"
#include "core/yaml_json.h"
#include "tree.h"

enum { PATIENCE = 10000, SHORT_PATIENCE = 250 }; /* ms */

/* Valid when zeroed. */
typedef struct transaction {
  kube_kubeconfig_paths paths;
  kube_file_locks locks;
  kube_kubeconfig_files files;
  const char *fallback; /* one of the paths: where new things go */
  char **before;        /* of each file the JSON as it was read; NULL: it was not there */
} transaction;

static void end(transaction *t) {
  size_t i;
  for (i = 0; t->before && i < t->paths.count; i++) kube_text_free(t->before[i]);
  free(t->before);
  kube_kubeconfig_files_clear(&t->files);
  kube_file_locks_release(&t->locks);
  kube_kubeconfig_paths_clear(&t->paths);
  memset(t, 0, sizeof *t);
}

/* ---- reading, under the lock ---- */

/* Rule: client-go tools/clientcmd/config.go PathOptions.GetDefaultFilename. */
static const char *choose_fallback(const kube_kubeconfig_paths *paths) {
  size_t i;
  for (i = 0; i < paths->count; i++)
    if (access(paths->path[i], F_OK) == 0) return paths->path[i];
  return paths->path[paths->count - 1];
}

static kube_status lock(transaction *t, long long timeout, kube_error *err) {
  size_t i;
  kube_status status = kube_file_make_directories_above(choose_fallback(&t->paths), 0755, err);
  for (i = 0; i < t->paths.count && status == KUBE_OK; i++)
    status = kube_file_locks_add(&t->locks, t->paths.path[i], err);
  if (status == KUBE_OK) status = kube_file_locks_take(&t->locks, timeout, err);
  t->fallback = choose_fallback(&t->paths); /* it may have been made meanwhile */
  return status;
}

static kube_status remember(transaction *t, kube_error *err) {
  size_t i;
  t->before = calloc(t->paths.count, sizeof *t->before);
  if (t->before == NULL) return kube_fail_memory(err, "a kubeconfig");
  for (i = 0; i < t->files.count; i++)
    if ((t->before[i] = kube_tree_print(t->files.file[i].root, err)) == NULL) return KUBE_ENOMEM;
  return KUBE_OK;
}

static kube_status begin(transaction *t, const char *path, long long timeout, kube_error *err) {
  kube_buffer tried = {0};
  kube_status status = kube_kubeconfig_paths_choose(&t->paths, path, err);
  if (status == KUBE_OK && t->paths.count == 0)
    status = kube_fail(err, KUBE_ECONFIG,
                       "no kubeconfig to write: set KUBECONFIG or HOME, or pass { kubeconfig = "
                       "PATH }");
  t->paths.explicit_file = false; /* one that is not there is made */
  if (status == KUBE_OK) status = lock(t, timeout, err);
  if (status == KUBE_OK) status = kube_kubeconfig_files_read(&t->files, &t->paths, &tried, err);
  if (status == KUBE_OK) status = remember(t, err);
  kube_buffer_clear(&tried);
  return status;
}

/* ---- writing ---- */

/* JSON that only looks so (a value that is no UTF-8) must not get into the file. */
static kube_status write_text(transaction *t, const char *path, const char *json, kube_error *err) {
  const kube_slice text = {.bytes = json, .length = strlen(json)};
  kube_buffer yaml = {0};
  kube_status status = KUBE_OK;
  if (kube_json_validate(text, NULL) != KUBE_OK)
    status = kube_fail(err, KUBE_EUSAGE, "%s was not written: a value is not UTF-8", path);
  if (status == KUBE_OK) status = kube_yaml_from_json(text, &yaml, err);
  if (status == KUBE_OK) status = kube_file_locks_check(&t->locks, path, err);
  if (status == KUBE_OK)
    status = kube_file_replace(path, kube_buffer_bytes(&yaml), kube_buffer_length(&yaml), err);
  kube_buffer_clear_secret(&yaml);
  return status;
}

static kube_status commit_file(transaction *t, size_t i, kube_error *err) {
  char *after = kube_tree_print(t->files.file[i].root, err);
  kube_status status = after ? KUBE_OK : KUBE_ENOMEM;
  if (after && (t->before[i] == NULL || strcmp(after, t->before[i]) != 0))
    status = write_text(t, t->files.file[i].path, after, err);
  kube_text_free(after);
  return status;
}

static kube_status commit(transaction *t, kube_error *err) {
  size_t i;
  kube_status status = KUBE_OK;
  for (i = 0; i < t->files.count && status == KUBE_OK; i++) status = commit_file(t, i, err);
  return status;
}

/* ---- the whole ---- */

kube_status kube_kubeconfig_modify(const kube_kubeconfig_options *options, const kube_edit *edits,
                                   size_t n, kube_error *err) {
  static const kube_kubeconfig_options none;
  transaction t = {0};
  kube_error local = {0};
  kube_status status;
  size_t i;
  if (options == NULL) options = &none;
  if (err == NULL) err = &local;
  kube_error_clear(err);
  status = begin(&t, options->kubeconfig, options->timeout > 0 ? options->timeout : PATIENCE, err);
  for (i = 0; i < n && status == KUBE_OK; i++)
    status = kube_kubeconfig_change(&t.files, t.fallback, &edits[i], options->embed_certs, err);
  if (status == KUBE_OK) status = commit(&t, err);
  end(&t);
  return status;
}

/* ---- for tokens that are renewed ---- */

static kube_status set_fields(cJSON *user, const char *const *fields, kube_error *err) {
  cJSON *provider = cJSON_GetObjectItemCaseSensitive(user, "auth-provider");
  cJSON *config = cJSON_GetObjectItemCaseSensitive(provider, "config");
  if (!cJSON_IsObject(provider))
    return kube_fail(err, KUBE_ECONFIG, "the user has no auth-provider");
  if (!cJSON_IsObject(config)) {
    if (!kube_tree_put(provider, "config", cJSON_CreateObject()))
      return kube_fail_memory(err, "a kubeconfig");
    config = cJSON_GetObjectItemCaseSensitive(provider, "config");
  }
  for (; fields[0] && fields[1]; fields += 2)
    if (!kube_tree_put(config, fields[0], cJSON_CreateString(fields[1])))
      return kube_fail_memory(err, "a kubeconfig");
  return KUBE_OK;
}

kube_status kube_kubeconfig_set_auth_provider(const char *file, const char *user,
                                              const char *const *fields, kube_error *err) {
  transaction t = {0};
  kube_status status = begin(&t, file, SHORT_PATIENCE, err);
  if (status == KUBE_OK) {
    const kube_stanza found = kube_kubeconfig_find(&t.files, "user", "users", user);
    status = set_fields((cJSON *)found.body, fields, err); /* of our own tree */
  }
  if (status == KUBE_OK) status = commit(&t, err);
  if (status != KUBE_OK) kube_error_prefix(err, "cannot keep the new token of user \"%s\"", user);
  end(&t);
  return status;
}

/* Whether a member says what the provider's field says that was loaded. */
static bool is_still(const cJSON *config, const kube_auth_provider *provider, const char *name) {
  return kube_text_equal(kube_kubeconfig_text(config, name),
                         kube_auth_provider_field(provider, name));
}

static const cJSON *provider_config(const kube_kubeconfig_files *files, const char *user) {
  const kube_stanza found = kube_kubeconfig_find(files, "user", "users", user);
  return cJSON_GetObjectItemCaseSensitive(
      cJSON_GetObjectItemCaseSensitive(found.body, "auth-provider"), "config");
}

kube_status kube_kubeconfig_get_auth_provider(const kube_auth_provider *provider, const char *user,
                                              const char *name, char **value, kube_error *err) {
  char *path[] = {provider->file};
  const kube_kubeconfig_paths paths = {.path = path, .count = 1, .explicit_file = true};
  kube_kubeconfig_files files = {0};
  kube_buffer tried = {0};
  kube_status status = kube_kubeconfig_files_read(&files, &paths, &tried, err);
  *value = NULL;
  if (status == KUBE_OK) {
    const cJSON *config = provider_config(&files, user);
    status = is_still(config, provider, "idp-issuer-url") && is_still(config, provider, "client-id")
                 ? kube_text_copy_to(value, kube_kubeconfig_text(config, name), err)
                 : kube_fail(err, KUBE_ECONFIG, "user \"%s\" in %s has another auth-provider", user,
                             provider->file);
  }
  kube_kubeconfig_files_clear(&files);
  kube_buffer_clear(&tried);
  return status;
}
