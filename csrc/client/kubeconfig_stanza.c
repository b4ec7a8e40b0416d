/* Setting the fields of a stanza together; the contract is in kubeconfig_edit.h. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "core/text.h"
#include "kubeconfig_edit.h"
#include "tree.h"

/* ---- paths ---- */

/* Appends the parts of path to an absolute one, resolving "." and ".." as Go's filepath.Clean. */
static kube_status add_parts(kube_buffer *out, const char *path, kube_error *err) {
  kube_status status = KUBE_OK;
  while (*path && status == KUBE_OK) {
    const size_t n = strcspn(path, "/");
    if (n == 2 && path[0] == '.' && path[1] == '.') {
      while (out->end > out->start && out->data[--out->end] != '/') continue;
    } else if (n > 1 || (n == 1 && *path != '.')) {
      status = kube_buffer_add_char(out, '/', err);
      if (status == KUBE_OK) status = kube_buffer_add(out, path, n, err);
    }
    path += n + (path[n] == '/');
  }
  return status;
}

/* Without a slash at its end: the root is empty. */
static kube_status make_absolute(const char *path, kube_buffer *out, kube_error *err) {
  char here[PATH_MAX];
  kube_status status = KUBE_OK;
  if (*path != '/') {
    if (getcwd(here, sizeof here) == NULL)
      return kube_fail(err, KUBE_ESYSTEM, "the current directory: %s", strerror(errno));
    status = add_parts(out, here, err);
  }
  return status == KUBE_OK ? add_parts(out, path, err) : status;
}

/* What is behind base and a slash in path: 0 when path is not below base. */
static size_t below(const kube_buffer *base, const kube_buffer *path) {
  const size_t n = kube_buffer_length(base);
  if (kube_buffer_length(path) <= n + 1 || kube_buffer_bytes(path)[n] != '/') return 0;
  return n == 0 || memcmp(kube_buffer_bytes(base), kube_buffer_bytes(path), n) == 0 ? n + 1 : 0;
}

kube_status kube_path_relative(const char *path, const char *file, kube_buffer *out,
                               kube_error *err) {
  kube_buffer base = {0}, full = {0};
  kube_status status = make_absolute(file, &base, err);
  if (status == KUBE_OK) status = add_parts(&base, "..", err);
  if (status == KUBE_OK) status = make_absolute(path, &full, err);
  if (status == KUBE_OK && kube_buffer_length(&full) == 0)
    status = kube_buffer_add_char(&full, '/', err);
  if (status == KUBE_OK) {
    const size_t n = below(&base, &full);
    status = kube_buffer_add(out, kube_buffer_bytes(&full) + n, kube_buffer_length(&full) - n, err);
  }
  if (status == KUBE_OK && kube_buffer_text(out, err) == NULL) status = KUBE_ENOMEM;
  kube_buffer_clear(&base);
  kube_buffer_clear(&full);
  return status;
}

/* ---- what is given ---- */

static const char *text_of(const cJSON *given, const char *member) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(given, member);
  return cJSON_IsString(item) && *item->valuestring ? item->valuestring : NULL;
}

static bool is_set(const cJSON *given, const char *member) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(given, member);
  return cJSON_IsTrue(item) || text_of(given, member) != NULL;
}

static kube_status check_base64(const cJSON *item, kube_error *err) {
  kube_buffer bytes = {0};
  kube_status status =
      kube_text_base64_decode(&bytes, item->valuestring, strlen(item->valuestring), err);
  kube_buffer_clear_secret(&bytes);
  if (status != KUBE_EDECODE) return status;
  return kube_fail(err, KUBE_EUSAGE, "%s must be a string of base64", item->string);
}

static kube_status check_text(const cJSON *item, kube_field_type type, kube_error *err) {
  if (type == KUBE_FIELD_PATH) return kube_path_check(item->string, item->valuestring, err);
  return type == KUBE_FIELD_BYTES && !kube_is_pem(item->valuestring) ? check_base64(item, err)
                                                                     : KUBE_OK;
}

static bool has_type(const cJSON *item, kube_field_type type) {
  if (cJSON_IsNull(item)) return true;
  if (type == KUBE_FIELD_BOOL) return cJSON_IsBool(item);
  if (type == KUBE_FIELD_OTHER) return cJSON_IsObject(item) || cJSON_IsArray(item);
  return cJSON_IsString(item);
}

static kube_status no_such_field(const char *name, const kube_field *fields, kube_error *err) {
  kube_buffer names = {0};
  const char *text = NULL;
  kube_status status = KUBE_OK;
  for (; fields->name && status == KUBE_OK; fields++)
    status = kube_buffer_printf(&names, err, "%s%s", kube_buffer_length(&names) ? ", " : "",
                                fields->member);
  if (status == KUBE_OK) text = kube_buffer_text(&names, err);
  status = text ? kube_fail(err, KUBE_EUSAGE, "there is no field %s: there are %s", name, text)
                : KUBE_ENOMEM;
  kube_buffer_clear(&names);
  return status;
}

static kube_status check_fields(const cJSON *given, const kube_field *fields, kube_error *err) {
  static const char *const wanted[] = {"a string", "a string", "a string of base64",
                                       "true or false", "a table"};
  const cJSON *item;
  kube_status status;
  cJSON_ArrayForEach(item, given) {
    const kube_field *field = kube_field_of_member(fields, item->string);
    if (field == NULL) return no_such_field(item->string, fields, err);
    if (!has_type(item, field->type))
      return kube_fail(err, KUBE_EUSAGE, "%s must be %s", item->string, wanted[field->type]);
    status = cJSON_IsString(item) ? check_text(item, field->type, err) : KUBE_OK;
    if (status != KUBE_OK) return status;
  }
  return KUBE_OK;
}

/* Rule: the validate functions of kubectl pkg/cmd/config/set_cluster.go and set_credentials.go. */
static kube_status check_together(const cJSON *given, kube_error *err) {
  static const char *const pairs[] = {"certificate-authority", "client-certificate", "client-key",
                                      NULL};
  char data[64];
  size_t i;
  if (is_set(given, "insecure-skip-tls-verify") &&
      (is_set(given, "certificate-authority") || is_set(given, "certificate-authority-data")))
    return kube_fail(err, KUBE_EUSAGE,
                     "you cannot specify a certificate authority and insecure mode at the same "
                     "time");
  if (is_set(given, "token") && (is_set(given, "username") || is_set(given, "password")))
    return kube_fail(err, KUBE_EUSAGE,
                     "you cannot specify more than one authentication method at the same time: "
                     "token, username/password");
  for (i = 0; pairs[i]; i++) {
    snprintf(data, sizeof data, "%s-data", pairs[i]);
    if (is_set(given, pairs[i]) && is_set(given, data))
      return kube_fail(err, KUBE_EUSAGE, "cannot have values for both %s and %s", pairs[i], data);
  }
  return KUBE_OK;
}

static kube_status parse(const char *json, const kube_field *fields, cJSON **given,
                         kube_error *err) {
  const kube_slice text = {.bytes = json, .length = strlen(json)};
  kube_status status = KUBE_OK;
  if (kube_json_validate(text, NULL) != KUBE_OK ||
      kube_json_find(text, "").type != KUBE_JSON_OBJECT)
    return kube_fail(err, KUBE_EUSAGE, "the fields are not a JSON object");
  status = kube_tree_parse(text, given, err);
  if (status == KUBE_ECONFIG) return kube_error_turn(err, KUBE_EUSAGE);
  if (status == KUBE_OK) status = check_fields(*given, fields, err);
  if (status == KUBE_OK) status = check_together(*given, err);
  return status;
}

/* ---- paths and PEM among it ---- */

static kube_status put_text(cJSON *object, const char *member, kube_buffer *text, kube_error *err) {
  const char *bytes = kube_buffer_text(text, err);
  if (bytes == NULL) return KUBE_ENOMEM;
  if (kube_tree_put(object, member, cJSON_CreateString(bytes))) return KUBE_OK;
  return kube_fail_memory(err, "a kubeconfig");
}

/* The file that a member names becomes its data. */
static kube_status embed(cJSON *given, const char *member, kube_error *err) {
  char data[64];
  kube_buffer bytes = {0}, base64 = {0};
  kube_status status = kube_file_read(text_of(given, member), KUBE_CONFIG_CEILING, &bytes, err);
  snprintf(data, sizeof data, "%s-data", member);
  if (status != KUBE_OK)
    kube_error_prefix(err, "could not read the %s file", member);
  else
    status = kube_text_base64_encode(&base64, kube_buffer_bytes(&bytes), kube_buffer_length(&bytes),
                                     err);
  if (status == KUBE_OK) status = put_text(given, data, &base64, err);
  if (status == KUBE_OK) kube_tree_drop(given, cJSON_GetObjectItemCaseSensitive(given, member));
  kube_buffer_clear_secret(&bytes);
  kube_buffer_clear_secret(&base64);
  return status;
}

static kube_status relativize(cJSON *given, const char *member, const char *file, kube_error *err) {
  kube_buffer path = {0};
  kube_status status = kube_path_relative(text_of(given, member), file, &path, err);
  if (status == KUBE_OK) status = put_text(given, member, &path, err);
  kube_buffer_clear(&path);
  return status;
}

/* PEM, as certificates and keys are everywhere else, becomes base64. */
static kube_status encode_pem(cJSON *given, const char *member, kube_error *err) {
  const char *pem = text_of(given, member);
  kube_buffer base64 = {0};
  kube_status status = kube_text_base64_encode(&base64, pem, strlen(pem), err);
  if (status == KUBE_OK) status = put_text(given, member, &base64, err);
  kube_buffer_clear_secret(&base64);
  return status;
}

static kube_status prepare_pem(cJSON *given, const kube_field *fields, kube_error *err) {
  kube_status status = KUBE_OK;
  for (; fields->name && status == KUBE_OK; fields++) {
    const char *text = text_of(given, fields->member);
    if (fields->type == KUBE_FIELD_BYTES && text && kube_is_pem(text))
      status = encode_pem(given, fields->member, err);
  }
  return status;
}

static kube_status prepare_paths(cJSON *given, const kube_field *fields, const char *file,
                                 bool embed_certs, kube_error *err) {
  kube_status status = KUBE_OK;
  for (; fields->name && status == KUBE_OK; fields++) {
    if (fields->type != KUBE_FIELD_PATH || text_of(given, fields->member) == NULL) continue;
    if (embed_certs && strcmp(fields->member, "tokenFile") != 0)
      status = embed(given, fields->member, err);
    else
      status = relativize(given, fields->member, file, err);
  }
  return status;
}

/* ---- setting ---- */

/* What a field that is set excludes. Rule: kubectl modifyCluster and modifyAuthInfo. */
static const struct {
  const char *field, *excluded;
} excludes[] = {
    {"server", "tls-server-name"},
    {"insecure-skip-tls-verify", "certificate-authority"},
    {"insecure-skip-tls-verify", "certificate-authority-data"},
    {"certificate-authority", "certificate-authority-data"},
    {"certificate-authority", "insecure-skip-tls-verify"},
    {"certificate-authority-data", "certificate-authority"},
    {"certificate-authority-data", "insecure-skip-tls-verify"},
    {"client-certificate", "client-certificate-data"},
    {"client-certificate-data", "client-certificate"},
    {"client-key", "client-key-data"},
    {"client-key-data", "client-key"},
    {"token", "username"},
    {"token", "password"},
    {"token", "tokenFile"},
    {"username", "token"},
    {"password", "token"},
};

static void drop_excluded(cJSON *body, const cJSON *given) {
  size_t i;
  for (i = 0; i < sizeof excludes / sizeof *excludes; i++)
    if (is_set(given, excludes[i].field))
      kube_tree_drop(body, cJSON_GetObjectItemCaseSensitive(body, excludes[i].excluded));
}

static kube_status set_all(cJSON *body, const cJSON *given, kube_error *err) {
  const cJSON *item;
  cJSON_ArrayForEach(item, given) {
    if (cJSON_IsNull(item) || (cJSON_IsString(item) && *item->valuestring == '\0'))
      kube_tree_drop(body, cJSON_GetObjectItemCaseSensitive(body, item->string));
    else if (!kube_tree_put(body, item->string, cJSON_Duplicate(item, true)))
      return kube_fail_memory(err, "a kubeconfig");
  }
  return KUBE_OK;
}

kube_status kube_stanza_set(cJSON *body, const kube_field *fields, const char *json,
                            const char *path, bool embed_certs, kube_error *err) {
  cJSON *given = NULL;
  kube_status status = parse(json, fields, &given, err);
  if (status == KUBE_OK) status = prepare_pem(given, fields, err);
  if (status == KUBE_OK) status = prepare_paths(given, fields, path, embed_certs, err);
  if (status == KUBE_OK) {
    drop_excluded(body, given);
    status = set_all(body, given, err);
  }
  kube_tree_free(given);
  return status;
}
