/*
** Credentials where memory runs out: each job fails at its first allocation, at the second, ... until
** it needs no more. Never a crash or a leak, and whoever asked is told, or has what he asked for.
*/
#include <curl/curl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "client/client.h"
#include "descriptors.h"
#include "identity.h"
#include "own_files.h"
#include "scarce_jobs.h"
#include "server.h"

enum { PATIENCE = 20000 };

#define TOKEN  "SECRETMARK"
#define BEARER "Authorization: Bearer " TOKEN
/* Its payload says {"exp":4102444800}, which is in 2100. */
#define ID_TOKEN "a.eyJleHAiOjQxMDI0NDQ4MDB9.SECRETMARK"

static char url[64];
static identity one, two;

/* ---- the issuer ---- */

static void answer(server_connection *c, void *arg) {
  char text[256];
  (void)arg;
  if (strcmp(c->method, "GET") == 0) {
    snprintf(text, sizeof text, "{\"token_endpoint\":\"%s/token\"}", url);
    server_json(c, text);
  } else {
    server_json(c, "{\"id_token\":\"" ID_TOKEN "\",\"refresh_token\":\"next-" TOKEN "\"}");
  }
}

/* ---- files ---- */

static void write_config(const char *name, const char *user) {
  char text[4096];
  snprintf(text, sizeof text,
           "current-context: x\n"
           "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
           "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:9', "
           "certificate-authority: ca.crt}}]\n"
           "users: [{name: u, user: {%s}}]\n",
           user);
  write_file(name, text);
}

static void write_files(void) {
  char user[512];
  make_identity(&one);
  make_identity(&two);
  write_file("ca.crt", one.cert);
  write_file("id.crt", one.cert);
  write_file("id.key", one.key);
  write_file("token", TOKEN "\n");
  write_file("plugin", "#!/bin/sh\necho '{\"apiVersion\":\"client.authentication.k8s.io/v1\","
                       "\"kind\":\"ExecCredential\",\"status\":{\"token\":\"" TOKEN "\"}}'\n");
  chmod(path_of("plugin"), 0700);
  write_config("exec", "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, "
                       "interactiveMode: Never, provideClusterInfo: true}");
  write_config("files", "tokenFile: token, client-certificate: id.crt, client-key: id.key");
  snprintf(user, sizeof user,
           "auth-provider: {name: oidc, config: {idp-issuer-url: '%s', client-id: me, "
           "client-secret: SECRETMARK, refresh-token: SECRETMARK}}",
           url);
  write_config("oidc", user);
}

/* ---- asking ---- */

/* A call as the credential sees it. */
typedef struct asker {
  kube_engine *engine;
  kube_config *config;
  kube_credential *credential;
  kube_handle handle;
  kube_credential_user user;
} asker;

static kube_status begin(asker *a, const char *name, kube_error *err) {
  const kube_config_options options = {.kubeconfig = path_of(name)};
  memset(a, 0, sizeof *a);
  a->config = kube_config_load(&options, err);
  if (a->config) a->engine = kube_engine_new(err);
  if (a->engine) a->credential = kube_credential_get(a->engine, a->config, err);
  if (a->credential) kube_handle_init(&a->handle, a->engine, NULL);
  return a->credential ? KUBE_OK : err->status;
}

static void end(asker *a) {
  kube_credential_leave(&a->user);
  kube_handle_clear(&a->handle);
  kube_credential_release(a->credential);
  kube_engine_free(a->engine);
  kube_config_free(a->config);
}

static kube_status ask(asker *a, kube_error *err) {
  const long long until = kube_engine_now(a->engine) + PATIENCE;
  for (;;) {
    kube_status status;
    kube_error_clear(err);
    kube_handle_rest(&a->handle);
    status = kube_credential_ask(a->credential, &a->user, &a->handle, err);
    if (status != KUBE_AGAIN || !CHECK(kube_engine_now(a->engine) < until)) return status;
    status = kube_engine_wait(a->engine, 1000, err);
    if (status != KUBE_OK && status != KUBE_AGAIN) return status;
  }
}

/* ---- the jobs ---- */

static kube_status get_token(const char *name, const char *line, kube_error *err) {
  asker a;
  kube_status status = begin(&a, name, err);
  if (status == KUBE_OK) status = ask(&a, err);
  if (status == KUBE_OK) CHECK_STRING(kube_credential_authorization(a.credential), line);
  end(&a);
  return status;
}

static kube_status run_plugin(kube_error *err) { return get_token("exec", BEARER, err); }

static kube_status refresh(kube_error *err) {
  return get_token("oidc", "Authorization: Bearer " ID_TOKEN, err);
}

/* A failure to read a file again is no failure: what was read before holds. */
static kube_status read_again(kube_error *err) {
  asker a;
  kube_status status;
  write_file("id.crt", one.cert);
  write_file("id.key", one.key);
  status = begin(&a, "files", err);
  if (status == KUBE_OK) status = ask(&a, err);
  if (status == KUBE_OK) {
    const kube_tls *tls;
    write_file("id.crt", two.cert);
    write_file("id.key", two.key);
    kube_engine_advance(a.engine, 61000);
    status = ask(&a, err);
    CHECK_STRING(kube_credential_authorization(a.credential), BEARER);
    tls = kube_credential_tls(a.credential);
    CHECK(kube_tls_check(tls, "ca", "cert", "key", NULL) == KUBE_OK || scarce_failed);
    if (status == KUBE_OK && !scarce_failed)
      CHECK_TEXT(kube_buffer_bytes(&tls->cert), kube_buffer_length(&tls->cert), two.cert);
  }
  end(&a);
  return status;
}

/* Two clients of one user share what a plugin gave, also after the first has gone. */
static kube_status share(kube_error *err) {
  asker a, b = {0};
  kube_status status = begin(&a, "exec", err);
  if (status == KUBE_OK) status = ask(&a, err);
  if (status == KUBE_OK) {
    b.engine = kube_engine_retain(a.engine);
    b.config = kube_config_retain(a.config);
  }
  if (a.credential) {
    kube_credential_leave(&a.user);
    kube_credential_release(a.credential);
    a.credential = NULL;
  }
  if (status == KUBE_OK && (b.credential = kube_credential_get(b.engine, b.config, err)) == NULL)
    status = err->status;
  if (status == KUBE_OK) {
    kube_handle_init(&b.handle, b.engine, NULL);
    status = kube_credential_ask(b.credential, &b.user, &b.handle, err);
    CHECK(status != KUBE_AGAIN);
  }
  end(&b);
  end(&a);
  return status;
}

/* ---- all together ---- */

static const scarce_job jobs[] = {
    {"run_plugin", run_plugin}, {"refresh", refresh}, {"read_again", read_again}, {"share", share}};

static void told(kube_status status, const kube_error *err) {
  if (!CHECK(status == KUBE_ENOMEM || status == KUBE_ENETWORK || status == KUBE_ECONNECT ||
             status == KUBE_EEXEC))
    printf("  status %d: %s\n", (int)status, err->message);
  CHECK(err->status == status && err->message[0]);
  CHECK(strstr(err->message, TOKEN) == NULL);
}

static void memory_runs_out(void) { scarce_do(jobs, sizeof jobs / sizeof *jobs, told); }

int main(void) {
  server s;
  int before;
  scarce_begin_json();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  files_begin();
  server_start(&s, answer, NULL);
  snprintf(url, sizeof url, "%s", s.url);
  write_files();
  before = descriptors();
  RUN(memory_runs_out);
  CHECK(descriptors_become(before));
  server_stop(&s);
  CHECK(files_end());
  return check_report();
}
