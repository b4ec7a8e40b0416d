/* The fields of a kubeconfig; the contract is in kubeconfig_fields.h. */
#include "kubeconfig_fields.h"

#include <stdlib.h>
#include <string.h>

/* ---- the fields ---- */

#define FIELD(name, type)                                                                          \
  { (name), (name), (type), NULL, NULL }
#define END                                                                                        \
  { NULL, NULL, KUBE_FIELD_OTHER, NULL, NULL }

const kube_field KUBE_CLUSTER_FIELDS[] = {FIELD("server", KUBE_FIELD_TEXT),
                                          FIELD("tls-server-name", KUBE_FIELD_TEXT),
                                          FIELD("insecure-skip-tls-verify", KUBE_FIELD_BOOL),
                                          FIELD("certificate-authority", KUBE_FIELD_PATH),
                                          FIELD("certificate-authority-data", KUBE_FIELD_BYTES),
                                          FIELD("proxy-url", KUBE_FIELD_TEXT),
                                          FIELD("disable-compression", KUBE_FIELD_BOOL),
                                          FIELD("extensions", KUBE_FIELD_OTHER),
                                          END};

const kube_field KUBE_USER_FIELDS[] = {
    FIELD("client-certificate", KUBE_FIELD_PATH),
    FIELD("client-certificate-data", KUBE_FIELD_BYTES),
    FIELD("client-key", KUBE_FIELD_PATH),
    FIELD("client-key-data", KUBE_FIELD_BYTES),
    FIELD("token", KUBE_FIELD_TEXT),
    FIELD("tokenFile", KUBE_FIELD_PATH),
    {"act-as", "as", KUBE_FIELD_TEXT, NULL, NULL},
    {"act-as-uid", "as-uid", KUBE_FIELD_TEXT, NULL, NULL},
    {"act-as-groups", "as-groups", KUBE_FIELD_OTHER, NULL, NULL},
    {"act-as-user-extra", "as-user-extra", KUBE_FIELD_OTHER, NULL, NULL},
    FIELD("username", KUBE_FIELD_TEXT),
    FIELD("password", KUBE_FIELD_TEXT),
    FIELD("auth-provider", KUBE_FIELD_OTHER),
    FIELD("exec", KUBE_FIELD_OTHER),
    FIELD("extensions", KUBE_FIELD_OTHER),
    END};

const kube_field KUBE_CONTEXT_FIELDS[] = {
    FIELD("cluster", KUBE_FIELD_TEXT), FIELD("user", KUBE_FIELD_TEXT),
    FIELD("namespace", KUBE_FIELD_TEXT), FIELD("extensions", KUBE_FIELD_OTHER), END};

static const kube_field preferences[] = {FIELD("colors", KUBE_FIELD_BOOL),
                                         FIELD("extensions", KUBE_FIELD_OTHER), END};

const kube_field KUBE_CONFIG_FIELDS[] = {
    FIELD("kind", KUBE_FIELD_TEXT),
    FIELD("apiVersion", KUBE_FIELD_TEXT),
    {"preferences", "preferences", KUBE_FIELD_STRUCT, preferences, NULL},
    {"clusters", "clusters", KUBE_FIELD_LIST, KUBE_CLUSTER_FIELDS, "cluster"},
    {"users", "users", KUBE_FIELD_LIST, KUBE_USER_FIELDS, "user"},
    {"contexts", "contexts", KUBE_FIELD_LIST, KUBE_CONTEXT_FIELDS, "context"},
    FIELD("current-context", KUBE_FIELD_TEXT),
    FIELD("extensions", KUBE_FIELD_OTHER),
    END};

const kube_field *kube_field_of_member(const kube_field *fields, const char *member) {
  for (; fields->name; fields++)
    if (strcmp(fields->member, member) == 0) return fields;
  return NULL;
}

/* ---- property names ---- */

/* The field that the part at path, up to a dot or the end, names. */
static const kube_field *field_at(const kube_field *fields, const char *path) {
  const size_t n = strcspn(path, ".");
  for (; fields->name; fields++)
    if (strlen(fields->name) == n && memcmp(fields->name, path, n) == 0) return fields;
  return NULL;
}

/* What is behind the part at path: NULL when it is the last. */
static const char *behind(const char *path) {
  path = strchr(path, '.');
  return path ? path + 1 : NULL;
}

/* Where the name at path ends: at a part that is a field, which is never its first, or at the end. */
static size_t name_length(const kube_field *fields, const char *path) {
  const char *part = path;
  while ((part = behind(part)) != NULL)
    if (field_at(fields, part)) return (size_t)(part - path) - 1;
  return strlen(path);
}

static kube_status unknown(const char *path, const char *after, kube_error *err) {
  return kube_fail(err, KUBE_EUSAGE, "unable to parse %s after [%s]", path, after);
}

static kube_status parse_name(kube_property *property, const char **at, kube_error *err) {
  const size_t n = name_length(property->field->fields, *at);
  property->name = strndup(*at, n);
  if (property->name == NULL) return kube_fail_memory(err, "a property name");
  *at = (*at)[n] ? *at + n + 1 : NULL;
  return KUBE_OK;
}

kube_status kube_property_parse(kube_property *property, const char *path, kube_error *err) {
  const char *at = behind(path);
  kube_status status = KUBE_OK;
  if (*path == '\0') return kube_fail(err, KUBE_EUSAGE, "you must specify a property");
  property->field = field_at(KUBE_CONFIG_FIELDS, path);
  if (property->field == NULL) return unknown(path, "", err);
  if (at && property->field->type == KUBE_FIELD_LIST) status = parse_name(property, &at, err);
  if (status != KUBE_OK) return status;
  if (at && property->field->fields) {
    property->leaf = field_at(property->field->fields, at);
    if (property->leaf == NULL) return unknown(path, property->field->name, err);
    at = behind(at);
  }
  if (at)
    return kube_fail(err, KUBE_EUSAGE, "unable to parse one or more field values of %s", path);
  return KUBE_OK;
}

void kube_property_clear(kube_property *property) {
  free(property->name);
  memset(property, 0, sizeof *property);
}
