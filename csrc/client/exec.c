/* Exec credential plugins; the contract is in exec.h. */
#include "exec.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authorization.h"
#include "core/json.h"
#include "core/text.h"
#include "core/timestamp.h"

enum {
  PATIENCE = 60 * 1000, /* ms, where the configuration says nothing */
  PATIENCE_WITH_PERSON = 10 * 60 * 1000,
  OUTPUT_CEILING = 4 << 20,
  COMPLAINT = 300 /* bytes of stderr that go into an error */
};

void kube_grant_clear(kube_grant *grant) {
  kube_secret_free(grant->token);
  kube_buffer_clear_secret(&grant->cert);
  kube_buffer_clear_secret(&grant->key);
  memset(grant, 0, sizeof *grant);
}

/* ---- starting ---- */

/* KUBERNETES_EXEC_INFO: what we tell the plugin. */
static kube_status write_info(const kube_exec *exec, bool interactive, kube_buffer *out,
                              kube_error *err) {
  const char *cluster = exec->cluster;
  kube_status status = kube_buffer_printf(
      out, err,
      "KUBERNETES_EXEC_INFO={\"kind\":\"ExecCredential\",\"apiVersion\":\"%s\",\"spec\":{",
      exec->api_version);
  if (status == KUBE_OK && cluster) {
    status = kube_buffer_add_text(out, "\"cluster\":", err);
    if (status == KUBE_OK) status = kube_buffer_add_text(out, cluster, err);
    if (status == KUBE_OK) status = kube_buffer_add_text(out, ",", err);
  }
  if (status == KUBE_OK)
    status = kube_buffer_printf(out, err, "\"interactive\":%s}}", interactive ? "true" : "false");
  return status;
}

static size_t count(char **texts) {
  size_t n = 0;
  while (texts && texts[n]) n++;
  return n;
}

static kube_process *start_with(const kube_exec *exec, const char *info, bool interactive,
                                kube_engine *engine, kube_handle *handle, kube_error *err) {
  const size_t n = count(exec->environment);
  const char **environment = calloc(n + 2, sizeof *environment);
  kube_process_options options = {.command = exec->command,
                                  .arguments = (const char *const *)exec->arguments,
                                  .environment = environment,
                                  .interactive = interactive,
                                  .ceiling = OUTPUT_CEILING};
  kube_process *process;
  if (environment == NULL) {
    kube_fail_memory(err, "a plugin's environment");
    return NULL;
  }
  if (n) memcpy(environment, exec->environment, n * sizeof *environment);
  environment[n] = info; /* last: nobody sets another one */
  process = kube_process_start(engine, handle, &options, err);
  free(environment);
  return process;
}

kube_process *kube_exec_start(const kube_exec *exec, kube_engine *engine, kube_handle *handle,
                              long long *patience, kube_error *err) {
  const bool terminal = isatty(STDIN_FILENO) == 1;
  const bool interactive = terminal && exec->interactive != KUBE_INTERACTIVE_NEVER;
  kube_buffer info = {0};
  kube_process *process = NULL;
  const char *text = NULL;
  if (exec->interactive == KUBE_INTERACTIVE_ALWAYS && !terminal) {
    kube_fail(err, KUBE_EEXEC,
              "exec plugin %s cannot support interactive mode: standard input is not a terminal",
              exec->command);
    return NULL;
  }
  *patience = exec->timeout > 0 ? exec->timeout : interactive ? PATIENCE_WITH_PERSON : PATIENCE;
  if (write_info(exec, interactive, &info, err) == KUBE_OK) text = kube_buffer_text(&info, err);
  if (text) process = start_with(exec, text, interactive, engine, handle, err);
  kube_buffer_clear(&info);
  if (process == NULL && err->status == KUBE_EEXEC && exec->install_hint)
    kube_error_suffix(err, exec->install_hint, strlen(exec->install_hint));
  return process;
}

/* ---- what it wrote ---- */

#define GO_ZERO_TIME (-62135596800000LL) /* 0001-01-01T00:00:00Z: client-go's credsExpired */

/* The text of a member that is a string and not empty, for the caller to free with its secrets. */
static kube_status read_text(kube_slice output, const char *path, char **text, kube_error *err) {
  kube_json found = kube_json_find(output, path);
  *text = NULL;
  if (found.type == KUBE_JSON_NONE || found.type == KUBE_JSON_NULL) return KUBE_OK;
  if (found.type != KUBE_JSON_STRING)
    return kube_fail(err, KUBE_EEXEC, "decoding stdout: %s is not a string", path);
  if (found.length == 0) return KUBE_OK;
  *text = malloc(found.length + 1);
  if (*text == NULL) return kube_fail_memory(err, "a credential");
  kube_json_text(found, *text, found.length + 1);
  return KUBE_OK;
}

static kube_status read_pem(kube_slice output, const char *path, kube_buffer *pem,
                            kube_error *err) {
  char *text;
  kube_status status = read_text(output, path, &text, err);
  if (status == KUBE_OK && text) status = kube_buffer_add_text(pem, text, err);
  kube_secret_free(text);
  return status;
}

/* Both texts short enough to be shown: they are what decides. */
static kube_status check_version(const kube_exec *exec, kube_slice output, kube_error *err) {
  char kind[64] = "", version[128] = "";
  kube_json_text(kube_json_find(output, "kind"), kind, sizeof kind);
  kube_json_text(kube_json_find(output, "apiVersion"), version, sizeof version);
  if (strcmp(kind, "ExecCredential") != 0)
    return kube_fail(err, KUBE_EEXEC, "decoding stdout: it is no ExecCredential");
  if (strcmp(version, exec->api_version) == 0) return KUBE_OK;
  return kube_fail(err, KUBE_EEXEC,
                   "exec plugin is configured to use API version %s, plugin returned version %s",
                   exec->api_version, version);
}

static kube_status read_expiry(kube_slice output, long long *expires, kube_error *err) {
  char *text;
  kube_status status = read_text(output, "status.expirationTimestamp", &text, err);
  *expires = -1;
  if (status == KUBE_OK && text && !kube_timestamp_parse(text, expires))
    status = kube_fail(err, KUBE_EEXEC, "decoding stdout: expirationTimestamp is no RFC 3339 time");
  else if (*expires < 0) /* -1 is never, as is Go's zero time; others before 1970 are long ago */
    *expires = text && *expires != GO_ZERO_TIME ? 0 : -1;
  free(text);
  return status;
}

static kube_status check_grant(const kube_grant *grant, kube_error *err) {
  const bool cert = kube_buffer_length(&grant->cert), key = kube_buffer_length(&grant->key);
  const kube_tls pair = {.cert = grant->cert, .key = grant->key};
  if (cert != key)
    return kube_fail(err, KUBE_EEXEC, "exec plugin returned only certificate or key, not both");
  if (!cert && grant->token == NULL)
    return kube_fail(err, KUBE_EEXEC, "exec plugin didn't return a token or cert/key pair");
  if (!cert) return KUBE_OK;
  if (kube_tls_check(&pair, "", "clientCertificateData", "clientKeyData", err) == KUBE_OK)
    return KUBE_OK;
  kube_error_prefix(err, "failed parsing client key/certificate");
  return err->status == KUBE_ENOMEM ? KUBE_ENOMEM : kube_error_turn(err, KUBE_EEXEC);
}

static kube_status read_status(kube_slice output, kube_grant *grant, kube_error *err) {
  kube_status status = read_text(output, "status.token", &grant->token, err);
  if (status == KUBE_OK)
    status = read_pem(output, "status.clientCertificateData", &grant->cert, err);
  if (status == KUBE_OK) status = read_pem(output, "status.clientKeyData", &grant->key, err);
  if (status == KUBE_OK) status = read_expiry(output, &grant->expires, err);
  return status == KUBE_OK ? check_grant(grant, err) : status;
}

kube_status kube_exec_read(const kube_exec *exec, kube_slice output, kube_grant *grant,
                           kube_error *err) {
  kube_status status;
  if (kube_json_validate(output, NULL) != KUBE_OK)
    return kube_fail(err, KUBE_EEXEC, "decoding stdout: its %zu bytes are not one JSON document",
                     output.length);
  status = check_version(exec, output, err);
  if (status == KUBE_OK && kube_json_find(output, "status").type != KUBE_JSON_OBJECT)
    status = kube_fail(err, KUBE_EEXEC, "exec plugin didn't return a status field");
  if (status == KUBE_OK) status = read_status(output, grant, err);
  if (status != KUBE_OK) kube_grant_clear(grant);
  return status;
}

/* ---- its end ---- */

/* What it said on stderr is the best hint there is. */
static kube_status with_complaint(const kube_process *process, kube_error *err) {
  kube_slice said = kube_process_complaint(process);
  if (said.length > COMPLAINT) {
    said.bytes += said.length - COMPLAINT;
    said.length = COMPLAINT;
  }
  kube_error_suffix(err, said.bytes, said.length);
  return err->status;
}

kube_status kube_exec_fail_late(const kube_exec *exec, const kube_process *process,
                                long long patience, kube_error *err) {
  kube_fail(err, KUBE_EEXEC, "exec: executable %s did not end within %g s (see exec_timeout)",
            exec->command, (double)patience / 1000);
  return with_complaint(process, err);
}

kube_status kube_exec_result(const kube_exec *exec, const kube_process *process, kube_grant *grant,
                             kube_error *err) {
  const int code = kube_process_exit_code(process);
  kube_status status = kube_process_result(process, err);
  if (status == KUBE_AGAIN || status == KUBE_ENOMEM) return status;
  if (status != KUBE_EOF) {
    kube_error_prefix(err, "exec: executable %s", exec->command);
    return kube_error_turn(err, KUBE_EEXEC);
  }
  if (code > 0) {
    kube_fail(err, KUBE_EEXEC, "exec: executable %s failed with exit code %d", exec->command, code);
    return with_complaint(process, err);
  }
  status = kube_exec_read(exec, kube_process_output(process), grant, err);
  if (status == KUBE_OK || status == KUBE_ENOMEM) return status;
  kube_error_prefix(err, "exec: executable %s", exec->command);
  return with_complaint(process, err);
}
