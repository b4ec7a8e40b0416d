/*
** A child process from its start until nothing of it is left, in a host that we know nothing of: it
** may ignore SIGCHLD, or reap every child there is (nginx does). So there is no handler, no thread,
** and no wait for any child but this one; and who took it first took its exit code along.
**
** Valid when zeroed but for death.fd, which is -1 where there is none.
*/
#ifndef KUBE_CORE_CHILD_H
#define KUBE_CORE_CHILD_H

#include <sys/types.h>

#include "watcher.h"

typedef struct kube_child {
  kube_watcher death;  /* first; of its pidfd: not watched where the system has none (Linux 5.3) */
  kube_engine *engine; /* not counted: whose step will reap it */
  pid_t pid;           /* 0: not started, or over */
  bool grouped;        /* it leads a process group */
  int exit_code;       /* 0..255, 128 + signal; -1: not known (yet) */
  struct kube_child *next; /* among those left to the engine */
} kube_child;

/*
** Takes care of a process that was just started; note is called when it ends. Where death.tag is 0
** afterwards the system does not tell of that: ask from time to time.
*/
void kube_child_watch(kube_child *child, pid_t pid, void (*note)(kube_watcher *));

/* Whether it is over: then it was reaped, by us or somebody else. Never waits. */
bool kube_child_is_over(kube_child *child);

/* Kills it, with its group if it leads one; that it is over is found as always. */
void kube_child_kill(const kube_child *child);

/*
** Ends it, with its group if it leads one, and frees the memory that it stands at the beginning of:
** at once when it is over, else once a later step of the engine has reaped it. In a process that
** forked since, only that memory and our descriptor go.
*/
void kube_child_abandon(kube_child *child);

/* Reaps those left to the engine that died meanwhile. */
void kube_children_reap(kube_engine *engine);

/* The same when the engine goes: they were killed, and have some milliseconds to die. */
void kube_children_clear(kube_engine *engine);

#endif
