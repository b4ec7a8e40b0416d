/* Going past a value without looking into it; the contract is in json.h. */
#include "json.h"

typedef unsigned char byte;

#ifdef KUBE_JSON_SSE2

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

/* What 64 bytes hold, one bit a byte. */
typedef struct block {
  uint64_t quotes, slashes, opens, closes;
} block;

/* [ is { and ] is } without the bit 0x20. */
INLINE void read_16(const char *p, int shift, block *b) {
  const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
  const __m128i folded = _mm_or_si128(x, _mm_set1_epi8(0x20));
  const __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
  const __m128i slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
  const __m128i open = _mm_cmpeq_epi8(folded, _mm_set1_epi8('{'));
  const __m128i close = _mm_cmpeq_epi8(folded, _mm_set1_epi8('}'));
  b->quotes |= (uint64_t)(unsigned)_mm_movemask_epi8(quote) << shift;
  b->slashes |= (uint64_t)(unsigned)_mm_movemask_epi8(slash) << shift;
  b->opens |= (uint64_t)(unsigned)_mm_movemask_epi8(open) << shift;
  b->closes |= (uint64_t)(unsigned)_mm_movemask_epi8(close) << shift;
}

INLINE block read_block(const char *p) {
  block b = {0, 0, 0, 0};
  read_16(p, 0, &b);
  read_16(p + 16, 16, &b);
  read_16(p + 32, 32, &b);
  read_16(p + 48, 48, &b);
  return b;
}

/* The bytes that stand behind a backslash which is not itself escaped (after simdjson). */
INLINE uint64_t escaped_bytes(uint64_t slashes, bool *escaped) {
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
INLINE uint64_t between(uint64_t quotes) {
  quotes ^= quotes << 1;
  quotes ^= quotes << 2;
  quotes ^= quotes << 4;
  quotes ^= quotes << 8;
  quotes ^= quotes << 16;
  return quotes ^ quotes << 32;
}

INLINE size_t count_bits(uint64_t x) {
  x -= x >> 1 & 0x5555555555555555u;
  x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
  x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
  return (size_t)(x * 0x0101010101010101u >> 56);
}

#if defined(__x86_64__) && !defined(KUBE_JSON_NO_AVX2)

/* The same where the processor has better: the rest is compiled for those that have it not. */
#define WITH_AVX2 __attribute__((target("avx2,pclmul,popcnt")))

static inline WITH_AVX2 void read_32(const char *p, int shift, block *b) {
  const __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)p);
  const __m256i folded = _mm256_or_si256(x, _mm256_set1_epi8(0x20));
  const __m256i quote = _mm256_cmpeq_epi8(x, _mm256_set1_epi8('"'));
  const __m256i slash = _mm256_cmpeq_epi8(x, _mm256_set1_epi8('\\'));
  const __m256i open = _mm256_cmpeq_epi8(folded, _mm256_set1_epi8('{'));
  const __m256i close = _mm256_cmpeq_epi8(folded, _mm256_set1_epi8('}'));
  b->quotes |= (uint64_t)(unsigned)_mm256_movemask_epi8(quote) << shift;
  b->slashes |= (uint64_t)(unsigned)_mm256_movemask_epi8(slash) << shift;
  b->opens |= (uint64_t)(unsigned)_mm256_movemask_epi8(open) << shift;
  b->closes |= (uint64_t)(unsigned)_mm256_movemask_epi8(close) << shift;
}

static inline WITH_AVX2 block read_block_avx2(const char *p) {
  block b = {0, 0, 0, 0};
  read_32(p, 0, &b);
  read_32(p + 32, 32, &b);
  return b;
}

static inline WITH_AVX2 uint64_t between_avx2(uint64_t quotes) {
  const __m128i all = _mm_set1_epi8((char)0xFF);
  return (uint64_t)_mm_cvtsi128_si64(
      _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)quotes), all, 0));
}

static inline WITH_AVX2 size_t count_bits_avx2(uint64_t x) {
  return (size_t)__builtin_popcountll(x);
}

#endif

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

/* How to look at a block: the same functions, for this processor or that. */
typedef struct eyes {
  block (*read)(const char *p);
  uint64_t (*between)(uint64_t quotes);
  size_t (*count)(uint64_t bits);
} eyes;

/* Goes through whole blocks; what is left is less than a block. *done when the end was found. */
INLINE const char *skip_with(const eyes e, kube_json_skipper *s, const char *p, const char *end,
                             bool *done) {
  for (; end - p >= 64; p += 64) {
    const block b = e.read(p);
    const uint64_t strings =
        e.between(b.quotes & ~escaped_bytes(b.slashes, &s->escaped)) ^ (0 - (uint64_t)s->in_string);
    const uint64_t opens = b.opens & ~strings, closes = b.closes & ~strings;
    const size_t up = e.count(opens), down = e.count(closes);
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

static const char *skip_sse2(kube_json_skipper *s, const char *p, const char *end, bool *done) {
  return skip_with((eyes){read_block, between, count_bits}, s, p, end, done);
}

#ifdef WITH_AVX2

static WITH_AVX2 const char *skip_avx2(kube_json_skipper *s, const char *p, const char *end,
                                       bool *done) {
  return skip_with((eyes){read_block_avx2, between_avx2, count_bits_avx2}, s, p, end, done);
}

static const char *skip_blocks(kube_json_skipper *s, const char *p, const char *end, bool *done) {
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") &&
      __builtin_cpu_supports("popcnt"))
    return skip_avx2(s, p, end, done);
  return skip_sse2(s, p, end, done);
}

#else

static const char *skip_blocks(kube_json_skipper *s, const char *p, const char *end, bool *done) {
  return skip_sse2(s, p, end, done);
}

#endif

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
