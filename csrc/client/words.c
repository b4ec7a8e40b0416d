/*
** Encoded words, "=?UTF-8?Q?caf=C3=A9?=": how headers once bore what is not ASCII. The contract is in
** warning.h. Rules: RFC 2047; Go mime/encodedword.go WordDecoder.DecodeHeader, and its charsets.
*/
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "warning.h"

/* One word, in parts; all of it, from "=?" to "?=", has length bytes. */
typedef struct word {
  kube_slice charset, text;
  char encoding;
  size_t length;
} word;

static const char *find(kube_slice in, size_t from, const char *two) {
  size_t i;
  for (i = from; i + 2 <= in.length; i++)
    if (in.bytes[i] == two[0] && in.bytes[i + 1] == two[1]) return in.bytes + i;
  return NULL;
}

/* Whether what begins at "=?" may be a word. */
static bool split(kube_slice in, word *w) {
  const char *mark = memchr(in.bytes + 2, '?', in.length - 2), *end;
  size_t at;
  if (mark == NULL) return false;
  at = (size_t)(mark - in.bytes) + 1;
  if (in.length < at + 4 || in.bytes[at + 1] != '?') return false;
  end = find(in, at + 2, "?=");
  if (end == NULL) return false;
  w->charset = (kube_slice){in.bytes + 2, (size_t)(mark - in.bytes) - 2};
  w->encoding = in.bytes[at];
  w->text = (kube_slice){in.bytes + at + 2, (size_t)(end - in.bytes) - at - 2};
  w->length = (size_t)(end - in.bytes) + 2;
  return true;
}

static int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_plain(char c) {
  return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t';
}

/* "Q": '_' is a space, "=41" a byte. */
static kube_status decode_q(kube_buffer *out, kube_slice text) {
  size_t i;
  for (i = 0; i < text.length; i++) {
    char c = text.bytes[i] == '_' ? ' ' : text.bytes[i];
    if (c == '=') {
      if (i + 2 >= text.length || hex(text.bytes[i + 1]) < 0 || hex(text.bytes[i + 2]) < 0)
        return KUBE_EDECODE;
      c = (char)(hex(text.bytes[i + 1]) * 16 + hex(text.bytes[i + 2]));
      i += 2;
    } else if (!is_plain(c)) {
      return KUBE_EDECODE;
    }
    if (kube_buffer_add_char(out, c, NULL) != KUBE_OK) return KUBE_ENOMEM;
  }
  return KUBE_OK;
}

static kube_status decode(kube_buffer *out, const word *w) {
  switch (w->encoding) {
    case 'Q':
    case 'q': return decode_q(out, w->text);
    case 'B':
    case 'b': return kube_text_base64_decode(out, w->text.bytes, w->text.length, NULL);
    default: return KUBE_EDECODE;
  }
}

static bool is(kube_slice charset, const char *name) {
  return charset.length == strlen(name) && strncasecmp(charset.bytes, name, charset.length) == 0;
}

/* Latin 1 as UTF-8; of ASCII what is none is U+FFFD. */
static kube_status widen(kube_buffer *out, kube_slice bytes, bool ascii, kube_error *err) {
  kube_status status = KUBE_OK;
  size_t i;
  for (i = 0; i < bytes.length && status == KUBE_OK; i++) {
    const unsigned char c = (unsigned char)bytes.bytes[i];
    const char two[] = {(char)(0xC0 | c >> 6), (char)(0x80 | (c & 0x3F))};
    status = c < 0x80 ? kube_buffer_add_char(out, (char)c, err)
             : ascii  ? kube_buffer_add(out, "\xEF\xBF\xBD", 3, err)
                      : kube_buffer_add(out, two, 2, err);
  }
  return status;
}

static kube_status convert(kube_buffer *out, kube_slice charset, kube_slice bytes,
                           kube_error *err) {
  if (is(charset, "utf-8")) return kube_buffer_add(out, bytes.bytes, bytes.length, err);
  if (is(charset, "iso-8859-1")) return widen(out, bytes, false, err);
  if (is(charset, "us-ascii")) return widen(out, bytes, true, err);
  return kube_fail(err, KUBE_EDECODE, "a charset that is not known");
}

static bool is_blank(const char *bytes, size_t n) {
  size_t i;
  for (i = 0; i < n; i++)
    if (!strchr(" \t\r\n", bytes[i])) return false;
  return true;
}

/*
** What stands before a word, and the word: KUBE_OK, and *text goes on behind it. *after: a word stood
** before it, from which it is parted by white space that does not count.
*/
static kube_status take(kube_buffer *out, kube_slice *text, const char *start, const word *w,
                        bool *after, kube_error *err) {
  const size_t before = (size_t)(start - text->bytes);
  kube_buffer bytes = {0};
  kube_status status = decode(&bytes, w);
  size_t passed = before + w->length;
  if (status == KUBE_EDECODE) { /* it is none: its "=?" is text */
    passed = before + 2;
    status = kube_buffer_add(out, text->bytes, passed, err);
    *after = false;
  } else if (status == KUBE_OK) {
    if (!*after || !is_blank(text->bytes, before))
      status = kube_buffer_add(out, text->bytes, before, err);
    if (status == KUBE_OK) status = convert(out, w->charset, kube_buffer_slice(&bytes), err);
    *after = true;
  }
  kube_buffer_clear(&bytes);
  *text = (kube_slice){text->bytes + passed, text->length - passed};
  return status == KUBE_ENOMEM ? kube_fail_memory(err, "a warning") : status;
}

kube_status kube_words_decode(kube_buffer *out, kube_slice text, kube_error *err) {
  kube_status status = KUBE_OK;
  bool after = false;
  const char *start;
  word w;
  while (status == KUBE_OK && (start = find(text, 0, "=?")) != NULL) {
    const size_t before = (size_t)(start - text.bytes);
    if (!split((kube_slice){start, text.length - before}, &w)) break;
    status = take(out, &text, start, &w, &after, err);
  }
  return status == KUBE_OK ? kube_buffer_add(out, text.bytes, text.length, err) : status;
}
