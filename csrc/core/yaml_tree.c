/*
** A document as a tree; the contract is in yaml_tree.h.
** Aliases are tied at the end of the document: anchors are sorted by name and place, and each
** alias takes the last one of its name that stands before it. No hash, so none to attack.
*/
#include "yaml_tree.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"

enum { CHUNK_SIZE = 16 * 1024, CHUNK_ALIGN = 16 };

/* ---- memory ---- */

struct kube_yaml_chunk {
  struct kube_yaml_chunk *next;
  size_t used, size;
  _Alignas(CHUNK_ALIGN) char bytes[];
};

static struct kube_yaml_chunk *add_chunk(kube_yaml_tree *tree, size_t n) {
  size_t size = n > CHUNK_SIZE ? n : CHUNK_SIZE;
  struct kube_yaml_chunk *chunk = malloc(sizeof *chunk + size);
  if (chunk == NULL) return NULL;
  *chunk = (struct kube_yaml_chunk){.next = tree->chunks, .size = size};
  return tree->chunks = chunk;
}

void *kube_yaml_tree_alloc(kube_yaml_tree *tree, size_t n) {
  struct kube_yaml_chunk *chunk = tree->chunks;
  void *memory;
  if (n > (size_t)-1 / 2) return NULL;
  n = (n + CHUNK_ALIGN - 1) & ~(size_t)(CHUNK_ALIGN - 1);
  if (chunk == NULL || chunk->size - chunk->used < n) chunk = add_chunk(tree, n);
  if (chunk == NULL) return NULL;
  memory = chunk->bytes + chunk->used;
  chunk->used += n;
  return memset(memory, 0, n);
}

void kube_yaml_tree_clear(kube_yaml_tree *tree) {
  while (tree->chunks) {
    struct kube_yaml_chunk *next = tree->chunks->next;
    free(tree->chunks);
    tree->chunks = next;
  }
  memset(tree, 0, sizeof *tree);
}

static bool copy_text(kube_yaml_tree *tree, const void *bytes, size_t n, kube_slice *out) {
  char *copy = kube_yaml_tree_alloc(tree, n + 1);
  if (copy == NULL) return false;
  if (n) memcpy(copy, bytes, n);
  *out = (kube_slice){copy, n};
  return true;
}

/* ---- errors ---- */

static kube_status fail_at(kube_error *err, size_t line, size_t column, const char *what) {
  return kube_fail(err, KUBE_EDECODE, "line %zu, column %zu: %s", line, column, what);
}

kube_status kube_yaml_fail(kube_error *err, const kube_yaml_node *node, const char *what) {
  return fail_at(err, node->line, node->column, what);
}

/* Moves *line and *column (from 1) over the bytes. */
static void count_lines(const char *bytes, size_t n, size_t *line, size_t *column) {
  for (size_t i = 0; i < n; i++) {
    if (bytes[i] == '\n') {
      ++*line;
      *column = 1;
    } else if (((unsigned char)bytes[i] & 0xC0) != 0x80) {
      ++*column;
    }
  }
}

/* What libyaml's reader stumbles over has a place in bytes only. */
static kube_status fail_reader(const yaml_parser_t *parser, kube_slice text, kube_error *err) {
  size_t line = 1, column = 1, offset = parser->problem_offset;
  count_lines(text.bytes, offset < text.length ? offset : text.length, &line, &column);
  return fail_at(err, line, column, parser->problem);
}

static kube_status fail_parser(const yaml_parser_t *parser, kube_slice text, kube_error *err) {
  const yaml_mark_t *mark = &parser->problem_mark;
  if (parser->error == YAML_MEMORY_ERROR) return kube_fail_memory(err, "a YAML document");
  if (parser->problem == NULL) return fail_at(err, mark->line + 1, mark->column + 1, "bad YAML");
  if (parser->error == YAML_READER_ERROR) return fail_reader(parser, text, err);
  if (parser->context == NULL)
    return fail_at(err, mark->line + 1, mark->column + 1, parser->problem);
  return kube_fail(err, KUBE_EDECODE, "line %zu, column %zu: %s %s", mark->line + 1,
                   mark->column + 1, parser->context, parser->problem);
}

/* ---- anchors and aliases ---- */

static int compare_anchors(const void *a, const void *b) {
  const kube_yaml_node *x = *(kube_yaml_node *const *)a, *y = *(kube_yaml_node *const *)b;
  size_t n = x->anchor.length < y->anchor.length ? x->anchor.length : y->anchor.length;
  int order = memcmp(x->anchor.bytes, y->anchor.bytes, n);
  if (order == 0)
    order = (x->anchor.length > y->anchor.length) - (x->anchor.length < y->anchor.length);
  if (order == 0) order = (x->order > y->order) - (x->order < y->order);
  return order;
}

static bool same_name(const kube_yaml_node *a, const kube_yaml_node *b) {
  return a->anchor.length == b->anchor.length &&
         memcmp(a->anchor.bytes, b->anchor.bytes, a->anchor.length) == 0;
}

/* The last anchor of this name before the alias, or NULL. */
static kube_yaml_node *find_anchor(kube_yaml_node **sorted, size_t n, kube_yaml_node *alias) {
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare_anchors(&sorted[middle], &alias) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low > 0 && same_name(sorted[low - 1], alias) ? sorted[low - 1] : NULL;
}

static kube_status tie_aliases(kube_yaml_tree *tree, kube_error *err) {
  kube_yaml_node **sorted, *bad = NULL;
  size_t n = 0, i = 0;
  if (tree->aliases == NULL) return KUBE_OK;
  for (kube_yaml_node *a = tree->anchors; a; a = a->named) n++;
  sorted = kube_yaml_tree_alloc(tree, (n + 1) * sizeof *sorted);
  if (sorted == NULL) return kube_fail_memory(err, "a YAML document");
  for (kube_yaml_node *a = tree->anchors; a; a = a->named) sorted[i++] = a;
  qsort(sorted, n, sizeof *sorted, compare_anchors);
  for (kube_yaml_node *a = tree->aliases; a; a = a->named)
    if ((a->target = find_anchor(sorted, n, a)) == NULL) bad = a; /* ends at the first */
  return bad ? kube_yaml_fail(err, bad, "an alias to an anchor that is not there") : KUBE_OK;
}

/* ---- nodes ---- */

static kube_yaml_tag tag_of(const yaml_char_t *tag) {
  static const struct {
    const char *name;
    kube_yaml_tag tag;
  } tags[] = {{"str", KUBE_TAG_STR},       {"bool", KUBE_TAG_BOOL},
              {"int", KUBE_TAG_INT},       {"float", KUBE_TAG_FLOAT},
              {"null", KUBE_TAG_NULL},     {"timestamp", KUBE_TAG_TIMESTAMP},
              {"binary", KUBE_TAG_BINARY}, {"merge", KUBE_TAG_MERGE}};
  static const char prefix[] = "tag:yaml.org,2002:";
  const char *text = (const char *)tag;
  if (text == NULL || *text == '\0') return KUBE_TAG_NONE;
  if (strncmp(text, prefix, sizeof prefix - 1) != 0) return KUBE_TAG_OTHER;
  for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
    if (strcmp(text + sizeof prefix - 1, tags[i].name) == 0) return tags[i].tag;
  return KUBE_TAG_OTHER;
}

static kube_yaml_node *new_node(kube_yaml_tree *tree, kube_yaml_kind kind) {
  kube_yaml_node *node = kube_yaml_tree_alloc(tree, sizeof *node);
  if (node == NULL) return NULL;
  node->kind = kind;
  node->order = ++tree->nodes;
  return node;
}

static void append(kube_yaml_tree *tree, kube_yaml_node *parent, kube_yaml_node *node) {
  node->parent = parent;
  if (parent == NULL) {
    tree->root = node;
    return;
  }
  node->previous = parent->last;
  if (parent->last)
    parent->last->next = node;
  else
    parent->first = node;
  parent->last = node;
}

static void name_node(kube_yaml_node **list, kube_yaml_node *node) {
  node->named = *list;
  *list = node;
}

static bool copy_anchor(kube_yaml_tree *tree, kube_yaml_node *node, const yaml_char_t *anchor) {
  if (anchor == NULL) return true;
  if (!copy_text(tree, anchor, strlen((const char *)anchor), &node->anchor)) return false;
  name_node(node->kind == KUBE_YAML_ALIAS ? &tree->aliases : &tree->anchors, node);
  return true;
}

/* The node that an event begins; NULL without memory. */
static kube_yaml_node *node_of(kube_yaml_tree *tree, const yaml_event_t *event) {
  static const kube_yaml_kind kinds[] = {[YAML_SCALAR_EVENT] = KUBE_YAML_SCALAR,
                                         [YAML_ALIAS_EVENT] = KUBE_YAML_ALIAS,
                                         [YAML_SEQUENCE_START_EVENT] = KUBE_YAML_SEQUENCE,
                                         [YAML_MAPPING_START_EVENT] = KUBE_YAML_MAPPING};
  kube_yaml_node *node = new_node(tree, kinds[event->type]);
  bool ok = node != NULL;
  if (!ok) return NULL;
  node->line = event->start_mark.line + 1;
  node->column = event->start_mark.column + 1;
  switch (node->kind) {
    case KUBE_YAML_SCALAR:
      node->tag = tag_of(event->data.scalar.tag);
      node->plain = event->data.scalar.plain_implicit;
      ok = copy_text(tree, event->data.scalar.value, event->data.scalar.length, &node->text) &&
           copy_anchor(tree, node, event->data.scalar.anchor);
      break;
    case KUBE_YAML_ALIAS: ok = copy_anchor(tree, node, event->data.alias.anchor); break;
    case KUBE_YAML_SEQUENCE: ok = copy_anchor(tree, node, event->data.sequence_start.anchor); break;
    case KUBE_YAML_MAPPING: ok = copy_anchor(tree, node, event->data.mapping_start.anchor); break;
  }
  return ok ? node : NULL;
}

/* ---- from events ---- */

/* Adds what the event begins and says in *parent where the next node belongs. */
static kube_status add_event(kube_yaml_tree *tree, const yaml_event_t *event,
                             kube_yaml_node **parent, kube_error *err) {
  kube_yaml_node *node = node_of(tree, event);
  if (node == NULL) return kube_fail_memory(err, "a YAML document");
  append(tree, *parent, node);
  if (node->kind != KUBE_YAML_SEQUENCE && node->kind != KUBE_YAML_MAPPING) return KUBE_OK;
  if (++tree->depth > KUBE_JSON_DEPTH) return kube_yaml_fail(err, node, "nested too deep");
  *parent = node;
  return KUBE_OK;
}

/* KUBE_AGAIN until the document or the stream ends. */
static kube_status take_event(kube_yaml_tree *tree, const yaml_event_t *event,
                              kube_yaml_node **parent, kube_error *err) {
  kube_status status;
  switch (event->type) {
    case YAML_STREAM_END_EVENT:
    case YAML_NO_EVENT: return KUBE_EOF;
    case YAML_DOCUMENT_END_EVENT: return KUBE_OK;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      tree->depth--;
      *parent = (*parent)->parent;
      return KUBE_AGAIN;
    case YAML_SCALAR_EVENT:
    case YAML_ALIAS_EVENT:
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
      status = add_event(tree, event, parent, err);
      return status == KUBE_OK ? KUBE_AGAIN : status;
    default: return KUBE_AGAIN; /* the stream or the document starts */
  }
}

kube_status kube_yaml_tree_read(kube_yaml_tree *tree, yaml_parser_t *parser, kube_slice text,
                                kube_error *err) {
  kube_yaml_node *parent = NULL;
  kube_status status = KUBE_AGAIN;
  kube_yaml_tree_clear(tree);
  while (status == KUBE_AGAIN) {
    yaml_event_t event;
    if (!yaml_parser_parse(parser, &event)) return fail_parser(parser, text, err);
    status = take_event(tree, &event, &parent, err);
    yaml_event_delete(&event);
  }
  return status == KUBE_OK ? tie_aliases(tree, err) : status;
}

/* ---- from JSON ---- */

static kube_yaml_node *add_json_node(kube_yaml_tree *tree, kube_yaml_place *place,
                                     kube_yaml_node *parent, kube_yaml_kind kind, const char *at) {
  kube_yaml_node *node = new_node(tree, kind);
  if (node == NULL) return NULL;
  count_lines(place->at, (size_t)(at - place->at), &place->line, &place->column);
  place->at = at;
  node->line = place->line;
  node->column = place->column;
  append(tree, parent, node);
  return node;
}

static bool add_json_string(kube_yaml_tree *tree, kube_yaml_place *place, kube_yaml_node *parent,
                            const char *raw, size_t n) {
  char *text = kube_yaml_tree_alloc(tree, n + 1);
  kube_yaml_node *node = add_json_node(tree, place, parent, KUBE_YAML_SCALAR, raw);
  if (text == NULL || node == NULL) return false;
  node->text = (kube_slice){text, kube_json_unescape(raw, n, text)};
  return true;
}

/* Recursion is bounded: the text was found valid, which bounds its nesting. */
static bool add_json(kube_yaml_tree *tree, kube_yaml_place *place, kube_yaml_node *parent,
                     kube_json value) {
  bool is_map = value.type == KUBE_JSON_OBJECT;
  kube_yaml_node *node;
  kube_slice name;
  if (value.type == KUBE_JSON_STRING)
    return add_json_string(tree, place, parent, value.bytes, value.length);
  if (!is_map && value.type != KUBE_JSON_ARRAY) {
    node = add_json_node(tree, place, parent, KUBE_YAML_SCALAR, value.bytes);
    if (node == NULL) return false;
    node->plain = true;
    node->text = (kube_slice){value.bytes, value.length};
    return true;
  }
  node = add_json_node(tree, place, parent, is_map ? KUBE_YAML_MAPPING : KUBE_YAML_SEQUENCE,
                       value.bytes);
  if (node == NULL) return false;
  for (kube_json child = {0}; kube_json_next(value, &child, &name);) {
    if (is_map && !add_json_string(tree, place, node, name.bytes, name.length)) return false;
    if (!add_json(tree, place, node, child)) return false;
  }
  return true;
}

kube_status kube_yaml_tree_from_json(kube_yaml_tree *tree, kube_slice value, kube_yaml_place *place,
                                     kube_error *err) {
  kube_yaml_tree_clear(tree);
  if (!add_json(tree, place, NULL, kube_json_find(value, "")))
    return kube_fail_memory(err, "a JSON document");
  return KUBE_OK;
}
