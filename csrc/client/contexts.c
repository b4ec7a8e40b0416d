/* The contexts of the kubeconfig files; the contract is in kube.h. */
#include <stdlib.h>
#include <string.h>

#include "kubeconfig.h"

struct kube_contexts {
  kube_kubeconfig_paths paths;
  kube_kubeconfig_files files;
  kube_context *context;
  size_t count;
};

static const char *or_empty(const char *text) { return text ? text : ""; }

/* The first file to name a context wins it; earlier: how many there are of the files before. */
static bool is_known(const kube_contexts *all, size_t earlier, const char *name) {
  size_t i;
  for (i = 0; i < earlier; i++)
    if (strcmp(all->context[i].name, name) == 0) return true;
  return false;
}

static void add(kube_contexts *all, size_t earlier, const cJSON *entry, const char *current) {
  const char *name = or_empty(kube_kubeconfig_text(entry, "name"));
  const cJSON *body = cJSON_GetObjectItemCaseSensitive(entry, "context");
  if (is_known(all, earlier, name)) return;
  all->context[all->count++] =
      (kube_context){.name = name,
                     .cluster = or_empty(kube_kubeconfig_text(body, "cluster")),
                     .user = or_empty(kube_kubeconfig_text(body, "user")),
                     .ns = or_empty(kube_kubeconfig_text(body, "namespace")),
                     .current = current && strcmp(name, current) == 0};
}

static size_t count_entries(const kube_kubeconfig_files *files) {
  size_t i, n = 0;
  for (i = 0; i < files->count; i++)
    n += (size_t)cJSON_GetArraySize(
        cJSON_GetObjectItemCaseSensitive(files->file[i].root, "contexts"));
  return n;
}

static kube_status fill(kube_contexts *all, const char *asked, kube_error *err) {
  const char *current = asked ? asked : kube_kubeconfig_current_context(&all->files);
  const cJSON *entry;
  size_t i;
  all->context = calloc(count_entries(&all->files) + 1, sizeof *all->context);
  if (all->context == NULL) return kube_fail_memory(err, "a list of contexts");
  for (i = 0; i < all->files.count; i++) {
    const size_t earlier = all->count;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(all->files.file[i].root, "contexts");
    cJSON_ArrayForEach(entry, list) add(all, earlier, entry, current);
  }
  return KUBE_OK;
}

static kube_status load(kube_contexts *all, const kube_config_options *options, kube_error *err) {
  kube_buffer tried = {0};
  const char *file = options ? options->kubeconfig : NULL;
  const char *asked = options ? options->context : NULL;
  kube_status status = kube_kubeconfig_paths_choose(&all->paths, file, err);
  if (status == KUBE_OK) status = kube_kubeconfig_files_read(&all->files, &all->paths, &tried, err);
  if (status == KUBE_OK) status = fill(all, asked && *asked ? asked : NULL, err);
  kube_buffer_clear(&tried);
  return status;
}

kube_contexts *kube_contexts_load(const kube_config_options *options, kube_error *err) {
  kube_error local;
  kube_contexts *all = calloc(1, sizeof *all);
  if (err == NULL) err = &local;
  kube_error_clear(err);
  if (all == NULL) {
    kube_fail_memory(err, "a list of contexts");
    return NULL;
  }
  if (load(all, options, err) == KUBE_OK) return all;
  kube_contexts_free(all);
  return NULL;
}

const kube_context *kube_contexts_at(const kube_contexts *contexts, size_t i) {
  return i < contexts->count ? &contexts->context[i] : NULL;
}

void kube_contexts_free(kube_contexts *contexts) {
  if (contexts == NULL) return;
  free(contexts->context);
  kube_kubeconfig_files_clear(&contexts->files);
  kube_kubeconfig_paths_clear(&contexts->paths);
  free(contexts);
}
