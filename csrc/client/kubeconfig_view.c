/*
** All kubeconfig files as one, as kubectl config view shows them; the contract is in kube.h.
**
** | case                                    | kubectl      | kube                             |
** | --flatten without --raw                 | with secrets | without, unless raw              |
** | auth-provider.config: tokens, passwords | shown        | REDACTED                         |
** | exec.env                                | shown        | REDACTED                         |
** | proxy-url with a password               | shown        | REDACTED                         |
** | PEM where a path is wanted              | shown        | REDACTED                         |
** | fields client-go does not know          | left out     | shown: such secrets are too      |
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "kubeconfig_edit.h"
#include "tree.h"

static const char *const lists[] = {"clusters", "users", "contexts", NULL};

static cJSON *member(const cJSON *object, const char *name) {
  return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* ---- what is in sight: the first of each name ---- */

static bool is_first(const kube_kubeconfig_files *all, const char *list, const cJSON *entry) {
  const cJSON *name = member(entry, "name");
  size_t i;
  for (i = 0; i < all->count; i++) {
    const cJSON *other;
    cJSON_ArrayForEach(other, member(all->file[i].root, list)) {
      if (other == entry) return true;
      if (cJSON_Compare(member(other, "name"), name, true)) return false;
    }
  }
  return true;
}

static void drop_hidden(kube_kubeconfig_files *all, const char *list) {
  size_t i = all->count;
  while (i-- > 0) {
    cJSON *entries = member(all->file[i].root, list), *entry, *next;
    for (entry = entries ? entries->child : NULL; entry; entry = next) {
      next = entry->next;
      if (!is_first(all, list, entry)) kube_tree_drop(entries, entry);
    }
  }
}

/* ---- minify: only what a context needs ---- */

static void keep_only(kube_kubeconfig_files *all, const char *list, const char *name) {
  size_t i;
  for (i = 0; i < all->count; i++) {
    cJSON *entries = member(all->file[i].root, list), *entry, *next;
    for (entry = entries ? entries->child : NULL; entry; entry = next) {
      const cJSON *own = member(entry, "name");
      next = entry->next;
      if (name == NULL || !cJSON_IsString(own) || strcmp(own->valuestring, name) != 0)
        kube_tree_drop(entries, entry);
    }
  }
}

/* Keeps what the context says of a list; it need say nothing. */
static kube_status keep_named(kube_kubeconfig_files *all, const cJSON *context, const char *what,
                              const char *list, kube_error *err) {
  const char *name = kube_kubeconfig_text(context, what);
  if (name && kube_kubeconfig_find(all, what, list, name).path == NULL)
    return kube_fail(err, KUBE_ECONFIG, "cannot locate %s %s", what, name);
  keep_only(all, list, name);
  return KUBE_OK;
}

/* Rule: client-go tools/clientcmd/api/helpers.go MinifyConfig. */
static kube_status minify(kube_kubeconfig_files *all, const char *name, kube_error *err) {
  kube_stanza context;
  kube_status status;
  if (name == NULL)
    return kube_fail(err, KUBE_ECONFIG, "current-context must exist in order to minify");
  context = kube_kubeconfig_find(all, "context", "contexts", name);
  if (context.path == NULL) return kube_fail(err, KUBE_ECONFIG, "cannot locate context %s", name);
  status = keep_named(all, context.body, "cluster", "clusters", err);
  if (status == KUBE_OK) status = keep_named(all, context.body, "user", "users", err);
  if (status == KUBE_OK) keep_only(all, "contexts", name);
  return status;
}

/* ---- flatten: what is in files becomes data ---- */

static kube_status read_beside(const char *file, const char *path, kube_buffer *out,
                               kube_error *err) {
  const char *slash = strrchr(file, '/');
  kube_buffer full = {0};
  kube_status status = KUBE_OK;
  if (*path != '/' && slash) status = kube_buffer_add(&full, file, (size_t)(slash - file) + 1, err);
  if (status == KUBE_OK) status = kube_buffer_add_text(&full, path, err);
  if (status == KUBE_OK && kube_buffer_text(&full, err) == NULL) status = KUBE_ENOMEM;
  if (status == KUBE_OK)
    status = kube_file_read(kube_buffer_bytes(&full), KUBE_CONFIG_CEILING, out, err);
  kube_buffer_clear(&full);
  return status;
}

/* Rule: client-go tools/clientcmd/api/helpers.go FlattenContent. */
static kube_status flatten_field(cJSON *body, const char *field, const char *file,
                                 kube_error *err) {
  char data[64];
  const char *path = kube_kubeconfig_text(body, field), *text = NULL;
  kube_buffer bytes = {0}, base64 = {0};
  kube_status status;
  snprintf(data, sizeof data, "%s-data", field);
  if (path == NULL) return KUBE_OK;
  if (kube_kubeconfig_text(body, data))
    return kube_fail(err, KUBE_ECONFIG, "cannot have values for both path and contents");
  if (kube_path_check(field, path, err) != KUBE_OK) return kube_error_turn(err, KUBE_ECONFIG);
  status = read_beside(file, path, &bytes, err);
  if (status == KUBE_OK)
    status = kube_text_base64_encode(&base64, kube_buffer_bytes(&bytes), kube_buffer_length(&bytes),
                                     err);
  if (status == KUBE_OK) text = kube_buffer_text(&base64, err);
  if (text && !kube_tree_put(body, data, cJSON_CreateString(text))) text = NULL;
  if (text) kube_tree_drop(body, member(body, field));
  kube_buffer_clear_secret(&bytes);
  kube_buffer_clear_secret(&base64);
  return status != KUBE_OK || text ? status : kube_fail_memory(err, "a kubeconfig");
}

static kube_status flatten_list(const kube_kubeconfig_file *file, const char *list,
                                const char *what, const char *const *fields, kube_error *err) {
  cJSON *entry;
  kube_status status = KUBE_OK;
  cJSON_ArrayForEach(entry, member(file->root, list)) {
    const char *const *field;
    for (field = fields; *field && status == KUBE_OK; field++) {
      status = flatten_field(member(entry, what), *field, file->path, err);
      if (status != KUBE_OK)
        kube_error_prefix(err, "%s of %s \"%s\" in %s", *field, what,
                          member(entry, "name")->valuestring, file->path);
    }
  }
  return status;
}

static kube_status flatten(kube_kubeconfig_files *all, kube_error *err) {
  static const char *const of_cluster[] = {"certificate-authority", NULL};
  static const char *const of_user[] = {"client-certificate", "client-key", NULL};
  size_t i;
  kube_status status = KUBE_OK;
  for (i = 0; i < all->count && status == KUBE_OK; i++) {
    status = flatten_list(&all->file[i], "clusters", "cluster", of_cluster, err);
    if (status == KUBE_OK) status = flatten_list(&all->file[i], "users", "user", of_user, err);
  }
  return status;
}

/* ---- redact ---- */

/* Replaces what is there and not empty. False without memory. */
static bool hide(cJSON *object, const char *name, const char *by) {
  const cJSON *item = member(object, name);
  if (item == NULL || cJSON_IsNull(item)) return true;
  if (cJSON_IsString(item) && *item->valuestring == '\0') return true;
  return kube_tree_put(object, name, cJSON_CreateString(by));
}

static bool is_secret_name(const char *name) {
  return strstr(name, "token") || strstr(name, "secret") || strstr(name, "password") ||
         strstr(name, "key");
}

static bool hide_provider(cJSON *user) {
  cJSON *config = member(member(user, "auth-provider"), "config"), *item;
  bool good = true;
  cJSON_ArrayForEach(item, config) {
    if (item->string && is_secret_name(item->string))
      good = good && hide(config, item->string, "REDACTED");
  }
  return good;
}

static bool hide_environment(cJSON *user) {
  cJSON *item;
  bool good = true;
  cJSON_ArrayForEach(item, member(member(user, "exec"), "env")) {
    good = good && hide(item, "value", "REDACTED");
  }
  return good;
}

/* A path stays; what stands in its place and is none may be a key. */
static bool hide_no_path(cJSON *object, const char *name) {
  const char *path = kube_kubeconfig_text(object, name);
  return path == NULL || kube_path_check(name, path, NULL) == KUBE_OK ||
         hide(object, name, "REDACTED");
}

static bool hide_no_paths(cJSON *user) {
  return hide_no_path(user, "client-certificate") && hide_no_path(user, "client-key") &&
         hide_no_path(user, "tokenFile");
}

/* Rule: client-go tools/clientcmd/api/helpers.go RedactSecrets, ShortenConfig. */
static bool hide_user(cJSON *user) {
  return hide(user, "client-certificate-data", "DATA+OMITTED") &&
         hide(user, "client-key-data", "DATA+OMITTED") && hide(user, "token", "REDACTED") &&
         hide(user, "password", "REDACTED") && hide_provider(user) && hide_environment(user) &&
         hide_no_paths(user);
}

static bool hide_cluster(cJSON *cluster) {
  const char *proxy = kube_kubeconfig_text(cluster, "proxy-url");
  return hide(cluster, "certificate-authority-data", "DATA+OMITTED") &&
         hide_no_path(cluster, "certificate-authority") &&
         (proxy == NULL || strchr(proxy, '@') == NULL || hide(cluster, "proxy-url", "REDACTED"));
}

static kube_status redact(kube_kubeconfig_files *all, kube_error *err) {
  size_t i;
  bool good = true;
  for (i = 0; i < all->count; i++) {
    cJSON *entry;
    cJSON_ArrayForEach(entry, member(all->file[i].root, "users")) {
      good = good && hide_user(member(entry, "user"));
    }
    cJSON_ArrayForEach(entry, member(all->file[i].root, "clusters")) {
      good = good && hide_cluster(member(entry, "cluster"));
    }
  }
  return good ? KUBE_OK : kube_fail_memory(err, "a kubeconfig");
}

/* ---- all in one ---- */

static bool is_list(const char *name) {
  size_t i;
  for (i = 0; lists[i]; i++)
    if (strcmp(name, lists[i]) == 0) return true;
  return false;
}

static void move_entries(cJSON *from, cJSON *to) {
  while (from && from->child)
    cJSON_AddItemToArray(to, cJSON_DetachItemViaPointer(from, from->child));
}

/* The first file that says something counts; an empty text says nothing. */
static bool move_others(cJSON *from, cJSON *to) {
  cJSON *item, *next;
  for (item = from->child; item; item = next) {
    const cJSON *there = item->string ? member(to, item->string) : NULL;
    next = item->next;
    if (item->string == NULL || is_list(item->string) || cJSON_IsNull(item)) continue;
    if (there && !(cJSON_IsString(there) && *there->valuestring == '\0')) continue;
    if (!kube_tree_put(to, item->string, cJSON_Duplicate(item, true))) return false;
  }
  return true;
}

static bool start_merged(cJSON *merged) {
  size_t i;
  bool good = cJSON_AddStringToObject(merged, "apiVersion", "v1") &&
              cJSON_AddStringToObject(merged, "kind", "Config");
  for (i = 0; lists[i]; i++) good = good && cJSON_AddArrayToObject(merged, lists[i]);
  return good && cJSON_AddStringToObject(merged, "current-context", "");
}

static cJSON *merge(kube_kubeconfig_files *all, kube_error *err) {
  cJSON *merged = cJSON_CreateObject();
  bool good = merged && start_merged(merged);
  size_t i, k;
  for (i = 0; good && i < all->count; i++) {
    good = move_others(all->file[i].root, merged);
    for (k = 0; good && lists[k]; k++)
      move_entries(member(all->file[i].root, lists[k]), member(merged, lists[k]));
  }
  if (good) return merged;
  kube_fail_memory(err, "a kubeconfig");
  kube_tree_free(merged);
  return NULL;
}

static kube_status arrange(kube_kubeconfig_files *all, const kube_view_options *options,
                           const char *context, kube_error *err) {
  kube_status status = KUBE_OK;
  size_t i;
  for (i = 0; lists[i]; i++) drop_hidden(all, lists[i]);
  if (options->minify) status = minify(all, context, err);
  if (status == KUBE_OK && options->flatten) status = flatten(all, err);
  if (status == KUBE_OK && !options->raw) status = redact(all, err);
  return status;
}

static char *show(kube_kubeconfig_files *all, const kube_view_options *options, kube_error *err) {
  const char *context = options->context ? options->context : kube_kubeconfig_current_context(all);
  cJSON *merged = NULL;
  char *text = NULL;
  if (arrange(all, options, context, err) == KUBE_OK) merged = merge(all, err);
  if (merged && options->minify && options->context &&
      !kube_tree_put(merged, "current-context", cJSON_CreateString(context)))
    kube_fail_memory(err, "a kubeconfig");
  else if (merged)
    text = kube_tree_print(merged, err);
  kube_tree_free(merged);
  return text;
}

char *kube_kubeconfig_view(const kube_view_options *options, kube_error *err) {
  static const kube_view_options none;
  kube_kubeconfig_paths paths = {0};
  kube_kubeconfig_files all = {0};
  kube_buffer tried = {0};
  kube_error local = {0};
  kube_status status;
  char *text = NULL;
  if (options == NULL) options = &none;
  if (err == NULL) err = &local;
  kube_error_clear(err);
  status = kube_kubeconfig_paths_choose(&paths, options->kubeconfig, err);
  if (status == KUBE_OK) status = kube_kubeconfig_files_read(&all, &paths, &tried, err);
  if (status == KUBE_OK) text = show(&all, options, err);
  kube_kubeconfig_files_clear(&all);
  kube_kubeconfig_paths_clear(&paths);
  kube_buffer_clear(&tried);
  return text;
}
