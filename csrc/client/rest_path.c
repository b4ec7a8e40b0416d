/* Paths of URLs; the contract is in rest_path.h. */
#include "rest_path.h"

#include <string.h>

#include "core/text.h"

/* Takes the last segment away. */
static void go_up(kube_buffer *path) {
  while (path->end > path->start && path->data[--path->end] != '/') continue;
}

static kube_status add_segment(kube_buffer *path, const char *text, size_t n, kube_error *err) {
  kube_status status;
  if (n == 0 || (n == 1 && *text == '.')) return KUBE_OK;
  if (n == 2 && memcmp(text, "..", 2) == 0) {
    go_up(path);
    return KUBE_OK;
  }
  status = kube_buffer_add_char(path, '/', err);
  return status == KUBE_OK ? kube_buffer_add(path, text, n, err) : status;
}

kube_status kube_path_join(kube_buffer *path, const char *more, kube_error *err) {
  kube_status status = KUBE_OK;
  while (status == KUBE_OK && *more) {
    const size_t n = strcspn(more, "/");
    status = add_segment(path, more, n, err);
    more += n + (more[n] == '/');
  }
  return status;
}

kube_status kube_path_escape(kube_buffer *out, const char *path, kube_error *err) {
  static const char as_they_are[] = "/$&+,:;=@";
  kube_status status = KUBE_OK;
  while (status == KUBE_OK && *path) {
    size_t n = strcspn(path, as_they_are);
    status = kube_text_escape(out, path, n, err);
    path += n;
    n = strspn(path, as_they_are);
    if (status == KUBE_OK) status = kube_buffer_add(out, path, n, err);
    path += n;
  }
  return status;
}
