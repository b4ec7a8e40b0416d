/*
** The Status that stands for a refusal without one; the contract is in generic.h.
**
** | case                            | client-go             | here                             |
** | a bare 410, 413                 | no reason             | Gone, RequestEntityTooLarge      |
** | kind and name in the details    | of the typed request  | of any path below /api and /apis |
** | a Retry-After below 0           | in the details        | left out                         |
** | a character that does not print | \u.... in the message | as it is, if it is no control    |
*/
#include "generic.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/json.h"

/* Bytes of a body that are looked at: maxUnstructuredResponseTextBytes. */
enum { MOST_TEXT = 2048 };

static const kube_generic generics[] = {
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
    {504, "Timeout",
     "the server was unable to return a response in the time allotted, but may still be processing "
     "the request"},
};

kube_generic kube_generic_of(int code, const char *method) {
  size_t i;
  if (code == 409 && strcmp(method, "POST") == 0)
    return (kube_generic){code, "AlreadyExists", "the server reported a conflict"};
  for (i = 0; i < sizeof generics / sizeof *generics; i++)
    if (generics[i].code == code) return generics[i];
  if (code >= 500)
    return (kube_generic){code, "InternalError",
                          "an error on the server has prevented the request from succeeding"};
  return (kube_generic){code, "Unknown",
                        "the server responded with a status code we did not expect"};
}

int kube_retry_after_of(const char *header) {
  char *end;
  long long seconds;
  if (header == NULL || !isdigit((unsigned char)*header)) return 0;
  seconds = strtoll(header, &end, 10);
  return *end == '\0' && seconds < KUBE_MOST_RETRY_AFTER ? (int)seconds : 0;
}

/* ---- writing: after the first failure nothing more is written ---- */

typedef struct writer {
  kube_buffer *out;
  kube_status status;
  kube_error *err;
} writer;

static void put(writer *w, kube_slice text) {
  if (w->status == KUBE_OK && text.length)
    w->status = kube_buffer_add(w->out, text.bytes, text.length, w->err);
}

static void put_text(writer *w, const char *text) { put(w, (kube_slice){text, strlen(text)}); }

static void put_char(writer *w, char c) { put(w, (kube_slice){&c, 1}); }

/* One past the character at p, or NULL where it is none. */
static const char *after(const char *p, const char *end) {
  return (unsigned char)*p < 0x80 ? p + 1 : kube_json_utf8(p, end);
}

/* As a JSON string; what is no UTF-8 becomes U+FFFD, as in Go. */
static void put_string(writer *w, kube_slice text) {
  kube_buffer clean = {0};
  writer to = {.out = &clean, .err = w->err};
  const char *p = text.bytes, *end = p + text.length, *next;
  for (; p < end; p = next ? next : p + 1) {
    next = after(p, end);
    if (next)
      put(&to, (kube_slice){p, (size_t)(next - p)});
    else
      put_text(&to, "\xEF\xBF\xBD");
  }
  if (w->status == KUBE_OK) w->status = to.status;
  text = kube_buffer_slice(&clean);
  if (w->status == KUBE_OK) w->status = kube_json_quote(w->out, text.bytes, text.length, w->err);
  kube_buffer_clear(&clean);
}

/* As Go's %q has it. */
static void put_quoted(writer *w, kube_slice text) {
  static const char letters[] = "\a\b\f\n\r\t\v\"\\", names[] = "abfnrtv\"\\";
  const char *p = text.bytes, *end = p + text.length, *next;
  char escape[8];
  put_char(w, '"');
  for (; p < end; p = next ? next : p + 1) {
    const char *found = memchr(letters, *p, sizeof letters - 1);
    next = after(p, end);
    if (found)
      snprintf(escape, sizeof escape, "\\%c", names[found - letters]);
    else if (next == NULL || (unsigned char)*p < 0x20 || *p == 0x7F)
      snprintf(escape, sizeof escape, "\\x%02x", (unsigned char)*p);
    else
      *escape = '\0', put(w, (kube_slice){p, (size_t)(next - p)});
    put_text(w, escape);
  }
  put_char(w, '"');
}

/* ---- what it was about ---- */

typedef struct subject {
  kube_slice group, resource, name; /* escaped as in the path; empty: of none */
} subject;

/* The next segment of a path: empty at its end. */
static kube_slice segment(const char **path) {
  kube_slice found;
  if (**path == '/') ++*path;
  found.bytes = *path;
  found.length = strcspn(*path, "/?");
  *path += found.length;
  return found;
}

static bool is(kube_slice text, const char *word) {
  return text.length == strlen(word) && memcmp(text.bytes, word, text.length) == 0;
}

/* /api/VERSION/... or /apis/GROUP/VERSION/..., then namespaces/NAMESPACE/ or not. */
static subject subject_of(const char *path) {
  subject s = {0};
  kube_slice next = segment(&path);
  if (is(next, "apis"))
    s.group = segment(&path);
  else if (!is(next, "api"))
    return s;
  segment(&path);
  s.resource = segment(&path);
  s.name = segment(&path);
  if (!is(s.resource, "namespaces")) return s;
  next = segment(&path);
  if (next.length == 0 || is(next, "status") || is(next, "finalize")) return s;
  s.resource = next;
  s.name = segment(&path);
  return s;
}

static int nibble(char c) {
  return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static bool is_escape(kube_slice text, size_t i) {
  return text.bytes[i] == '%' && text.length - i > 2 &&
         isxdigit((unsigned char)text.bytes[i + 1]) && isxdigit((unsigned char)text.bytes[i + 2]);
}

static void put_unescaped(writer *w, kube_slice text) {
  size_t i;
  for (i = 0; i < text.length; i++) {
    if (is_escape(text, i)) {
      put_char(w, (char)(nibble(text.bytes[i + 1]) * 16 + nibble(text.bytes[i + 2])));
      i += 2;
    } else {
      put_char(w, text.bytes[i]);
    }
  }
}

/* " (get deployments.apps web)" */
static void put_subject(writer *w, const char *method, const subject *s) {
  if (s->resource.length == 0) return;
  put_text(w, " (");
  for (; *method; method++) put_char(w, (char)tolower((unsigned char)*method));
  put_char(w, ' ');
  put_unescaped(w, s->resource);
  if (s->group.length) put_char(w, '.');
  put_unescaped(w, s->group);
  if (s->name.length) put_char(w, ' ');
  put_unescaped(w, s->name);
  put_char(w, ')');
}

/* ---- what the server said ---- */

/* Without a type it may be read, too. */
static bool is_text(const char *content_type) {
  return content_type == NULL || *content_type == '\0' ||
         strncasecmp(content_type, "text/", 5) == 0;
}

static kube_slice words_of(const kube_refusal *r) {
  kube_slice text = r->body;
  if (!is_text(r->content_type)) return (kube_slice){"unknown", 7};
  if (text.length > MOST_TEXT) text.length = MOST_TEXT;
  while (text.length && isspace((unsigned char)*text.bytes)) text.bytes++, text.length--;
  while (text.length && isspace((unsigned char)text.bytes[text.length - 1])) text.length--;
  return text;
}

/* Whether a message is what the server said, and nothing else. */
static bool is_said(int code, kube_slice said) {
  return code == 403 || code == 415 || (code == 406 && said.length && !is(said, "unknown"));
}

static void put_words(writer *w, const kube_refusal *r, kube_slice said) {
  const kube_generic generic = kube_generic_of(r->code, r->method);
  char text[96];
  if (is_said(r->code, said)) {
    put(w, said);
  } else if (strcmp(generic.reason, "InternalError") == 0) {
    put_text(w, "an error on the server (");
    put_quoted(w, said);
    put_text(w, ") has prevented the request from succeeding");
  } else if (r->code == 410 || r->code == 413 || strcmp(generic.reason, "Unknown") == 0) {
    snprintf(text, sizeof text,
             "the server responded with the status code %d but did not return more information",
             r->code);
    put_text(w, text);
  } else {
    put_text(w, generic.words);
  }
}

/* ---- the Status ---- */

static void put_message(writer *w, const kube_refusal *r, const subject *s, kube_slice said) {
  kube_buffer message = {0};
  writer to = {.out = &message, .err = w->err};
  put_words(&to, r, said);
  put_subject(&to, r->method, s);
  if (w->status == KUBE_OK) w->status = to.status;
  put_text(w, ",\"message\":");
  put_string(w, kube_buffer_slice(&message));
  kube_buffer_clear(&message);
}

/* `"name":"text",` of what stands escaped in a path; nothing for none. */
static void put_field(writer *w, const char *name, kube_slice text) {
  kube_buffer plain = {0};
  writer to = {.out = &plain, .err = w->err};
  if (text.length == 0) return;
  put_unescaped(&to, text);
  if (w->status == KUBE_OK) w->status = to.status;
  put_string(w, (kube_slice){name, strlen(name)});
  put_char(w, ':');
  put_string(w, kube_buffer_slice(&plain));
  put_char(w, ',');
  kube_buffer_clear(&plain);
}

static void put_details(writer *w, const kube_refusal *r, const subject *s, kube_slice said) {
  const int seconds = kube_retry_after_of(r->retry_after);
  char text[48];
  put_text(w, ",\"details\":{");
  put_field(w, "name", s->name);
  put_field(w, "group", s->group);
  put_field(w, "kind", s->resource);
  put_text(w, "\"causes\":[{\"reason\":\"UnexpectedServerResponse\"");
  if (said.length) put_text(w, ",\"message\":"), put_string(w, said);
  put_text(w, "}]");
  snprintf(text, sizeof text, ",\"retryAfterSeconds\":%d", seconds);
  if (seconds > 0) put_text(w, text);
  put_char(w, '}');
}

kube_status kube_generic_write(const kube_refusal *r, kube_buffer *out, kube_error *err) {
  const char *reason = kube_generic_of(r->code, r->method).reason;
  const subject s = subject_of(r->path ? r->path : "");
  const kube_slice said = words_of(r);
  writer w = {.out = out, .err = err};
  char text[32];
  put_text(&w, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\"");
  put_message(&w, r, &s, said);
  if (strcmp(reason, "Unknown") != 0)
    put_text(&w, ",\"reason\":"), put_string(&w, (kube_slice){reason, strlen(reason)});
  put_details(&w, r, &s, said);
  snprintf(text, sizeof text, ",\"code\":%d}", r->code);
  put_text(&w, text);
  return w.status;
}
