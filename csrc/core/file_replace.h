/*
** Replacing a file as a whole: who reads it sees the old or the new one, also after a crash.
*/
#ifndef KUBE_CORE_FILE_REPLACE_H
#define KUBE_CORE_FILE_REPLACE_H

#include "buffer.h"

/*
** The file that path leads to through symbolic links, for the caller to free: path itself where it
** is none. It need not be there. KUBE_ESYSTEM for links in a circle.
*/
kube_status kube_file_target(const char *path, char **target, kube_error *err);

/*
** Replaces (or makes) a file by way of a temporary one, <file>.kube-tmp, that is synced and renamed.
** Links stay, the file that they lead to is replaced. Its mode is 0600, or what is left of
** that in the old one's; owner and group are kept where we may. Who calls this holds the file's lock:
** what another left under the temporary name is removed. KUBE_ESYSTEM, and the old file is
** still there. Rule: client-go tools/clientcmd/loader.go WriteToFile, which writes in place.
*/
kube_status kube_file_replace(const char *path, const void *bytes, size_t n, kube_error *err);

#endif
