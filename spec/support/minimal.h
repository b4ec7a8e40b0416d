/* The text of the smallest kubeconfig, for C tests. */
#ifndef SPEC_SUPPORT_MINIMAL_H
#define SPEC_SUPPORT_MINIMAL_H

#include <stdio.h>

/* With one cluster, user and context; the stanzas' bodies in flow style. Valid until the next call. */
static inline const char *minimal(const char *cluster, const char *user) {
  static char text[16384];
  snprintf(text, sizeof text,
           "current-context: ctx\n"
           "contexts: [{name: ctx, context: {cluster: clu, user: usr}}]\n"
           "clusters: [{name: clu, cluster: {%s}}]\n"
           "users: [{name: usr, user: {%s}}]\n",
           cluster, user);
  return text;
}

#endif
