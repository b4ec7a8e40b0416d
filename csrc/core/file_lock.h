/*
** Lock files as kubectl and client-go make them: <file>.lock beside the file, made with O_EXCL
** (tools/clientcmd/loader.go lockFile); all the files of a list in the order of their names. Waiting
** blocks the process, so it is bounded.
**
** | case                                    | client-go               | kube                      |
** | the lock is there                       | fails at once           | waits, up to the time-out |
** | its holder died (kube's)                | fails until it is       | taken over at once        |
** |                                         | removed by hand         |                           |
** | its holder died (another program's)     | the same                | taken over after 60 s     |
** | its holder lives, however slow          | fails                   | waits: kept by flock      |
** | a directory that cannot be written to   | fails                   | fails where that file     |
** |                                         |                         | would have to change      |
** | two names of one file: links, ./        | not seen as one         | links are; the file that  |
** |                                         |                         | a link leads to is locked |
** | what a lock file holds                  | nothing, mode 0         | "kube PID HOST", 0600     |
**
** How a lock is taken over safely: who holds one of ours keeps it open under flock(2), which the
** kernel ends with the process. Who finds one that looks stale opens it, takes that flock (it fails
** while the holder, or another who takes over, lives), sees that the name still leads to it, and
** only then unlinks it. So of two who take over at once, one unlinks the old lock, and neither
** unlinks a new one.
*/
#ifndef KUBE_CORE_FILE_LOCK_H
#define KUBE_CORE_FILE_LOCK_H

#include <sys/types.h>

#include "error.h"

enum { KUBE_LOCK_STALE = 60 }; /* seconds, after which the lock of another program is stale */

typedef struct kube_file_lock {
  char *file; /* what is locked */
  char *path; /* the lock file */
  int fd;     /* -1: not held, or by another entry that is the same file */
  dev_t device;
  ino_t inode;
  int problem; /* errno: why it cannot be locked; 0: it is */
} kube_file_lock;

/* Valid when zeroed. */
typedef struct kube_file_locks {
  kube_file_lock *lock;
  size_t count, size;
} kube_file_locks;

/* Notes a file, and the one it leads to as a link, as to be locked. KUBE_ENOMEM. */
kube_status kube_file_locks_add(kube_file_locks *locks, const char *file, kube_error *err);

/*
** Locks all that was added, within timeout ms. KUBE_ETIMEOUT names the lock, its age and its holder,
** and nothing is held. A file whose directory lets nobody write is no failure: see check.
*/
kube_status kube_file_locks_take(kube_file_locks *locks, long long timeout, kube_error *err);

/*
** Whether file is locked by us, and still is: to be asked right before it is replaced. KUBE_ESYSTEM
** (it could not be locked), KUBE_ETIMEOUT (the lock was taken away).
*/
kube_status kube_file_locks_check(const kube_file_locks *locks, const char *file, kube_error *err);

/* Unlocks in reverse order and frees; may be called at any moment and twice. */
void kube_file_locks_release(kube_file_locks *locks);

#endif
