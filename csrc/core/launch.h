/* Starting a program in a host of any size: no fork, no shell, nothing of ours left open in it. */
#ifndef KUBE_CORE_LAUNCH_H
#define KUBE_CORE_LAUNCH_H

#include <sys/types.h>

#include "process.h"

/*
** Starts it with out as its stdout and complaint as its stderr (-1: ours), both above 2. KUBE_EEXEC
** when it is not found or cannot be run; KUBE_ESYSTEM when the system has no room, KUBE_ENOMEM.
*/
kube_status kube_launch(const kube_process_options *options, int out, int complaint, pid_t *pid,
                        kube_error *err);

#endif
