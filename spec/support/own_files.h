/*
** Files for a C test, in a directory of its own.
**   files_begin(); ... write_file("token", "abc") gives its path, path_of("token") too ...; files_end();
*/
#ifndef SPEC_SUPPORT_OWN_FILES_H
#define SPEC_SUPPORT_OWN_FILES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[] = "/tmp/kube_test.XXXXXX";

/* Valid until it was called 64 times more. */
static inline const char *path_of(const char *name) {
  static char paths[64][256];
  static int turn;
  char *path = paths[turn++ % 64];
  snprintf(path, sizeof paths[0], "%s/%s", directory, name);
  return path;
}

static inline const char *write_file(const char *name, const char *text) {
  const char *path = path_of(name);
  FILE *file = fopen(path, "w");
  if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) abort();
  return path;
}

static inline void files_begin(void) {
  if (mkdtemp(directory) == NULL) abort();
}

/* Removes the directory with all that is below it. */
static inline bool files_remove_all(void) {
  char command[sizeof directory + 16];
  snprintf(command, sizeof command, "rm -rf %s", directory);
  return system(command) == 0;
}

/* Removes the directory with the files in it; what has directories in it stays, and is told by false. */
static inline bool files_end(void) {
  DIR *all = opendir(directory);
  const struct dirent *entry;
  if (all == NULL) abort();
  while ((entry = readdir(all)) != NULL)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      unlink(path_of(entry->d_name));
  closedir(all);
  return rmdir(directory) == 0;
}

#endif
