/* What a log may not show; the contract is in redact.h. */
#define _GNU_SOURCE /* memmem */
#include "redact.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- headers ---- */

static const kube_slice MASKED = {"<masked>", 8};

static bool is(kube_slice text, const char *word) {
  return text.length == strlen(word) && strncasecmp(text.bytes, word, text.length) == 0;
}

static bool has(kube_slice text, const char *word) {
  const size_t n = strlen(word);
  size_t i;
  for (i = 0; i + n <= text.length; i++)
    if (strncasecmp(text.bytes + i, word, n) == 0) return true;
  return false;
}

/* A scheme stays, so that one sees which it was; "Basic <masked>". */
static kube_slice mask_authorization(kube_slice value) {
  static const struct {
    const char *scheme, *masked[2]; /* as Go and others write it, and in lower case */
  } schemes[] = {{"bearer", {"Bearer <masked>", "bearer <masked>"}},
                 {"basic", {"Basic <masked>", "basic <masked>"}},
                 {"negotiate", {"Negotiate <masked>", "negotiate <masked>"}}};
  const char *space = value.length ? memchr(value.bytes, ' ', value.length) : NULL;
  kube_slice scheme = value;
  size_t i;
  if (value.length == 0) return value;
  if (space > value.bytes) scheme.length = (size_t)(space - value.bytes);
  for (i = 0; i < sizeof schemes / sizeof *schemes; i++)
    if (is(scheme, schemes[i].scheme)) {
      const char *masked = schemes[i].masked[islower((unsigned char)*value.bytes) != 0];
      if (value.length <= scheme.length + 1) return scheme;
      return (kube_slice){masked, strlen(masked)};
    }
  return MASKED;
}

/* A name and password in the URL of a redirect: its query may be a secret too, and is cut off. */
static kube_slice mask_location(kube_slice url) {
  const char *query = url.length ? memchr(url.bytes, '?', url.length) : NULL;
  if (query) url.length = (size_t)(query - url.bytes) + 1;
  return url.length && memchr(url.bytes, '@', url.length) ? MASKED : url;
}

kube_slice kube_mask_header(kube_slice name, kube_slice value) {
  static const char *const secret[] = {"authorization", "cookie",   "token",  "secret",
                                       "password",      "api-key",  "apikey", "credential",
                                       "private-key",   "signature"};
  size_t i;
  if (is(name, "Authorization")) return mask_authorization(value);
  for (i = 0; i < sizeof secret / sizeof *secret; i++)
    if (has(name, secret[i])) return MASKED;
  if (is(name, "Sec-WebSocket-Protocol") && has(value, "bearer")) return MASKED;
  return is(name, "Location") ? mask_location(value) : value;
}

/* ---- bodies ---- */

bool kube_path_is_secret(const char *path) {
  while (*path && *path != '?') {
    const size_t n = strcspn(path, "/?");
    const kube_slice segment = {path, n};
    if (is(segment, "secrets") || is(segment, "tokenreviews") || is(segment, "token")) return true;
    path += n + (path[n] == '/');
  }
  return false;
}

/* Whether kind ends where the word does, or goes on with "List". */
static bool is_kind(kube_slice text, const char *kind) {
  size_t n = strlen(kind);
  if (text.length < n || memcmp(text.bytes, kind, n) != 0) return false;
  if (text.length >= n + 4 && memcmp(text.bytes + n, "List", 4) == 0) n += 4;
  return text.length == n || !isalnum((unsigned char)text.bytes[n]);
}

static bool is_secret_kind(kube_slice text) {
  return is_kind(text, "Secret") || is_kind(text, "TokenRequest") || is_kind(text, "TokenReview") ||
         is_kind(text, "ExecCredential");
}

/* What stands behind the word: "kind": "Secret", \"kind\":\"Secret\", kind: Secret. */
bool kube_body_is_secret(kube_slice body) {
  const char *const end = body.bytes + body.length;
  const char *at = body.bytes;
  while ((at = memmem(at, (size_t)(end - at), "kind", 4)) != NULL) {
    for (at += 4; at < end && strchr("\\\"': \t\r\n", *at) && *at;) at++;
    if (is_secret_kind((kube_slice){at, (size_t)(end - at)})) return true;
  }
  return false;
}
