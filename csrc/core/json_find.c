/* Looking things up in a text, in place; the contracts are in kube.h and json.h. */
#include "json.h"

#include <stdlib.h>

typedef unsigned char byte;

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
      length = kube_json_unescape_one(p, end, piece, &p);
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

/* Where the first member of this name has its value, in the object at p; NULL when it has none. */
static const char *find_member(const char *p, const char *end, kube_slice name) {
  kube_json_fault fault = {0};
  kube_slice raw;
  if (p == end || *p != '{') return NULL;
  do {
    p = read_name(kube_json_space(p + 1, end), end, &raw);
    if (p == NULL || kube_json_name_is(raw, name.bytes, name.length)) return p;
    p = kube_json_skip(p, end, &fault);
    if (p) p = kube_json_space(p, end);
  } while (p && p < end && *p == ',');
  return NULL;
}

/* Where the element of this index is, in the array at p; NULL when there are not so many. */
static const char *find_element(const char *p, const char *end, size_t index) {
  kube_json_fault fault = {0};
  if (p == end || *p != '[') return NULL;
  do {
    p = kube_json_space(p + 1, end);
    if (index-- == 0) return p < end && *p != ']' ? p : NULL;
    p = kube_json_skip(p, end, &fault);
    if (p) p = kube_json_space(p, end);
  } while (p && p < end && *p == ',');
  return NULL;
}

kube_json kube_json_find(kube_slice text, const char *path) {
  const char *end = text.bytes + text.length, *p;
  kube_json value = {0};
  kube_json_fault fault = {0};
  kube_json_step step;
  if (text.length == 0) return value;
  p = kube_json_space(text.bytes, end);
  while (p && kube_json_path_step(&path, &step)) {
    if (step.kind == KUBE_STEP_BAD) return value;
    p = step.kind == KUBE_STEP_NAME ? find_member(p, end, step.name)
                                    : find_element(p, end, step.index);
  }
  if (p == NULL || kube_json_value(p, end, &value, &fault) == NULL) return (kube_json){0};
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
      sink_add(&s, piece, kube_json_unescape_one(p, end, piece, &next));
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
  kube_json_number number = {0};
  kube_json_fault fault = {0};
  if (value.type != KUBE_JSON_NUMBER) return false;
  if (kube_json_number_end(value.bytes, end, &number, &fault) != end || !number.integer)
    return false;
  *out = kube_json_number_integer(&number);
  return true;
}
