/* posix_spawn and what it needs; the contract is in launch.h. */
#define _GNU_SOURCE /* environ, posix_spawn_file_actions_addclosefrom_np */

#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"

/* ---- where it is ---- */

static bool is_program(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 && S_ISREG(about.st_mode) &&
         faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* A path of one directory of PATH and the command, as text in *path. */
static kube_status join(kube_buffer *path, const char *directory, size_t n, const char *command,
                        kube_error *err) {
  kube_buffer_reset(path);
  if (kube_buffer_add(path, directory, n, err) != KUBE_OK ||
      kube_buffer_add_char(path, '/', err) != KUBE_OK ||
      kube_buffer_add_text(path, command, err) != KUBE_OK || kube_buffer_text(path, err) == NULL)
    return KUBE_ENOMEM;
  return KUBE_OK;
}

/*
** Go's exec.LookPath (os/exec/lp_unix.go): a name with a slash is a path. Entries of PATH that are
** not absolute are passed over: what lies about in the current directory is not run.
*/
static kube_status look_up(kube_buffer *path, const char *command, kube_error *err) {
  const char *entry = getenv("PATH");
  if (strchr(command, '/'))
    return kube_buffer_add_text(path, command, err) == KUBE_OK && kube_buffer_text(path, err)
               ? KUBE_OK
               : KUBE_ENOMEM;
  while (entry && *command) {
    const size_t n = strcspn(entry, ":");
    if (*entry == '/') {
      if (join(path, entry, n, command, err) != KUBE_OK) return KUBE_ENOMEM;
      if (is_program(path->data)) return KUBE_OK;
    }
    entry = entry[n] ? entry + n + 1 : NULL;
  }
  return kube_fail(err, KUBE_EEXEC, "exec: executable %s not found", command);
}

/* ---- its arguments and environment: lists of views ---- */

static size_t count(const char *const *list) {
  size_t n = 0;
  while (list && list[n]) n++;
  return n;
}

static char **argument_list(const kube_process_options *options) {
  const size_t n = count(options->arguments);
  char **list = calloc(n + 2, sizeof *list);
  if (list == NULL) return NULL;
  list[0] = (char *)options->command;
  if (n) memcpy(list + 1, options->arguments, n * sizeof *list);
  return list;
}

/* Whether one of the list has the name of variable. */
static bool is_set(const char *const *list, const char *variable) {
  const size_t n = strcspn(variable, "=");
  for (; list && *list; list++)
    if (strncmp(*list, variable, n) == 0 && ((*list)[n] == '=' || (*list)[n] == '\0')) return true;
  return false;
}

static char **environment_list(const kube_process_options *options) {
  const char *const *own = options->environment, *const *host = (const char *const *)environ;
  char **list = calloc(count(host) + count(own) + 1, sizeof *list), **place = list;
  if (list == NULL) return NULL;
  for (; host && *host; host++)
    if (!is_set(own, *host)) *place++ = (char *)*host;
  for (; own && *own; own++)
    if (!is_set(own + 1, *own)) *place++ = (char *)*own;
  return list;
}

/* ---- how it starts ---- */

/* glibc has it since 2.34; elsewhere we rely on all others being closed by exec. */
static int close_others(posix_spawn_file_actions_t *actions) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  return posix_spawn_file_actions_addclosefrom_np(actions, 3);
#else
  (void)actions;
  return 0;
#endif
}

/* dup2 of one to itself (our stdin) makes it survive the exec. */
static int set_actions(posix_spawn_file_actions_t *actions, bool interactive, int out,
                       int complaint) {
  const bool has_stdin = interactive && fcntl(STDIN_FILENO, F_GETFD) >= 0;
  int failed =
      has_stdin ? posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDIN_FILENO)
                : posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (!failed) failed = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
  if (!failed)
    failed = posix_spawn_file_actions_adddup2(actions, complaint < 0 ? STDERR_FILENO : complaint,
                                              STDERR_FILENO);
  return failed ? failed : close_others(actions);
}

/* Hosts ignore signals, SIGPIPE above all, and block them: exec would hand that on. */
static int set_attributes(posix_spawnattr_t *attributes, bool interactive) {
  sigset_t all, none;
  short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  int failed;
  sigfillset(&all);
  sigemptyset(&none);
  if (!interactive) flags |= POSIX_SPAWN_SETPGROUP; /* 0, as it is: a group of its own */
  failed = posix_spawnattr_setsigdefault(attributes, &all);
  if (!failed) failed = posix_spawnattr_setsigmask(attributes, &none);
  return failed ? failed : posix_spawnattr_setflags(attributes, flags);
}

typedef struct start {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  char **arguments, **environment;
} start;

static int spawn(start *s, const char *path, const kube_process_options *options, int out,
                 int complaint, pid_t *pid) {
  int failed = posix_spawn_file_actions_init(&s->actions);
  if (failed) return failed;
  failed = posix_spawnattr_init(&s->attributes);
  if (!failed) {
    failed = set_actions(&s->actions, options->interactive, out, complaint);
    if (!failed) failed = set_attributes(&s->attributes, options->interactive);
    if (!failed)
      failed = posix_spawn(pid, path, &s->actions, &s->attributes, s->arguments, s->environment);
    posix_spawnattr_destroy(&s->attributes);
  }
  posix_spawn_file_actions_destroy(&s->actions);
  return failed;
}

/* Why it did not start. The words for a missing one are client-go's (exec.go wrapCmdRunError). */
static kube_status explain(const char *command, const char *path, int failed, kube_error *err) {
  switch (failed) {
    case ENOMEM: return kube_fail_memory(err, "a process");
    case ENOENT:
      if (access(path, F_OK) == 0)
        return kube_fail(err, KUBE_EEXEC, "exec: %s: its interpreter, or /dev/null, is not there",
                         command);
      return kube_fail(err, KUBE_EEXEC, "exec: executable %s not found", command);
    case EAGAIN:
    case EMFILE:
    case ENFILE: return kube_fail(err, KUBE_ESYSTEM, "exec: %s: %s", command, strerror(failed));
    default: return kube_fail(err, KUBE_EEXEC, "exec: %s: %s", command, strerror(failed));
  }
}

kube_status kube_launch(const kube_process_options *options, int out, int complaint, pid_t *pid,
                        kube_error *err) {
  kube_buffer path = {0};
  start s = {0};
  int failed;
  kube_status status = look_up(&path, options->command, err);
  if (status != KUBE_OK) goto done;
  s.arguments = argument_list(options);
  s.environment = environment_list(options);
  failed =
      s.arguments && s.environment ? spawn(&s, path.data, options, out, complaint, pid) : ENOMEM;
  if (failed) status = explain(options->command, path.data, failed, err);
done:
  free(s.arguments);
  free(s.environment);
  kube_buffer_clear(&path);
  return status;
}
