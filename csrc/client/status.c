/*
** Answers that are no success; the contract is in status.h.
**
** | case                             | client-go                 | here                           |
** | the message of a generic refusal | what HTTP means           | and the URL before it          |
** | a Status without "status"        | passed over               | it fails: HTTP said so already |
** | a Status without reason or code  | has none                  | those of its code, or of HTTP  |
** | a text/html body                 | in the message            | in the Status alone            |
** | a failure in a 2xx answer        | an error of typed reads,  | an error, but in raw bytes     |
** |                                  | passes dynamic and delete |                                |
*/
#include "status.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "generic.h"

enum { SHOWN = 256 /* bytes of a body that is no Status that a message shows */ };

bool kube_is_status(kube_slice text) {
  kube_json kind = kube_json_find(text, "kind");
  return kind.type == KUBE_JSON_STRING && kind.length == 6 && memcmp(kind.bytes, "Status", 6) == 0;
}

bool kube_is_failure(kube_slice text) {
  kube_json status;
  if (!kube_is_status(text) || kube_json_validate(text, NULL) != KUBE_OK) return false;
  status = kube_json_find(text, "status");
  return status.type != KUBE_JSON_STRING || status.length != 7 ||
         memcmp(status.bytes, "Success", 7) != 0;
}

/* Its code, or 0: one that makes no sense is none. */
static int code_of(kube_slice status) {
  int64_t code;
  if (!kube_json_integer(kube_json_find(status, "code"), &code)) return 0;
  return code >= 100 && code < 1000 ? (int)code : 0;
}

/* Fills in what the Status says; odd shapes are passed over. False when it has no message. */
static bool read_status(kube_slice text, kube_error *err) {
  kube_json reason = kube_json_find(text, "reason"), message = kube_json_find(text, "message");
  int64_t number;
  if (reason.type == KUBE_JSON_STRING && reason.length > 0)
    kube_json_text(reason, err->reason, sizeof err->reason);
  if (kube_json_integer(kube_json_find(text, "details.retryAfterSeconds"), &number) && number > 0 &&
      number < KUBE_MOST_RETRY_AFTER)
    err->retry_after = (int)number;
  if (message.type == KUBE_JSON_STRING && message.length > 0 &&
      kube_json_text(message, err->message, sizeof err->message) >= sizeof err->message)
    kube_error_mark_cut(err);
  kube_error_tame(err);
  return message.type == KUBE_JSON_STRING && message.length > 0;
}

kube_status kube_status_fail(kube_slice status, kube_error *err) {
  kube_error local;
  kube_generic generic = kube_generic_of(code_of(status), "GET");
  if (err == NULL) err = &local;
  kube_fail(err, KUBE_EAPI, "%s", generic.words);
  snprintf(err->reason, sizeof err->reason, "%s", generic.reason);
  err->code = generic.code;
  read_status(status, err);
  return KUBE_EAPI;
}

/*
** A text/plain answer ("404 page not found"), or one that does not say what it is, is meant to be
** read: its first line is shown.
*/
static void show_text(const kube_refusal *r, kube_error *err) {
  char shown[SHOWN];
  size_t i, n = r->body.length < SHOWN - 1 ? r->body.length : SHOWN - 1;
  for (i = 0; i < n && r->body.bytes[i] != '\n'; i++)
    shown[i] = isprint((unsigned char)r->body.bytes[i]) ? r->body.bytes[i] : '?';
  if (i == 0) return;
  shown[i] = '\0';
  i = strlen(err->message);
  snprintf(err->message + i, sizeof err->message - i, ": \"%s\"", shown);
}

static void fail_by_code(const kube_refusal *r, int code, kube_error *err) {
  const kube_generic generic = kube_generic_of(code, r->method);
  kube_fail(err, KUBE_EAPI, "%s %s: %d %s", r->method, r->where, code, generic.words);
  snprintf(err->reason, sizeof err->reason, "%s", generic.reason);
  err->code = code;
}

/* The server says only "Unauthorized": say who was refused, and where. */
static void say_who(const kube_refusal *r, bool told, kube_error *err) {
  if (r->code != 401) return;
  if (r->who == NULL)
    kube_error_prefix(err, "%s %s: no credentials are sent to another host", r->method, r->where);
  else if (told)
    kube_error_prefix(err, "%s %s: the server does not accept the credentials of user \"%s\"",
                      r->method, r->where, r->who);
}

kube_status kube_refusal_fail(const kube_refusal *r, kube_error *err) {
  const bool failure = kube_is_failure(r->body);
  const int code = failure ? code_of(r->body) : 0;
  kube_error local;
  bool told = false;
  if (err == NULL) err = &local;
  fail_by_code(r, code ? code : r->code, err);
  if (failure)
    told = read_status(r->body, err);
  else if (r->content_type == NULL || strncmp(r->content_type, "text/plain", 10) == 0)
    show_text(r, err);
  if (err->retry_after == 0) err->retry_after = kube_retry_after_of(r->retry_after);
  say_who(r, told, err);
  return KUBE_EAPI;
}

kube_status kube_refusal_status(const kube_refusal *r, kube_buffer *out, kube_error *err) {
  kube_status status;
  kube_buffer_reset(out);
  if (kube_is_failure(r->body)) return kube_buffer_add(out, r->body.bytes, r->body.length, err);
  status = kube_generic_write(r, out, err);
  if (status != KUBE_OK) kube_buffer_reset(out);
  return status;
}
