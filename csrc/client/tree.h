/*
** A JSON text as a tree that can be changed and printed: cJSON, whose numbers are raw texts here,
** for it would make doubles of them.
*/
#ifndef KUBE_CLIENT_TREE_H
#define KUBE_CLIENT_TREE_H

#include <cjson/cJSON.h>

#include "core/error.h"

/*
** The tree of a JSON text that is known to be valid (the YAML reader made it). KUBE_ECONFIG: a string
** holds a NUL, at which a C string would end, and part of a path or a token pass for all of it.
*/
kube_status kube_tree_parse(kube_slice json, cJSON **root, kube_error *err);

/*
** Makes node the member of that name, in the old one's place if there is one (which is wiped and
** freed), and owns it then. False without memory (node is freed), also where node is NULL for that
** reason.
*/
bool kube_tree_put(cJSON *object, const char *member, cJSON *node);

/* Takes a child out of its parent (NULL is fine), wipes and frees it. */
void kube_tree_drop(cJSON *parent, cJSON *child);

/* The JSON text of a tree, for kube_text_free; NULL and *err without memory. */
char *kube_tree_print(const cJSON *root, kube_error *err);

/* Wipes the strings, which may be secrets, and frees; NULL is fine. */
void kube_tree_free(cJSON *root);

#endif
