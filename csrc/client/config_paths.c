/* Which kubeconfig files are read; the contract is in config.h. */
#include <stdlib.h>
#include <string.h>

#include "config.h"

void kube_kubeconfig_paths_clear(kube_kubeconfig_paths *paths) {
  size_t i;
  for (i = 0; i < paths->count; i++) free(paths->path[i]);
  free(paths->path);
  memset(paths, 0, sizeof *paths);
}

static kube_status add_path(kube_kubeconfig_paths *paths, const char *path, size_t n,
                            kube_error *err) {
  char **longer, *copy;
  size_t i;
  for (i = 0; i < paths->count; i++)
    if (strlen(paths->path[i]) == n && memcmp(paths->path[i], path, n) == 0) return KUBE_OK;
  longer = realloc(paths->path, (paths->count + 1) * sizeof *longer);
  if (longer == NULL) return kube_fail_memory(err, "a path");
  paths->path = longer;
  copy = strndup(path, n);
  if (copy == NULL) return kube_fail_memory(err, "a path");
  paths->path[paths->count++] = copy;
  return KUBE_OK;
}

static kube_status add_list(kube_kubeconfig_paths *paths, const char *list, kube_error *err) {
  kube_status status = KUBE_OK;
  while (*list && status == KUBE_OK) {
    size_t n = strcspn(list, ":");
    if (n > 0) status = add_path(paths, list, n, err);
    list += n + (list[n] == ':');
  }
  return status;
}

static kube_status add_home(kube_kubeconfig_paths *paths, kube_error *err) {
  kube_buffer path = {0};
  const char *home = getenv("HOME");
  kube_status status;
  paths->homeless = home == NULL || *home == '\0';
  if (paths->homeless) return KUBE_OK;
  status = kube_buffer_printf(&path, err, "%s/.kube/config", home);
  if (status == KUBE_OK)
    status = add_path(paths, kube_buffer_bytes(&path), kube_buffer_length(&path), err);
  kube_buffer_clear(&path);
  return status;
}

kube_status kube_kubeconfig_paths_choose(kube_kubeconfig_paths *paths, const char *explicit_file,
                                         kube_error *err) {
  const char *list = getenv("KUBECONFIG");
  paths->explicit_file = explicit_file != NULL;
  if (explicit_file) return add_path(paths, explicit_file, strlen(explicit_file), err);
  paths->listed = list && *list;
  return paths->listed ? add_list(paths, list, err) : add_home(paths, err);
}
