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

/*
** Writes the text of the escape at p, at most 4 bytes, and moves *next past it. What is no escape
** at all (in a text that nobody checked) becomes U+FFFD.
*/
static size_t put_escape(const char *p, const char *end, char *out, const char **next) {
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
    to += put_escape(slash, end, to, &p);
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

/* ---- skipping ---- */

#ifdef KUBE_JSON_SSE2

/* What 64 bytes hold, one bit a byte. */
typedef struct block {
  uint64_t quotes, slashes, opens, closes;
} block;

static inline block read_block(const char *p) {
  block b = {0, 0, 0, 0};
  int i;
  for (i = 0; i < 4; i++) {
    const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    const __m128i folded = _mm_or_si128(x, _mm_set1_epi8(0x20)); /* [ is { and ] is } without it */
    const __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
    const __m128i slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    const __m128i open = _mm_cmpeq_epi8(folded, _mm_set1_epi8('{'));
    const __m128i close = _mm_cmpeq_epi8(folded, _mm_set1_epi8('}'));
    b.quotes |= (uint64_t)(unsigned)_mm_movemask_epi8(quote) << (16 * i);
    b.slashes |= (uint64_t)(unsigned)_mm_movemask_epi8(slash) << (16 * i);
    b.opens |= (uint64_t)(unsigned)_mm_movemask_epi8(open) << (16 * i);
    b.closes |= (uint64_t)(unsigned)_mm_movemask_epi8(close) << (16 * i);
  }
  return b;
}

/* The bytes that stand behind a backslash which is not itself escaped (after simdjson). */
static inline uint64_t escaped_bytes(uint64_t slashes, bool *escaped) {
  const uint64_t even = 0x5555555555555555u;
  uint64_t follows, odd_starts, sequences;
  const uint64_t before = *escaped;
  if (slashes == 0) {
    *escaped = false;
    return before;
  }
  slashes &= ~before;
  follows = slashes << 1 | before;
  odd_starts = slashes & ~even & ~follows;
  sequences = odd_starts + slashes;
  *escaped = sequences < slashes; /* it carried over: a run of odd length reaches the end */
  return (even ^ sequences << 1) & follows;
}

/* Each bit becomes the parity of itself and all below: between quotes, 1. */
static inline uint64_t between(uint64_t quotes) {
  int i;
  for (i = 1; i < 64; i *= 2) quotes ^= quotes << i;
  return quotes;
}

static inline size_t count_bits(uint64_t x) {
#ifdef __POPCNT__
  return (size_t)__builtin_popcountll(x);
#else
  x -= x >> 1 & 0x5555555555555555u;
  x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
  x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
  return (size_t)(x * 0x0101010101010101u >> 56);
#endif
}

/* The place of the bracket that closes all, 64 when it is not here, -1 when nested too deep. */
static int close_in_block(size_t *depth, uint64_t opens, uint64_t closes) {
  uint64_t brackets = opens | closes;
  for (; brackets; brackets &= brackets - 1) {
    if (opens & brackets & (0 - brackets)) {
      if (++*depth > KUBE_JSON_DEPTH) return -1;
    } else if (--*depth == 0) {
      return __builtin_ctzll(brackets);
    }
  }
  return 64;
}

/* Goes through whole blocks; what is left is less than a block. *done when the end was found. */
static const char *skip_blocks(kube_json_skipper *s, const char *p, const char *end, bool *done) {
  for (; end - p >= 64; p += 64) {
    const block b = read_block(p);
    const uint64_t strings =
        between(b.quotes & ~escaped_bytes(b.slashes, &s->escaped)) ^ (0 - (uint64_t)s->in_string);
    const uint64_t opens = b.opens & ~strings, closes = b.closes & ~strings;
    const size_t up = count_bits(opens), down = count_bits(closes);
    s->in_string = strings >> 63;
    if (down < s->depth && s->depth + up <= KUBE_JSON_DEPTH) {
      s->depth += up - down;
    } else {
      const int place = close_in_block(&s->depth, opens, closes);
      *done = place != 64;
      if (place < 0) return NULL;
      if (place == 64) continue;
      s->in_string = s->escaped = false;
      return p + place + 1;
    }
  }
  return p;
}

#else

/* Without SSE2 there are no blocks: all is left to the loop over bytes. */
static const char *skip_blocks(kube_json_skipper *s, const char *p, const char *end, bool *done) {
  (void)s, (void)end, (void)done;
  return p;
}

#endif

/* The bytes that matter to a skipper. */
enum { PLAIN, QUOTE, SLASH, OPEN, CLOSE };
static const byte classes[256] = {
    ['"'] = QUOTE, ['\\'] = SLASH, ['['] = OPEN, ['{'] = OPEN, [']'] = CLOSE, ['}'] = CLOSE};

static const char *skip_bytes(kube_json_skipper *s, const char *p, const char *end) {
  for (; p < end; p++) {
    const int class = classes[(byte)*p];
    const bool escaped = s->escaped;
    s->escaped = false;
    if (class == PLAIN) continue;
    if (class == QUOTE) {
      s->in_string ^= !escaped;
    } else if (class == SLASH) {
      s->escaped = !escaped;
    } else if (!s->in_string && class == OPEN) {
      if (++s->depth > KUBE_JSON_DEPTH) return NULL;
    } else if (!s->in_string && --s->depth == 0) {
      return p + 1;
    }
  }
  return p;
}

const char *kube_json_skip_nested(kube_json_skipper *s, const char *p, const char *end) {
  bool done = false;
  p = skip_blocks(s, p, end, &done);
  return done ? p : skip_bytes(s, p, end);
}

/* The next quote or backslash, or end. */
static const char *quote_or_slash(const char *p, const char *end) {
#ifdef KUBE_JSON_SSE2
  for (; end - p >= 16; p += 16) {
    const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    const __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
    const __m128i slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    const int hit = _mm_movemask_epi8(_mm_or_si128(quote, slash));
    if (hit) return p + __builtin_ctz((unsigned)hit);
  }
#endif
  while (p < end && *p != '"' && *p != '\\') p++;
  return p;
}

const char *kube_json_skip_string(kube_json_skipper *s, const char *p, const char *end) {
  while (p < end) {
    if (s->escaped) {
      s->escaped = false;
      p++;
      continue;
    }
    p = quote_or_slash(p, end);
    if (p == end) break;
    if (*p++ == '"') {
      s->in_string = false;
      break;
    }
    s->escaped = true;
  }
  return p;
}

/* One past a string or container at p, which it only skips; NULL when it has no end. */
static const char *skip_long(const char *p, const char *end, kube_json_fault *fault) {
  kube_json_skipper s = {0, false, false};
  const char *stop;
  if (*p == '"') {
    s.in_string = true;
    stop = kube_json_skip_string(&s, p + 1, end);
    return s.in_string ? kube_json_bad(fault, stop, "a string without its end") : stop;
  }
  s.depth = 1;
  stop = kube_json_skip_nested(&s, p + 1, end);
  if (stop == NULL) return kube_json_bad(fault, p, "nested too deep");
  return s.depth ? kube_json_bad(fault, stop, "the text ends early") : stop;
}

static const char *scalar(const char *p, const char *end, kube_json_fault *fault) {
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

const char *kube_json_skip(const char *p, const char *end, kube_json_fault *fault) {
  if (p < end && (*p == '"' || *p == '{' || *p == '[')) return skip_long(p, end, fault);
  return scalar(p, end, fault);
}

/* ---- whole texts ---- */

/* Where a check stands in a text. */
typedef enum state {
  VALUE,       /* a value must come */
  FIRST_VALUE, /* behind [: a value or ] */
  NAME,        /* behind a comma in an object: a member */
  FIRST_NAME,  /* behind {: a member or } */
  AFTER        /* behind a value: a comma, a bracket, the end */
} state;

typedef struct checker {
  size_t depth;
  byte objects[KUBE_JSON_DEPTH / 8]; /* one bit a level: it is an object */
} checker;

static bool in_object(const checker *c) {
  return c->depth && (c->objects[(c->depth - 1) / 8] >> (c->depth - 1) % 8 & 1);
}

static const char *enter(checker *c, const char *p, kube_json_fault *fault) {
  const size_t level = c->depth;
  const byte bit = (byte)(1 << level % 8);
  if (level == KUBE_JSON_DEPTH) return kube_json_bad(fault, p, "nested too deep");
  if (*p == '{') {
    c->objects[level / 8] |= bit;
  } else {
    c->objects[level / 8] &= (byte)~bit;
  }
  c->depth++;
  return p + 1;
}

static const char *member_name(const char *p, const char *end, kube_json_fault *fault) {
  bool escaped;
  if (p == end || *p != '"') return kube_json_bad(fault, p, "a member's name was expected");
  p = kube_json_string(p + 1, end, &escaped, fault);
  if (p == NULL) return NULL;
  p = kube_json_space(p + 1, end);
  if (p == end || *p != ':') return kube_json_bad(fault, p, "a colon was expected");
  return p + 1;
}

/* Goes one token on from p (no white space) and changes the state. */
static const char *check_token(checker *c, state *at, const char *p, const char *end,
                               kube_json_fault *fault) {
  const char close = in_object(c) ? '}' : ']';
  if (p == end) return kube_json_bad(fault, p, "the text ends early");
  if (*p == close && c->depth && *at != VALUE && *at != NAME) {
    c->depth--;
    *at = AFTER;
    return p + 1;
  }
  switch (*at) {
    case AFTER:
      if (*p != ',') return kube_json_bad(fault, p, "a comma or a closing bracket was expected");
      *at = in_object(c) ? NAME : VALUE;
      return p + 1;
    case NAME:
    case FIRST_NAME: *at = VALUE; return member_name(p, end, fault);
    default:
      *at = *p == '{' ? FIRST_NAME : *p == '[' ? FIRST_VALUE : AFTER;
      return *at == AFTER ? scalar(p, end, fault) : enter(c, p, fault);
  }
}

static const char *check(const char *p, const char *end, kube_json_fault *fault) {
  checker c = {0, {0}};
  state at = VALUE;
  while (p && (at != AFTER || c.depth)) {
    p = check_token(&c, &at, kube_json_space(p, end), end, fault);
  }
  if (p == NULL) return NULL;
  p = kube_json_space(p, end);
  return p == end ? p : kube_json_bad(fault, p, "something behind the end of the text");
}

kube_status kube_json_validate(kube_slice text, kube_error *err) {
  kube_json_fault fault = {text.bytes, ""};
  if (text.length == 0) return kube_fail(err, KUBE_EDECODE, "bad JSON: the text is empty");
  if (check(text.bytes, text.bytes + text.length, &fault)) return KUBE_OK;
  return kube_json_fail(err, text.bytes, &fault);
}

/* ---- looking things up (kube.h) ---- */

static kube_json_type type_at(char c) {
  switch (c) {
    case '{': return KUBE_JSON_OBJECT;
    case '[': return KUBE_JSON_ARRAY;
    case '"': return KUBE_JSON_STRING;
    case 't': return KUBE_JSON_TRUE;
    case 'f': return KUBE_JSON_FALSE;
    case 'n': return KUBE_JSON_NULL;
    default: return KUBE_JSON_NUMBER;
  }
}

const char *kube_json_value(const char *p, const char *end, kube_json *value,
                            kube_json_fault *fault) {
  const char *stop = kube_json_skip(p, end, fault);
  if (stop == NULL) return NULL;
  value->type = type_at(*p);
  if (value->type == KUBE_JSON_STRING) {
    value->bytes = p + 1;
    value->length = (size_t)(stop - p) - 2;
  } else {
    value->bytes = p;
    value->length = (size_t)(stop - p);
  }
  return stop;
}

/* One past the value in its text: a string's view leaves out the quotes. */
static const char *behind(kube_json value) {
  return value.bytes + value.length + (value.type == KUBE_JSON_STRING);
}

/* Reads `"name" :`; the first byte of the member's value, or NULL. */
static const char *read_name(const char *p, const char *end, kube_slice *name) {
  kube_json_fault fault = {0};
  kube_json raw;
  if (p == end || *p != '"') return NULL;
  p = kube_json_value(p, end, &raw, &fault);
  if (p == NULL) return NULL;
  if (name) *name = (kube_slice){raw.bytes, raw.length};
  p = kube_json_space(p, end);
  return p < end && *p == ':' ? kube_json_space(p + 1, end) : NULL;
}

bool kube_json_next(kube_json container, kube_json *at, kube_slice *name) {
  kube_json_fault fault = {0};
  const char *p, *end;
  if (container.type != KUBE_JSON_OBJECT && container.type != KUBE_JSON_ARRAY) return false;
  end = container.bytes + container.length;
  p = kube_json_space(at->bytes ? behind(*at) : container.bytes + 1, end);
  if (at->bytes) {
    if (p == end || *p != ',') return false;
    p = kube_json_space(p + 1, end);
  }
  if (container.type == KUBE_JSON_OBJECT) p = read_name(p, end, name);
  return p && kube_json_value(p, end, at, &fault) != NULL;
}

bool kube_json_name_is(kube_slice raw, const char *text, size_t n) {
  const char *p = raw.bytes, *end = raw.bytes + raw.length, *want = text, *stop = text + n;
  if (memchr(raw.bytes, '\\', raw.length) == NULL)
    return raw.length == n && memcmp(raw.bytes, text, n) == 0;
  while (p < end) {
    char piece[4];
    size_t length = 1;
    piece[0] = *p;
    if (*p == '\\') {
      length = put_escape(p, end, piece, &p);
    } else {
      p++;
    }
    if ((size_t)(stop - want) < length || memcmp(want, piece, length) != 0) return false;
    want += length;
  }
  return want == stop;
}

/* Cuts `[12]` or `['a name']` from the front of the path; false when it is neither. */
static bool bracket_step(const char **path, kube_json_step *step) {
  const char *p = *path + 1, *close;
  const char quote = *p;
  if (quote == '\'' || quote == '"') {
    close = strchr(p + 1, quote);
    if (close == NULL || close[1] != ']') return false;
    step->kind = KUBE_STEP_NAME;
    step->name = (kube_slice){p + 1, (size_t)(close - p) - 1};
    *path = close + 2;
    return true;
  }
  step->kind = KUBE_STEP_INDEX;
  step->index = 0;
  close = p;
  while (*close >= '0' && *close <= '9' && close - p < 9)
    step->index = step->index * 10 + (size_t)(*close++ - '0');
  if (close == p || *close != ']') return false;
  *path = close + 1;
  return true;
}

static bool name_step(const char **path, kube_json_step *step) {
  const size_t n = strcspn(*path, ".[");
  step->kind = KUBE_STEP_NAME;
  step->name = (kube_slice){*path, n};
  *path += n;
  return n > 0;
}

/* A dot must have a name behind it, and a step a dot or a bracket. */
static bool path_goes_on(const char **path) {
  if (**path == '\0' || **path == '[') return true;
  if (**path != '.') return false;
  ++*path;
  return **path != '\0' && **path != '.' && **path != '[';
}

bool kube_json_path_step(const char **path, kube_json_step *step) {
  if (**path == '\0') return false;
  if (!(**path == '[' ? bracket_step(path, step) : name_step(path, step)) || !path_goes_on(path))
    step->kind = KUBE_STEP_BAD;
  return true;
}

/* The first member of this name, or none. */
static kube_json find_member(kube_json object, kube_slice name) {
  kube_json at = {0};
  kube_slice raw;
  if (object.type == KUBE_JSON_OBJECT)
    while (kube_json_next(object, &at, &raw))
      if (kube_json_name_is(raw, name.bytes, name.length)) return at;
  return (kube_json){0};
}

static kube_json find_element(kube_json array, size_t index) {
  kube_json at = {0};
  if (array.type == KUBE_JSON_ARRAY)
    while (kube_json_next(array, &at, NULL))
      if (index-- == 0) return at;
  return (kube_json){0};
}

kube_json kube_json_find(kube_slice text, const char *path) {
  const char *end = text.bytes + text.length;
  kube_json value = {0};
  kube_json_fault fault = {0};
  kube_json_step step;
  if (text.length == 0) return value;
  if (kube_json_value(kube_json_space(text.bytes, end), end, &value, &fault) == NULL)
    return (kube_json){0};
  while (value.type && kube_json_path_step(&path, &step)) {
    if (step.kind == KUBE_STEP_BAD) return (kube_json){0};
    value = step.kind == KUBE_STEP_NAME ? find_member(value, step.name)
                                        : find_element(value, step.index);
  }
  return value;
}

/* What kube_json_text has written: counts on when there is no more room. */
typedef struct sink {
  char *out;
  size_t room;   /* without the NUL */
  size_t used;   /* written, whole characters only */
  size_t length; /* that it would have had */
} sink;

/* A character is written whole or, with all that follow, not at all. */
static void sink_add(sink *s, const char *bytes, size_t n) {
  if (s->used == s->length && n <= s->room - s->used) {
    memcpy(s->out + s->used, bytes, n);
    s->used += n;
  }
  s->length += n;
}

/* One past the character at p; a byte that is no UTF-8 is one by itself. */
static const char *character_end(const char *p, const char *end) {
  const char *next = (byte)*p < 0x80 ? p + 1 : kube_json_utf8(p, end);
  return next ? next : p + 1;
}

size_t kube_json_text(kube_json value, char *out, size_t size) {
  const char *p = value.bytes, *end = p + value.length, *next;
  sink s = {out, size ? size - 1 : 0, 0, 0};
  for (; p < end; p = next) {
    char piece[4];
    if (*p == '\\' && value.type == KUBE_JSON_STRING) {
      sink_add(&s, piece, put_escape(p, end, piece, &next));
    } else {
      next = character_end(p, end);
      sink_add(&s, p, (size_t)(next - p));
    }
  }
  if (size) out[s.used] = '\0';
  return s.length;
}

bool kube_json_integer(kube_json value, int64_t *out) {
  const char *end = value.bytes + value.length;
  kube_json_number number;
  kube_json_fault fault = {0};
  if (value.type != KUBE_JSON_NUMBER) return false;
  if (kube_json_number_end(value.bytes, end, &number, &fault) != end || !number.integer)
    return false;
  *out = kube_json_number_integer(&number);
  return true;
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
