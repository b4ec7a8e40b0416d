/*
** An exec credential plugin: a program that says who we are. Its run is started here, and what it
** wrote is read; when to run it is for credential.h to say.
**
** | case                          | client-go                    | kube                             |
** | it runs on and on             | waits for ever               | killed after a minute, ten where |
** |                               |                              | it may talk to a person, or what |
** |                               |                              | the configuration says           |
** | its stderr                    | is that of the process       | the same on a terminal, else its |
** |                               |                              | end is in the error              |
** | its exit status is lost to    | an error                     | what it wrote counts             |
** | another reaper (nginx)        |                              |                                  |
** | a relative entry in PATH      | an error                     | is skipped                       |
** Source: client-go plugin/pkg/client/auth/exec/exec.go, pkg/apis/clientauthentication.
*/
#ifndef KUBE_CLIENT_EXEC_H
#define KUBE_CLIENT_EXEC_H

#include "config.h"
#include "core/process.h"
#include "grant.h"

/*
** Starts the plugin; the handle moves when it is over. NULL and *err (KUBE_EEXEC): it is not there, or
** wants a terminal where there is none. *patience is how many ms it may take.
*/
kube_process *kube_exec_start(const kube_exec *exec, kube_engine *engine, kube_handle *handle,
                              long long *patience, kube_error *err);

/* KUBE_AGAIN while it runs, then KUBE_OK and the grant, or KUBE_EEXEC. */
kube_status kube_exec_result(const kube_exec *exec, const kube_process *process, kube_grant *grant,
                             kube_error *err);

/* It took too long: KUBE_EEXEC. */
kube_status kube_exec_fail_late(const kube_exec *exec, const kube_process *process,
                                long long patience, kube_error *err);

/*
** Reads an ExecCredential (a JSON text) into a zeroed grant. KUBE_EEXEC with client-go's words: not
** one document, another API version than the plugin is configured for, no status, neither a token nor
** a certificate, a certificate without its key.
*/
kube_status kube_exec_read(const kube_exec *exec, kube_slice output, kube_grant *grant,
                           kube_error *err);

#endif
