/*
** JSON to YAML; the contract is in yaml_json.h. libyaml's emitter lays out, folds and falls back
** from a style that cannot hold a text; which style to ask for is decided here as in go-yaml v2.
*/
#include <string.h>
#include <yaml.h>

#include "json.h"
#include "yaml_json.h"
#include "yaml_scalar.h"

typedef struct writer {
  yaml_emitter_t emitter;
  kube_buffer *out;
  kube_buffer text; /* the string under way, its escapes resolved */
  kube_error *err;
  kube_status status; /* the first failure */
} writer;

/* A hook of libyaml. */
static int on_write(void *arg, unsigned char *bytes, size_t n) {
  writer *w = arg;
  w->status = kube_buffer_add(w->out, bytes, n, w->err);
  return w->status == KUBE_OK;
}

static bool fail_memory(writer *w) {
  w->status = kube_fail_memory(w->err, "a YAML text");
  return false;
}

/* Emits the event, which made says could be made: that fails for want of memory only. */
static bool emit(writer *w, int made, yaml_event_t *event) {
  if (!made) return fail_memory(w);
  if (yaml_emitter_emit(&w->emitter, event)) return true;
  if (w->status != KUBE_OK) return false;
  if (w->emitter.error == YAML_MEMORY_ERROR) return fail_memory(w);
  w->status = kube_fail(w->err, KUBE_EDECODE, "no YAML: %s",
                        w->emitter.problem ? w->emitter.problem : "the emitter failed");
  return false;
}

static bool emit_scalar(writer *w, const char *text, size_t n, yaml_scalar_style_t style) {
  yaml_event_t event;
  bool plain = style == YAML_PLAIN_SCALAR_STYLE;
  int made = yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)n,
                                          plain, true, style);
  return emit(w, made, &event);
}

/* ---- strings ---- */

/* U+2028 and U+2029 end a line for libyaml, which folds some of them away; U+FEFF it may drop. */
static bool has_odd_characters(const char *text, size_t n) {
  for (size_t i = 0; i + 2 < n; i++)
    if (memcmp(text + i, "\xE2\x80\xA8", 3) == 0 || memcmp(text + i, "\xE2\x80\xA9", 3) == 0 ||
        memcmp(text + i, "\xEF\xBB\xBF", 3) == 0)
      return true;
  return false;
}

static yaml_scalar_style_t style_of(const char *text, size_t n) {
  if (has_odd_characters(text, n)) return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
  if (memchr(text, '\n', n)) return YAML_LITERAL_SCALAR_STYLE;
  if (kube_yaml_is_plain_text(text, n)) return YAML_PLAIN_SCALAR_STYLE;
  return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
}

/* libyaml measures in ints. */
static bool is_too_long(writer *w, size_t n) {
  if (n < INT32_MAX / 2) return false;
  w->status = kube_fail(w->err, KUBE_ETOOLARGE, "a string of %zu bytes is too long for YAML", n);
  return true;
}

static bool write_string(writer *w, const char *raw, size_t n) {
  const char *text = raw;
  if (is_too_long(w, n)) return false;
  if (n && memchr(raw, '\\', n)) {
    kube_buffer_reset(&w->text);
    w->status = kube_buffer_reserve(&w->text, n, w->err);
    if (w->status != KUBE_OK) return false;
    n = kube_json_unescape(raw, n, w->text.data);
    text = w->text.data;
  }
  return emit_scalar(w, text, n, style_of(text, n));
}

/* ---- values ---- */

static bool write_value(writer *w, kube_json value);

static bool write_members(writer *w, kube_json object) {
  yaml_event_t event;
  kube_slice name;
  int made =
      yaml_mapping_start_event_initialize(&event, NULL, NULL, true, YAML_BLOCK_MAPPING_STYLE);
  if (!emit(w, made, &event)) return false;
  for (kube_json member = {0}; kube_json_next(object, &member, &name);)
    if (!write_string(w, name.bytes, name.length) || !write_value(w, member)) return false;
  return emit(w, yaml_mapping_end_event_initialize(&event), &event);
}

static bool write_elements(writer *w, kube_json array) {
  yaml_event_t event;
  int made =
      yaml_sequence_start_event_initialize(&event, NULL, NULL, true, YAML_BLOCK_SEQUENCE_STYLE);
  if (!emit(w, made, &event)) return false;
  for (kube_json element = {0}; kube_json_next(array, &element, NULL);)
    if (!write_value(w, element)) return false;
  return emit(w, yaml_sequence_end_event_initialize(&event), &event);
}

/* Recursion is bounded: validation bounds the nesting. */
static bool write_value(writer *w, kube_json value) {
  switch (value.type) {
    case KUBE_JSON_OBJECT: return write_members(w, value);
    case KUBE_JSON_ARRAY: return write_elements(w, value);
    case KUBE_JSON_STRING: return write_string(w, value.bytes, value.length);
    default:
      if (is_too_long(w, value.length)) return false;
      return emit_scalar(w, value.bytes, value.length, YAML_PLAIN_SCALAR_STYLE);
  }
}

/*
** The stream is not ended: all that would add is "..." behind some block scalars, which kubectl
** does not write.
*/
static bool write_document(writer *w, kube_json root) {
  yaml_event_t event;
  int made = yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
  if (!emit(w, made, &event)) return false;
  made = yaml_document_start_event_initialize(&event, NULL, NULL, NULL, true);
  if (!emit(w, made, &event) || !write_value(w, root)) return false;
  return emit(w, yaml_document_end_event_initialize(&event, true), &event);
}

kube_status kube_yaml_from_json(kube_slice json, kube_buffer *yaml, kube_error *err) {
  writer w = {.out = yaml, .err = err};
  size_t before = kube_buffer_length(yaml);
  kube_status status = kube_json_validate(json, err);
  if (status != KUBE_OK) return status;
  if (!yaml_emitter_initialize(&w.emitter)) return kube_fail_memory(err, "a YAML text");
  yaml_emitter_set_output(&w.emitter, on_write, &w);
  yaml_emitter_set_unicode(&w.emitter, true);
  if (!write_document(&w, kube_json_find(json, ""))) yaml->end = yaml->start + before;
  yaml_emitter_delete(&w.emitter);
  kube_buffer_clear(&w.text);
  return w.status;
}
