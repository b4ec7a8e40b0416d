/* Who we are, now; the contract is in credential.h. */
#include "credential.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "authorization.h"
#include "core/clock.h"
#include "core/text.h"
#include "exec.h"

enum {
  FILES_EVERY = 60 * 1000, /* ms; client-go reads a token again each minute */
  EARLY = 60 * 1000,       /* so long before its end something is renewed, or a tenth of its life */
  PAUSE = 5 * 1000         /* until it is tried again, where the old one still holds */
};

/* ---- which one ---- */

/* All of an engine, kept by it. */
typedef struct credentials {
  kube_keepsake keepsake;
  kube_credential *first;
} credentials;

static bool same_texts(char **a, char **b) {
  size_t i = 0;
  if (a == NULL || b == NULL) return a == b;
  while (a[i] && b[i] && strcmp(a[i], b[i]) == 0) i++;
  return a[i] == b[i];
}

static bool same_exec(const kube_exec *a, const kube_exec *b) {
  return kube_text_equal(a->command, b->command) && same_texts(a->arguments, b->arguments) &&
         same_texts(a->environment, b->environment) &&
         kube_text_equal(a->api_version, b->api_version) &&
         kube_text_equal(a->cluster, b->cluster) && a->interactive == b->interactive &&
         a->timeout == b->timeout;
}

static bool same_provider(const kube_auth_provider *a, const kube_auth_provider *b) {
  return kube_text_equal(a->name, b->name) && same_texts(a->fields, b->fields) &&
         kube_text_equal(a->file, b->file);
}

static bool same_trust(const kube_tls *a, const kube_tls *b) {
  return a->insecure == b->insecure && kube_buffer_equal(&a->ca, &b->ca) &&
         kube_buffer_equal(&a->cert, &b->cert) && kube_buffer_equal(&a->key, &b->key);
}

/* The same user of the same cluster, come to be known in the same way. */
static bool is_same(const kube_config *a, const kube_config *b) {
  return a == b ||
         (kube_text_equal(a->server, b->server) && kube_text_equal(a->user, b->user) &&
          kube_text_equal(a->authorization, b->authorization) &&
          kube_text_equal(a->token_file, b->token_file) && same_exec(&a->exec, &b->exec) &&
          same_provider(&a->auth_provider, &b->auth_provider) &&
          kube_text_equal(a->ca_file, b->ca_file) && kube_text_equal(a->cert_file, b->cert_file) &&
          kube_text_equal(a->key_file, b->key_file) && same_trust(&a->tls, &b->tls));
}

/* ---- life ---- */

static void stop(kube_credential *c) {
  kube_process_free(c->process);
  kube_oidc_stop(c->oidc);
  c->process = NULL;
  c->killed = false;
  c->late = -1;
}

static void destroy(kube_credential *c) {
  if (c == NULL) return;
  stop(c);
  kube_oidc_free(c->oidc);
  kube_handle_clear(&c->handle);
  kube_secret_free(c->authorization);
  kube_tls_release(c->tls);
  kube_config_free(c->config);
  free(c);
}

static void free_all(kube_keepsake *keepsake) {
  credentials *all = (credentials *)keepsake;
  while (all->first) {
    kube_credential *c = all->first;
    all->first = c->next;
    destroy(c);
  }
  free(all);
}

static credentials *all_of(kube_engine *engine, kube_error *err) {
  credentials *all;
  if (engine->credentials) return (credentials *)engine->credentials;
  all = calloc(1, sizeof *all);
  if (all == NULL) {
    kube_fail_memory(err, "credentials");
    return NULL;
  }
  all->keepsake.free = free_all;
  engine->credentials = &all->keepsake;
  return all;
}

/* Where nobody waits any more, nobody looks: a plugin whose time is over is killed by its timer. */
static void kill_late(kube_credential *c) {
  if (c->process == NULL || kube_engine_now(c->engine) < c->late) return;
  if (kube_process_result(c->process, NULL) != KUBE_AGAIN) return;
  c->killed = true;
  kube_process_kill(c->process);
}

/* The handle moved: so did whoever waits. Only noted: this may run inside a step. */
static void on_moved(kube_handle *handle) {
  kube_credential *c = (kube_credential *)((char *)handle - offsetof(kube_credential, handle));
  kube_credential_user *user;
  kill_late(c);
  for (user = c->users.next; user != &c->users; user = user->next) kube_handle_wake(user->handle);
}

static kube_credential *make(kube_engine *engine, kube_config *config, kube_error *err) {
  kube_credential *c = calloc(1, sizeof *c);
  if (c == NULL) {
    kube_fail_memory(err, "a credential");
    return NULL;
  }
  c->engine = engine;
  c->config = kube_config_retain(config);
  c->users.next = c->users.previous = &c->users;
  c->generation = c->trust = 1;
  c->late = c->expires = c->renew_at = c->files_due = -1;
  if (kube_credential_has_files(config) && kube_config_is_tls(config))
    /* a token file goes before a token from the first request on, where it can be read (client-go
    ** transport.NewBearerAuthWithRefreshRoundTripper) */
    c->files_due = kube_engine_now(engine) + (config->token_file ? 0 : FILES_EVERY);
  return c;
}

/* What nobody uses and has expired is worth nothing, but to who takes tokens out of memory. */
static void drop_expired(credentials *all, long long now) {
  kube_credential **at = &all->first, *c;
  while ((c = *at) != NULL) {
    if (c->clients > 0 || c->config->exec.command == NULL || c->expires < 0 || now < c->expires) {
      at = &c->next;
      continue;
    }
    *at = c->next;
    destroy(c);
  }
}

kube_credential *kube_credential_get(kube_engine *engine, kube_config *config, kube_error *err) {
  credentials *all = all_of(engine, err);
  kube_credential *c;
  if (all == NULL) return NULL;
  drop_expired(all, kube_engine_now(engine));
  c = all->first;
  while (c && !is_same(c->config, config)) c = c->next;
  if (c == NULL) {
    c = make(engine, config, err);
    if (c == NULL) return NULL;
    c->next = all->first;
    all->first = c;
  }
  if (c->clients++ == 0) kube_handle_init_relay(&c->handle, engine, on_moved);
  return c;
}

/* What a plugin gave is worth keeping for whoever comes next: it may have cost seconds, or a person. */
void kube_credential_release(kube_credential *c) {
  credentials *all;
  kube_credential **at;
  if (c == NULL || --c->clients > 0) return;
  stop(c);
  kube_handle_clear(&c->handle);
  if (c->granted && !c->stale) return;
  all = (credentials *)c->engine->credentials;
  for (at = &all->first; *at != c;) at = &(*at)->next;
  *at = c->next;
  destroy(c);
}

/* ---- what it is now ---- */

const char *kube_credential_authorization(const kube_credential *c) {
  return c->authorization ? c->authorization : c->config->authorization;
}

kube_tls *kube_credential_tls(const kube_credential *c) {
  return c->tls ? c->tls : &c->config->tls;
}

void kube_credential_set_authorization(kube_credential *c, char *line) {
  kube_secret_free(c->authorization);
  c->authorization = line;
  c->generation++;
}

void kube_credential_set_tls(kube_credential *c, kube_tls *tls) {
  kube_tls_release(c->tls);
  c->tls = tls;
  c->generation++;
  c->trust++;
  on_moved(&c->handle);
}

/* ---- what a plugin or a provider gave ---- */

/* A token or a password that the configuration holds goes first (upstream: HasTokenAuth). */
static bool has_source(const kube_config *config) {
  return (config->exec.command || config->auth_provider.name) && config->authorization == NULL &&
         config->token_file == NULL && kube_config_is_tls(config);
}

static kube_status take_token(kube_credential *c, const kube_grant *grant, kube_error *err) {
  char *line = NULL;
  kube_status status = KUBE_OK;
  if (grant->token) status = kube_bearer_line(grant->token, strlen(grant->token), &line, err);
  if (status != KUBE_OK) return status == KUBE_ENOMEM ? status : kube_error_turn(err, KUBE_EEXEC);
  if (kube_text_equal(line, c->authorization))
    kube_secret_free(line);
  else
    kube_credential_set_authorization(c, line);
  return KUBE_OK;
}

/*
** The configuration's own goes first (client-go transport.go tlsConfigFor). One that is not given any
** more is not shown any more: it would say somebody else than the token that came instead.
*/
static kube_status take_certificate(kube_credential *c, kube_grant *grant, kube_error *err) {
  const kube_tls *now = kube_credential_tls(c);
  kube_tls *tls;
  if (kube_buffer_length(&c->config->tls.cert) ||
      (kube_buffer_equal(&grant->cert, &now->cert) && kube_buffer_equal(&grant->key, &now->key)))
    return KUBE_OK;
  tls = kube_tls_share(now, err);
  if (tls == NULL) return KUBE_ENOMEM;
  kube_buffer_clear(&tls->cert);
  kube_buffer_clear_secret(&tls->key);
  tls->cert = grant->cert;
  tls->key = grant->key;
  memset(&grant->cert, 0, sizeof grant->cert);
  memset(&grant->key, 0, sizeof grant->key);
  kube_credential_set_tls(c, tls);
  return KUBE_OK;
}

/* The time of day at which it ends, on the engine's clock. */
static void note_end(kube_credential *c, long long expires) {
  const long long now = kube_engine_now(c->engine);
  long long life, early;
  c->expires = c->renew_at = -1;
  if (expires < 0) return;
  life = expires - kube_clock_wall_ms();
  if (life < 0) life = 0;
  early = life / 10 < EARLY ? life / 10 : EARLY;
  c->expires = now + life;
  c->renew_at = c->expires - early;
}

static kube_status take(kube_credential *c, kube_grant *grant, kube_error *err) {
  kube_status status = take_token(c, grant, err);
  if (status == KUBE_OK) status = take_certificate(c, grant, err);
  if (status != KUBE_OK) return status;
  note_end(c, grant->expires);
  c->granted = true;
  c->stale = false;
  return KUBE_OK;
}

/* ---- runs ---- */

enum { OIDC_PATIENCE = 60 * 1000 /* ms */ };

static bool is_running(const kube_credential *c) {
  return c->process || kube_oidc_is_running(c->oidc);
}

static kube_status start_exec(kube_credential *c, kube_error *err) {
  c->process = kube_exec_start(&c->config->exec, c->engine, &c->handle, &c->patience, err);
  return c->process ? KUBE_OK : err->status;
}

static kube_status start_oidc(kube_credential *c, kube_error *err) {
  if (c->oidc == NULL) c->oidc = kube_oidc_new(&c->config->auth_provider, c->config->user, err);
  if (c->oidc == NULL) return err->status;
  c->patience = OIDC_PATIENCE;
  return kube_oidc_start(c->oidc, c->granted, c->engine, &c->handle, err);
}

static kube_status start(kube_credential *c, kube_error *err) {
  kube_status status = c->config->exec.command ? start_exec(c, err) : start_oidc(c, err);
  if (status != KUBE_OK) return status;
  c->late = kube_engine_now(c->engine) + c->patience;
  c->run++;
  return KUBE_OK;
}

static kube_status result_in_time(kube_credential *c, kube_grant *grant, kube_error *err) {
  if (c->killed) return KUBE_AGAIN; /* how it ended then is not its own doing */
  return c->process ? kube_exec_result(&c->config->exec, c->process, grant, err)
                    : kube_oidc_result(c->oidc, grant, err);
}

static kube_status result(kube_credential *c, kube_grant *grant, kube_error *err) {
  kube_status status = result_in_time(c, grant, err);
  if (status != KUBE_AGAIN || kube_engine_now(c->engine) < c->late) return status;
  if (c->process) return kube_exec_fail_late(&c->config->exec, c->process, c->patience, err);
  return kube_fail(err, KUBE_ETIMEOUT, "oidc: the issuer did not answer within %lld s",
                   c->patience / 1000);
}

/* A run that is over: what it gave, or why it gave nothing, is noted, and all who wait look again. */
static void look(kube_credential *c) {
  kube_grant grant = {.expires = -1};
  kube_error err = {0};
  kube_status status;
  if (!is_running(c)) return;
  status = result(c, &grant, &err);
  if (status == KUBE_AGAIN) return;
  if (status == KUBE_OK) status = take(c, &grant, &err);
  if (status == KUBE_OK) {
    c->good_run = c->run;
  } else {
    c->failed_run = c->run;
    c->failure = err;
    c->renew_at = kube_engine_now(c->engine) + PAUSE;
  }
  kube_grant_clear(&grant);
  stop(c);
  on_moved(&c->handle);
}

static bool is_good(const kube_credential *c, long long now) {
  return c->granted && !c->stale && (c->expires < 0 || now < c->expires);
}

/* ---- asking ---- */

static kube_status set_timer(kube_credential *c, kube_error *err) {
  const long long due = kube_clock_earlier(c->files_due, c->late);
  return due < 0 ? KUBE_OK : kube_handle_set_due(&c->handle, due, err);
}

static void join(kube_credential *c, kube_credential_user *user, kube_handle *handle) {
  user->handle = handle;
  if (user->next) return;
  user->next = &c->users;
  user->previous = c->users.previous;
  user->previous->next = user;
  c->users.previous = user;
}

void kube_credential_leave(kube_credential_user *user) {
  if (user->next) {
    user->previous->next = user->next;
    user->next->previous = user->previous;
  }
  memset(user, 0, sizeof *user);
}

static void tend_files(kube_credential *c) {
  const long long now = kube_engine_now(c->engine);
  if (c->files_due < 0 || now < c->files_due) return;
  c->files_due = now + FILES_EVERY;
  kube_credential_read_files(c);
}

/* Waits for the run that is under way, or for a new one. */
static kube_status wait_for_run(kube_credential *c, kube_credential_user *user, kube_error *err) {
  kube_status status = KUBE_OK;
  if (user->run && user->run <= c->failed_run) {
    user->run = 0;
    *err = c->failure;
    return err->status;
  }
  if (!is_running(c)) status = start(c, err);
  if (status != KUBE_OK) return status;
  user->run = c->run;
  return KUBE_AGAIN;
}

/*
** Clocks differ, and so what is given may have expired as it comes: the server is to judge. To run again
** would be to run for ever.
*/
static bool got_what_it_waited_for(const kube_credential *c, const kube_credential_user *user) {
  return user->run && user->run <= c->good_run && !c->stale;
}

static kube_status ask_source(kube_credential *c, kube_credential_user *user, kube_error *err) {
  const long long now = kube_engine_now(c->engine);
  kube_error unused = {0};
  if (c->oidc) kube_oidc_save(c->oidc);
  look(c);
  if (!is_good(c, now)) {
    if (!got_what_it_waited_for(c, user)) return wait_for_run(c, user, err);
    user->run = 0;
    return KUBE_OK;
  }
  user->run = 0;
  if (c->renew_at < 0 || now < c->renew_at || is_running(c)) return KUBE_OK;
  if (start(c, &unused) != KUBE_OK) c->renew_at = now + PAUSE;
  return KUBE_OK;
}

kube_status kube_credential_ask(kube_credential *c, kube_credential_user *user, kube_handle *handle,
                                kube_error *err) {
  kube_status status = KUBE_OK;
  const bool source = has_source(c->config);
  if (!source && c->files_due < 0) return KUBE_OK; /* nothing ever changes */
  join(c, user, handle);
  tend_files(c);
  if (source) status = ask_source(c, user, err);
  if (status == KUBE_OK) {
    user->sent_as = c->generation;
    user->trusted = c->trust;
  }
  if (status == KUBE_OK || status == KUBE_AGAIN) {
    kube_status set = set_timer(c, err);
    return set == KUBE_OK ? status : set;
  }
  return status;
}

bool kube_credential_can_change(const kube_credential_user *user) { return user->next != NULL; }

bool kube_credential_refused(kube_credential *c, const kube_credential_user *user) {
  if (!kube_credential_can_change(user)) return false;
  if (user->sent_as != c->generation) return true;
  if (has_source(c->config)) return c->stale = true;
  return kube_credential_read_files(c);
}

bool kube_credential_is_outdated(kube_credential *c, const kube_credential_user *user) {
  if (!kube_credential_can_change(user)) return false;
  look(c); /* who asked for the run may be gone, and its timer, once over, would be set for ever */
  tend_files(c);
  set_timer(c, NULL);
  return user->trusted != c->trust;
}
