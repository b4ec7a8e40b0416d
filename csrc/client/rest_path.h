/*
** Paths of URLs as Go's path package joins them: rooted, without empty segments, "." and "..".
** Pure. Rules: Go path.Clean, net/url EscapedPath.
*/
#ifndef KUBE_CLIENT_REST_PATH_H
#define KUBE_CLIENT_REST_PATH_H

#include "core/buffer.h"

/*
** Appends the segments of more to a path, which is empty (the root) or begins with '/'; "..", which
** takes the segment before it away, does not lead above the root. The path does not end in '/'.
*/
kube_status kube_path_join(kube_buffer *path, const char *more, kube_error *err);

/* Appends a path escaped: '/' and what else a path may hold as it is stay. */
kube_status kube_path_escape(kube_buffer *out, const char *path, kube_error *err);

#endif
