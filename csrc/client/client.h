/* A configuration on an engine: what every call needs to send a request. Counted references. */
#ifndef KUBE_CLIENT_CLIENT_H
#define KUBE_CLIENT_CLIENT_H

#include "config.h"
#include "core/engine.h"
#include "core/transfer.h"
#include "credential.h"
#include "request.h"

struct kube_client {
  int references;
  kube_engine *engine;
  kube_config *config;
  char *base;       /* what paths are put behind: the server, or its name to verify with its port */
  char *connect_to; /* "::host:port" when base does not name the real host; NULL */
  char *host;       /* then the Host header the server expects; NULL */
  char *proxy;      /* the configuration's or the environment's, a secret; NULL: none */
  char *proxy_name; /* what messages call it; NULL */
  kube_peer *peer;
  kube_credential *credential;
  kube_transfer *spare; /* a parked get of ours; NULL */
  unsigned spare_as;    /* the credential's generation that it bears */
};

/* Bytes of a server's address before its own path: of "https://host:1/path" 14. */
int kube_origin_length(const char *server);

kube_client *kube_client_retain(kube_client *client);

/*
** Starts the transfer of a request: base and path and query, identity as the credential has it now,
** Accept, User-Agent. The body stays in the request, which must outlive the transfer. NULL and *err
** when it cannot be sent.
*/
kube_transfer *kube_client_send(kube_client *client, kube_handle *handle,
                                const kube_request *request, kube_error *err);

/*
** Takes back what send gave for that request, when the credential was of generation sent_as: frees
** it, or keeps it for the next that is like it.
*/
void kube_client_hang_up(kube_client *client, kube_transfer *transfer, const kube_request *request,
                         unsigned sent_as);

#endif
