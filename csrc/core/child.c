/* Ends of child processes; the contract is in child.h. */
#define _GNU_SOURCE /* syscall */

#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"

enum {
  BY_PIDFD = 3,  /* P_PIDFD of Linux 5.4, for which glibc has a name since 2.36 */
  PATIENCE = 500 /* ms that the killed may take to die when the engine goes: most need none */
};

/* ---- one child ---- */

/* A descriptor of the process, close-on-exec; -1: none. */
static int open_pidfd(pid_t pid) {
#ifdef SYS_pidfd_open
  return (int)syscall(SYS_pidfd_open, pid, 0);
#else
  (void)pid;
  return -1;
#endif
}

void kube_child_watch(kube_child *child, pid_t pid, void (*note)(kube_watcher *)) {
  child->pid = pid;
  child->exit_code = -1;
  child->death.note = note;
  child->death.fd = open_pidfd(pid);
  if (child->death.fd >= 0) kube_watcher_start(child->engine, &child->death, NULL);
}

/*
** Asks after it: 0 and info->si_pid, which is 0 while it runs; -1 when it is no child of ours any
** more. By its pidfd where that can be: its number may be another child's already.
*/
static int ask(const kube_child *child, int flags, siginfo_t *info) {
  flags |= WEXITED | WNOHANG;
  info->si_pid = 0;
  if (child->death.fd >= 0) {
    const int answer = waitid((idtype_t)BY_PIDFD, (id_t)child->death.fd, info, flags);
    if (answer == 0 || errno == ECHILD) return answer;
  }
  return waitid(P_PID, (id_t)child->pid, info, flags);
}

static void close_pidfd(kube_child *child) {
  kube_watcher_stop(child->engine, &child->death);
  if (child->death.fd >= 0) close(child->death.fd);
  child->death.fd = -1;
}

bool kube_child_is_over(kube_child *child) {
  siginfo_t info;
  int answer;
  if (child->pid == 0) return true;
  answer = ask(child, 0, &info);
  if (answer == 0 && info.si_pid == 0) return false;
  if (answer == 0)
    child->exit_code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  close_pidfd(child);
  child->pid = 0;
  return true;
}

/* ---- those left to the engine ---- */

/* Its step reaps it. One that says so but cannot be reaped (it is traced) must not say so on. */
static void note_death(kube_watcher *death) {
  kube_child *child = (kube_child *)death;
  if (!kube_child_is_over(child)) kube_watcher_stop(child->engine, death);
}

/* Only as long as it was not reaped, which keeps its number from others. */
void kube_child_kill(const kube_child *child) {
  siginfo_t info;
  if (ask(child, WNOWAIT, &info) == 0) kill(child->grouped ? -child->pid : child->pid, SIGKILL);
}

void kube_child_abandon(kube_child *child) {
  const bool ours = kube_engine_is_ours(child->engine);
  if (ours && !kube_child_is_over(child)) kube_child_kill(child);
  if (!ours || kube_child_is_over(child)) {
    close_pidfd(child);
    free(child);
    return;
  }
  child->death.note = note_death;
  child->next = child->engine->orphans;
  child->engine->orphans = child;
}

void kube_children_reap(kube_engine *engine) {
  kube_child **place = &engine->orphans, *child;
  while ((child = *place) != NULL) {
    if (!kube_child_is_over(child)) {
      place = &child->next;
      continue;
    }
    *place = child->next;
    free(child);
  }
}

void kube_children_clear(kube_engine *engine) {
  const struct timespec moment = {.tv_nsec = 1000000};
  kube_child *child;
  int left;
  for (left = PATIENCE; kube_engine_is_ours(engine); left--) {
    kube_children_reap(engine);
    if (engine->orphans == NULL || left == 0) break;
    nanosleep(&moment, NULL);
  }
  while ((child = engine->orphans) != NULL) {
    engine->orphans = child->next;
    close_pidfd(child);
    free(child);
  }
}
