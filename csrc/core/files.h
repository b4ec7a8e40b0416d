/*
** Files as a store of keys needs them: private, whole on the disk before anybody is shown them, and
** shown by a link that is replaced at one stroke.
*/
#ifndef KUBE_CORE_FILES_H
#define KUBE_CORE_FILES_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

/* What is at a path. */
typedef enum kube_file_kind {
  KUBE_FILE_NONE,
  KUBE_FILE_REGULAR,
  KUBE_FILE_LINK,
  KUBE_FILE_DIRECTORY,
  KUBE_FILE_OTHER
} kube_file_kind;

/* Looks, through links if follow says so. KUBE_ESYSTEM with the path and why. */
kube_status kube_file_look(const char *path, bool follow, kube_file_kind *kind, kube_error *err);

/*
** Makes a new file that only its owner can read (mode 0600) and writes it through to the disk.
** KUBE_ESYSTEM; *exists, if not NULL, tells whether it is because something is there already. After
** a failure there is no new file.
*/
kube_status kube_file_create(const char *path, kube_slice bytes, bool *exists, kube_error *err);

/* Makes a directory, and those above it, of mode 0755; or only those above, of any. KUBE_ESYSTEM. */
kube_status kube_file_make_directories(const char *path, kube_error *err);
kube_status kube_file_make_directories_above(const char *path, mode_t mode, kube_error *err);

/* Writes all of it, however often that takes; errno says why it did not. */
bool kube_file_write_all(int fd, const void *bytes, size_t length);

/* Makes a symbolic link, of which nothing may be there. KUBE_ESYSTEM. */
kube_status kube_file_link(const char *target, const char *path, kube_error *err);

/* Puts one file in another's place, at one stroke. KUBE_ESYSTEM. */
kube_status kube_file_rename(const char *from, const char *to, kube_error *err);

#endif
