/* Lock files; the contract is in file_lock.h. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file_replace.h"
#include "text.h"

/* What a lock file says of its holder; zeroed for the lock of another program. */
typedef struct holder {
  long pid;
  char host[128];
  long long age; /* seconds */
} holder;

/* ---- what is to be locked ---- */

static kube_status add_one(kube_file_locks *locks, const char *file, kube_error *err) {
  kube_file_lock *lock;
  size_t i, size = strlen(file) + sizeof ".lock";
  for (i = 0; i < locks->count; i++)
    if (strcmp(locks->lock[i].file, file) == 0) return KUBE_OK;
  if (locks->count == locks->size) {
    lock = realloc(locks->lock, (locks->size + 8) * sizeof *lock);
    if (lock == NULL) return kube_fail_memory(err, "a lock");
    locks->lock = lock;
    locks->size += 8;
  }
  lock = &locks->lock[locks->count];
  memset(lock, 0, sizeof *lock);
  lock->fd = -1;
  lock->problem = ENOLCK; /* until it is taken */
  lock->file = kube_text_copy(file, err);
  lock->path = malloc(size);
  locks->count++; /* release frees what there is of it */
  if (lock->file == NULL || lock->path == NULL) return kube_fail_memory(err, "a lock");
  snprintf(lock->path, size, "%s.lock", file);
  return KUBE_OK;
}

kube_status kube_file_locks_add(kube_file_locks *locks, const char *file, kube_error *err) {
  char *target = NULL;
  kube_status status = add_one(locks, file, err);
  if (status == KUBE_OK) status = kube_file_target(file, &target, err);
  if (status == KUBE_OK) status = add_one(locks, target, err);
  free(target);
  return status;
}

/* ---- one lock file ---- */

/* Of a failure to write it we do not tell: then it is a lock that says nothing of its holder. */
static void sign(int fd) {
  char text[256], host[128] = "";
  int n;
  gethostname(host, sizeof host - 1);
  n = snprintf(text, sizeof text, "kube %ld %s\n", (long)getpid(), host);
  if (write(fd, text, (size_t)n) < 0) return;
}

static bool is_locked_out(int fd) {
  return flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

static bool leads_to(const char *path, dev_t device, ino_t inode) {
  struct stat s;
  return lstat(path, &s) == 0 && s.st_dev == device && s.st_ino == inode;
}

static bool hold(kube_file_lock *lock, int fd, const struct stat *s) {
  lock->fd = fd;
  lock->device = s->st_dev;
  lock->inode = s->st_ino;
  lock->problem = 0;
  return true;
}

/*
** A lock file that is there, signed and held, all at once: made without a name, which it gets last.
** False with *no_way: this file system cannot.
*/
static bool make_at_once(kube_file_lock *lock, bool *no_way) {
  char from[64], *slash = strrchr(lock->path, '/');
  struct stat s;
  int fd, why;
  if (slash) *slash = '\0'; /* a moment of it as the directory */
  fd = open(slash == lock->path ? "/"
            : slash             ? lock->path
                                : ".",
            O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (slash) *slash = '/';
  *no_way = fd < 0;
  if (fd < 0) return false;
  sign(fd);
  snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
  if (fstat(fd, &s) == 0 && !is_locked_out(fd) &&
      linkat(AT_FDCWD, from, AT_FDCWD, lock->path, AT_SYMLINK_FOLLOW) == 0)
    return hold(lock, fd, &s);
  why = errno;
  close(fd);
  errno = why;
  *no_way = why != EEXIST;
  return false;
}

static bool make_by_name(kube_file_lock *lock) {
  struct stat s;
  const int fd = open(lock->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  if (fstat(fd, &s) != 0 || is_locked_out(fd) || !leads_to(lock->path, s.st_dev, s.st_ino)) {
    close(fd); /* somebody whose clock is wrong took it over at once */
    errno = EEXIST;
    return false;
  }
  sign(fd);
  return hold(lock, fd, &s);
}

/* Makes the lock file: true when it is ours now, else errno. */
static bool make(kube_file_lock *lock) {
  bool no_way;
  return make_at_once(lock, &no_way) || (no_way && make_by_name(lock));
}

static void ask_holder(int fd, holder *who) {
  char text[256] = "";
  const ssize_t n = read(fd, text, sizeof text - 1);
  if (n <= 0 || sscanf(text, "kube %ld %127s", &who->pid, who->host) < 1) who->pid = 0;
}

/* Whether nobody can hold it any more, as far as it can be told without its flock. */
static bool looks_stale(const holder *who) {
  char host[128] = "";
  gethostname(host, sizeof host - 1);
  return (who->pid != 0 && strcmp(who->host, host) == 0) || who->age >= KUBE_LOCK_STALE;
}

/* Where the file system knows no flock, only the age tells. */
static bool is_abandoned(int fd, const holder *who) {
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
  return errno != EWOULDBLOCK && who->age >= KUBE_LOCK_STALE;
}

/* client-go's have mode 0: an old one of our own user is opened to be judged. */
static int open_to_judge(const char *path) {
  const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  int fd = open(path, flags);
  if (fd < 0 && errno == EACCES && chmod(path, 0600) == 0) fd = open(path, flags);
  return fd;
}

/*
** Looks at the lock of somebody else: true when it is gone, maybe by our hand, and making it can be
** tried again. What we may not read, the lock of another user, is not ours to remove.
*/
static bool remove_stale(const kube_file_lock *lock, holder *who) {
  struct stat s;
  bool gone = false;
  const int fd = open_to_judge(lock->path);
  memset(who, 0, sizeof *who);
  if (fd < 0) {
    if (lstat(lock->path, &s) != 0) return errno == ENOENT;
    who->age = (long long)time(NULL) - (long long)s.st_mtime;
    return false;
  }
  if (fstat(fd, &s) == 0) {
    who->age = (long long)time(NULL) - (long long)s.st_mtime;
    ask_holder(fd, who);
    gone = looks_stale(who) && is_abandoned(fd, who) && leads_to(lock->path, s.st_dev, s.st_ino) &&
           unlink(lock->path) == 0;
  }
  close(fd);
  return gone;
}

/* ---- all of them ---- */

/* Two names of one file have one lock. */
static bool is_held_already(const kube_file_locks *locks, kube_file_lock *lock) {
  size_t i;
  for (i = 0; i < locks->count; i++) {
    const kube_file_lock *other = &locks->lock[i];
    if (other->fd < 0 || !leads_to(lock->path, other->device, other->inode)) continue;
    lock->device = other->device;
    lock->inode = other->inode;
    lock->problem = 0;
    return true;
  }
  return false;
}

static void pause_ms(long ms) {
  const struct timespec t = {.tv_nsec = ms * 1000000};
  nanosleep(&t, NULL);
}

static kube_status give_up(const kube_file_lock *lock, const holder *who, kube_error *err) {
  char by[192] = "another program";
  if (who->pid) snprintf(by, sizeof by, "process %ld on %s", who->pid, who->host);
  return kube_fail(err, KUBE_ETIMEOUT,
                   "%s is locked: %s is there for %lld s, made by %s; remove it if nobody is "
                   "writing",
                   lock->file, lock->path, who->age > 0 ? who->age : 0, by);
}

static kube_status take(const kube_file_locks *locks, kube_file_lock *lock, long long due,
                        kube_error *err) {
  holder who = {0};
  long ms = 1;
  while (!is_held_already(locks, lock) && !make(lock)) {
    if (errno != EEXIST) {
      lock->problem = errno;
      break;
    }
    if (remove_stale(lock, &who)) continue;
    if (kube_clock_ms() >= due) return give_up(lock, &who, err);
    pause_ms(ms);
    if (ms < 16) ms *= 2;
  }
  return KUBE_OK;
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const kube_file_lock *)a)->file, ((const kube_file_lock *)b)->file);
}

static void unlock(kube_file_lock *lock) {
  if (lock->fd < 0) return;
  if (leads_to(lock->path, lock->device, lock->inode)) unlink(lock->path);
  close(lock->fd);
  lock->fd = -1;
}

kube_status kube_file_locks_take(kube_file_locks *locks, long long timeout, kube_error *err) {
  const long long due = kube_clock_ms() + timeout;
  kube_status status = KUBE_OK;
  size_t i;
  if (locks->count) qsort(locks->lock, locks->count, sizeof *locks->lock, by_name);
  for (i = 0; i < locks->count && status == KUBE_OK; i++)
    status = take(locks, &locks->lock[i], due, err);
  if (status != KUBE_OK)
    while (i-- > 0) unlock(&locks->lock[i]);
  return status;
}

static kube_status check_one(const kube_file_locks *locks, const char *file, kube_error *err) {
  size_t i;
  for (i = 0; i < locks->count; i++) {
    const kube_file_lock *lock = &locks->lock[i];
    if (strcmp(lock->file, file) != 0) continue;
    if (lock->problem)
      return kube_fail(err, KUBE_ESYSTEM, "cannot write %s: cannot make %s: %s", file, lock->path,
                       strerror(lock->problem));
    if (!leads_to(lock->path, lock->device, lock->inode))
      return kube_fail(err, KUBE_ETIMEOUT, "%s was not written: %s was taken away", file,
                       lock->path);
    return KUBE_OK;
  }
  return kube_fail(err, KUBE_ESYSTEM, "cannot write %s: it is not locked", file);
}

kube_status kube_file_locks_check(const kube_file_locks *locks, const char *file, kube_error *err) {
  char *target = NULL;
  kube_status status = check_one(locks, file, err);
  if (status == KUBE_OK) status = kube_file_target(file, &target, err);
  if (status == KUBE_OK) status = check_one(locks, target, err);
  free(target);
  return status;
}

void kube_file_locks_release(kube_file_locks *locks) {
  size_t i = locks->count;
  while (i-- > 0) {
    unlock(&locks->lock[i]);
    free(locks->lock[i].file);
    free(locks->lock[i].path);
  }
  free(locks->lock);
  memset(locks, 0, sizeof *locks);
}
