/* A client of a server at url, made by a kubeconfig as users have it. */
#ifndef SPEC_SUPPORT_CONNECT_H
#define SPEC_SUPPORT_CONNECT_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../csrc/kube.h"

/* cluster and user: further fields in YAML's flow style ("", ", proxy-url: 'x'"; "token: y"). */
static inline kube_client *connect_as(kube_engine *engine, const char *url, const char *cluster,
                                      const char *user) {
  char path[] = "/tmp/kube_test.XXXXXX";
  const int fd = mkstemp(path);
  FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
  const kube_config_options options = {.kubeconfig = path};
  kube_error err = {0};
  kube_config *config;
  kube_client *client;
  if (file == NULL) abort();
  fprintf(file,
          "current-context: x\n"
          "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
          "clusters: [{name: c, cluster: {server: '%s'%s}}]\n"
          "users: [{name: u, user: {%s}}]\n",
          url, cluster, user);
  fclose(file);
  config = kube_config_load(&options, &err);
  unlink(path);
  client = config ? kube_client_new(engine, config, &err) : NULL;
  kube_config_free(config); /* the client has its own reference */
  if (client) return client;
  fprintf(stderr, "%s\n", err.message);
  abort();
}

#endif
