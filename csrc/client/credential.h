/*
** Who we are and whom we trust, as it is now: what a configuration says, kept fresh. Clients of one
** engine that are the same user of the same cluster share one, and with it one run of a plugin at a
** time, and what it gave.
**
** What can change:
**   files      a token, a CA, a client certificate that were read from files are read again each
**              minute when somebody asks, the token at once after a 401. What cannot be read, is
**              empty or does not fit (a certificate and a key of two moments) changes nothing
**   a plugin   (exec.h) is run when nobody has run it yet, shortly before what it gave expires
**              (others go on with that meanwhile), when it has expired, and once after a 401
**   OIDC       (oidc.h) the same, and what comes is written back to the kubeconfig
** Nothing here waits: who asks in vain is woken when there is news, and asks again.
**
** | case                       | client-go                          | kube                           |
** | a 401                      | later requests use a new token     | and the request is sent again  |
** | before it expires          | nothing, the next request waits    | a run beside the requests      |
** | a plugin that fails        | runs again for each that waits     | fails all that waited for it   |
** | what it gives has expired  | is used once                       | is used by all who waited      |
** | a certificate of the kubeconfig | goes before a plugin's         | the same                       |
** | a new client certificate   | closes all connections             | who is at work finishes on the |
** |                            |                                    | old one, watches connect again |
** Source: client-go transport/token_source.go, cert_rotation.go, ca_rotation.go,
** plugin/pkg/client/auth/exec/exec.go.
*/
#ifndef KUBE_CLIENT_CREDENTIAL_H
#define KUBE_CLIENT_CREDENTIAL_H

#include "config.h"
#include "core/engine.h"
#include "core/process.h"
#include "grant.h"
#include "oidc.h"

typedef struct kube_credential kube_credential;

/* A call among those who use a credential; valid when zeroed: it does not (yet). */
typedef struct kube_credential_user {
  kube_handle *handle;                          /* moves when there is news */
  unsigned run;                                 /* the run it waits for; 0 none */
  unsigned sent_as;                             /* generation that its request bears */
  unsigned trusted;                             /* trust under which that was sent */
  struct kube_credential_user *next, *previous; /* in the ring; NULL: not in it */
} kube_credential_user;

struct kube_credential {
  kube_credential *next; /* all that the engine knows */
  int clients;           /* who use it; with none, only what a plugin gave is worth keeping */
  kube_engine *engine;   /* which knows us, and outlives us */
  kube_config *config;
  kube_handle handle;                 /* wakes all users; set while there are clients */
  kube_credential_user users;         /* head of the ring */
  unsigned generation;                /* of authorization and tls: counts their changes */
  unsigned trust;                     /* of tls alone */
  char *authorization;                /* what differs from the configuration's; NULL */
  kube_tls *tls;                      /* shared, what differs from the configuration's; NULL */
  long long files_due;                /* when they are looked at next; -1: there are none */
  kube_process *process;              /* under way; NULL */
  bool killed;                        /* it was, for its time was over */
  kube_oidc *oidc;                    /* NULL: not needed yet */
  long long patience, late;           /* of that: ms it may take, and when they are over */
  unsigned run, good_run, failed_run; /* counted from 1; the last ones to end well, and not */
  kube_error failure;                 /* why */
  bool granted, stale;                /* a plugin gave something; it was refused since */
  long long renew_at, expires;        /* ms of the engine's clock; -1 never */
};

/*
** The credential of a configuration on an engine; release drops it. NULL and *err: no memory.
*/
kube_credential *kube_credential_get(kube_engine *engine, kube_config *config, kube_error *err);
void kube_credential_release(kube_credential *credential);

/*
** KUBE_OK: what authorization and tls give is good to go with. KUBE_AGAIN: user->handle moves when
** there is news. KUBE_EEXEC, KUBE_ECONFIG, ...: there is none to be had. The user stays known, for
** news of its trust, until it leaves.
*/
kube_status kube_credential_ask(kube_credential *credential, kube_credential_user *user,
                                kube_handle *handle, kube_error *err);
void kube_credential_leave(kube_credential_user *user);

/* The server said 401 to what the user sent: whether there is something else to send. */
bool kube_credential_refused(kube_credential *credential, const kube_credential_user *user);

/* Whether there may be something else to send one day: it comes from a file or a plugin. */
bool kube_credential_can_change(const kube_credential_user *user);

/* Whether what the user sent went out under another trust or certificate than there is now. */
bool kube_credential_is_outdated(kube_credential *credential, const kube_credential_user *user);

/* The header line, NULL: none; and the TLS settings. Views until the next ask. */
const char *kube_credential_authorization(const kube_credential *credential);
kube_tls *kube_credential_tls(const kube_credential *credential);

/* For credential_files.c and credential.c: takes over what is new (they move in), counts it. */
void kube_credential_set_authorization(kube_credential *credential, char *line);
void kube_credential_set_tls(kube_credential *credential, kube_tls *tls);

/* Reads the files again; whether something changed. */
bool kube_credential_read_files(kube_credential *credential);
bool kube_credential_has_files(const kube_config *config);

#endif
