/*
** One YAML document as a tree, before scalars mean anything: what libyaml's events say, with each
** alias tied to its anchor. Private to the YAML files. Valid when zeroed; all nodes live in the
** tree's arena until kube_yaml_tree_clear.
*/
#ifndef KUBE_CORE_YAML_TREE_H
#define KUBE_CORE_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "error.h"

typedef enum kube_yaml_kind {
  KUBE_YAML_SCALAR,
  KUBE_YAML_ALIAS,
  KUBE_YAML_SEQUENCE,
  KUBE_YAML_MAPPING /* its children are key, value, key, value, ... */
} kube_yaml_kind;

typedef enum kube_yaml_tag {
  KUBE_TAG_NONE,
  KUBE_TAG_STR,
  KUBE_TAG_BOOL,
  KUBE_TAG_INT,
  KUBE_TAG_FLOAT,
  KUBE_TAG_NULL,
  KUBE_TAG_TIMESTAMP,
  KUBE_TAG_BINARY,
  KUBE_TAG_MERGE,
  KUBE_TAG_OTHER
} kube_yaml_tag;

typedef struct kube_yaml_node kube_yaml_node;
struct kube_yaml_node {
  kube_yaml_kind kind;
  kube_yaml_tag tag;
  bool plain;             /* a scalar without quotes and tag: its text decides its type */
  bool open;              /* for whoever walks: an alias to it would contain itself */
  size_t line, column;    /* from 1 */
  kube_slice text;        /* of a scalar */
  kube_slice anchor;      /* the name given to it, or of an alias the name it refers to */
  size_t order;           /* its place in the document; an anchor holds for what follows */
  kube_yaml_node *target; /* of an alias: no alias itself */
  kube_yaml_node *parent, *first, *last, *next, *previous;
  kube_yaml_node *named; /* the anchored node, or the alias, before this one */
};

typedef struct kube_yaml_tree {
  kube_yaml_node *root;
  struct kube_yaml_chunk *chunks;
  size_t nodes, depth;
  kube_yaml_node *anchors, *aliases; /* the last of each, linked by named */
} kube_yaml_tree;

/*
** Reads the next document; KUBE_EOF at the end of the stream. What the tree held is gone.
** text is what the parser reads, to find the line of a byte that is no UTF-8.
*/
kube_status kube_yaml_tree_read(kube_yaml_tree *tree, yaml_parser_t *parser, kube_slice text,
                                kube_error *err);

/* A place in a JSON text. It only moves on, so that lines are counted once. */
typedef struct kube_yaml_place {
  const char *at;
  size_t line, column;
} kube_yaml_place;

/* The same tree from a JSON value that was found valid, and in which place has not gone past. */
kube_status kube_yaml_tree_from_json(kube_yaml_tree *tree, kube_slice value, kube_yaml_place *place,
                                     kube_error *err);

/* Zeroed memory that lives as long as the document; NULL without memory. */
void *kube_yaml_tree_alloc(kube_yaml_tree *tree, size_t n);

void kube_yaml_tree_clear(kube_yaml_tree *tree);

/* "line L, column C: what" */
kube_status kube_yaml_fail(kube_error *err, const kube_yaml_node *node, const char *what);

#endif
