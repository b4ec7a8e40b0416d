/*
** What a log may not show: who we are, and what a Secret may be in. Pure.
**
** | case                                | client-go                    | here                       |
** | Authorization                       | its scheme alone             | the same                   |
** | cookies, Proxy-Authorization, and   | shown                        | "<masked>"                 |
** | whatever is called a token, ...     |                              |                            |
** | a bearer token as a subprotocol     | shown                        | "<masked>"                 |
** | where a redirect leads              | shown                        | without its query          |
** | bodies of Secrets, TokenRequests,   | shown                        | their length alone         |
** | TokenReviews, ExecCredentials       |                              |                            |
** Rule: client-go transport/round_trippers.go maskValue.
*/
#ifndef KUBE_CLIENT_REDACT_H
#define KUBE_CLIENT_REDACT_H

#include "core/buffer.h"

/* A value of a header as it may be shown: a view of value, or of what stands for it. */
kube_slice kube_mask_header(kube_slice name, kube_slice value);

/*
** Whether bodies that go to a path, and that come from it, may hold a Secret or a token: one of its
** segments is "secrets", "tokenreviews" or "token", be it a resource, a proxied one, or a namespace
** of that name.
*/
bool kube_path_is_secret(const char *path);

/* Whether a body says that something in it is of such a kind; in JSON or YAML. */
bool kube_body_is_secret(kube_slice body);

#endif
