/* Going past a value without looking into it; the contract is in json.h. */
#include "json.h"

typedef unsigned char byte;

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

const char *kube_json_skip(const char *p, const char *end, kube_json_fault *fault) {
  if (p < end && (*p == '"' || *p == '{' || *p == '[')) return skip_long(p, end, fault);
  return kube_json_scalar(p, end, fault);
}
