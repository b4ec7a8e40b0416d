/*
** YAML to JSON, document by document; the contract is in yaml_json.h.
** A text of JSON values takes a way of its own, as in kubectl: YAML 1.1 is nearly but not quite
** a superset (surrogate pairs, keys of more than 1024 bytes, values one behind the other).
*/
#include "yaml_json.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "yaml_print.h"
#include "yaml_tree.h"

enum { DEFAULT_CEILING = 64 * 1024 * 1024 };

struct kube_yaml_reader {
  kube_slice text;
  bool strict, is_json;
  size_t ceiling;
  const char *at;        /* the JSON not given yet */
  kube_yaml_place place; /* how far lines were counted in it */
  yaml_parser_t parser;
  kube_yaml_tree tree;
  kube_error failed; /* why nothing more will come; KUBE_EOF at the end */
};

static bool is_json_start(const char *p, const char *end) {
  return p < end && (*p == '{' || *p == '[');
}

/* One past the checked object or array at p, or NULL. */
static const char *json_end(const char *p, const char *end) {
  kube_json_fault fault;
  const char *next;
  if (!is_json_start(p, end)) return NULL;
  next = kube_json_skip(p, end, &fault);
  if (next == NULL) return NULL;
  return kube_json_validate((kube_slice){p, (size_t)(next - p)}, NULL) == KUBE_OK ? next : NULL;
}

/* Whether the whole text is JSON objects and arrays, one behind the other. */
static bool is_json(kube_slice text) {
  const char *end = text.bytes + text.length;
  const char *p = kube_json_space(text.bytes, end);
  if (!is_json_start(p, end)) return false;
  while (p != NULL && p < end) {
    p = json_end(p, end);
    if (p != NULL) p = kube_json_space(p, end);
  }
  return p != NULL;
}

kube_yaml_reader *kube_yaml_open(const char *text, size_t n, const kube_yaml_options *options,
                                 kube_error *err) {
  kube_yaml_reader *r = calloc(1, sizeof *r);
  if (r == NULL || !yaml_parser_initialize(&r->parser)) {
    free(r);
    kube_fail_memory(err, "a YAML reader");
    return NULL;
  }
  r->text = (kube_slice){n ? text : "", n};
  r->at = r->text.bytes;
  r->place = (kube_yaml_place){r->text.bytes, 1, 1};
  r->strict = options && options->strict;
  r->ceiling = options && options->ceiling ? options->ceiling : DEFAULT_CEILING;
  r->is_json = is_json(r->text);
  yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->text.bytes, n);
  return r;
}

void kube_yaml_close(kube_yaml_reader *r) {
  if (r == NULL) return;
  yaml_parser_delete(&r->parser);
  kube_yaml_tree_clear(&r->tree);
  free(r);
}

/* ---- JSON ---- */

/* Doubles are found where every mapping is looked at: when the tree is printed. */
static kube_status check_keys(kube_yaml_reader *r, kube_slice value, kube_error *err) {
  kube_buffer unused = {0};
  kube_status status = kube_yaml_tree_from_json(&r->tree, value, &r->place, err);
  if (status == KUBE_OK) status = kube_yaml_print_tree(&r->tree, true, &unused, err);
  kube_buffer_clear(&unused);
  return status;
}

static kube_status next_json(kube_yaml_reader *r, kube_buffer *json, kube_error *err) {
  const char *end = r->text.bytes + r->text.length;
  const char *start = kube_json_space(r->at, end);
  kube_json_fault fault;
  kube_slice value;
  kube_status status;
  if (start == end) return KUBE_EOF;
  r->at = kube_json_skip(start, end, &fault);
  value = (kube_slice){start, (size_t)(r->at - start)};
  status = r->strict ? check_keys(r, value, err) : KUBE_OK;
  return status == KUBE_OK ? kube_buffer_add(json, value.bytes, value.length, err) : status;
}

/* ---- YAML ---- */

static bool is_empty(const kube_yaml_node *root) {
  return root == NULL || (root->kind == KUBE_YAML_SCALAR && root->plain && root->text.length == 0 &&
                          root->tag == KUBE_TAG_NONE && root->anchor.bytes == NULL);
}

static kube_status next_yaml(kube_yaml_reader *r, kube_buffer *json, kube_error *err) {
  kube_status status;
  do {
    status = kube_yaml_tree_read(&r->tree, &r->parser, r->text, err);
  } while (status == KUBE_OK && is_empty(r->tree.root));
  return status == KUBE_OK ? kube_yaml_print_tree(&r->tree, r->strict, json, err) : status;
}

/* ---- either ---- */

/* Under our ceiling as well as the buffer's own. */
static kube_status next_document(kube_yaml_reader *r, kube_buffer *json, kube_error *err) {
  size_t ceiling = json->ceiling;
  kube_status status;
  if (ceiling == 0 || ceiling > r->ceiling) json->ceiling = r->ceiling;
  status = r->is_json ? next_json(r, json, err) : next_yaml(r, json, err);
  json->ceiling = ceiling;
  if (status == KUBE_ETOOLARGE) kube_error_prefix(err, "a YAML document as JSON");
  return status;
}

kube_status kube_yaml_next(kube_yaml_reader *r, kube_buffer *json, kube_error *err) {
  kube_status status = r->failed.status;
  kube_buffer_reset(json);
  if (status == KUBE_OK) {
    status = r->failed.status = next_document(r, json, &r->failed);
    kube_yaml_tree_clear(&r->tree);
  }
  if (status == KUBE_OK) return status;
  kube_buffer_reset(json);
  if (err && status != KUBE_EOF) *err = r->failed;
  return status;
}
