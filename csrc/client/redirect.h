/*
** Answers that send a request elsewhere: 301, 302, 303, 307, 308 with a Location. An exchange starts
** at the client's server; each such answer leads to the next place, until one has the answer. To
** another host goes a client of its own that trusts whom ours trusts and is nobody: what it has is
** copied from the configuration by name, so no credential comes along that was not thought of here.
**
** | case                                 | Go's net/http, client-go      | here                     |
** | credentials, to a subdomain          | Authorization goes along      | dropped: host, port and  |
** |                                      |                               | scheme must be the same  |
** | client certificate, to another host  | shown                         | not shown                |
** | tls-server-name, to another host     | is verified there too         | that host's own name is  |
** | from https to http                   | followed                      | refused                  |
** | a name or password in the Location   | sent as Basic                 | refused                  |
** | Referer                              | sent                          | not sent                 |
** Rules: net/http client.go redirectBehavior, defaultCheckRedirect; RFC 9110, section 15.4.
*/
#ifndef KUBE_CLIENT_REDIRECT_H
#define KUBE_CLIENT_REDIRECT_H

#include "client.h"

/* Where an exchange is. Valid when zeroed: where the client sends it. */
typedef struct kube_redirect {
  kube_client *client; /* of another host; NULL: ours */
  char *path;          /* from that host's root, with the query; NULL: not redirected */
  bool as_get;         /* it has become a GET without a body */
  int count;           /* answers that were followed */
} kube_redirect;

void kube_redirect_clear(kube_redirect *at);

bool kube_redirect_is_one(int code, const char *location);

/*
** *next is where the answer to request leads, which was sent to where at says. Clients that come and
** go are the caller's: at stays as it is. KUBE_EAPI with the answer's code where it is not followed:
** "stopped after 10 redirects", Location is no URL, or the way is not safe.
*/
kube_status kube_redirect_next(const kube_redirect *at, kube_client *client,
                               const kube_request *request, int code, const char *location,
                               kube_redirect *next, kube_error *err);

/* Who sends there: client, or that of another host. */
kube_client *kube_redirect_sender(const kube_redirect *at, kube_client *client);

/* As kube_client_send, to where it is. */
kube_transfer *kube_redirect_send(const kube_redirect *at, kube_client *client, kube_handle *handle,
                                  const kube_request *request, kube_error *err);

/* Appends the URL without its query: for messages. */
kube_status kube_redirect_where(const kube_redirect *at, const kube_client *client,
                                const kube_request *request, kube_buffer *out);

/* A URL in two. Pure; for the above, and for tests. */
typedef struct kube_place {
  char *origin; /* scheme://host:port, in lower case, the port always there */
  char *path;   /* with the query */
} kube_place;

/* What location means in an answer from the URL from; without its fragment. KUBE_EAPI. */
kube_status kube_place_resolve(const char *from, const char *location, kube_place *to,
                               kube_error *err);
void kube_place_clear(kube_place *place);

#endif
