/*
** A directory with kubeconfigs, certificates and a token for C tests: begin makes it, end removes it,
** and no variable of the environment says where else to look.
*/
#ifndef SPEC_SUPPORT_KUBECONFIG_H
#define SPEC_SUPPORT_KUBECONFIG_H

#include <sys/stat.h>
#include <unistd.h>

#include "../../csrc/client/config.h"
#include "../../csrc/core/text.h"
#include "check.h"
#include "identity.h"
#include "minimal.h"
#include "own_files.h"

static identity one, two;

static inline const char *kubeconfig(const char *cluster, const char *user) {
  return write_file("kubeconfig", minimal(cluster, user));
}

#define SERVER "server: 'https://h:6443'"
#define EXEC   "apiVersion: client.authentication.k8s.io/v1, command: /bin/example"

static inline kube_config *load(const kube_config_options *options) {
  kube_error err = {0};
  kube_config *config = kube_config_load(options, &err);
  if (CHECK(config != NULL)) return config;
  printf("  %s\n", err.message);
  exit(check_report());
}

static inline kube_config *load_user(const char *user) {
  const kube_config_options options = {.kubeconfig = kubeconfig(SERVER, user)};
  check_about = user;
  return load(&options);
}

static inline void same(const char *have, const char *want) {
  CHECK_STRING(have ? have : "(null)", want ? want : "(null)");
}

static inline const char *data_of(const char *field, const char *text) {
  static char out[4][4096];
  static int turn;
  char *to = out[turn++ % 4];
  kube_buffer data = {0};
  kube_text_base64_encode(&data, text, strlen(text), NULL);
  snprintf(to, sizeof out[0], "%s-data: %s", field, kube_buffer_text(&data, NULL));
  kube_buffer_clear(&data);
  return to;
}

/* Fails with each of the words (up to three), and no secret. */
static inline void refuses(const kube_config_options *options, const char *const words[3]) {
  kube_error err = {0};
  kube_config *config = kube_config_load(options, &err);
  CHECK(config == NULL && err.status == KUBE_ECONFIG);
  for (int i = 0; i < 3 && words[i]; i++)
    if (!CHECK(strstr(err.message, words[i]) != NULL))
      printf("  want: %s\n  have: %s\n", words[i], err.message);
  if (!CHECK(strstr(err.message, "SECRETMARK") == NULL)) printf("  have: %s\n", err.message);
  kube_config_free(config);
}

static inline void kubeconfig_end(void) { CHECK(files_end()); }

static inline void kubeconfig_begin(void) {
  static const char *const variables[] = {
      "KUBECONFIG",        "HOME",         "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT",
      "KUBERNETES_MASTER", "POD_NAMESPACE"};
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) unsetenv(variables[i]);
  files_begin();
  make_identity(&one);
  make_identity(&two);
  write_file("one.crt", one.cert);
  write_file("one.key", one.key);
  write_file("two.crt", two.cert);
  write_file("two.key", two.key);
  write_file("token", "from-a-file\n");
}

#endif
