/* The auth-provider "oidc"; the contract is in oidc.h. */
#include "oidc.h"

#include <stdlib.h>
#include <string.h>

#include "authorization.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/proxy.h"
#include "core/text.h"
#include "core/transfer.h"
#include "kubeconfig_edit.h"

enum {
  LEEWAY = 10 * 1000, /* ms before its end from which a token counts as expired (expiryDelta) */
  CEILING = 1 << 20,  /* bytes of an answer */
  CA_CEILING = 8 << 20,
  SAVE_EVERY = 5 * 1000 /* ms between two tries to write tokens back */
};

/*
**   IDLE      no run
**   KNOWN     the id-token at hand will do
**   DISCOVER  asks the issuer where tokens are to be had
**   HEADER    asks there, our name and secret in a header
**   FORM      and once more with both in the form: some issuers want them there
*/
typedef enum state { IDLE = 0, KNOWN, DISCOVER, HEADER, FORM } state;

struct kube_oidc {
  const kube_auth_provider *provider;
  const char *user;               /* whose it is in the kubeconfig */
  char *id_token, *refresh_token; /* of now; NULL: none */
  char *kept;                     /* the refresh-token that stands in the kubeconfig; NULL */
  long long save_due;             /* when writing them back is tried again; -1: they are there */
  char *endpoint;                 /* where tokens are to be had; NULL: not asked yet */
  kube_tls tls;
  state state;
  bool reread;         /* in this run the kubeconfig was looked into */
  kube_engine *engine; /* of the run; which outlives it */
  kube_handle *handle;
  kube_peer *peer;
  kube_transfer *transfer;
  kube_buffer form; /* what it sends */
};

/* ---- tokens ---- */

static kube_status malformed(kube_error *err) {
  return kube_fail(err, KUBE_EEXEC, "oidc: the id-token is malformed: it is no JSON Web Token");
}

/* base64url without padding (RFC 7515) is base64 with two other letters. */
static kube_status decode_part(const char *text, size_t n, kube_buffer *out, kube_error *err) {
  kube_buffer plain = {0};
  size_t i;
  kube_status status = kube_buffer_add(&plain, text, n, err);
  for (i = 0; status == KUBE_OK && i < n; i++)
    plain.data[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
  for (; status == KUBE_OK && n % 4; n++) status = kube_buffer_add_char(&plain, '=', err);
  if (status == KUBE_OK)
    status =
        kube_text_base64_decode(out, kube_buffer_bytes(&plain), kube_buffer_length(&plain), err);
  kube_buffer_clear_secret(&plain);
  return status;
}

/* Anything may stand there: what no clock shows becomes the end of time, or long ago (never 0). */
static long long milliseconds(double seconds) {
  const double most = 253402300799; /* the year 9999 */
  return seconds > most    ? (long long)most * 1000
         : seconds > 0.001 ? (long long)(seconds * 1000)
                           : 1;
}

static kube_status read_claims(kube_slice claims, long long *expires, kube_error *err) {
  kube_json exp;
  char text[32];
  if (kube_json_validate(claims, NULL) != KUBE_OK) return malformed(err);
  exp = kube_json_find(claims, "exp");
  if (exp.type != KUBE_JSON_NUMBER) return KUBE_OK;
  kube_json_text(exp, text, sizeof text);
  *expires = milliseconds(strtod(text, NULL));
  return KUBE_OK;
}

kube_status kube_oidc_expiry(const char *token, long long *expires, kube_error *err) {
  const char *payload = strchr(token, '.'), *end = payload ? strchr(payload + 1, '.') : NULL;
  kube_buffer claims = {0};
  kube_status status;
  *expires = 0;
  if (end == NULL || strchr(end + 1, '.')) return malformed(err);
  status = decode_part(payload + 1, (size_t)(end - payload - 1), &claims, err);
  if (status == KUBE_EDECODE) status = malformed(err);
  if (status == KUBE_OK) status = read_claims(kube_buffer_slice(&claims), expires, err);
  kube_buffer_clear_secret(&claims);
  return status;
}

/* ---- life ---- */

static kube_status read_ca(kube_oidc *oidc, kube_error *err) {
  const char *data = kube_auth_provider_field(oidc->provider, "idp-certificate-authority-data");
  const char *file = kube_auth_provider_field(oidc->provider, "idp-certificate-authority");
  kube_status status = KUBE_OK;
  if (data)
    status = kube_text_base64_decode(&oidc->tls.ca, data, strlen(data), err);
  else if (file)
    status = kube_file_read(file, CA_CEILING, &oidc->tls.ca, err);
  if (status == KUBE_OK && (data || file) && kube_buffer_length(&oidc->tls.ca) == 0)
    status = kube_fail(err, KUBE_ECONFIG, "it is empty");
  if (status == KUBE_OK) status = kube_tls_check(&oidc->tls, "it", "", "", err);
  if (status == KUBE_OK || status == KUBE_ENOMEM) return status;
  kube_error_prefix(err, "oidc: idp-certificate-authority");
  return kube_error_turn(err, KUBE_ECONFIG);
}

static kube_status init(kube_oidc *oidc, kube_error *err) {
  const kube_auth_provider *provider = oidc->provider;
  const char *id = kube_auth_provider_field(provider, "id-token"),
             *refresh = kube_auth_provider_field(provider, "refresh-token");
  if (kube_auth_provider_field(provider, "idp-issuer-url") == NULL)
    return kube_fail(err, KUBE_ECONFIG, "oidc: Must provide idp-issuer-url");
  if (kube_auth_provider_field(provider, "client-id") == NULL)
    return kube_fail(err, KUBE_ECONFIG, "oidc: Must provide client-id");
  oidc->id_token = kube_text_copy(id, err);
  oidc->refresh_token = kube_text_copy(refresh, err);
  oidc->kept = kube_text_copy(refresh, err);
  if ((id && !oidc->id_token) || (refresh && (!oidc->refresh_token || !oidc->kept)))
    return KUBE_ENOMEM;
  return read_ca(oidc, err);
}

kube_oidc *kube_oidc_new(const kube_auth_provider *provider, const char *user, kube_error *err) {
  kube_oidc *oidc = calloc(1, sizeof *oidc);
  if (oidc == NULL) {
    kube_fail_memory(err, "an OpenID Connect provider");
    return NULL;
  }
  oidc->provider = provider;
  oidc->user = user;
  oidc->save_due = -1;
  if (init(oidc, err) == KUBE_OK) return oidc;
  kube_oidc_free(oidc);
  return NULL;
}

static void hang_up(kube_oidc *oidc) {
  kube_transfer_free(oidc->transfer);
  kube_peer_free(oidc->peer);
  oidc->transfer = NULL;
  oidc->peer = NULL;
  kube_buffer_clear_secret(&oidc->form);
}

void kube_oidc_stop(kube_oidc *oidc) {
  if (oidc == NULL) return;
  hang_up(oidc);
  oidc->state = IDLE;
}

void kube_oidc_free(kube_oidc *oidc) {
  if (oidc == NULL) return;
  kube_oidc_stop(oidc);
  kube_secret_free(oidc->id_token);
  kube_secret_free(oidc->refresh_token);
  kube_secret_free(oidc->kept);
  free(oidc->endpoint);
  kube_tls_clear(&oidc->tls);
  free(oidc);
}

bool kube_oidc_is_running(const kube_oidc *oidc) { return oidc && oidc->state != IDLE; }

/* ---- asking the issuer ---- */

/* Who is behind a URL: everything up to its path. */
static kube_status find_peer(kube_oidc *oidc, const char *url, kube_error *err) {
  const char *host = strstr(url, "://");
  kube_buffer name = {0};
  const char *text = NULL;
  if (host == NULL || (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0))
    return kube_fail(err, KUBE_ECONFIG, "oidc: \"%s\" is no URL", url);
  host += 3;
  if (kube_buffer_add(&name, url, (size_t)(host - url) + strcspn(host, "/?#"), err) == KUBE_OK)
    text = kube_buffer_text(&name, err);
  if (text)
    oidc->peer = kube_peer_get(&oidc->engine->peers, text, strncmp(url, "https://", 8) != 0, err);
  kube_buffer_clear(&name);
  return oidc->peer ? KUBE_OK : KUBE_ENOMEM;
}

/* The environment's, as client-go: the kubeconfig's is for the cluster. */
static kube_status start_through_proxy(kube_oidc *oidc, kube_transfer_options *options,
                                       kube_error *err) {
  kube_buffer proxy = {0};
  kube_status status = kube_proxy_for(options->url, NULL, &proxy, err);
  if (status == KUBE_OK && kube_buffer_length(&proxy) &&
      (options->proxy = kube_buffer_text(&proxy, err)) == NULL)
    status = KUBE_ENOMEM;
  if (status == KUBE_OK) status = kube_transfer_start(oidc->transfer, options, err);
  kube_buffer_clear_secret(&proxy);
  return status;
}

/* authorization: a header line or NULL; with a form it is a POST. */
static kube_status request(kube_oidc *oidc, const char *url, const char *authorization,
                           kube_error *err) {
  const bool posts = kube_buffer_length(&oidc->form);
  kube_transfer_options options = {.kind = posts ? KUBE_WRITE : KUBE_SHORT,
                                   .method = posts ? "POST" : "GET",
                                   .url = url,
                                   .compression = true};
  kube_status status = find_peer(oidc, url, err);
  if (status != KUBE_OK) return status;
  options.peer = oidc->peer;
  if (strncmp(url, "https://", 8) == 0) options.tls = &oidc->tls;
  if (posts) {
    options.body = kube_buffer_bytes(&oidc->form);
    options.body_length = kube_buffer_length(&oidc->form);
  }
  oidc->transfer = kube_transfer_new(oidc->handle, err);
  if (oidc->transfer == NULL) return KUBE_ENOMEM;
  status = kube_transfer_header(oidc->transfer, "Accept: application/json", err);
  if (status == KUBE_OK && posts)
    status = kube_transfer_header(oidc->transfer, "Content-Type: application/x-www-form-urlencoded",
                                  err);
  if (status == KUBE_OK && authorization)
    status = kube_transfer_header(oidc->transfer, authorization, err);
  return status == KUBE_OK ? start_through_proxy(oidc, &options, err) : status;
}

static kube_status discover(kube_oidc *oidc, kube_error *err) {
  const char *issuer = kube_auth_provider_field(oidc->provider, "idp-issuer-url");
  size_t n = strlen(issuer);
  kube_buffer url = {0};
  kube_status status;
  while (n > 0 && issuer[n - 1] == '/') n--;
  status = kube_buffer_printf(&url, err, "%.*s/.well-known/openid-configuration", (int)n, issuer);
  if (status == KUBE_OK)
    status = kube_buffer_text(&url, err) ? request(oidc, url.data, NULL, err) : KUBE_ENOMEM;
  kube_buffer_clear(&url);
  oidc->state = DISCOVER;
  return status;
}

static kube_status add_field(kube_buffer *form, const char *name, const char *value,
                             kube_error *err) {
  kube_status status =
      kube_buffer_printf(form, err, "%s%s=", kube_buffer_length(form) ? "&" : "", name);
  return status == KUBE_OK ? kube_text_escape(form, value, strlen(value), err) : status;
}

static kube_status write_form(kube_oidc *oidc, bool with_client, kube_error *err) {
  const char *secret = kube_auth_provider_field(oidc->provider, "client-secret");
  kube_buffer *form = &oidc->form;
  kube_status status = add_field(form, "grant_type", "refresh_token", err);
  if (status == KUBE_OK) status = add_field(form, "refresh_token", oidc->refresh_token, err);
  if (status == KUBE_OK && with_client)
    status =
        add_field(form, "client_id", kube_auth_provider_field(oidc->provider, "client-id"), err);
  if (status == KUBE_OK && with_client && secret)
    status = add_field(form, "client_secret", secret, err);
  return status;
}

/* Name and secret are escaped as in a form before they are put together (RFC 6749, 2.3.1). */
static kube_status write_basic(const kube_oidc *oidc, char **line, kube_error *err) {
  const char *id = kube_auth_provider_field(oidc->provider, "client-id");
  const char *secret = kube_auth_provider_field(oidc->provider, "client-secret");
  kube_buffer name = {0}, password = {0};
  kube_status status = kube_text_escape(&name, id, strlen(id), err);
  if (status == KUBE_OK && secret)
    status = kube_text_escape(&password, secret, strlen(secret), err);
  if (status == KUBE_OK && (!kube_buffer_text(&name, err) || !kube_buffer_text(&password, err)))
    status = KUBE_ENOMEM;
  if (status == KUBE_OK)
    status = kube_basic_line(kube_buffer_bytes(&name), kube_buffer_bytes(&password), line, err);
  kube_buffer_clear_secret(&name);
  kube_buffer_clear_secret(&password);
  return status;
}

static kube_status ask_for_token(kube_oidc *oidc, state next, kube_error *err) {
  char *basic = NULL;
  kube_status status = write_form(oidc, next == FORM, err);
  oidc->state = next;
  if (status == KUBE_OK && next == HEADER) status = write_basic(oidc, &basic, err);
  if (status == KUBE_OK) status = request(oidc, oidc->endpoint, basic, err);
  kube_secret_free(basic);
  return status;
}

kube_status kube_oidc_start(kube_oidc *oidc, bool refused, kube_engine *engine, kube_handle *handle,
                            kube_error *err) {
  long long expires = 0;
  kube_status status = KUBE_OK;
  oidc->engine = engine;
  oidc->handle = handle;
  oidc->reread = false;
  if (oidc->id_token) status = kube_oidc_expiry(oidc->id_token, &expires, err);
  if (status != KUBE_OK) return status;
  if (!refused && expires - LEEWAY > kube_clock_wall_ms()) {
    oidc->state = KNOWN;
    kube_handle_wake(handle);
    return KUBE_OK;
  }
  if (oidc->refresh_token == NULL)
    return kube_fail(err, KUBE_EEXEC,
                     "oidc: No valid id-token, and cannot refresh without refresh-token");
  status = oidc->endpoint ? ask_for_token(oidc, HEADER, err) : discover(oidc, err);
  if (status != KUBE_OK) kube_oidc_stop(oidc);
  return status;
}

/* ---- writing back ---- */

/* The refresh-token that stands in the kubeconfig; false where that is another provider's by now. */
static bool read_back(const kube_oidc *oidc, char **refresh) {
  const kube_auth_provider *provider = oidc->provider;
  return provider->file && kube_kubeconfig_get_auth_provider(provider, oidc->user, "refresh-token",
                                                             refresh, NULL) == KUBE_OK;
}

/* Whether there stands what we know: who logged in anew, or refreshed before us, is not overwritten. */
static bool is_ours(const kube_oidc *oidc) {
  char *refresh = NULL;
  const bool ours = read_back(oidc, &refresh) && kube_text_equal(refresh, oidc->kept);
  kube_secret_free(refresh);
  return ours;
}

static void keep(kube_oidc *oidc, const char *refresh) {
  kube_secret_free(oidc->kept);
  oidc->kept = kube_text_copy(refresh, NULL);
}

void kube_oidc_save(kube_oidc *oidc) {
  const char *fields[] = {"id-token", oidc->id_token, "refresh-token", oidc->refresh_token, NULL};
  const long long now = kube_engine_now(oidc->engine);
  if (oidc->save_due < 0 || now < oidc->save_due) return;
  oidc->save_due = -1;
  if (!is_ours(oidc)) return;
  if (kube_kubeconfig_set_auth_provider(oidc->provider->file, oidc->user, fields, NULL) == KUBE_OK)
    keep(oidc, oidc->refresh_token);
  else
    oidc->save_due = now + SAVE_EVERY;
}

/* ---- its answers ---- */

static char *text_at(kube_slice json, const char *path, kube_error *err) {
  kube_json found = kube_json_find(json, path);
  char *text;
  if (found.type != KUBE_JSON_STRING || found.length == 0) return NULL;
  text = malloc(found.length + 1);
  if (text)
    kube_json_text(found, text, found.length + 1);
  else
    kube_fail_memory(err, "a token");
  return text;
}

/* The whole answer: KUBE_AGAIN before it is there. */
static kube_status answer(kube_oidc *oidc, int *code, kube_slice *body, kube_error *err) {
  kube_status status = kube_transfer_result(oidc->transfer, err);
  *code = kube_transfer_code(oidc->transfer);
  *body = kube_transfer_peek(oidc->transfer);
  if (status == KUBE_AGAIN && body->length > CEILING)
    return kube_fail(err, KUBE_ETOOLARGE, "an answer of more than %d bytes", CEILING);
  if (status == KUBE_AGAIN) kube_transfer_more(oidc->transfer);
  return status == KUBE_EOF ? KUBE_OK : status;
}

static kube_status take_metadata(kube_oidc *oidc, kube_error *err) {
  const char *issuer = kube_auth_provider_field(oidc->provider, "idp-issuer-url");
  kube_slice body;
  int code;
  kube_status status = answer(oidc, &code, &body, err);
  if (status == KUBE_AGAIN) return status;
  if (status != KUBE_OK) {
    kube_error_prefix(err, "oidc: failed to query metadata endpoint of %s", issuer);
    return status;
  }
  if (code != 200)
    return kube_fail(err, KUBE_EEXEC,
                     "oidc: failed to query metadata endpoint of %s: HTTP status %d", issuer, code);
  if (kube_json_validate(body, NULL) == KUBE_OK)
    oidc->endpoint = text_at(body, "token_endpoint", err);
  if (oidc->endpoint == NULL)
    return kube_fail(err, KUBE_EEXEC, "oidc: metadata of %s names no token_endpoint", issuer);
  if (strncmp(issuer, "https://", 8) == 0 && strncmp(oidc->endpoint, "https://", 8) != 0) {
    free(oidc->endpoint); /* the refresh-token would go there in the clear */
    oidc->endpoint = NULL;
    return kube_fail(err, KUBE_EEXEC, "oidc: metadata of %s names a token_endpoint without TLS",
                     issuer);
  }
  hang_up(oidc);
  status = ask_for_token(oidc, HEADER, err);
  return status == KUBE_OK ? KUBE_AGAIN : status;
}

/* The issuer's two words on it (RFC 6749, 5.2), never the rest of the body. */
static kube_status refused(kube_oidc *oidc, int code, kube_slice body, kube_error *err) {
  char what[128] = "", why[256] = "";
  if (kube_json_validate(body, NULL) == KUBE_OK) {
    kube_json_text(kube_json_find(body, "error"), what, sizeof what);
    kube_json_text(kube_json_find(body, "error_description"), why, sizeof why);
  }
  kube_fail(err, KUBE_EEXEC,
            "oidc: failed to refresh token: %s: HTTP status %d%s%s (log in to the issuer again)",
            oidc->endpoint, code, *what ? ", " : "", what);
  kube_error_suffix(err, why, strlen(why));
  return KUBE_EEXEC;
}

static kube_status take_tokens(kube_oidc *oidc, kube_slice body, kube_error *err) {
  char *id = NULL, *refresh = NULL;
  if (kube_json_validate(body, NULL) == KUBE_OK) {
    id = text_at(body, "id_token", err);
    refresh = text_at(body, "refresh_token", err);
  }
  if (id == NULL) {
    kube_secret_free(refresh);
    return kube_fail(err, KUBE_EEXEC,
                     "oidc: token response did not contain an id_token, either the scope "
                     "\"openid\" wasn't requested upon login, or the provider doesn't support "
                     "id_tokens as part of the refresh response");
  }
  kube_secret_free(oidc->id_token);
  oidc->id_token = id;
  if (refresh) {
    kube_secret_free(oidc->refresh_token);
    oidc->refresh_token = refresh;
  }
  oidc->save_due = 0;
  kube_oidc_save(oidc);
  return KUBE_OK;
}

static kube_status give(kube_oidc *oidc, kube_grant *grant, kube_error *err) {
  kube_status status = kube_oidc_expiry(oidc->id_token, &grant->expires, err);
  kube_oidc_stop(oidc);
  if (status != KUBE_OK) return status;
  /* below 0 it would never end, which is what one gets that says nothing of it */
  grant->expires = grant->expires == 0 ? -1 : grant->expires > LEEWAY ? grant->expires - LEEWAY : 0;
  grant->token = kube_text_copy(oidc->id_token, err);
  return grant->token ? KUBE_OK : KUBE_ENOMEM;
}

/*
** Another process may have refreshed, with a refresh-token that counts once: its tokens stand in the
** kubeconfig. Whether there is another refresh-token than ours now; then it is ours.
*/
static bool found_newer(kube_oidc *oidc) {
  char *refresh = NULL;
  if (!read_back(oidc, &refresh) || refresh == NULL ||
      kube_text_equal(refresh, oidc->refresh_token)) {
    kube_secret_free(refresh);
    return false;
  }
  keep(oidc, refresh);
  kube_secret_free(oidc->refresh_token);
  oidc->refresh_token = refresh;
  return true;
}

/* Where the issuer may have moved meanwhile is asked for again by the next run. */
static kube_status take_refusal(kube_oidc *oidc, int code, kube_slice body, kube_error *err) {
  kube_status status;
  if (!oidc->reread && found_newer(oidc)) {
    oidc->reread = true;
    hang_up(oidc);
    status = ask_for_token(oidc, HEADER, err);
    return status == KUBE_OK ? KUBE_AGAIN : status;
  }
  refused(oidc, code, body, err);
  free(oidc->endpoint);
  oidc->endpoint = NULL;
  return KUBE_EEXEC;
}

static kube_status take_answer(kube_oidc *oidc, kube_grant *grant, kube_error *err) {
  kube_slice body;
  int code;
  kube_status status = answer(oidc, &code, &body, err);
  if (status == KUBE_AGAIN) return status;
  if (status != KUBE_OK) {
    kube_error_prefix(err, "oidc: failed to refresh token: %s", oidc->endpoint);
    return status;
  }
  if (code != 200 && oidc->state == HEADER) {
    hang_up(oidc);
    status = ask_for_token(oidc, FORM, err);
    return status == KUBE_OK ? KUBE_AGAIN : status;
  }
  if (code != 200) return take_refusal(oidc, code, body, err);
  status = take_tokens(oidc, body, err);
  return status == KUBE_OK ? give(oidc, grant, err) : status;
}

kube_status kube_oidc_result(kube_oidc *oidc, kube_grant *grant, kube_error *err) {
  kube_status status = KUBE_AGAIN;
  switch (oidc->state) {
    case IDLE: return KUBE_AGAIN;
    case KNOWN: return give(oidc, grant, err);
    case DISCOVER: status = take_metadata(oidc, err); break;
    default: status = take_answer(oidc, grant, err); break;
  }
  if (status != KUBE_OK && status != KUBE_AGAIN) kube_oidc_stop(oidc);
  return status;
}
