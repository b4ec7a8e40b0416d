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

bool kube_file_write_all(int fd, const void *bytes, size_t length) {
  const char *at = bytes;
  while (length) {
    const ssize_t n = write(fd, at, length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    at += n;
    length -= (size_t)n;
  }
  return true;
}

kube_status kube_file_create(const char *path, kube_slice bytes, bool *exists, kube_error *err) {
  kube_status status = KUBE_OK;
  const int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (exists) *exists = fd < 0 && errno == EEXIST;
  if (fd < 0) return failed(path, err);
  if (!kube_file_write_all(fd, bytes.bytes, bytes.length) || fsync(fd) != 0)
    status = failed(path, err);
  if (close(fd) != 0 && status == KUBE_OK) status = failed(path, err);
  if (status != KUBE_OK) unlink(path);
  return status;
}

static kube_status make(const char *path, mode_t mode, kube_error *err) {
  if (mkdir(path, mode) == 0 || errno == EEXIST || access(path, F_OK) == 0) return KUBE_OK;
  return kube_fail(err, KUBE_ESYSTEM, "cannot make the directory %s: %s", path, strerror(errno));
}

kube_status kube_file_make_directories_above(const char *path, mode_t mode, kube_error *err) {
  char *copy = kube_text_copy(path, err), *slash;
  kube_status status = copy ? KUBE_OK : KUBE_ENOMEM;
  if (copy == NULL) return status;
  for (slash = copy; status == KUBE_OK && (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
    *slash = '\0';
    status = make(copy, mode, err);
  }
  free(copy);
  return status;
}

kube_status kube_file_make_directories(const char *path, kube_error *err) {
  kube_status status = kube_file_make_directories_above(path, 0755, err);
  return status == KUBE_OK ? make(path, 0755, err) : status;
}

kube_status kube_file_link(const char *target, const char *path, kube_error *err) {
  return symlink(target, path) == 0 ? KUBE_OK : failed(path, err);
}

kube_status kube_file_rename(const char *from, const char *to, kube_error *err) {
  return rename(from, to) == 0 ? KUBE_OK : failed(to, err);
}
