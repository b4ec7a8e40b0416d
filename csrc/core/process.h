/*
** A program that runs beside the engine: a credential plugin. It is started without a shell, what
** it writes is gathered in steps of the engine, and nothing here ever waits for it.
**
**   p = kube_process_start(engine, handle, &options, &err);
**   the handle moves; kube_process_result(p, &err) is KUBE_AGAIN until it is KUBE_EOF
**   kube_process_exit_code(p), kube_process_output(p); kube_process_free(p);
**
** The program gets no descriptor of ours but those that are named here, no signal blocked or
** ignored, and an environment. A relay (engine.h) may be the handle.
*/
#ifndef KUBE_CORE_PROCESS_H
#define KUBE_CORE_PROCESS_H

#include "engine.h"

typedef struct kube_process kube_process;

typedef struct kube_process_options {
  const char *command;            /* a path if it holds '/', else looked up in our PATH */
  const char *const *arguments;   /* behind argv[0]; ends in NULL, or is NULL */
  const char *const *environment; /* "NAME=value", instead of the host's; the last of a name counts.
                                  ** Ends in NULL, or is NULL */
  bool interactive; /* it has our stdin, and stays in our process group: it may ask somebody. Else
                    ** /dev/null and a group of its own */
  size_t ceiling;   /* most bytes of stdout; 0: no limit */
} kube_process_options;

/*
** Starts it; the options need not live longer, the handle must: it is woken when there is more
** output, and when all is over. NULL and *err: KUBE_EEXEC when there is no such program (an empty
** or relative entry of PATH finds none, as with Go's exec.LookPath) or it cannot be run;
** KUBE_ESYSTEM, KUBE_ENOMEM, KUBE_EUSAGE.
*/
kube_process *kube_process_start(kube_engine *engine, kube_handle *handle,
                                 const kube_process_options *options, kube_error *err);

/*
** KUBE_AGAIN while it runs. KUBE_EOF when all is over: it ended, and so did what it wrote. What it
** left behind may hold its pipes open: that is waited for a second, no longer (Go's WaitDelay), and
** is not killed.
** KUBE_ETOOLARGE past the ceiling, KUBE_ENOMEM: free it, it may be running still. A program that
** hangs is the owner's to end, after a time of its own.
*/
kube_status kube_process_result(const kube_process *p, kube_error *err);

/* What it wrote to stdout so far: a view until the next step. Wiped when it is freed. */
kube_slice kube_process_output(const kube_process *p);

/*
** The last 2 KB that it wrote to stderr, cut anywhere. Empty for one that is interactive where our
** own stderr is a terminal: it writes there, so that what it asks is seen at once.
*/
kube_slice kube_process_complaint(const kube_process *p);

/* 0..255; 128 + the signal that ended it; -1: not known (yet), as another reaper took it. */
int kube_process_exit_code(const kube_process *p);

/* Kills one that runs still, with its group if it has its own. Fit for a callback of the engine. */
void kube_process_kill(kube_process *p);

/*
** At any moment: one that runs still is killed, with its group if it has its own, and reaped by a
** later step if it does not die at once. NULL is fine. A process that forked since frees only its
** memory and descriptors.
*/
void kube_process_free(kube_process *p);

#endif
