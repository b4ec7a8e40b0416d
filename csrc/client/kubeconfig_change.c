/* What an edit does to the trees of kubeconfig files; the contract is in kubeconfig_edit.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "kubeconfig_edit.h"
#include "tree.h"

/* An edit under way. */
typedef struct change {
  kube_kubeconfig_files *all;
  const char *fallback;
  const kube_edit *edit;
  kube_error *err;
} change;

/* A stanza that may be changed: {"name":...,"cluster":{...}} is entry, {...} body. */
typedef struct place {
  kube_kubeconfig_file *file; /* NULL: there is none */
  cJSON *list, *entry, *body;
} place;

static kube_status no_memory(const change *c) { return kube_fail_memory(c->err, "a kubeconfig"); }

static const kube_field *list_of(const char *list) {
  return kube_field_of_member(KUBE_CONFIG_FIELDS, list);
}

/* ---- the file for new things ---- */

static bool add_kind(cJSON *root) {
  return cJSON_AddStringToObject(root, "apiVersion", "v1") &&
         cJSON_AddStringToObject(root, "kind", "Config");
}

/* There is room behind the files that were read for each that was missing. */
static kube_kubeconfig_file *fallback_file(const change *c) {
  kube_kubeconfig_file *file = c->all->file;
  size_t i;
  for (i = 0; i < c->all->count; i++, file++)
    if (strcmp(file->path, c->fallback) == 0)
      return file->root->child || add_kind(file->root) ? file : NULL;
  file->path = c->fallback;
  file->root = cJSON_CreateObject();
  if (file->root == NULL) return NULL;
  c->all->count++;
  return add_kind(file->root) ? file : NULL;
}

/* ---- stanzas ---- */

static bool bears_name(const cJSON *entry, const char *name) {
  const cJSON *own = cJSON_GetObjectItemCaseSensitive(entry, "name");
  return cJSON_IsString(own) && strcmp(own->valuestring, name) == 0;
}

static place find(const change *c, const kube_field *list, const char *name) {
  place at = {0};
  size_t i;
  for (i = 0; i < c->all->count && at.file == NULL; i++) {
    cJSON *entry;
    at.list = cJSON_GetObjectItemCaseSensitive(c->all->file[i].root, list->member);
    cJSON_ArrayForEach(entry, at.list) {
      if (!bears_name(entry, name)) continue;
      at.file = &c->all->file[i];
      at.entry = entry;
      break;
    }
  }
  return at;
}

/* The member of an object as an object of its own, made where there is none (or null). */
static kube_status open_object(const change *c, cJSON *parent, const char *member, cJSON **out) {
  *out = cJSON_GetObjectItemCaseSensitive(parent, member);
  if (cJSON_IsObject(*out)) return KUBE_OK;
  if (*out && !cJSON_IsNull(*out))
    return kube_fail(c->err, KUBE_ECONFIG, "%s is not a map", member);
  if (!kube_tree_put(parent, member, cJSON_CreateObject())) return no_memory(c);
  *out = cJSON_GetObjectItemCaseSensitive(parent, member);
  return KUBE_OK;
}

static kube_status open_list(const change *c, cJSON *root, const char *member, cJSON **out) {
  *out = cJSON_GetObjectItemCaseSensitive(root, member);
  if (cJSON_IsArray(*out)) return KUBE_OK;
  if (!kube_tree_put(root, member, cJSON_CreateArray())) return no_memory(c);
  *out = cJSON_GetObjectItemCaseSensitive(root, member);
  return KUBE_OK;
}

static kube_status make_entry(const change *c, const kube_field *list, const char *name,
                              place *at) {
  kube_status status;
  at->file = fallback_file(c);
  if (at->file == NULL) return no_memory(c);
  status = open_list(c, at->file->root, list->member, &at->list);
  if (status != KUBE_OK) return status;
  at->entry = cJSON_CreateObject();
  if (at->entry && cJSON_AddStringToObject(at->entry, "name", name) &&
      cJSON_AddItemToArray(at->list, at->entry))
    return KUBE_OK;
  kube_tree_free(at->entry);
  return no_memory(c);
}

/* The stanza of that name, made where there is none. */
static kube_status open_stanza(const change *c, const kube_field *list, const char *name,
                               place *at) {
  kube_status status = KUBE_OK;
  *at = find(c, list, name);
  if (at->file == NULL) status = make_entry(c, list, name, at);
  if (status == KUBE_OK) status = open_object(c, at->entry, list->stanza, &at->body);
  return status;
}

/* Also a second one of that name in the same list, which would come to light. */
static void delete_stanza(const place *at, const char *name) {
  cJSON *entry, *next;
  for (entry = at->list ? at->list->child : NULL; entry; entry = next) {
    next = entry->next;
    if (bears_name(entry, name)) kube_tree_drop(at->list, entry);
  }
}

/* ---- set ---- */

/* Rule: Go's strconv.ParseBool. */
static cJSON *bool_node(const change *c) {
  static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True", NULL};
  static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False", NULL};
  cJSON *node = NULL;
  size_t i;
  for (i = 0; yes[i]; i++) {
    const bool is_yes = strcmp(c->edit->value, yes[i]) == 0;
    if (!is_yes && strcmp(c->edit->value, no[i]) != 0) continue;
    node = cJSON_CreateBool(is_yes);
    if (node == NULL) no_memory(c);
    return node;
  }
  kube_fail(c->err, KUBE_EUSAGE, "%s is true or false: the value is neither", c->edit->name);
  return NULL;
}

static cJSON *text_node(const change *c, const char *text) {
  cJSON *node = text ? cJSON_CreateString(text) : NULL;
  if (node == NULL) no_memory(c);
  return node;
}

/* The value's bytes in base64, which it is, or (set raw) which it becomes. */
static cJSON *bytes_node(const change *c) {
  const char *value = c->edit->value;
  kube_buffer bytes = {0}, base64 = {0};
  cJSON *node = NULL;
  kube_status status = c->edit->type == KUBE_EDIT_SET_RAW
                           ? kube_buffer_add_text(&bytes, value, c->err)
                           : kube_text_base64_decode(&bytes, value, strlen(value), c->err);
  if (status == KUBE_EDECODE)
    kube_fail(c->err, KUBE_EUSAGE, "error decoding input value: %s takes base64", c->edit->name);
  if (status == KUBE_OK)
    status = kube_text_base64_encode(&base64, kube_buffer_bytes(&bytes), kube_buffer_length(&bytes),
                                     c->err);
  if (status == KUBE_OK) node = text_node(c, kube_buffer_text(&base64, c->err));
  kube_buffer_clear_secret(&bytes);
  kube_buffer_clear_secret(&base64);
  return node;
}

/* NULL and the error: it is no value for such a field. */
static cJSON *value_node(const change *c, const kube_field *field) {
  switch (field->type) {
    case KUBE_FIELD_PATH:
      if (kube_path_check(field->member, c->edit->value, c->err) != KUBE_OK) return NULL;
      return text_node(c, c->edit->value);
    case KUBE_FIELD_TEXT: return text_node(c, c->edit->value);
    case KUBE_FIELD_BYTES: return bytes_node(c);
    case KUBE_FIELD_BOOL: return bool_node(c);
    default:
      kube_fail(c->err, KUBE_EUSAGE, "can't set %s to a value: it holds several", c->edit->name);
      return NULL;
  }
}

static kube_status set_in(const change *c, cJSON *object, const kube_field *field) {
  cJSON *node = value_node(c, field);
  if (node == NULL) return c->err->status;
  return kube_tree_put(object, field->member, node) ? KUBE_OK : no_memory(c);
}

static kube_status set_at_top(const change *c, const kube_property *property) {
  kube_kubeconfig_file *file = fallback_file(c);
  cJSON *object;
  kube_status status;
  if (file == NULL) return no_memory(c);
  if (property->leaf == NULL) return set_in(c, file->root, property->field);
  status = open_object(c, file->root, property->field->member, &object);
  return status == KUBE_OK ? set_in(c, object, property->leaf) : status;
}

static kube_status set(const change *c, const kube_property *property) {
  place at;
  kube_status status;
  if (c->edit->value == NULL || *c->edit->value == '\0')
    return kube_fail(c->err, KUBE_EUSAGE, "you cannot use set to unset a property");
  if (property->field->fields && property->leaf == NULL)
    return kube_fail(c->err, KUBE_EUSAGE, "can't set a map to a value: %s", c->edit->name);
  if (property->name == NULL) return set_at_top(c, property);
  status = open_stanza(c, property->field, property->name, &at);
  return status == KUBE_OK ? set_in(c, at.body, property->leaf) : status;
}

/* ---- unset ---- */

static void drop_member(cJSON *object, const char *member) {
  kube_tree_drop(object, cJSON_GetObjectItemCaseSensitive(object, member));
}

/* In the first file that sets it; current-context stays as a member, empty, as with kubectl. */
static kube_status unset_current_context(const change *c) {
  size_t i;
  for (i = 0; i < c->all->count; i++) {
    cJSON *root = c->all->file[i].root;
    if (kube_kubeconfig_text(root, "current-context") == NULL) continue;
    return kube_tree_put(root, "current-context", cJSON_CreateString("")) ? KUBE_OK : no_memory(c);
  }
  return KUBE_OK;
}

static kube_status unset_list(const change *c, const char *member) {
  size_t i;
  for (i = 0; i < c->all->count; i++) {
    cJSON *root = c->all->file[i].root;
    if (cJSON_GetObjectItemCaseSensitive(root, member) &&
        !kube_tree_put(root, member, cJSON_CreateArray()))
      return no_memory(c);
  }
  return KUBE_OK;
}

static kube_status unset_at_top(const change *c, const kube_property *property) {
  const char *member = property->field->member;
  size_t i;
  if (strcmp(member, "current-context") == 0) return unset_current_context(c);
  if (property->field->type == KUBE_FIELD_LIST) return unset_list(c, member);
  for (i = 0; i < c->all->count; i++) {
    cJSON *root = c->all->file[i].root;
    if (property->leaf)
      drop_member(cJSON_GetObjectItemCaseSensitive(root, member), property->leaf->member);
    else
      drop_member(root, member);
  }
  return KUBE_OK;
}

static kube_status unset(const change *c, const kube_property *property) {
  place at;
  if (property->name == NULL) return unset_at_top(c, property);
  at = find(c, property->field, property->name);
  if (property->leaf == NULL) {
    if (at.file) delete_stanza(&at, property->name);
    return KUBE_OK;
  }
  if (at.file == NULL)
    return kube_fail(c->err, KUBE_ECONFIG, "current map key `%s` is invalid", property->name);
  drop_member(cJSON_GetObjectItemCaseSensitive(at.entry, property->field->stanza),
              property->leaf->member);
  return KUBE_OK;
}

static kube_status change_property(const change *c) {
  kube_property property = {0};
  kube_status status = kube_property_parse(&property, c->edit->name, c->err);
  if (status == KUBE_OK)
    status = c->edit->type == KUBE_EDIT_UNSET ? unset(c, &property) : set(c, &property);
  kube_property_clear(&property);
  return status;
}

/* What was asked for is not there: says so, and what is. */
static kube_status KUBE_PRINTF(3, 4)
    not_there(const change *c, const kube_field *list, const char *format, ...) {
  char words[512], names[512];
  va_list args;
  va_start(args, format);
  vsnprintf(words, sizeof words, format, args);
  va_end(args);
  kube_kubeconfig_there_are(c->all, list->member, names, sizeof names);
  return kube_fail(c->err, KUBE_ECONFIG, "%s%s", words, names);
}

/* ---- contexts ---- */

static kube_status set_current_context(const change *c, const char *name) {
  kube_kubeconfig_file *file = fallback_file(c);
  return file && kube_tree_put(file->root, "current-context", cJSON_CreateString(name))
             ? KUBE_OK
             : no_memory(c);
}

static kube_status use_context(const change *c) {
  const kube_field *contexts = list_of("contexts");
  const char *name = c->edit->name;
  if (*name == '\0') return kube_fail(c->err, KUBE_EUSAGE, "empty context names are not allowed");
  if (find(c, contexts, name).file == NULL)
    return not_there(c, contexts, "no context exists with the name: \"%s\"", name);
  return set_current_context(c, name);
}

static kube_status rename_context(const change *c) {
  const kube_field *contexts = list_of("contexts");
  const char *name = c->edit->name, *next = c->edit->value;
  const char *current = kube_kubeconfig_current_context(c->all);
  const bool is_current = current && strcmp(current, name) == 0;
  const place at = find(c, contexts, name);
  if (next == NULL || *next == '\0')
    return kube_fail(c->err, KUBE_EUSAGE, "empty context names are not allowed");
  if (at.file == NULL)
    return not_there(c, contexts, "cannot rename the context \"%s\", it's not in %s", name,
                     c->fallback);
  if (find(c, contexts, next).file)
    return kube_fail(c->err, KUBE_ECONFIG,
                     "cannot rename the context \"%s\", the context \"%s\" already exists in %s",
                     name, next, c->fallback);
  if (!kube_tree_put(at.entry, "name", cJSON_CreateString(next))) return no_memory(c);
  return is_current ? set_current_context(c, next) : KUBE_OK;
}

/* ---- whole stanzas ---- */

static kube_status set_fields(const change *c, const char *list, bool embed_certs) {
  const kube_field *field = list_of(list);
  const char *json = c->edit->value ? c->edit->value : "{}";
  place at;
  kube_status status;
  if (*c->edit->name == '\0')
    return kube_fail(c->err, KUBE_EUSAGE, "you must specify a non-empty %s name", field->stanza);
  status = open_stanza(c, field, c->edit->name, &at);
  if (status != KUBE_OK) return status;
  return kube_stanza_set(at.body, field->fields, json, at.file->path, embed_certs, c->err);
}

static kube_status delete_named(const change *c, const char *list) {
  const kube_field *field = list_of(list);
  const place at = find(c, field, c->edit->name);
  if (at.file == NULL)
    return not_there(c, field, "cannot delete %s %s, not in %s", field->stanza, c->edit->name,
                     c->fallback);
  delete_stanza(&at, c->edit->name);
  return KUBE_OK;
}

kube_status kube_kubeconfig_change(kube_kubeconfig_files *all, const char *fallback,
                                   const kube_edit *edit, bool embed_certs, kube_error *err) {
  const change c = {.all = all, .fallback = fallback, .edit = edit, .err = err};
  if (edit->name == NULL) return kube_fail(err, KUBE_EUSAGE, "an edit without a name");
  switch (edit->type) {
    case KUBE_EDIT_SET:
    case KUBE_EDIT_SET_RAW:
    case KUBE_EDIT_UNSET: return change_property(&c);
    case KUBE_EDIT_USE_CONTEXT: return use_context(&c);
    case KUBE_EDIT_RENAME_CONTEXT: return rename_context(&c);
    case KUBE_EDIT_SET_CLUSTER: return set_fields(&c, "clusters", embed_certs);
    case KUBE_EDIT_SET_USER: return set_fields(&c, "users", embed_certs);
    case KUBE_EDIT_SET_CONTEXT: return set_fields(&c, "contexts", embed_certs);
    case KUBE_EDIT_DELETE_CLUSTER: return delete_named(&c, "clusters");
    case KUBE_EDIT_DELETE_USER: return delete_named(&c, "users");
    case KUBE_EDIT_DELETE_CONTEXT: return delete_named(&c, "contexts");
  }
  return kube_fail(err, KUBE_EUSAGE, "no such edit");
}
