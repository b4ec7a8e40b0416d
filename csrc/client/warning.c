/* Warning headers; the contract is in warning.h. */
#include "warning.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/json.h"
#include "core/text.h"

/* ---- pieces ---- */

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static kube_slice trim(kube_slice text) {
  while (text.length && is_space(*text.bytes)) text.bytes++, text.length--;
  while (text.length && is_space(text.bytes[text.length - 1])) text.length--;
  return text;
}

static kube_slice past(kube_slice text, size_t n) {
  return (kube_slice){text.bytes + n, text.length - n};
}

/* Takes what stands before the next space: false where there is none. */
static bool take_word(kube_slice *text, kube_slice *word) {
  const char *space = text->length ? memchr(text->bytes, ' ', text->length) : NULL;
  if (space == NULL) return false;
  *word = (kube_slice){text->bytes, (size_t)(space - text->bytes)};
  *text = past(*text, word->length + 1);
  return true;
}

/* UTF-8 without control characters, those from U+0080 to U+009F too: it is shown on terminals. */
static bool is_clean(const char *bytes, size_t n) {
  const char *p = bytes, *const end = bytes + n;
  while (p && p < end) {
    const unsigned char c = (unsigned char)*p;
    if (c < ' ' || c == 127 || (c == 0xC2 && p + 1 < end && (unsigned char)p[1] < 0xA0))
      return false;
    p = c < 0x80 ? p + 1 : kube_json_utf8(p, end);
  }
  return p != NULL;
}

static kube_status malformed(kube_error *err, const char *what) {
  return kube_fail(err, KUBE_EDECODE, "invalid warning header: %s", what);
}

static char *copy(kube_slice text, kube_error *err) {
  char *bytes = strndup(text.bytes, text.length);
  if (bytes == NULL) kube_fail_memory(err, "a warning");
  return bytes;
}

/* ---- a warning ---- */

static kube_status read_code(kube_slice word, int *code, kube_error *err) {
  size_t i;
  if (word.length != 3) return malformed(err, "the code is not 3 digits");
  for (*code = 0, i = 0; i < 3; i++) {
    if (word.bytes[i] < '0' || word.bytes[i] > '9')
      return malformed(err, "the code is not 3 digits");
    *code = *code * 10 + word.bytes[i] - '0';
  }
  return KUBE_OK;
}

/* What is between quotes, of which a backslash may stand before any character. */
static kube_status read_quoted(kube_slice *header, kube_buffer *out, kube_error *err) {
  size_t i;
  if (header->length == 0 || *header->bytes != '"') return malformed(err, "missing initial quote");
  for (i = 1; i < header->length && header->bytes[i] != '"'; i++) {
    if (header->bytes[i] == '\\' && ++i == header->length) break;
    if (kube_buffer_add_char(out, header->bytes[i], err) != KUBE_OK) return KUBE_ENOMEM;
  }
  if (i >= header->length) return malformed(err, "missing closing quote");
  *header = trim(past(*header, i + 1));
  return KUBE_OK;
}

/* What was encoded as RFC 2616 wanted it is decoded; of a charset unknown here it stays. */
static kube_status read_text(kube_slice *header, char **text, kube_error *err) {
  kube_buffer quoted = {0}, decoded = {0};
  kube_slice found;
  kube_status status = read_quoted(header, &quoted, err);
  if (status == KUBE_OK) {
    found = kube_buffer_slice(&quoted);
    status = kube_words_decode(&decoded, found, err);
    if (status == KUBE_OK) found = kube_buffer_slice(&decoded);
    if (status == KUBE_EDECODE) status = KUBE_OK;
  }
  if (status == KUBE_OK && !is_clean(found.bytes, found.length))
    status = malformed(err, "invalid text");
  if (status == KUBE_OK && (*text = copy(found, err)) == NULL) status = KUBE_ENOMEM;
  kube_buffer_clear(&quoted);
  kube_buffer_clear(&decoded);
  return status;
}

static kube_status pass_date(kube_slice *header, kube_error *err) {
  const char *end;
  if (header->length == 0 || *header->bytes != '"') return KUBE_OK;
  end = memchr(header->bytes + 1, '"', header->length - 1);
  if (end == NULL) return malformed(err, "unterminated date segment");
  *header = trim(past(*header, (size_t)(end - header->bytes) + 1));
  return KUBE_OK;
}

static kube_status pass_comma(kube_slice *header, kube_error *err) {
  if (header->length == 0) return KUBE_OK;
  if (*header->bytes != ',') return malformed(err, "unexpected token after warn-date");
  *header = trim(past(*header, 1));
  return KUBE_OK;
}

void kube_warning_text_clear(kube_warning_text *warning) {
  free(warning->agent);
  free(warning->text);
  memset(warning, 0, sizeof *warning);
}

kube_status kube_warning_parse(kube_slice *header, kube_warning_text *warning, kube_error *err) {
  kube_slice code, agent;
  kube_status status;
  memset(warning, 0, sizeof *warning);
  *header = trim(*header);
  if (!take_word(header, &code) || !take_word(header, &agent))
    return malformed(err, "fewer than 3 segments");
  status = read_code(code, &warning->code, err);
  if (status == KUBE_OK && agent.length == 0) status = malformed(err, "empty agent segment");
  if (status == KUBE_OK && !is_clean(agent.bytes, agent.length))
    status = malformed(err, "invalid agent");
  if (status == KUBE_OK && (warning->agent = copy(agent, err)) == NULL) status = KUBE_ENOMEM;
  if (status == KUBE_OK) status = read_text(header, &warning->text, err);
  if (status == KUBE_OK) status = pass_date(header, err);
  if (status == KUBE_OK) status = pass_comma(header, err);
  if (status != KUBE_OK) kube_warning_text_clear(warning);
  return status;
}

/* ---- those of a call ---- */

void kube_warnings_clear(kube_warnings *warnings) {
  unsigned i;
  for (i = 0; warnings->list && i < KUBE_WARNINGS_KEPT; i++)
    kube_warning_text_clear(&warnings->list[i]);
  free(warnings->list);
  kube_warning_text_clear(&warnings->taken);
  memset(warnings, 0, sizeof *warnings);
}

/* *warning moves in. */
static void keep(kube_warnings *warnings, kube_warning_text *warning) {
  kube_warning_text *place;
  if (warnings->list == NULL) warnings->list = calloc(KUBE_WARNINGS_KEPT, sizeof *warnings->list);
  if (warnings->list == NULL) {
    kube_warning_text_clear(warning);
    return;
  }
  place = &warnings->list[(warnings->first + warnings->count) % KUBE_WARNINGS_KEPT];
  kube_warning_text_clear(place);
  *place = *warning;
  if (warnings->count < KUBE_WARNINGS_KEPT)
    warnings->count++;
  else
    warnings->first = (warnings->first + 1) % KUBE_WARNINGS_KEPT;
}

void kube_warnings_add(kube_warnings *warnings, const char *header) {
  kube_slice rest = {header, strlen(header)};
  kube_warning_text warning;
  if (rest.length > KUBE_WARNING_LONGEST) return;
  while (rest.length && kube_warning_parse(&rest, &warning, NULL) == KUBE_OK)
    if (warning.code == 299 && *warning.text)
      keep(warnings, &warning);
    else
      kube_warning_text_clear(&warning);
}

bool kube_warnings_take(kube_warnings *warnings, kube_warning *warning) {
  kube_warning_text *oldest;
  kube_warning_text_clear(&warnings->taken);
  if (warnings->count == 0) return false;
  oldest = &warnings->list[warnings->first];
  warnings->taken = *oldest;
  memset(oldest, 0, sizeof *oldest);
  warnings->first = (warnings->first + 1) % KUBE_WARNINGS_KEPT;
  warnings->count--;
  *warning = (kube_warning){
      .code = warnings->taken.code, .agent = warnings->taken.agent, .text = warnings->taken.text};
  return true;
}
