/* Replacing files; the contract is in file_replace.h. */
#include "file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "text.h"

enum { MOST_LINKS = 40 };

/* The directory of a path with its slash: 0 for one without. */
static size_t directory_length(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? (size_t)(slash - path) + 1 : 0;
}

/* ---- links ---- */

/* What the link at path says, from where we stand; NULL without memory. */
static char *follow(const char *path, const char *says) {
  const size_t above = *says == '/' ? 0 : directory_length(path), n = strlen(says);
  char *next = malloc(above + n + 1);
  if (next == NULL) return NULL;
  memcpy(next, path, above);
  memcpy(next + above, says, n + 1);
  return next;
}

kube_status kube_file_target(const char *path, char **target, kube_error *err) {
  char says[PATH_MAX];
  int links = 0;
  ssize_t n;
  *target = kube_text_copy(path, err);
  while (*target && (n = readlink(*target, says, sizeof says - 1)) > 0) {
    char *next;
    says[n] = '\0';
    if (++links > MOST_LINKS) return kube_fail(err, KUBE_ESYSTEM, "%s: %s", path, strerror(ELOOP));
    next = follow(*target, says);
    free(*target);
    *target = next;
  }
  return *target ? KUBE_OK : kube_fail_memory(err, "a path");
}

/* ---- the file ---- */

static kube_status failed(const char *path, kube_error *err) {
  return kube_fail(err, KUBE_ESYSTEM, "cannot write %s: %s", path, strerror(errno));
}

/* The new file is as the old one was, but never open to more than its owner. */
static bool take_over_rights(int fd, const char *old) {
  struct stat s;
  if (stat(old, &s) != 0) return errno == ENOENT;
  if ((s.st_uid != geteuid() || s.st_gid != getegid()) && fchown(fd, s.st_uid, s.st_gid) != 0)
    if (fchown(fd, (uid_t)-1, s.st_gid) != 0) errno = 0; /* then it is ours */
  return fchmod(fd, s.st_mode & 0600) == 0;
}

static bool write_new(const char *path, const char *old, const void *bytes, size_t n) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  bool good;
  if (fd < 0) return false;
  good = kube_file_write_all(fd, bytes, n) && take_over_rights(fd, old) && fsync(fd) == 0;
  return close(fd) == 0 && good;
}

/* After a crash the new name is there too; a file system that cannot do that has no more to give. */
static void sync_directory(const char *path) {
  const size_t n = directory_length(path);
  char *directory = n ? strndup(path, n) : strdup(".");
  const int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (fd >= 0) {
    fsync(fd);
    close(fd);
  }
  free(directory);
}

kube_status kube_file_replace(const char *path, const void *bytes, size_t n, kube_error *err) {
  kube_buffer name = {0};
  char *target = NULL;
  kube_status status = kube_file_target(path, &target, err);
  if (status == KUBE_OK) status = kube_buffer_printf(&name, err, "%s.kube-tmp", target);
  if (status == KUBE_OK && kube_buffer_text(&name, err) == NULL) status = KUBE_ENOMEM;
  if (status == KUBE_OK) {
    const char *temporary = kube_buffer_bytes(&name);
    unlink(temporary);
    if (!write_new(temporary, target, bytes, n) || rename(temporary, target) != 0) {
      status = failed(path, err);
      unlink(temporary);
    } else {
      sync_directory(target);
    }
  }
  kube_buffer_clear(&name);
  free(target);
  return status;
}
