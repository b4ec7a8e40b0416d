/* JSON as bytes; the contract is in json.h, that of the look-ups in kube.h. */
#include "json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef unsigned char byte;

kube_status kube_json_fail(kube_error *err, const char *text, const kube_json_fault *fault) {
  return kube_fail(err, KUBE_EDECODE, "bad JSON at offset %zu: %s", (size_t)(fault->at - text),
                   fault->what);
}

/* ---- strings ---- */

/* Table 3-7 of Unicode: the second byte's range excludes overlong forms and surrogates. */
const char *kube_json_utf8(const char *p, const char *end) {
  const byte *b = (const byte *)p;
  const size_t n = (size_t)(end - p);
  byte low = 0x80, high = 0xBF;
  size_t length, i;
  if (n == 0 || b[0] < 0xC2 || b[0] > 0xF4) return NULL;
  length = b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : 4;
  if (n < length) return NULL;
  if (b[0] == 0xE0) low = 0xA0;
  if (b[0] == 0xED) high = 0x9F;
  if (b[0] == 0xF0) low = 0x90;
  if (b[0] == 0xF4) high = 0x8F;
  if (b[1] < low || b[1] > high) return NULL;
  for (i = 2; i < length; i++)
    if ((b[i] & 0xC0) != 0x80) return NULL;
  return p + length;
}

/* The value of four hexadecimal digits, or -1. */
static long hex4(const char *p) {
  long value = 0;
  int i;
  for (i = 0; i < 4; i++) {
    const char c = p[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

/* One past the escape whose backslash is at p, or NULL. */
static const char *escape_end(const char *p, const char *end) {
  if (end - p < 2) return NULL;
  if (p[1] == 'u') return end - p >= 6 && hex4(p + 2) >= 0 ? p + 6 : NULL;
  return p[1] != '\0' && strchr("\"\\/bfnrt", p[1]) ? p + 2 : NULL;
}

const char *kube_json_string_rest(const char *p, const char *end, bool *escaped,
                                  kube_json_fault *fault) {
  for (;; p = kube_json_run(p, end)) {
    const char *next;
    if (p == end) return kube_json_bad(fault, p, "a string without its end");
    if (*p == '"') return p;
    if ((byte)*p < 0x20) return kube_json_bad(fault, p, "a control character in a string");
    if (*p == '\\') {
      *escaped = true;
      next = escape_end(p, end);
      if (next == NULL) return kube_json_bad(fault, p, "a bad escape");
    } else {
      next = kube_json_utf8(p, end);
      if (next == NULL) return kube_json_bad(fault, p, "bytes that are not UTF-8");
    }
    p = next;
  }
}

static size_t put_utf8(char *out, unsigned long c) {
  if (c < 0x80) {
    out[0] = (char)c;
    return 1;
  }
  if (c < 0x800) {
    out[0] = (char)(0xC0 | c >> 6);
    out[1] = (char)(0x80 | (c & 0x3F));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = (char)(0xE0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3F));
    out[2] = (char)(0x80 | (c & 0x3F));
    return 3;
  }
  out[0] = (char)(0xF0 | c >> 18);
  out[1] = (char)(0x80 | (c >> 12 & 0x3F));
  out[2] = (char)(0x80 | (c >> 6 & 0x3F));
  out[3] = (char)(0x80 | (c & 0x3F));
  return 4;
}

/* The code point of the \uXXXX at p; moves *next past it, or past the pair it begins. */
static unsigned long unicode_escape(const char *p, const char *end, const char **next) {
  const long first = hex4(p + 2);
  long second;
  *next = p + 6;
  if (first < 0xD800 || first > 0xDFFF) return (unsigned long)first;
  if (first > 0xDBFF || end - *next < 6 || (*next)[0] != '\\' || (*next)[1] != 'u') return 0xFFFD;
  second = hex4(*next + 2);
  if (second < 0xDC00 || second > 0xDFFF) return 0xFFFD;
  *next += 6;
  return 0x10000UL + ((unsigned long)(first - 0xD800) << 10) + (unsigned long)(second - 0xDC00);
}

static char simple_escape(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

size_t kube_json_unescape_one(const char *p, const char *end, char *out, const char **next) {
  *next = escape_end(p, end);
  if (*next == NULL) {
    *next = end - p < 2 ? end : p + 2;
    return put_utf8(out, 0xFFFD);
  }
  if (p[1] == 'u') return put_utf8(out, unicode_escape(p, end, next));
  out[0] = simple_escape(p[1]);
  return 1;
}

size_t kube_json_unescape(const char *p, size_t n, char *out) {
  const char *end = p + n;
  char *to = out;
  while (p < end) {
    const char *slash = memchr(p, '\\', (size_t)(end - p));
    const size_t run = (size_t)((slash ? slash : end) - p);
    memmove(to, p, run);
    to += run;
    if (slash == NULL) break;
    to += kube_json_unescape_one(slash, end, to, &p);
  }
  return (size_t)(to - out);
}

/* ---- numbers ---- */

/* More digits than a double can tell apart (767): one more, for "and some", rounds right. */
enum { MOST_DIGITS = 780 };

/* Copies the significant digits of the literal; returns the exponent of the last of them. */
static long long copy_digits(const char *p, const char *end, char *digits, size_t *count) {
  long long shift = 0;
  bool fraction = false, more = false;
  size_t n = 0;
  for (; p < end && *p != 'e' && *p != 'E'; p++) {
    if (*p == '.') {
      fraction = true;
      continue;
    }
    if (*p < '0' || *p > '9') continue; /* the sign */
    if (n == 0 && *p == '0') {
      shift -= fraction; /* a leading zero carries only its place */
    } else if (n < MOST_DIGITS) {
      digits[n++] = *p;
      shift -= fraction;
    } else {
      more = more || *p != '0';
      shift += !fraction;
    }
  }
  if (more) {
    digits[n++] = '1';
    shift--;
  }
  *count = n;
  return shift;
}

/* The exponent of the literal, 0 when it has none; held within what can matter. */
static long long exponent_of(const char *p, const char *end) {
  long long value = 0;
  bool negative = false;
  while (p < end && *p != 'e' && *p != 'E') p++;
  if (p == end) return 0;
  p++;
  if (p < end && (*p == '+' || *p == '-')) negative = *p++ == '-';
  for (; p < end; p++)
    if (value < 1000000000000LL) value = value * 10 + (*p - '0');
  return negative ? -value : value;
}

/* strtod wants the locale's decimal point, so it is given digits and an exponent instead. */
bool kube_json_double(const char *p, size_t n, double *out) {
  char text[MOST_DIGITS + 32];
  const char *end = p + n;
  size_t count;
  long long exponent = copy_digits(p, end, text, &count) + exponent_of(p, end);
  if (count == 0) text[count++] = '0';
  if (exponent > 99999) exponent = 99999;
  if (exponent < -99999) exponent = -99999;
  snprintf(text + count, sizeof text - count, "e%lld", exponent);
  *out = strtod(text, NULL);
  if (*p == '-') *out = -*out;
  return isfinite(*out);
}

size_t kube_json_print_double(double x, char out[KUBE_JSON_DOUBLE]) {
  size_t i, n = 0;
  int precision;
  for (precision = 15; precision <= 17; precision++) {
    snprintf(out, KUBE_JSON_DOUBLE, "%.*g", precision, x);
    if (strtod(out, NULL) == x) break; /* in the locale it was written in */
  }
  for (i = 0; out[i]; i++) {
    if (strchr("0123456789+-e", out[i])) {
      out[n++] = out[i];
    } else if (n > 0 && out[n - 1] != '.') {
      out[n++] = '.'; /* the locale's point, which may have several bytes */
    }
  }
  out[n] = '\0';
  return n;
}

/* ---- scalars ---- */

const char *kube_json_scalar(const char *p, const char *end, kube_json_fault *fault) {
  kube_json_number number;
  bool escaped;
  if (p == end) return kube_json_bad(fault, p, "the text ends early");
  switch (*p) {
    case '"': p = kube_json_string(p + 1, end, &escaped, fault); return p ? p + 1 : NULL;
    case 't': return kube_json_word(p, end, "true", 4, fault);
    case 'f': return kube_json_word(p, end, "false", 5, fault);
    case 'n': return kube_json_word(p, end, "null", 4, fault);
    default:
      if (*p != '-' && (*p < '0' || *p > '9'))
        return kube_json_bad(fault, p, "a value was expected");
      return kube_json_number_end(p, end, &number, fault);
  }
}

/* ---- writing ---- */

static kube_status add_escaped(kube_buffer *out, char c, kube_error *err) {
  static const char named[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
  const char *at = c ? strchr(named, c) : NULL;
  char text[8];
  if (at == NULL) return kube_buffer_printf(out, err, "\\u%04x", (unsigned)(byte)c);
  text[0] = '\\';
  text[1] = names[at - named];
  return kube_buffer_add(out, text, 2, err);
}

static kube_status add_quoted(kube_buffer *out, const char *p, const char *end, kube_error *err) {
  kube_status status = kube_buffer_add_char(out, '"', err);
  while (status == KUBE_OK && p < end) {
    const char *stop = kube_json_run(p, end);
    while (stop < end && (byte)*stop >= 0x80) {
      const char *next = kube_json_utf8(stop, end);
      if (next == NULL) return kube_fail(err, KUBE_EUSAGE, "a string that is not UTF-8");
      stop = kube_json_run(next, end);
    }
    status = kube_buffer_add(out, p, (size_t)(stop - p), err);
    if (status == KUBE_OK && stop < end) status = add_escaped(out, *stop++, err);
    p = stop;
  }
  return status == KUBE_OK ? kube_buffer_add_char(out, '"', err) : status;
}

kube_status kube_json_quote(kube_buffer *out, const char *bytes, size_t n, kube_error *err) {
  const size_t before = kube_buffer_length(out);
  const kube_status status = add_quoted(out, bytes, bytes + n, err);
  if (status != KUBE_OK) out->end = out->start + before;
  return status;
}
