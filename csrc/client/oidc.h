/*
** The auth-provider "oidc": an id-token, and where it is about to expire a new one from its issuer.
** One object for as long as the credential lives, for it knows the tokens of now; runs come and go.
** Source: client-go plugin/pkg/client/auth/oidc/oidc.go, golang.org/x/oauth2 (how a client names
** itself), OpenID Connect Discovery 1.0 section 4, RFC 6749 section 6.
**
** | case                            | client-go              | kube                                |
** | the kubeconfig is not writable  | the request fails      | goes on, and tries again to write   |
** | another process has refreshed   | fails, if a refresh-   | the token that it wrote to the      |
** |                                 | token counts once      | kubeconfig is tried                 |
** | a new login in the kubeconfig   | is overwritten         | stays                               |
** | a token_endpoint without TLS of | gets the tokens        | refused                             |
** | an issuer that has it           |                        |                                     |
** | redirects of the issuer         | followed               | refused                             |
*/
#ifndef KUBE_CLIENT_OIDC_H
#define KUBE_CLIENT_OIDC_H

#include "config.h"
#include "core/engine.h"
#include "grant.h"

typedef struct kube_oidc kube_oidc;

/*
** NULL and *err: KUBE_ECONFIG (no issuer, no client-id, a CA that is none) or no memory. The provider
** and the user's name, under which tokens are written back to the provider's file, must live as long.
*/
kube_oidc *kube_oidc_new(const kube_auth_provider *provider, const char *user, kube_error *err);

/*
** Starts a run, after which the handle moves. It is over at once where the id-token still holds, unless
** it was refused. KUBE_EEXEC: it does not, and there is no refresh-token.
*/
kube_status kube_oidc_start(kube_oidc *oidc, bool refused, kube_engine *engine, kube_handle *handle,
                            kube_error *err);
bool kube_oidc_is_running(const kube_oidc *oidc);

/* KUBE_AGAIN while it runs, then KUBE_OK and the grant, or why there is none. */
kube_status kube_oidc_result(kube_oidc *oidc, kube_grant *grant, kube_error *err);

/*
** New tokens are written back to the kubeconfig when they come; where that failed (somebody holds its
** lock, the disk is full), this tries again, every few seconds at most.
*/
void kube_oidc_save(kube_oidc *oidc);

/* Gives the run up; may be called at any moment. */
void kube_oidc_stop(kube_oidc *oidc);

/* Frees at any moment; NULL is fine. */
void kube_oidc_free(kube_oidc *oidc);

/*
** When a JSON Web Token says that it expires: ms since 1970, 0 where it says nothing. KUBE_EEXEC with
** client-go's words: it is none. Rule: RFC 7519 section 4.1.4; nothing is verified, as in client-go.
*/
kube_status kube_oidc_expiry(const char *token, long long *expires, kube_error *err);

#endif
