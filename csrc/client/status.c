/* Answers that are no success; the contract is in status.h. */
#include "status.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  SHOWN = 256,              /* bytes of a body that is no Status that a message shows */
  MAX_RETRY_AFTER = 1 << 30 /* seconds; more is no answer */
};

bool kube_is_status(kube_slice text) {
  kube_json kind = kube_json_find(text, "kind");
  return kind.type == KUBE_JSON_STRING && kind.length == 6 && memcmp(kind.bytes, "Status", 6) == 0;
}

/* The reason and the words that belong to a code alone (api/errors NewGenericServerResponse). */
static const struct generic {
  int code;
  const char *reason, *words;
} generics[] = {
    {400, "BadRequest", "the server rejected our request for an unknown reason"},
    {401, "Unauthorized", "the server has asked for the client to provide credentials"},
    {403, "Forbidden", "forbidden"},
    {404, "NotFound", "the server could not find the requested resource"},
    {405, "MethodNotAllowed", "the server does not allow this method on the requested resource"},
    {406, "NotAcceptable",
     "the server was unable to respond with a content type that the client supports"},
    {409, "Conflict", "the server reported a conflict"},
    {410, "Gone", "what was asked for is gone"},
    {413, "RequestEntityTooLarge", "the request is too large for the server"},
    {415, "UnsupportedMediaType", "the server does not take this media type"},
    {422, "Invalid", "the server rejected our request due to an error in our request"},
    {429, "TooManyRequests",
     "the server has received too many requests and has asked us to try again later"},
    {503, "ServiceUnavailable", "the server is currently unable to handle the request"},
    {504, "Timeout", "the server was unable to return a response in the time allotted"},
};

static struct generic generic_of(int code) {
  size_t i;
  for (i = 0; i < sizeof generics / sizeof *generics; i++)
    if (generics[i].code == code) return generics[i];
  if (code >= 500)
    return (struct generic){code, "InternalError",
                            "an error on the server has prevented the request from succeeding"};
  return (struct generic){code, "Unknown",
                          "the server responded with a status code we did not expect"};
}

/* Fills in what the Status says; odd shapes are passed over. False when it has no message. */
static bool read_status(kube_slice text, kube_error *err) {
  kube_json reason = kube_json_find(text, "reason"), message = kube_json_find(text, "message");
  int64_t number;
  if (kube_json_integer(kube_json_find(text, "code"), &number) && number >= 100 && number < 1000)
    err->code = (int)number;
  if (reason.type == KUBE_JSON_STRING && reason.length > 0)
    kube_json_text(reason, err->reason, sizeof err->reason);
  if (kube_json_integer(kube_json_find(text, "details.retryAfterSeconds"), &number) && number > 0 &&
      number < MAX_RETRY_AFTER)
    err->retry_after = (int)number;
  if (message.type == KUBE_JSON_STRING && message.length > 0 &&
      kube_json_text(message, err->message, sizeof err->message) >= sizeof err->message)
    kube_error_mark_cut(err);
  kube_error_tame(err);
  return message.type == KUBE_JSON_STRING && message.length > 0;
}

kube_status kube_status_fail(kube_slice status, kube_error *err) {
  kube_error local;
  struct generic generic;
  int64_t code = 0;
  if (err == NULL) err = &local;
  kube_json_integer(kube_json_find(status, "code"), &code);
  generic = generic_of((int)code);
  kube_fail(err, KUBE_EAPI, "%s", generic.words);
  snprintf(err->reason, sizeof err->reason, "%s", generic.reason);
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

/* Retry-After in seconds; 0 for a date, which Kubernetes never sends, and for what is absurd. */
static int seconds_of(const char *text) {
  const long long seconds = isdigit((unsigned char)*text) ? strtoll(text, NULL, 10) : 0;
  return seconds < MAX_RETRY_AFTER ? (int)seconds : 0;
}

static kube_status fail_by_code(const kube_refusal *r, kube_error *err) {
  struct generic generic = generic_of(r->code);
  kube_fail(err, KUBE_EAPI, "%s %s: %d %s", r->method, r->where, r->code, generic.words);
  snprintf(err->reason, sizeof err->reason, "%s", generic.reason);
  if (r->code == 409 && strcmp(r->method, "POST") == 0) strcpy(err->reason, "AlreadyExists");
  return KUBE_EAPI;
}

kube_status kube_refusal_fail(const kube_refusal *r, kube_error *err) {
  kube_error local;
  bool told = false;
  if (err == NULL) err = &local;
  fail_by_code(r, err);
  if (kube_is_status(r->body))
    told = read_status(r->body, err);
  else if (r->content_type == NULL || strncmp(r->content_type, "text/plain", 10) == 0)
    show_text(r, err);
  if (err->code == 0) err->code = r->code;
  if (r->retry_after && err->retry_after == 0) err->retry_after = seconds_of(r->retry_after);
  if (r->who == NULL && r->code == 401) {
    kube_error_prefix(err, "%s %s: no credentials are sent to another host", r->method, r->where);
  } else if (told &&
             r->code ==
                 401) { /* the server says only "Unauthorized": say who was refused, and where */
    kube_error_prefix(err, "%s %s: the server does not accept the credentials of user \"%s\"",
                      r->method, r->where, r->who);
  }
  return KUBE_EAPI;
}
