/* Checking a whole text; the contract is in json.h. */
#include "json.h"

typedef unsigned char byte;

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
      return *at == AFTER ? kube_json_scalar(p, end, fault) : enter(c, p, fault);
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
