/*
** JSON as bytes: strict RFC 8259 leaves that every reader here is made of (the decoder to Lua
** values, the frame cutter, path look-up, projection), and a writer of strings.
** The leaves are inline, look at sixteen bytes at a time where SSE2 is, and never read at or past
** `end`: a text needs no padding and no NUL. KUBE_JSON_PLAIN forces the plain C versions, which
** give the same results. kube_json_find and its siblings are in kube.h.
**
** A leaf takes the place p it starts at and returns the place where it stopped, or NULL after
** filling *fault: where and what was wrong. The text of a fault never holds bytes of the input.
*/
#ifndef KUBE_CORE_JSON_H
#define KUBE_CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "buffer.h"
#include "error.h"

#if defined(__SSE2__) && defined(__GNUC__) && !defined(KUBE_JSON_PLAIN)
#define KUBE_JSON_SSE2 1
#include <emmintrin.h>
#endif

/* The deepest nesting of arrays and objects that anything here reads or writes. */
enum { KUBE_JSON_DEPTH = 512 };

typedef struct kube_json_fault {
  const char *at;   /* the first byte that cannot stand */
  const char *what; /* a static text, "a bad escape" */
} kube_json_fault;

static inline const char *kube_json_bad(kube_json_fault *fault, const char *at, const char *what) {
  fault->at = at;
  fault->what = what;
  return NULL;
}

/* *err says "bad JSON at offset N: what"; returns KUBE_EDECODE. Offsets count from 0. */
kube_status kube_json_fail(kube_error *err, const char *text, const kube_json_fault *fault);

/* ---- white space, literals ---- */

/* The first byte at or after p that is no white space, or end. */
static inline const char *kube_json_space(const char *p, const char *end) {
  while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
  return p;
}

/* One past the word (true, false, null) of n bytes that must stand at p. */
static inline const char *kube_json_word(const char *p, const char *end, const char *word, size_t n,
                                         kube_json_fault *fault) {
  if ((size_t)(end - p) >= n && memcmp(p, word, n) == 0) return p + n;
  return kube_json_bad(fault, p, "a value was expected");
}

/* ---- strings ---- */

/* The end of the run of bytes that need no look in a string: printable ASCII without " and \ */
static inline const char *kube_json_run(const char *p, const char *end) {
#ifdef KUBE_JSON_SSE2
  while (end - p >= 16) {
    const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    /* signed: bytes from 0x80 are negative, so one comparison finds them and control characters */
    const __m128i low = _mm_cmplt_epi8(x, _mm_set1_epi8(0x20));
    const __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
    const __m128i slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    const int hit = _mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, slash)));
    if (hit) return p + __builtin_ctz((unsigned)hit);
    p += 16;
  }
#endif
  while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
         *p != '\\')
    p++;
  return p;
}

/* One past the UTF-8 sequence at p (a byte from 0x80), or NULL: overlong, a surrogate, cut, ... */
const char *kube_json_utf8(const char *p, const char *end);

/* kube_json_string from its first byte that is not plain. */
const char *kube_json_string_rest(const char *p, const char *end, bool *escaped,
                                  kube_json_fault *fault);

/*
** The closing quote of the string whose first byte (behind the opening quote) is p: checked for
** escapes, control characters and UTF-8. *escaped is set when it holds an escape: then its text is
** what kube_json_unescape makes of it.
*/
static inline const char *kube_json_string(const char *p, const char *end, bool *escaped,
                                           kube_json_fault *fault) {
  *escaped = false;
  p = kube_json_run(p, end);
  if (p < end && *p == '"') return p;
  return kube_json_string_rest(p, end, escaped, fault);
}

/*
** Writes the text of a checked string of n raw bytes to out, which has room for n bytes (escapes
** only shrink; out may be p), and returns its length. A lone surrogate becomes U+FFFD, as in Go.
*/
size_t kube_json_unescape(const char *p, size_t n, char *out);

/*
** Writes the text of the escape at p, at most 4 bytes, and moves *next past it. What is no escape
** at all (in a text that nobody checked) becomes U+FFFD.
*/
size_t kube_json_unescape_one(const char *p, const char *end, char *out, const char **next);

/* ---- numbers ---- */

typedef struct kube_json_number {
  bool integer;       /* neither fraction nor exponent, and it fits in 64 bits with a sign */
  bool negative;      /* a minus stands before it */
  uint64_t magnitude; /* of an integer, without its sign */
} kube_json_number;

/* The integer a number holds. -0 is 0. */
static inline int64_t kube_json_number_integer(const kube_json_number *number) {
  return (int64_t)(number->negative ? 0 - number->magnitude : number->magnitude);
}

static inline const char *kube_json_digits(const char *p, const char *end) {
  while (p < end && (unsigned char)(*p - '0') < 10) p++;
  return p;
}

/* One past the number that starts at p with a minus or a digit. */
static inline const char *kube_json_number_end(const char *p, const char *end,
                                               kube_json_number *number, kube_json_fault *fault) {
  const char *first, *digit;
  uint64_t magnitude = 0;
  number->negative = p < end && *p == '-';
  first = p = p + number->negative;
  /* Nineteen digits cannot overflow; the twentieth is never an int64. */
  while (p < end && (unsigned char)(*p - '0') < 10) {
    magnitude = magnitude * 10 + (uint64_t)(*p - '0');
    p++;
  }
  if (p == first) return kube_json_bad(fault, p, "a digit was expected");
  if (*first == '0' && p - first > 1)
    return kube_json_bad(fault, first, "a number with a leading 0");
  number->integer = p - first <= 19 && magnitude <= (uint64_t)INT64_MAX + number->negative;
  number->magnitude = magnitude;
  if (p < end && *p == '.') {
    number->integer = false;
    digit = p + 1;
    p = kube_json_digits(digit, end);
    if (p == digit) return kube_json_bad(fault, p, "a digit was expected");
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    number->integer = false;
    digit = p + 1;
    if (digit < end && (*digit == '+' || *digit == '-')) digit++;
    p = kube_json_digits(digit, end);
    if (p == digit) return kube_json_bad(fault, p, "a digit was expected");
  }
  return p;
}

/* The double nearest to a checked number, whatever the locale; false when none is finite. */
bool kube_json_double(const char *p, size_t n, double *out);

/* Room for the longest text that kube_json_print_double writes, with its NUL. */
enum { KUBE_JSON_DOUBLE = 40 };

/* Writes the shortest text that reads back as the finite x, whatever the locale; its length. */
size_t kube_json_print_double(double x, char out[KUBE_JSON_DOUBLE]);

/* ---- skipping ---- */

/*
** Skipping runs at the speed of memory, because it checks next to nothing: it tells strings from
** the rest and counts brackets. It does not match ] with [, nor look at commas, words, escapes or
** UTF-8. It stops at any byte and goes on from there: what it knows is three small fields.
*/
typedef struct kube_json_skipper {
  size_t depth;   /* containers that are open */
  bool in_string; /* inside quotes */
  bool escaped;   /* the next byte stands behind a backslash */
} kube_json_skipper;

/*
** Skips inside containers (depth > 0) until the bracket that closes the outermost: one past it,
** with depth 0. Or end, with depth > 0: feed it the bytes that follow. NULL: nested deeper than
** KUBE_JSON_DEPTH.
*/
const char *kube_json_skip_nested(kube_json_skipper *s, const char *p, const char *end);

/*
** The same inside one string (in_string, depth 0), p anywhere behind its opening quote: one past
** the closing quote, with in_string false; or end, with in_string true.
*/
const char *kube_json_skip_string(kube_json_skipper *s, const char *p, const char *end);

/* One past the string, number or word that starts at p: checked in full. */
const char *kube_json_scalar(const char *p, const char *end, kube_json_fault *fault);

/* One past the value that starts at p (no white space). */
const char *kube_json_skip(const char *p, const char *end, kube_json_fault *fault);

/* ---- whole texts ---- */

/* Checks that text is one JSON value, in full. KUBE_EDECODE with the offset when it is not. */
kube_status kube_json_validate(kube_slice text, kube_error *err);

/* Reads the value at p (no white space) without checking its inside; one past it. */
const char *kube_json_value(const char *p, const char *end, kube_json *value,
                            kube_json_fault *fault);

/* Whether the raw name of a member is this text once its escapes are resolved. */
bool kube_json_name_is(kube_slice raw, const char *text, size_t n);

/*
** One step of a path (see kube_json_find), cut from the front of *path. Names are views into the
** path. False at the end of the path; a malformed rest gives one step of kind KUBE_STEP_BAD.
*/
typedef struct kube_json_step {
  enum { KUBE_STEP_NAME, KUBE_STEP_INDEX, KUBE_STEP_BAD } kind;
  kube_slice name;
  size_t index;
} kube_json_step;

bool kube_json_path_step(const char **path, kube_json_step *step);

/* ---- writing ---- */

/*
** Appends n bytes as a JSON string, with its quotes. Bytes that are not UTF-8 are KUBE_EUSAGE (the
** message does not show them), and then nothing was appended.
*/
kube_status kube_json_quote(kube_buffer *out, const char *bytes, size_t n, kube_error *err);

#endif
