/* The header that says who we are. */
#ifndef KUBE_CLIENT_AUTHORIZATION_H
#define KUBE_CLIENT_AUTHORIZATION_H

#include "core/buffer.h"

/*
** "Authorization: Bearer <token>", without the white space around the token, for the caller to free
** with kube_secret_free. KUBE_ECONFIG: it is empty, or would end its line.
*/
kube_status kube_bearer_line(const char *token, size_t n, char **line, kube_error *err);

/*
** "Authorization: Basic <base64 of name:password>", for kube_secret_free. Rule: RFC 7617 section 2.
*/
kube_status kube_basic_line(const char *name, const char *password, char **line, kube_error *err);

/* Wipes and frees a text, and all of a list that ends in NULL; NULL is fine. */
void kube_secret_free(char *text);
void kube_secrets_free(char **texts);

#endif
