/*
** Two who write one kubeconfig at once lose nothing; one who is killed, at whatever call of the
** system, leaves a whole file (the old or the new one) and no lock that holds the next one up; a
** call that fails is told, and the old file is still there.
*/
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../csrc/core/file_lock.h"
#include "../support/check.h"
#include "../support/own_files.h"
#include "core/clock.h"

enum { EACH = 200, WRITERS = 2, MOST_CALLS = 200 };

static char path[64], lock_path[80];

/* ---- the calls of the system: the n-th kills us, or fails ---- */

static int calls_left = -1; /* -1: all go well */
static bool kills;
static int calls_seen;

/* Whether this call is to fail. */
static bool strikes(void) {
  calls_seen++;
  if (calls_left < 0 || calls_left-- > 0) return false;
  if (kills) kill(getpid(), SIGKILL);
  errno = EIO;
  return true;
}

#define WRAPPED(name, params, args)                                                                \
  int __real_##name params;                                                                        \
  int __wrap_##name params;                                                                        \
  int __wrap_##name params { return strikes() ? -1 : __real_##name args; }

WRAPPED(rename, (const char *a, const char *b), (a, b))
WRAPPED(unlink, (const char *a), (a))
WRAPPED(fsync, (int fd), (fd))
WRAPPED(fchmod, (int fd, mode_t mode), (fd, mode))
WRAPPED(flock, (int fd, int how), (fd, how))
WRAPPED(linkat, (int d, const char *a, int e, const char *b, int flags), (d, a, e, b, flags))

int __real_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...) {
  va_list more;
  int mode;
  va_start(more, flags);
  mode = va_arg(more, int); /* where none was given it is not looked at */
  va_end(more);
  return strikes() ? -1 : __real_open(name, flags, mode);
}

ssize_t __real_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n) {
  if (strikes()) return -1;
  return __real_write(fd, bytes, n > 16 && calls_left >= 0 ? 16 : n); /* in pieces */
}

/* ---- files ---- */

static const char *content(void) {
  static char text[65536];
  FILE *file = fopen(path, "r");
  const size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
  text[n] = '\0';
  if (file) fclose(file);
  return text;
}

static bool exists(const char *name) { return access(name, F_OK) == 0; }

static kube_error err;

static kube_status set(const char *name, const char *value, int64_t timeout) {
  const kube_kubeconfig_options options = {.kubeconfig = path, .timeout = timeout};
  const kube_edit edit = {KUBE_EDIT_SET, name, value};
  return kube_kubeconfig_modify(&options, &edit, 1, &err);
}

/* ---- at once ---- */

/* Each of its own adds users to the list that all share, and counts in a field of its own. */
static void write_many(int who) {
  char name[64], value[32];
  int i;
  for (i = 0; i < EACH; i++) {
    snprintf(name, sizeof name, "users.u%d-%d.token", who, i);
    if (set(name, "t", 60000) != KUBE_OK) break;
    snprintf(name, sizeof name, "users.counter%d.username", who);
    snprintf(value, sizeof value, "n%d", i);
    if (set(name, value, 60000) != KUBE_OK) break;
  }
  if (i < EACH) puts(err.message);
  fflush(stdout);
  _exit(i < EACH);
}

static void nothing_is_lost(void) {
  char name[64];
  const char *text;
  int who, i, status, missing = 0;
  unlink(path);
  fflush(stdout);
  for (who = 0; who < WRITERS; who++)
    if (fork() == 0) write_many(who);
  for (who = 0; who < WRITERS; who++) CHECK(wait(&status) > 0 && status == 0);
  text = content();
  for (who = 0; who < WRITERS; who++) {
    for (i = 0; i < EACH; i++) {
      snprintf(name, sizeof name, "- name: u%d-%d\n", who, i);
      missing += strstr(text, name) == NULL;
    }
    snprintf(name, sizeof name, "- name: counter%d\n  user:\n    username: n%d\n", who, EACH - 1);
    CHECK(strstr(text, name) != NULL);
  }
  CHECK(missing == 0);
  CHECK(!exists(lock_path));
}

/* ---- killed, failed ---- */

#define OLD "current-context: a-long-enough-name\nusers: []\n"
#define NEW "current-context: another-name\nusers: []\n"

/* Edits with the n-th call struck; whether it was. */
static bool edit_killed(int n) {
  int status;
  fflush(stdout);
  if (fork() == 0) {
    calls_left = n;
    kills = true;
    _exit(set("current-context", "another-name", 1000) != KUBE_OK);
  }
  if (wait(&status) < 0) abort();
  CHECK(WIFSIGNALED(status) || status == 0);
  return WIFSIGNALED(status);
}

static void killed_at_every_point(void) {
  char about[32];
  bool killed = true;
  int n;
  for (n = 0; killed && n < MOST_CALLS; n++) {
    long long started;
    snprintf(about, sizeof about, "call %d", n);
    check_about = about;
    write_file("config", OLD);
    killed = edit_killed(n);
    CHECK(strcmp(content(), OLD) == 0 || strcmp(content(), NEW) == 0);
    started = kube_clock_ms();
    CHECK(set("current-context", "the-next", 5000) == KUBE_OK);
    CHECK(kube_clock_ms() - started < 2000);
    CHECK_STRING(content(), "current-context: the-next\nusers: []\n");
    CHECK(!exists(lock_path));
  }
  CHECK(n > 8 && n < MOST_CALLS);
}

static void failed_at_every_point(void) {
  char about[32], temporary[96];
  bool struck = true;
  int n;
  snprintf(temporary, sizeof temporary, "%s.kube-tmp", path);
  for (n = 0; struck && n < MOST_CALLS; n++) {
    kube_status status;
    snprintf(about, sizeof about, "call %d", n);
    check_about = about;
    unlink(lock_path);
    write_file("config", OLD);
    kills = false;
    calls_left = n;
    status = set("current-context", "another-name", 1);
    struck = calls_left < 0;
    calls_left = -1;
    CHECK(status == KUBE_OK || err.status == status);
    CHECK_STRING(content(), status == KUBE_OK ? NEW : OLD);
    CHECK(status != KUBE_OK || !exists(temporary));
  }
  unlink(lock_path);
  CHECK(n > 8 && n < MOST_CALLS);
}

/* ---- locks of others ---- */

static void make_old(const char *name, long seconds) {
  struct timespec times[2];
  clock_gettime(CLOCK_REALTIME, &times[0]);
  times[0].tv_sec -= seconds;
  times[1] = times[0];
  if (utimensat(AT_FDCWD, name, times, 0) != 0) abort();
}

/* As client-go makes them: empty, of mode 0. */
static void lock_as_kubectl(long age) {
  const int fd = __real_open(lock_path, O_CREAT | O_EXCL | O_WRONLY, 0);
  if (fd < 0) abort();
  close(fd);
  make_old(lock_path, age);
}

/* The age that the message tells, in seconds: what it was, and what a busy machine adds. */
static bool tells_age(const char *message, int age) {
  const char *at = strstr(message, "for ");
  int told = 0;
  return at && sscanf(at, "for %d s", &told) == 1 && told >= age && told < age + 30;
}

static void a_lock_of_kubectl(void) {
  write_file("config", OLD);
  lock_as_kubectl(3);
  CHECK(set("current-context", "x", 50) == KUBE_ETIMEOUT);
  CHECK(strstr(err.message, lock_path) && tells_age(err.message, 3) &&
        strstr(err.message, "another program"));
  CHECK(exists(lock_path));
  CHECK_STRING(content(), OLD);
  make_old(lock_path, KUBE_LOCK_STALE + 1);
  CHECK(set("current-context", "x", 50) == KUBE_OK);
  CHECK(!exists(lock_path));
}

/* One that its holder keeps is respected however old it is, and the message names the holder. */
static void a_lock_that_is_held(void) {
  kube_file_locks held = {0};
  char who[32];
  CHECK(kube_file_locks_add(&held, path, &err) == KUBE_OK);
  CHECK(kube_file_locks_take(&held, 0, &err) == KUBE_OK);
  make_old(lock_path, 1000);
  snprintf(who, sizeof who, "process %ld on ", (long)getpid());
  CHECK(set("current-context", "x", 50) == KUBE_ETIMEOUT && strstr(err.message, who));
  CHECK(kube_file_locks_check(&held, path, &err) == KUBE_OK);
  unlink(lock_path); /* by a person */
  CHECK(kube_file_locks_check(&held, path, &err) == KUBE_ETIMEOUT);
  CHECK(set("current-context", "x", 50) == KUBE_OK);
  kube_file_locks_release(&held);
  kube_file_locks_release(&held);
}

/* Not that of another who has it now. */
static void release_removes_only_its_own(void) {
  kube_file_locks held = {0}, other = {0};
  kube_file_locks_add(&held, path, &err);
  CHECK(kube_file_locks_take(&held, 0, &err) == KUBE_OK);
  unlink(lock_path);
  kube_file_locks_add(&other, path, &err);
  CHECK(kube_file_locks_take(&other, 0, &err) == KUBE_OK);
  kube_file_locks_release(&held);
  CHECK(kube_file_locks_check(&other, path, &err) == KUBE_OK);
  kube_file_locks_release(&other);
  CHECK(!exists(lock_path));
}

/* Two names of one file do not lock each other out. */
static void two_names_of_one_file(void) {
  kube_file_locks held = {0};
  char other[96];
  snprintf(other, sizeof other, "%s/./config", directory);
  kube_file_locks_add(&held, path, &err);
  kube_file_locks_add(&held, other, &err);
  CHECK(kube_file_locks_take(&held, 0, &err) == KUBE_OK);
  CHECK(kube_file_locks_check(&held, path, &err) == KUBE_OK);
  CHECK(kube_file_locks_check(&held, other, &err) == KUBE_OK);
  kube_file_locks_release(&held);
  CHECK(!exists(lock_path));
}

/* Many find the same stale lock: each gets its turn, and never two at once. */
static void many_take_over_at_once(void) {
  char name[32];
  int round, who, status, i;
  for (round = 0; round < 20; round++) {
    unlink(path);
    lock_as_kubectl(KUBE_LOCK_STALE + 1);
    fflush(stdout);
    for (who = 0; who < 4; who++) {
      if (fork() != 0) continue;
      snprintf(name, sizeof name, "users.u%d.token", who);
      _exit(set(name, "t", 60000) != KUBE_OK);
    }
    for (who = 0; who < 4; who++) CHECK(wait(&status) > 0 && status == 0);
    for (i = 0; i < 4; i++) {
      snprintf(name, sizeof name, "- name: u%d\n", i);
      CHECK(strstr(content(), name) != NULL);
    }
  }
}

int main(void) {
  files_begin();
  snprintf(path, sizeof path, "%s/config", directory);
  snprintf(lock_path, sizeof lock_path, "%s.lock", path);
  RUN(nothing_is_lost);
  RUN(killed_at_every_point);
  RUN(failed_at_every_point);
  RUN(a_lock_of_kubectl);
  RUN(a_lock_that_is_held);
  RUN(release_removes_only_its_own);
  RUN(two_names_of_one_file);
  RUN(many_take_over_at_once);
  if (!files_remove_all()) return 1;
  return check_report();
}
