/*
** A YAML tree as JSON text: scalars resolved, aliases expanded, << merged. Private to the YAML
** files. Expansion is bounded twice against a text that is small and means much ("billion laughs"):
** by go-yaml's ratio of aliased nodes to all nodes, and by the ceiling of *json.
*/
#ifndef KUBE_CORE_YAML_PRINT_H
#define KUBE_CORE_YAML_PRINT_H

#include "buffer.h"
#include "yaml_tree.h"

/* Appends the document. KUBE_EDECODE, KUBE_ETOOLARGE, KUBE_ENOMEM. */
kube_status kube_yaml_print_tree(kube_yaml_tree *tree, bool strict, kube_buffer *json,
                                 kube_error *err);

#endif
