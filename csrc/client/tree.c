/* JSON texts as trees; the contract is in tree.h. */
#include "tree.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "authorization.h"

static bool has_nul(kube_slice text) {
  const char *p = text.bytes, *end = p + text.length;
  while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL && end - p >= 6) {
    if (memcmp(p, "\\u0000", 6) == 0) return true;
    p += 2;
  }
  return false;
}

/* The text of a string with its escapes resolved, for cJSON or cJSON_free to free. */
static char *text_of(kube_json value) {
  const size_t size = value.length + 1; /* no escape is longer than what it stands for */
  char *text = cJSON_malloc(size);
  if (text == NULL) return NULL;
  if (memchr(value.bytes, '\\', value.length)) {
    kube_json_text(value, text, size);
  } else { /* most of a kubeconfig is certificates: no look at each character */
    memcpy(text, value.bytes, value.length);
    text[value.length] = '\0';
  }
  return text;
}

/* The node owns the text: it may be a secret, of which there is no second copy to be wiped. */
static cJSON *string_node(kube_json value) {
  char *text = text_of(value);
  cJSON *node = text ? cJSON_CreateNull() : NULL;
  if (node == NULL) {
    if (text) OPENSSL_cleanse(text, strlen(text));
    cJSON_free(text);
    return NULL;
  }
  node->type = cJSON_String;
  node->valuestring = text;
  return node;
}

static cJSON *number_node(kube_json value) {
  char *text = strndup(value.bytes, value.length);
  cJSON *node = text ? cJSON_CreateRaw(text) : NULL;
  free(text);
  return node;
}

static cJSON *node_of(kube_json value);

static bool add(cJSON *parent, const kube_slice *name, cJSON *node) {
  char *text;
  bool added;
  if (node == NULL) return false;
  if (name == NULL) return cJSON_AddItemToArray(parent, node);
  text =
      text_of((kube_json){.bytes = name->bytes, .length = name->length, .type = KUBE_JSON_STRING});
  added = text && cJSON_AddItemToObject(parent, text, node);
  cJSON_free(text);
  return added;
}

static cJSON *container_node(kube_json value) {
  const bool is_object = value.type == KUBE_JSON_OBJECT;
  cJSON *parent = is_object ? cJSON_CreateObject() : cJSON_CreateArray();
  kube_json at = {0};
  kube_slice name;
  while (parent && kube_json_next(value, &at, &name)) {
    cJSON *node = node_of(at);
    if (add(parent, is_object ? &name : NULL, node)) continue;
    kube_tree_free(node);
    kube_tree_free(parent);
    return NULL;
  }
  return parent;
}

static cJSON *node_of(kube_json value) {
  switch (value.type) {
    case KUBE_JSON_TRUE: return cJSON_CreateTrue();
    case KUBE_JSON_FALSE: return cJSON_CreateFalse();
    case KUBE_JSON_STRING: return string_node(value);
    case KUBE_JSON_NUMBER: return number_node(value);
    case KUBE_JSON_ARRAY:
    case KUBE_JSON_OBJECT: return container_node(value);
    default: return cJSON_CreateNull();
  }
}

kube_status kube_tree_parse(kube_slice json, cJSON **root, kube_error *err) {
  if (has_nul(json)) return kube_fail(err, KUBE_ECONFIG, "a string holds a NUL byte");
  *root = node_of(kube_json_find(json, ""));
  return *root ? KUBE_OK : kube_fail_memory(err, "a document");
}

static void wipe(cJSON *item) {
  for (; item; item = item->next) {
    if (item->valuestring) OPENSSL_cleanse(item->valuestring, strlen(item->valuestring));
    wipe(item->child);
  }
}

void kube_tree_free(cJSON *root) {
  wipe(root);
  cJSON_Delete(root);
}

bool kube_tree_put(cJSON *object, const char *member, cJSON *node) {
  cJSON *old = cJSON_GetObjectItemCaseSensitive(object, member), taken;
  if (node == NULL) return false;
  if (old == NULL) {
    if (cJSON_AddItemToObject(object, member, node)) return true;
    kube_tree_free(node);
    return false;
  }
  taken = *old; /* the two change what they hold, not where they stand */
  old->type = node->type;
  old->valuestring = node->valuestring;
  old->child = node->child;
  node->type = taken.type;
  node->valuestring = taken.valuestring;
  node->child = taken.child;
  kube_tree_free(node);
  return true;
}

void kube_tree_drop(cJSON *parent, cJSON *child) {
  if (child) kube_tree_free(cJSON_DetachItemViaPointer(parent, child));
}

char *kube_tree_print(const cJSON *root, kube_error *err) {
  char *text = cJSON_PrintUnformatted(root);
  if (text == NULL) kube_fail_memory(err, "a document");
  return text;
}

void kube_text_free(char *text) { kube_secret_free(text); }
