/* Files of a credential, read again; the contract is in credential.h. */
#include <string.h>

#include "authorization.h"
#include "core/files.h"
#include "core/text.h"
#include "credential.h"

enum { CEILING = 8 << 20 };

bool kube_credential_has_files(const kube_config *config) {
  return config->token_file || config->ca_file || config->cert_file || config->key_file;
}

/* A pipe gives its bytes once, when it is loaded, and would hold up the engine. */
static kube_status read_again(const char *path, kube_buffer *file) {
  kube_file_kind kind;
  if (kube_file_look(path, true, &kind, NULL) != KUBE_OK || kind != KUBE_FILE_REGULAR)
    return KUBE_ESYSTEM;
  return kube_file_read(path, CEILING, file, NULL);
}

/* ---- the token ---- */

static bool read_token(kube_credential *c) {
  kube_buffer file = {0};
  const char *now = kube_credential_authorization(c);
  char *line = NULL;
  bool changed;
  if (read_again(c->config->token_file, &file) == KUBE_OK)
    kube_bearer_line(kube_buffer_bytes(&file), kube_buffer_length(&file), &line, NULL);
  kube_buffer_clear_secret(&file);
  changed = line && (now == NULL || strcmp(line, now) != 0);
  if (changed)
    kube_credential_set_authorization(c, line);
  else
    kube_secret_free(line);
  return changed;
}

/* ---- trust and certificate ---- */

/* Replaces what is in *part by the file's bytes; one that cannot be read leaves it. */
static void read_part(const char *path, kube_buffer *part) {
  kube_buffer file = {0};
  if (path == NULL) return;
  if (read_again(path, &file) == KUBE_OK && kube_buffer_length(&file)) {
    kube_buffer_clear_secret(part);
    *part = file;
  } else {
    kube_buffer_clear_secret(&file);
  }
}

static bool read_tls(kube_credential *c) {
  const kube_config *config = c->config;
  const kube_tls *now = kube_credential_tls(c);
  kube_tls *tls = kube_tls_share(now, NULL);
  bool changed;
  if (tls == NULL) return false;
  read_part(config->ca_file, &tls->ca);
  read_part(config->cert_file, &tls->cert);
  read_part(config->key_file, &tls->key);
  changed = !kube_buffer_equal(&tls->ca, &now->ca) || !kube_buffer_equal(&tls->cert, &now->cert) ||
            !kube_buffer_equal(&tls->key, &now->key);
  changed = changed && kube_tls_check(tls, "", "", "", NULL) == KUBE_OK;
  if (changed)
    kube_credential_set_tls(c, tls);
  else
    kube_tls_release(tls);
  return changed;
}

bool kube_credential_read_files(kube_credential *c) {
  const kube_config *config = c->config;
  bool changed = config->token_file && read_token(c);
  if (config->ca_file || config->cert_file || config->key_file) changed = read_tls(c) || changed;
  return changed;
}
