/*
** The frame cutter; the contract is in frame.h. A state says what must come next:
**
**   mode stream:  BETWEEN -> FRAME -> BETWEEN ...           the end may come at BETWEEN
**   items, rows:   OPENING -> FIRST_NAME -> NAME_END -> COLON -> MEMBER, and then one of
**                   KEPT or SKIPPED -> BEHIND_MEMBER -> NAME -> NAME_END ... or -> DONE
**                   FIRST_ITEM -> FRAME -> BEHIND_ITEM -> ITEM -> FRAME ... -> BEHIND_MEMBER
**                                                           the end may come at DONE
*/
#include "frame.h"

#include <stdlib.h>
#include <string.h>

enum {
  BETWEEN,
  FRAME,
  OPENING,
  FIRST_NAME,
  NAME,
  NAME_END,
  COLON,
  MEMBER,
  KEPT,
  SKIPPED,
  BEHIND_MEMBER,
  FIRST_ITEM,
  ITEM,
  BEHIND_ITEM,
  DONE
};

/* What a member of the list is to us. */
enum { OTHER, ITEMS, KIND, API_VERSION, METADATA, COLUMNS };

/* How the value at hand goes on. */
enum { NESTED, STRING, WORD };

/* What a peek is about: the bytes that are here now. */
typedef struct input {
  const char *bytes;
  size_t n;
  bool ended;
  kube_error *err;
} input;

void kube_cutter_init(kube_cutter *c, kube_cutter_mode mode, size_t ceiling) {
  memset(c, 0, sizeof *c);
  c->mode = mode;
  c->state = mode == KUBE_CUT_STREAM ? BETWEEN : OPENING;
  c->ceiling = ceiling ? ceiling : KUBE_FRAME_CEILING;
}

static void forget(kube_slice *slice) {
  free((void *)(uintptr_t)slice->bytes);
  *slice = (kube_slice){NULL, 0};
}

void kube_cutter_clear(kube_cutter *c) {
  forget(&c->kind);
  forget(&c->api_version);
  forget(&c->metadata);
  forget(&c->columns);
}

static kube_status bad(const kube_cutter *c, const input *in, const char *what) {
  return kube_fail(in->err, KUBE_EDECODE, "bad JSON at offset %llu: %s",
                   (unsigned long long)(c->taken + c->at), what);
}

/* The bytes are used up where they must not end. */
static kube_status starved(const kube_cutter *c, const input *in) {
  if (!in->ended) return KUBE_AGAIN;
  return kube_fail(in->err, KUBE_EDECODE, "truncated: the JSON ends at offset %llu, too early",
                   (unsigned long long)(c->taken + c->at));
}

/* Moves past white space; KUBE_AGAIN (or the failure that it is) when nothing else is here. */
static kube_status next_byte(kube_cutter *c, const input *in, char *byte) {
  const char *end = in->bytes + in->n;
  c->start = c->at = (size_t)(kube_json_space(in->bytes + c->at, end) - in->bytes);
  if (c->at == in->n) return starved(c, in);
  *byte = in->bytes[c->at];
  return KUBE_OK;
}

/* ---- a value, in pieces ---- */

/* Begins the value at c->at, whose first byte is here. */
static kube_status begin_value(kube_cutter *c, const input *in, int state) {
  const char first = in->bytes[c->at];
  c->skipper = (kube_json_skipper){0, false, false};
  c->start = c->at;
  if (first == '{' || first == '[') {
    c->shape = NESTED;
    c->skipper.depth = 1;
  } else if (first == '"') {
    c->shape = STRING;
    c->skipper.in_string = true;
  } else if (first != '\0' && strchr("-0123456789tfn", first)) {
    c->shape = WORD;
  } else {
    return bad(c, in, "a value was expected");
  }
  c->state = state;
  c->at++;
  return KUBE_OK;
}

static const char *word_end(const char *p, const char *end) {
  while (p < end && *p != '\0' && strchr(" \t\r\n,:]}[{\"", *p) == NULL) p++;
  return p;
}

/* A word at the top of a stream ends with the bytes; inside a list something must follow. */
static bool value_done(const kube_cutter *c, const input *in) {
  if (c->shape == NESTED) return c->skipper.depth == 0;
  if (c->shape == STRING) return !c->skipper.in_string;
  return c->at < in->n || (in->ended && c->mode == KUBE_CUT_STREAM);
}

/* Goes on in the value: KUBE_OK when it is complete, c->at one past it. */
static kube_status go_through(kube_cutter *c, const input *in) {
  const char *p = in->bytes + c->at, *end = in->bytes + in->n;
  switch (c->shape) {
    case NESTED: p = kube_json_skip_nested(&c->skipper, p, end); break;
    case STRING: p = kube_json_skip_string(&c->skipper, p, end); break;
    default: p = word_end(p, end);
  }
  if (p == NULL) return bad(c, in, "nested too deep");
  c->at = (size_t)(p - in->bytes);
  return value_done(c, in) ? KUBE_OK : starved(c, in);
}

/* The same for a value whose bytes are needed from its start: they have a ceiling. */
static kube_status gather(kube_cutter *c, const input *in, size_t ceiling, const char *what) {
  const kube_status status = go_through(c, in);
  if (c->at - c->start > ceiling)
    return kube_fail(in->err, KUBE_ETOOLARGE, "%s of more than %zu bytes at offset %llu", what,
                     ceiling, (unsigned long long)(c->taken + c->start));
  return status;
}

/* ---- frames ---- */

static kube_status between(kube_cutter *c, const input *in) {
  c->start = c->at = (size_t)(kube_json_space(in->bytes + c->at, in->bytes + in->n) - in->bytes);
  if (c->at == in->n) return in->ended ? KUBE_EOF : KUBE_AGAIN;
  return begin_value(c, in, FRAME);
}

static kube_status cut_frame(kube_cutter *c, const input *in) {
  const kube_status status = gather(c, in, c->ceiling, "an object");
  if (status != KUBE_OK) return status;
  c->ready = true;
  c->end = c->at;
  c->state = c->mode == KUBE_CUT_STREAM ? BETWEEN : BEHIND_ITEM;
  return KUBE_OK;
}

/* ---- a list: its members ---- */

static kube_status open_list(kube_cutter *c, const input *in) {
  char byte;
  const kube_status status = next_byte(c, in, &byte);
  if (status != KUBE_OK) return status;
  if (byte != '{') return bad(c, in, "a list (an object with items) was expected");
  c->at++;
  c->state = FIRST_NAME;
  return KUBE_OK;
}

/* The object is closed: it must have been a list. */
static kube_status close_list(kube_cutter *c, const input *in) {
  if (!c->items)
    return kube_fail(in->err, KUBE_EDECODE, "not a list: %s%.*s came, which has no items",
                     c->kind.length ? "a " : "an object",
                     c->kind.length < 64 ? (int)c->kind.length : 64,
                     c->kind.length ? c->kind.bytes : "");
  c->at++;
  c->state = DONE;
  return KUBE_OK;
}

static kube_status begin_name(kube_cutter *c, const input *in) {
  char byte;
  const kube_status status = next_byte(c, in, &byte);
  if (status != KUBE_OK) return status;
  if (byte == '}' && c->state == FIRST_NAME) return close_list(c, in);
  if (byte != '"') return bad(c, in, "a member's name was expected");
  return begin_value(c, in, NAME_END);
}

static int member_of(kube_cutter *c, kube_slice raw) {
  if (kube_json_name_is(raw, "items", 5)) return ITEMS;
  if (c->mode == KUBE_CUT_ROWS && kube_json_name_is(raw, "columnDefinitions", 17)) return COLUMNS;
  if (c->mode == KUBE_CUT_ROWS && kube_json_name_is(raw, "rows", 4)) {
    c->rows = true;
    return ITEMS;
  }
  if (kube_json_name_is(raw, "kind", 4)) return KIND;
  if (kube_json_name_is(raw, "apiVersion", 10)) return API_VERSION;
  if (kube_json_name_is(raw, "metadata", 8)) return METADATA;
  return OTHER;
}

static kube_status end_name(kube_cutter *c, const input *in) {
  const kube_status status = gather(c, in, KUBE_HEAD_CEILING, "a name");
  if (status != KUBE_OK) return status;
  c->member = member_of(c, (kube_slice){in->bytes + c->start + 1, c->at - c->start - 2});
  c->state = COLON;
  return KUBE_OK;
}

static kube_status colon(kube_cutter *c, const input *in) {
  char byte;
  const kube_status status = next_byte(c, in, &byte);
  if (status != KUBE_OK) return status;
  if (byte != ':') return bad(c, in, "a colon was expected");
  c->at++;
  c->state = MEMBER;
  return KUBE_OK;
}

/* The items: an array, or null, which servers send for an empty one. */
static kube_status begin_items(kube_cutter *c, const input *in, char byte) {
  if (c->items) return bad(c, in, "items for the second time");
  if (byte == 'n') return begin_value(c, in, KEPT);
  if (byte != '[') return bad(c, in, "items that are not an array");
  c->items = true;
  c->at++;
  c->state = FIRST_ITEM;
  return KUBE_OK;
}

static kube_status begin_member(kube_cutter *c, const input *in) {
  char byte;
  const kube_status status = next_byte(c, in, &byte);
  if (status != KUBE_OK) return status;
  if (c->member == ITEMS) return begin_items(c, in, byte);
  return begin_value(c, in, c->member == OTHER ? SKIPPED : KEPT);
}

static kube_slice *keeper(kube_cutter *c) {
  switch (c->member) {
    case KIND: return &c->kind;
    case API_VERSION: return &c->api_version;
    case COLUMNS: return &c->columns;
    default: return &c->metadata;
  }
}

/* Copies the member to the head; null and what is of another type count as not there. */
static kube_status keep(kube_cutter *c, const input *in) {
  const bool is_text = c->member == KIND || c->member == API_VERSION;
  const int shape = is_text ? STRING : NESTED;
  const size_t quotes = is_text ? 1 : 0;
  const size_t length = c->at - c->start - 2 * quotes;
  kube_slice *slice = keeper(c);
  char *copy;
  if (c->shape != shape || length == 0) return KUBE_OK;
  copy = malloc(length);
  if (copy == NULL) return kube_fail_memory(in->err, "the head of a list");
  memcpy(copy, in->bytes + c->start + quotes, length);
  forget(slice);
  *slice = (kube_slice){copy, length};
  return KUBE_OK;
}

static kube_status end_kept(kube_cutter *c, const input *in) {
  kube_status status = gather(c, in, KUBE_HEAD_CEILING, "a list's head");
  if (status != KUBE_OK) return status;
  if (c->member == ITEMS) {
    if (c->at - c->start != 4 || memcmp(in->bytes + c->start, "null", 4) != 0) {
      c->at = c->start;
      return bad(c, in, "items that are not an array");
    }
    c->items = true;
  } else {
    status = keep(c, in);
    if (status != KUBE_OK) return status;
  }
  c->state = BEHIND_MEMBER;
  return KUBE_OK;
}

/* What is skipped may be dropped as it goes. */
static kube_status end_skipped(kube_cutter *c, const input *in) {
  const kube_status status = go_through(c, in);
  c->start = c->at;
  if (status == KUBE_OK) c->state = BEHIND_MEMBER;
  return status;
}

static kube_status behind_member(kube_cutter *c, const input *in) {
  char byte;
  const kube_status status = next_byte(c, in, &byte);
  if (status != KUBE_OK) return status;
  if (byte == '}') return close_list(c, in);
  if (byte != ',') return bad(c, in, "a comma or a closing bracket was expected");
  c->at++;
  c->state = NAME;
  return KUBE_OK;
}

/* ---- a list: its items ---- */

static kube_status begin_item(kube_cutter *c, const input *in) {
  char byte;
  const kube_status status = next_byte(c, in, &byte);
  if (status != KUBE_OK) return status;
  if (byte != ']' || c->state != FIRST_ITEM) return begin_value(c, in, FRAME);
  c->at++;
  c->state = BEHIND_MEMBER;
  return KUBE_OK;
}

static kube_status behind_item(kube_cutter *c, const input *in) {
  char byte;
  const kube_status status = next_byte(c, in, &byte);
  if (status != KUBE_OK) return status;
  if (byte != ',' && byte != ']') return bad(c, in, "a comma or a closing bracket was expected");
  c->at++;
  c->state = byte == ',' ? ITEM : BEHIND_MEMBER;
  return KUBE_OK;
}

static kube_status end_list(kube_cutter *c, const input *in) {
  c->start = c->at = (size_t)(kube_json_space(in->bytes + c->at, in->bytes + in->n) - in->bytes);
  if (c->at < in->n) return bad(c, in, "something behind the end of the list");
  return in->ended ? KUBE_EOF : KUBE_AGAIN;
}

/* ---- all together ---- */

static kube_status step(kube_cutter *c, const input *in) {
  switch (c->state) {
    case BETWEEN: return between(c, in);
    case FRAME: return cut_frame(c, in);
    case OPENING: return open_list(c, in);
    case FIRST_NAME:
    case NAME: return begin_name(c, in);
    case NAME_END: return end_name(c, in);
    case COLON: return colon(c, in);
    case MEMBER: return begin_member(c, in);
    case KEPT: return end_kept(c, in);
    case SKIPPED: return end_skipped(c, in);
    case BEHIND_MEMBER: return behind_member(c, in);
    case FIRST_ITEM:
    case ITEM: return begin_item(c, in);
    case BEHIND_ITEM: return behind_item(c, in);
    default: return end_list(c, in);
  }
}

kube_status kube_cutter_peek(kube_cutter *c, const char *bytes, size_t n, bool ended,
                             kube_slice *frame, kube_error *err) {
  const input in = {bytes, n, ended, err};
  kube_status status = KUBE_OK;
  while (!c->ready && status == KUBE_OK) status = step(c, &in);
  if (status == KUBE_OK) *frame = (kube_slice){bytes + c->start, c->end - c->start};
  return status;
}

size_t kube_cutter_take(kube_cutter *c) {
  const size_t drop = c->ready ? c->end : c->start;
  c->ready = false;
  c->taken += drop;
  c->at -= drop;
  c->start = c->end = 0;
  return drop;
}
