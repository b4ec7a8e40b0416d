/*
** A tree as JSON; the contract is in yaml_print.h, the deviations from upstream in yaml_json.h.
** A mapping is first collected as entries, in the order go-yaml sets them (a merge sets its keys
** where << stands), then keys that are set twice are found by sorting, then it is written.
*/
#include "yaml_print.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "text.h"
#include "yaml_scalar.h"

typedef struct printer {
  kube_yaml_tree *tree;
  kube_buffer *out;
  kube_error *err;
  bool strict;
  size_t depth;   /* containers that are open, those reached through aliases, too */
  size_t aliases; /* aliases that are open */
  size_t steps;   /* nodes visited ... */
  size_t aliased; /* ... and how many of them through an alias */
  size_t groups;  /* mappings collected */
} printer;

/* A member to be. */
typedef struct entry {
  kube_slice key;
  const kube_yaml_node *at; /* the key, for its place */
  kube_yaml_node *value;
  size_t group; /* the mapping that sets it: in strict it may do so once */
  size_t order;
  bool again;   /* the same group set this key before */
  bool dropped; /* an entry before this one has the key, and now this value */
  struct entry *next;
} entry;

typedef struct entries {
  entry *first, *last;
  size_t count;
} entries;

static kube_status print_node(printer *p, kube_yaml_node *node);

static kube_status fail_memory(printer *p) { return kube_fail_memory(p->err, "a YAML document"); }

/* ---- bounds ---- */

/* go-yaml's: 99 % of a small document may come from aliases, 10 % of a large one. */
static double allowed_ratio(size_t steps) {
  const double low = 400000, high = 4000000;
  if (steps <= low) return 0.99;
  if (steps >= high) return 0.10;
  return 0.99 - 0.89 * ((double)steps - low) / (high - low);
}

static kube_status count_step(printer *p, const kube_yaml_node *node) {
  p->steps++;
  if (p->aliases == 0) return KUBE_OK;
  p->aliased++;
  if (p->aliased <= 100 || p->steps <= 1000) return KUBE_OK;
  if ((double)p->aliased <= allowed_ratio(p->steps) * (double)p->steps) return KUBE_OK;
  return kube_yaml_fail(p->err, node, "too much of the document comes from aliases");
}

static kube_status enter(printer *p, kube_yaml_node *node) {
  if (p->depth >= KUBE_JSON_DEPTH) return kube_yaml_fail(p->err, node, "nested too deep");
  p->depth++;
  node->open = true;
  return KUBE_OK;
}

static void leave(printer *p, kube_yaml_node *node) {
  p->depth--;
  node->open = false;
}

/* Moves *node to what it stands for, and counts the visit. */
static kube_status follow(printer *p, kube_yaml_node **node) {
  const kube_yaml_node *at = *node;
  if (at->kind == KUBE_YAML_ALIAS) *node = at->target;
  if (at->kind == KUBE_YAML_ALIAS && at->target->open)
    return kube_yaml_fail(p->err, at, "an alias to what it is a part of");
  return count_step(p, at);
}

/* ---- scalars ---- */

static kube_status resolve_binary(printer *p, const kube_yaml_node *node, kube_slice *text) {
  kube_buffer bytes = {0};
  kube_slice encoded = node->text;
  char *copy = NULL;
  kube_status status = kube_text_base64_decode(&bytes, encoded.bytes, encoded.length, p->err);
  if (status == KUBE_EDECODE) kube_yaml_fail(p->err, node, "!!binary that is no base64");
  if (status == KUBE_OK) {
    text->length = kube_buffer_length(&bytes);
    text->bytes = copy = kube_yaml_tree_alloc(p->tree, text->length + 1);
    if (copy == NULL)
      status = fail_memory(p);
    else if (text->length)
      memcpy(copy, kube_buffer_bytes(&bytes), text->length);
  }
  kube_buffer_clear_secret(&bytes);
  return status;
}

/* Whether a scalar may bear the tag; a tagged int becomes a float as go-yaml does it. */
static bool fit_tag(kube_yaml_scalar *scalar, kube_yaml_tag tag) {
  switch (tag) {
    case KUBE_TAG_BOOL: return scalar->type == KUBE_YAML_TRUE || scalar->type == KUBE_YAML_FALSE;
    case KUBE_TAG_INT: return scalar->type == KUBE_YAML_INTEGER;
    case KUBE_TAG_NULL: return scalar->type == KUBE_YAML_NULL;
    case KUBE_TAG_TIMESTAMP: return scalar->type == KUBE_YAML_DATE;
    case KUBE_TAG_FLOAT:
      if (scalar->type == KUBE_YAML_FLOAT) return true;
      if (scalar->type != KUBE_YAML_INTEGER) return false;
      if (!scalar->negative && scalar->magnitude > INT64_MAX) return false;
      scalar->type = KUBE_YAML_FLOAT;
      scalar->number = (double)scalar->magnitude;
      if (scalar->negative && scalar->magnitude) scalar->number = -scalar->number;
      return true;
    default: return true;
  }
}

/* *text when *scalar is of a text type. */
static kube_status resolve(printer *p, const kube_yaml_node *node, kube_yaml_scalar *scalar,
                           kube_slice *text) {
  *scalar = (kube_yaml_scalar){0};
  *text = node->text;
  if (node->tag == KUBE_TAG_BINARY) return resolve_binary(p, node, text);
  if (node->tag == KUBE_TAG_STR || node->tag == KUBE_TAG_MERGE || node->tag == KUBE_TAG_OTHER)
    return KUBE_OK;
  if (node->tag == KUBE_TAG_NONE && !node->plain) return KUBE_OK;
  *scalar = kube_yaml_resolve(node->text.bytes, node->text.length);
  if (!fit_tag(scalar, node->tag))
    return kube_yaml_fail(p->err, node, "a scalar that is not what its tag says");
  return KUBE_OK;
}

static kube_status print_text(printer *p, const kube_yaml_node *node, kube_slice text) {
  kube_status status = kube_json_quote(p->out, text.bytes, text.length, p->err);
  if (status != KUBE_EUSAGE) return status;
  return kube_yaml_fail(p->err, node, "!!binary that is no UTF-8");
}

static kube_status print_scalar(printer *p, const kube_yaml_node *node) {
  char literal[KUBE_YAML_NUMBER_SIZE];
  kube_yaml_scalar scalar;
  kube_slice text;
  size_t n;
  kube_status status = resolve(p, node, &scalar, &text);
  if (status != KUBE_OK) return status;
  if (scalar.type == KUBE_YAML_TEXT || scalar.type == KUBE_YAML_DATE)
    return print_text(p, node, text);
  n = kube_yaml_print(&scalar, literal);
  if (n == 0) return kube_yaml_fail(p->err, node, "a number that JSON cannot hold");
  return kube_buffer_add(p->out, literal, n, p->err);
}

/* ---- keys ---- */

static kube_status read_key(printer *p, kube_yaml_node *node, kube_slice *key) {
  kube_yaml_scalar scalar;
  char literal[KUBE_YAML_NUMBER_SIZE], *copy;
  kube_status status = follow(p, &node);
  if (status != KUBE_OK) return status;
  if (node->kind != KUBE_YAML_SCALAR)
    return kube_yaml_fail(p->err, node, "a key that is no scalar");
  status = resolve(p, node, &scalar, key);
  if (status != KUBE_OK) return status;
  if (scalar.type == KUBE_YAML_TEXT || scalar.type == KUBE_YAML_DATE) return KUBE_OK;
  key->length = kube_yaml_print_key(&scalar, literal);
  if (key->length == 0)
    return kube_yaml_fail(p->err, node, "a key that is null or too great a number");
  key->bytes = copy = kube_yaml_tree_alloc(p->tree, key->length);
  if (copy == NULL) return fail_memory(p);
  memcpy(copy, literal, key->length);
  return KUBE_OK;
}

static bool is_merge(const kube_yaml_node *key) {
  return key->kind == KUBE_YAML_SCALAR && key->text.length == 2 &&
         memcmp(key->text.bytes, "<<", 2) == 0 && (key->plain || key->tag == KUBE_TAG_MERGE);
}

/* ---- the entries of a mapping ---- */

static kube_status collect(printer *p, kube_yaml_node *mapping, entries *list);

static kube_status add_entry(printer *p, entries *list, kube_yaml_node *key, size_t group) {
  entry *e = kube_yaml_tree_alloc(p->tree, sizeof *e);
  if (e == NULL) return fail_memory(p);
  e->at = key;
  e->value = key->next;
  e->group = group;
  e->order = list->count++;
  if (list->last)
    list->last->next = e;
  else
    list->first = e;
  list->last = e;
  return read_key(p, key, &e->key);
}

static kube_status merge_mapping(printer *p, kube_yaml_node *node, entries *list) {
  bool aliased = node->kind == KUBE_YAML_ALIAS;
  kube_yaml_node *mapping = aliased ? node->target : node;
  kube_status status;
  if (mapping->kind != KUBE_YAML_MAPPING)
    return kube_yaml_fail(p->err, node, "<< wants a mapping or a sequence of mappings");
  p->aliases += aliased;
  status = follow(p, &node);
  if (status == KUBE_OK) status = enter(p, mapping);
  if (status != KUBE_OK) return status;
  status = collect(p, mapping, list);
  leave(p, mapping);
  p->aliases -= aliased;
  return status;
}

/* Of a sequence of mappings the first wins, so it is merged last. */
static kube_status merge(printer *p, kube_yaml_node *value, entries *list) {
  kube_status status = KUBE_OK;
  if (value->kind != KUBE_YAML_SEQUENCE) return merge_mapping(p, value, list);
  for (kube_yaml_node *node = value->last; node && status == KUBE_OK; node = node->previous)
    status = merge_mapping(p, node, list);
  return status;
}

static kube_status collect(printer *p, kube_yaml_node *mapping, entries *list) {
  kube_status status = KUBE_OK;
  size_t group = ++p->groups;
  for (kube_yaml_node *key = mapping->first; key && status == KUBE_OK; key = key->next->next)
    status = is_merge(key) ? merge(p, key->next, list) : add_entry(p, list, key, group);
  return status;
}

/* ---- keys that are set twice ---- */

static int compare_keys(const entry *x, const entry *y) {
  size_t n = x->key.length < y->key.length ? x->key.length : y->key.length;
  int order = n ? memcmp(x->key.bytes, y->key.bytes, n) : 0;
  return order ? order : (x->key.length > y->key.length) - (x->key.length < y->key.length);
}

static int compare_entries(const void *a, const void *b) {
  const entry *x = *(entry *const *)a, *y = *(entry *const *)b;
  int order = compare_keys(x, y);
  return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* The last value wins, at the place of the first. */
static kube_status drop_doubles(printer *p, entries *list) {
  entry **sorted, *first;
  size_t i = 0;
  if (list->count < 2) return KUBE_OK;
  sorted = kube_yaml_tree_alloc(p->tree, list->count * sizeof *sorted);
  if (sorted == NULL) return fail_memory(p);
  for (entry *e = list->first; e; e = e->next) sorted[i++] = e;
  qsort(sorted, list->count, sizeof *sorted, compare_entries);
  first = sorted[0];
  for (i = 1; i < list->count; i++) {
    if (compare_keys(first, sorted[i]) != 0) {
      first = sorted[i];
      continue;
    }
    first->value = sorted[i]->value;
    sorted[i]->dropped = true;
    sorted[i]->again = sorted[i]->group == sorted[i - 1]->group;
  }
  for (entry *e = list->first; e && p->strict; e = e->next)
    if (e->again) return kube_yaml_fail(p->err, e->at, "a key that this mapping already has");
  return KUBE_OK;
}

/* ---- containers ---- */

static kube_status print_member(printer *p, const entry *e, bool first) {
  kube_status status = first ? KUBE_OK : kube_buffer_add_char(p->out, ',', p->err);
  if (status == KUBE_OK) status = print_text(p, e->at, e->key);
  if (status == KUBE_OK) status = kube_buffer_add_char(p->out, ':', p->err);
  return status == KUBE_OK ? print_node(p, e->value) : status;
}

static kube_status print_mapping(printer *p, kube_yaml_node *node) {
  entries list = {0};
  kube_status status = collect(p, node, &list);
  if (status == KUBE_OK) status = drop_doubles(p, &list);
  if (status == KUBE_OK) status = kube_buffer_add_char(p->out, '{', p->err);
  for (entry *e = list.first; e && status == KUBE_OK; e = e->next)
    if (!e->dropped) status = print_member(p, e, e == list.first);
  return status == KUBE_OK ? kube_buffer_add_char(p->out, '}', p->err) : status;
}

static kube_status print_sequence(printer *p, kube_yaml_node *node) {
  kube_status status = kube_buffer_add_char(p->out, '[', p->err);
  for (kube_yaml_node *item = node->first; item && status == KUBE_OK; item = item->next) {
    if (item->previous) status = kube_buffer_add_char(p->out, ',', p->err);
    if (status == KUBE_OK) status = print_node(p, item);
  }
  return status == KUBE_OK ? kube_buffer_add_char(p->out, ']', p->err) : status;
}

static kube_status print_container(printer *p, kube_yaml_node *node) {
  kube_status status = enter(p, node);
  if (status != KUBE_OK) return status;
  status = node->kind == KUBE_YAML_MAPPING ? print_mapping(p, node) : print_sequence(p, node);
  leave(p, node);
  return status;
}

static kube_status print_node(printer *p, kube_yaml_node *node) {
  bool aliased = node->kind == KUBE_YAML_ALIAS;
  kube_status status;
  p->aliases += aliased;
  status = follow(p, &node);
  if (status == KUBE_OK)
    status = node->kind == KUBE_YAML_SCALAR ? print_scalar(p, node) : print_container(p, node);
  p->aliases -= aliased;
  return status;
}

kube_status kube_yaml_print_tree(kube_yaml_tree *tree, bool strict, kube_buffer *json,
                                 kube_error *err) {
  printer p = {.tree = tree, .out = json, .err = err, .strict = strict};
  return print_node(&p, tree->root);
}
