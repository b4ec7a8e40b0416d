/* Failure as a value; the contract is in error.h. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The reason that a script branches on. Kubernetes' own where it has a word for it. */
static const char *reason_of(kube_status status) {
  switch (status) {
    case KUBE_OK: return "";
    case KUBE_AGAIN: return "Again";
    case KUBE_EOF: return "EndOfFile";
    case KUBE_ENOMEM: return "OutOfMemory";
    case KUBE_EUSAGE: return "BadRequest";
    case KUBE_ECONFIG: return "Config";
    case KUBE_EDNS: return "DNS";
    case KUBE_ECONNECT: return "ConnectionRefused";
    case KUBE_ENETWORK: return "Connection";
    case KUBE_ETLS: return "TLS";
    case KUBE_ETIMEOUT: return "Timeout";
    case KUBE_ECANCELED: return "Canceled";
    case KUBE_EDECODE: return "Decode";
    case KUBE_ETOOLARGE: return "TooLarge";
    case KUBE_ESYSTEM: return "System";
    case KUBE_EEXEC: return "Exec";
    case KUBE_EAPI: return "Unknown";
  }
  return "Unknown";
}

void kube_error_mark_cut(kube_error *err) {
  size_t end = sizeof err->message - 4;
  while (end > 0 && ((unsigned char)err->message[end] & 0xC0) == 0x80) end--;
  memcpy(err->message + end, "...", 4);
}

/* C0 but for line breaks and tabs, DEL, and C1, which terminals take in UTF-8 too. */
static bool is_control(const unsigned char *c) {
  if (c[0] == 0xC2) return c[1] >= 0x80 && c[1] < 0xA0;
  return c[0] == 0x7F || (c[0] < 0x20 && c[0] != '\n' && c[0] != '\t');
}

static void tame(char *text) {
  for (; *text; text++) {
    if (!is_control((unsigned char *)text)) continue;
    if ((unsigned char)*text == 0xC2) *text++ = '?';
    *text = '?';
  }
}

void kube_error_tame(kube_error *err) {
  tame(err->reason);
  tame(err->message);
}

void kube_error_clear(kube_error *err) {
  if (err) memset(err, 0, sizeof *err);
}

kube_status kube_fail(kube_error *err, kube_status status, const char *format, ...) {
  va_list args;
  int n;
  if (err == NULL) return status;
  kube_error_clear(err);
  err->status = status;
  snprintf(err->reason, sizeof err->reason, "%s", reason_of(status));
  va_start(args, format);
  n = vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  if (n >= (int)sizeof err->message) kube_error_mark_cut(err);
  kube_error_tame(err);
  return status;
}

kube_status kube_fail_memory(kube_error *err, const char *what) {
  return kube_fail(err, KUBE_ENOMEM, "out of memory: no room for %s", what);
}

kube_status kube_error_turn(kube_error *err, kube_status status) {
  if (err == NULL) return status;
  err->status = status;
  snprintf(err->reason, sizeof err->reason, "%s", reason_of(status));
  return status;
}

void kube_error_prefix(kube_error *err, const char *format, ...) {
  char old[sizeof err->message];
  va_list args;
  size_t used;
  int n;
  if (err == NULL) return;
  memcpy(old, err->message, sizeof old);
  va_start(args, format);
  vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  used = strlen(err->message);
  n = snprintf(err->message + used, sizeof err->message - used, ": %s", old);
  if (n >= (int)(sizeof err->message - used)) kube_error_mark_cut(err);
  kube_error_tame(err);
}

void kube_error_append(kube_error *err, const char *separator, const char *text, size_t n) {
  size_t used;
  int written;
  while (n > 0 && strchr(" \t\r\n", text[n - 1])) n--;
  if (err == NULL || n == 0) return;
  if (n > sizeof err->message) n = sizeof err->message;
  used = strlen(err->message);
  written =
      snprintf(err->message + used, sizeof err->message - used, "%s%.*s", separator, (int)n, text);
  if (written >= (int)(sizeof err->message - used)) kube_error_mark_cut(err);
  kube_error_tame(err);
}

void kube_error_suffix(kube_error *err, const char *text, size_t n) {
  kube_error_append(err, ": ", text, n);
}
