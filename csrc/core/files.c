/* Files; the contracts are in files.h. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

static kube_status failed(const char *path, kube_error *err) {
  return kube_fail(err, KUBE_ESYSTEM, "%s: %s", path, strerror(errno));
}

static kube_file_kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return KUBE_FILE_REGULAR;
  if (S_ISLNK(mode)) return KUBE_FILE_LINK;
  return S_ISDIR(mode) ? KUBE_FILE_DIRECTORY : KUBE_FILE_OTHER;
}

kube_status kube_file_look(const char *path, bool follow, kube_file_kind *kind, kube_error *err) {
  struct stat found;
  *kind = KUBE_FILE_NONE;
  if ((follow ? stat(path, &found) : lstat(path, &found)) == 0)
    *kind = kind_of(found.st_mode);
  else if (errno != ENOENT)
    return failed(path, err);
  return KUBE_OK;
}

static bool write_all(int fd, const char *bytes, size_t length) {
  while (length) {
    const ssize_t n = write(fd, bytes, length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes += n;
    length -= (size_t)n;
  }
  return fsync(fd) == 0;
}

kube_status kube_file_create(const char *path, kube_slice bytes, bool *exists, kube_error *err) {
  kube_status status = KUBE_OK;
  const int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (exists) *exists = fd < 0 && errno == EEXIST;
  if (fd < 0) return failed(path, err);
  if (!write_all(fd, bytes.bytes, bytes.length)) status = failed(path, err);
  if (close(fd) != 0 && status == KUBE_OK) status = failed(path, err);
  if (status != KUBE_OK) unlink(path);
  return status;
}

static bool make(const char *path) { return mkdir(path, 0755) == 0 || errno == EEXIST; }

kube_status kube_file_make_directories(const char *path, kube_error *err) {
  kube_status status = KUBE_OK;
  char *copy = kube_text_copy(path, err), *p;
  if (copy == NULL) return KUBE_ENOMEM;
  for (p = copy; status == KUBE_OK && *p; p++) {
    if (*p != '/' || p == copy) continue;
    *p = '\0';
    if (!make(copy)) status = failed(copy, err);
    *p = '/';
  }
  if (status == KUBE_OK && !make(copy)) status = failed(copy, err);
  free(copy);
  return status;
}

kube_status kube_file_link(const char *target, const char *path, kube_error *err) {
  return symlink(target, path) == 0 ? KUBE_OK : failed(path, err);
}

kube_status kube_file_rename(const char *from, const char *to, kube_error *err) {
  return rename(from, to) == 0 ? KUBE_OK : failed(to, err);
}
