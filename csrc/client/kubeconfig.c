/*
** kubeconfig files; the contract is in config.h. YAML becomes JSON, cJSON reads it, and nothing is
** merged: a thing is looked up in each file in turn, the first file that names it wins whole
** (client-go tools/clientcmd/loader.go).
*/
#include <cjson/cJSON.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "core/text.h"
#include "core/yaml_json.h"

enum { FILE_CEILING = 8 << 20 };

typedef struct kubeconfig_file {
  const char *path;
  cJSON *root; /* an object */
} kubeconfig_file;

typedef struct kubeconfig {
  kubeconfig_file *files;
  size_t count;
} kubeconfig;

/* A stanza of a file: {"server":...} of the cluster named name. */
typedef struct stanza {
  const char *what; /* "cluster", "user", "context" */
  const char *name;
  const char *path;  /* the file it stands in */
  const cJSON *body; /* NULL: there is none */
} stanza;

/* ---- reading one file ---- */

/* A C string ends at a NUL: part of a path or a token would pass for all of it. */
static bool has_nul(const kube_buffer *json) {
  const char *p = kube_buffer_bytes(json), *end = p + kube_buffer_length(json);
  while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL && end - p >= 6) {
    if (memcmp(p, "\\u0000", 6) == 0) return true;
    p += 2;
  }
  return false;
}

static kube_status parse(const kube_buffer *yaml, cJSON **root, kube_error *err) {
  kube_buffer json = {0};
  kube_yaml_reader *reader =
      kube_yaml_open(kube_buffer_bytes(yaml), kube_buffer_length(yaml), NULL, err);
  kube_status status = reader ? kube_yaml_next(reader, &json, err) : KUBE_ENOMEM;
  if (status == KUBE_EOF) { /* an empty file is a valid kubeconfig */
    status = KUBE_OK;
    *root = cJSON_CreateObject();
  } else if (status == KUBE_OK && has_nul(&json)) {
    status = kube_fail(err, KUBE_ECONFIG, "a string holds a NUL byte");
  } else if (status == KUBE_OK) {
    *root = cJSON_ParseWithLength(kube_buffer_bytes(&json), kube_buffer_length(&json));
  }
  if (status == KUBE_OK && *root == NULL) status = kube_fail_memory(err, "a kubeconfig");
  if (status == KUBE_OK && cJSON_IsNull(*root)) (*root)->type = cJSON_Object;
  if (status == KUBE_OK && !cJSON_IsObject(*root))
    status = kube_fail(err, KUBE_ECONFIG, "not a kubeconfig: the document is not a map");
  kube_yaml_close(reader);
  kube_buffer_clear_secret(&json);
  return status;
}

/* clusters, users and contexts are lists of maps that have a name. */
static kube_status check_list(const cJSON *root, const char *list, kube_error *err) {
  const cJSON *all = cJSON_GetObjectItemCaseSensitive(root, list), *entry;
  if (all == NULL || cJSON_IsNull(all)) return KUBE_OK;
  if (!cJSON_IsArray(all)) return kube_fail(err, KUBE_ECONFIG, "%s is not a list", list);
  cJSON_ArrayForEach(entry, all) {
    if (!cJSON_IsString(cJSON_GetObjectItemCaseSensitive(entry, "name")))
      return kube_fail(err, KUBE_ECONFIG, "an entry of %s has no name", list);
  }
  return KUBE_OK;
}

static kube_status read_file(const char *path, cJSON **root, kube_error *err) {
  kube_buffer yaml = {0};
  kube_status status = kube_file_read(path, FILE_CEILING, &yaml, err);
  if (status == KUBE_OK) {
    status = parse(&yaml, root, err);
    if (status == KUBE_OK) status = check_list(*root, "clusters", err);
    if (status == KUBE_OK) status = check_list(*root, "users", err);
    if (status == KUBE_OK) status = check_list(*root, "contexts", err);
    if (status != KUBE_OK) kube_error_prefix(err, "error loading config file \"%s\"", path);
  }
  kube_buffer_clear_secret(&yaml);
  return status == KUBE_OK || status == KUBE_ENOMEM ? status : kube_error_turn(err, KUBE_ECONFIG);
}

/* ---- reading them all ---- */

/* cJSON frees without wiping: the strings may be keys. */
static void wipe(cJSON *item) {
  for (; item; item = item->next) {
    if (item->valuestring) OPENSSL_cleanse(item->valuestring, strlen(item->valuestring));
    wipe(item->child);
  }
}

static void clear(kubeconfig *all) {
  size_t i;
  for (i = 0; i < all->count; i++) {
    wipe(all->files[i].root);
    cJSON_Delete(all->files[i].root);
  }
  free(all->files);
}

/* Right after the access that failed: errno says why. */
static kube_status note_missing(kube_buffer *tried, const char *path, kube_error *err) {
  return kube_buffer_printf(tried, err, "%s%s (%s)", kube_buffer_length(tried) ? ", " : "", path,
                            strerror(errno));
}

/* Reads what is there; a missing file is skipped unless it was asked for by name. */
static kube_status read_all(kubeconfig *all, const kube_kubeconfig_paths *paths, kube_buffer *tried,
                            kube_error *err) {
  size_t i;
  kube_status status = KUBE_OK;
  all->files = calloc(paths->count ? paths->count : 1, sizeof *all->files);
  if (all->files == NULL) return kube_fail_memory(err, "a kubeconfig");
  for (i = 0; i < paths->count && status == KUBE_OK; i++) {
    kubeconfig_file *file = &all->files[all->count];
    file->path = paths->path[i];
    if (!paths->explicit_file && access(file->path, F_OK) != 0) {
      status = note_missing(tried, file->path, err);
      continue;
    }
    status = read_file(file->path, &file->root, err);
    all->count += file->root != NULL;
  }
  if (status == KUBE_OK && paths->count == 0)
    status = kube_buffer_add_text(tried, "~/.kube/config (HOME is not set)", err);
  return status;
}

/* ---- looking up ---- */

static const char *text_of(const cJSON *object, const char *field) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
  return cJSON_IsString(item) && item->valuestring[0] ? item->valuestring : NULL;
}

static bool is_true(const cJSON *object, const char *field) {
  return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, field));
}

static const char *current_context(const kubeconfig *all) {
  size_t i;
  const char *name = NULL;
  for (i = 0; i < all->count && name == NULL; i++)
    name = text_of(all->files[i].root, "current-context");
  return name;
}

/* The first stanza of that name; what is "cluster", its list "clusters". */
static stanza find(const kubeconfig *all, const char *what, const char *list, const char *name) {
  stanza found = {.what = what, .name = name};
  size_t i;
  for (i = 0; i < all->count && found.body == NULL; i++) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(all->files[i].root, list)) {
      const char *own = text_of(entry, "name");
      if (own == NULL || strcmp(own, name) != 0) continue;
      found.path = all->files[i].path;
      found.body = cJSON_GetObjectItemCaseSensitive(entry, what);
      break;
    }
    if (found.path) break;
  }
  return found;
}

/* The names there are, for a message. */
static void list_names(const kubeconfig *all, const char *list, kube_buffer *out) {
  size_t i;
  for (i = 0; i < all->count; i++) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(all->files[i].root, list)) {
      const char *name = text_of(entry, "name");
      kube_buffer_printf(out, NULL, "%s%s", kube_buffer_length(out) ? ", " : "",
                         name ? name : "\"\"");
    }
  }
}

static kube_status missing(const kube_config *config, const kubeconfig *all, const char *what,
                           const char *list, const char *name, kube_error *err) {
  kube_buffer names = {0};
  const char *text;
  list_names(all, list, &names);
  text = kube_buffer_length(&names) ? kube_buffer_text(&names, NULL) : "none";
  kube_fail(err, KUBE_ECONFIG, "%s \"%s\" does not exist (there are: %s, in %s)", what, name,
            text ? text : "?", config->source);
  kube_buffer_clear(&names);
  return KUBE_ECONFIG;
}

/* ---- values that are given or stand in a file ---- */

/* A path in a kubeconfig is relative to the file it stands in. */
static kube_status resolve(const stanza *from, const char *path, kube_buffer *out,
                           kube_error *err) {
  const char *slash = strrchr(from->path, '/');
  kube_status status = KUBE_OK;
  if (path[0] != '/' && slash)
    status = kube_buffer_add(out, from->path, (size_t)(slash - from->path) + 1, err);
  if (status == KUBE_OK) status = kube_buffer_add_text(out, path, err);
  if (status == KUBE_OK && kube_buffer_text(out, err) == NULL) status = KUBE_ENOMEM;
  return status;
}

static kube_status read_beside(const stanza *from, const char *field, const char *path,
                               kube_buffer *out, kube_error *err) {
  kube_buffer full = {0};
  kube_status status = resolve(from, path, &full, err);
  if (status == KUBE_OK) {
    status = kube_file_read(kube_buffer_bytes(&full), FILE_CEILING, out, err);
    if (status != KUBE_OK)
      kube_error_prefix(err, "unable to read %s of %s \"%s\" in %s", field, from->what, from->name,
                        from->path);
  }
  kube_buffer_clear(&full);
  return status == KUBE_OK || status == KUBE_ENOMEM ? status : kube_error_turn(err, KUBE_ECONFIG);
}

/* <field>-data in base64, else the file that <field> names, else nothing. */
static kube_status data_or_file(const stanza *from, const char *field, kube_buffer *out,
                                kube_error *err) {
  char data_field[64];
  const char *data, *path;
  kube_status status = KUBE_OK;
  snprintf(data_field, sizeof data_field, "%s-data", field);
  data = text_of(from->body, data_field);
  path = text_of(from->body, field);
  if (data) {
    status = kube_text_base64_decode(out, data, strlen(data), err);
    if (status == KUBE_EDECODE)
      return kube_fail(err, KUBE_ECONFIG, "%s of %s \"%s\" in %s is not base64", data_field,
                       from->what, from->name, from->path);
  } else if (path) {
    status = read_beside(from, field, path, out, err);
  }
  /* What is empty counts as absent below: for a CA, the system's roots would do instead. */
  if (status == KUBE_OK && (data || path) && kube_buffer_length(out) == 0)
    return kube_fail(err, KUBE_ECONFIG, "%s of %s \"%s\" in %s is empty", field, from->what,
                     from->name, from->path);
  return status;
}

/* What is there must be of its type: an identity that cannot be read is not the same as none. */
static kube_status check_texts(const stanza *from, const char *const *fields, kube_error *err) {
  if (from->body && !cJSON_IsNull(from->body) && !cJSON_IsObject(from->body))
    return kube_fail(err, KUBE_ECONFIG, "%s \"%s\" in %s is not a map", from->what, from->name,
                     from->path);
  for (; *fields; fields++) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(from->body, *fields);
    if (item && !cJSON_IsNull(item) && !cJSON_IsString(item))
      return kube_fail(err, KUBE_ECONFIG, "%s of %s \"%s\" in %s is not a string", *fields,
                       from->what, from->name, from->path);
  }
  return KUBE_OK;
}

static kube_status copy(char **to, const char *text, kube_error *err) {
  if (text == NULL) return KUBE_OK;
  *to = kube_text_copy(text, err);
  return *to ? KUBE_OK : KUBE_ENOMEM;
}

/* ---- the stanzas ---- */

static kube_status use_cluster(kube_config *config, const stanza *cluster, kube_error *err) {
  static const char *const texts[] = {"server",
                                      "certificate-authority",
                                      "certificate-authority-data",
                                      "tls-server-name",
                                      "proxy-url",
                                      NULL};
  kube_status status = check_texts(cluster, texts, err);
  if (status == KUBE_OK)
    status = data_or_file(cluster, "certificate-authority", &config->tls.ca, err);
  if (status != KUBE_OK) return status;
  config->tls.insecure = is_true(cluster->body, "insecure-skip-tls-verify");
  config->disable_compression = is_true(cluster->body, "disable-compression");
  if (config->tls.insecure && kube_buffer_length(&config->tls.ca))
    return kube_fail(err, KUBE_ECONFIG,
                     "cluster \"%s\" in %s: specifying a root certificates file with "
                     "the insecure flag is not allowed",
                     cluster->name, cluster->path);
  status = copy(&config->tls_server_name, text_of(cluster->body, "tls-server-name"), err);
  if (status == KUBE_OK) status = copy(&config->proxy, text_of(cluster->body, "proxy-url"), err);
  return status;
}

/*
** What another identity than the user's own would need, and this version cannot do, is never
** ignored.
*/
static kube_status refuse_unsupported(const stanza *user, kube_error *err) {
  static const char *const fields[] = {"exec",   "auth-provider", "as",
                                       "as-uid", "as-groups",     "as-user-extra"};
  size_t i;
  for (i = 0; i < sizeof fields / sizeof *fields; i++) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(user->body, fields[i]);
    if (item && !cJSON_IsNull(item))
      return kube_fail(err, KUBE_ECONFIG,
                       "user \"%s\" in %s uses \"%s\", which this version of kube "
                       "does not support: use a token, a token file or a client certificate",
                       user->name, user->path, fields[i]);
  }
  return KUBE_OK;
}

static kube_status use_basic(kube_config *config, const char *name, const char *password,
                             kube_error *err) {
  kube_buffer pair = {0}, line = {0};
  kube_status status = kube_buffer_printf(&pair, err, "%s:%s", name, password ? password : "");
  if (status == KUBE_OK) status = kube_buffer_add_text(&line, "Authorization: Basic ", err);
  if (status == KUBE_OK)
    status =
        kube_text_base64_encode(&line, kube_buffer_bytes(&pair), kube_buffer_length(&pair), err);
  if (status == KUBE_OK) config->authorization = kube_buffer_steal(&line, err);
  if (status == KUBE_OK && config->authorization == NULL) status = KUBE_ENOMEM;
  kube_buffer_clear_secret(&pair);
  kube_buffer_clear_secret(&line);
  return status;
}

static kube_status use_token(kube_config *config, const stanza *user, const char *token, size_t n,
                             kube_error *err) {
  kube_status status = kube_config_set_token(config, token, n, err);
  if (status == KUBE_ECONFIG) kube_error_prefix(err, "user \"%s\" in %s", user->name, user->path);
  return status;
}

/* A token, else a token file, else a name and password; token and password together are refused. */
static kube_status use_authorization(kube_config *config, const stanza *user, kube_error *err) {
  const char *token = text_of(user->body, "token"), *file = text_of(user->body, "tokenFile");
  const char *name = text_of(user->body, "username");
  kube_buffer read = {0};
  kube_status status = KUBE_OK;
  if (name && (token || file))
    return kube_fail(err, KUBE_ECONFIG,
                     "more than one authentication method found for %s in %s; found "
                     "[token basicAuth], only one is allowed",
                     user->name, user->path);
  if (token) {
    status = use_token(config, user, token, strlen(token), err);
  } else if (file) {
    status = read_beside(user, "tokenFile", file, &read, err);
    if (status == KUBE_OK)
      status = use_token(config, user, kube_buffer_bytes(&read), kube_buffer_length(&read), err);
  } else if (name) {
    status = use_basic(config, name, text_of(user->body, "password"), err);
  }
  kube_buffer_clear_secret(&read);
  return status;
}

static kube_status use_user(kube_config *config, const stanza *user, kube_error *err) {
  static const char *const texts[] = {"token",      "tokenFile",          "username",
                                      "password",   "client-certificate", "client-certificate-data",
                                      "client-key", "client-key-data",    NULL};
  kube_status status = check_texts(user, texts, err);
  if (status == KUBE_OK) status = refuse_unsupported(user, err);
  if (status == KUBE_OK) status = data_or_file(user, "client-certificate", &config->tls.cert, err);
  if (status == KUBE_OK) status = data_or_file(user, "client-key", &config->tls.key, err);
  if (status != KUBE_OK) return status;
  if (!kube_buffer_length(&config->tls.cert) != !kube_buffer_length(&config->tls.key))
    return kube_fail(err, KUBE_ECONFIG, "user \"%s\" in %s has %s: a client certificate needs both",
                     user->name, user->path,
                     kube_buffer_length(&config->tls.cert)
                         ? "client-certificate but no client-key"
                         : "client-key but no client-certificate");
  return use_authorization(config, user, err);
}

/* A stanza that only options name stands in no file. */
static const char *path_of(const stanza *s) { return s->path ? s->path : "no file"; }

static kube_status check_tls(const kube_config *config, const stanza *cluster, const stanza *user,
                             kube_error *err) {
  char ca[448], cert[448], key[448];
  snprintf(ca, sizeof ca, "certificate-authority of cluster \"%s\" in %s", cluster->name,
           path_of(cluster));
  snprintf(cert, sizeof cert, "client-certificate of user \"%s\" in %s", user->name, path_of(user));
  snprintf(key, sizeof key, "client-key of user \"%s\" in %s", user->name, path_of(user));
  return kube_tls_check(&config->tls, ca, cert, key, err);
}

/* ---- the whole ---- */

static kube_status join_paths(kube_config *config, const kubeconfig *all, kube_error *err) {
  kube_buffer source = {0};
  size_t i;
  kube_status status = KUBE_OK;
  for (i = 0; i < all->count && status == KUBE_OK; i++)
    status = kube_buffer_printf(&source, err, "%s%s", i ? ":" : "", all->files[i].path);
  if (status == KUBE_OK) config->source = kube_buffer_steal(&source, err);
  kube_buffer_clear(&source);
  return config->source ? KUBE_OK : KUBE_ENOMEM;
}

static kube_status use(kube_config *config, const kubeconfig *all,
                       const kube_config_options *options, kube_error *err) {
  const char *name = options->context ? options->context : current_context(all);
  static const char *const texts[] = {"cluster", "user", "namespace", NULL};
  const char *server, *ns;
  stanza context, cluster, user;
  kube_status status = join_paths(config, all, err);
  if (status != KUBE_OK) return status;
  if (name == NULL && (!options->cluster || !options->user))
    return kube_fail(err, KUBE_ECONFIG, "%s: current-context is not set; pass { context = NAME }",
                     config->source);
  context = find(all, "context", "contexts", name ? name : "");
  if (name && context.path == NULL) return missing(config, all, "context", "contexts", name, err);
  if ((status = check_texts(&context, texts, err)) != KUBE_OK) return status;
  cluster.name = options->cluster ? options->cluster : text_of(context.body, "cluster");
  user.name = options->user ? options->user : text_of(context.body, "user");
  if (cluster.name == NULL)
    return kube_fail(err, KUBE_ECONFIG, "context \"%s\" in %s names no cluster", name,
                     context.path);
  cluster = find(all, "cluster", "clusters", cluster.name);
  if (cluster.path == NULL && !options->server)
    return missing(config, all, "cluster", "clusters", cluster.name, err);
  user = find(all, "user", "users", user.name ? user.name : "");
  if (*user.name && user.path == NULL) return missing(config, all, "user", "users", user.name, err);

  status = copy(&config->context, name ? name : "", err);
  if (status == KUBE_OK) status = copy(&config->user, user.name, err);
  if (status == KUBE_OK) status = use_cluster(config, &cluster, err);
  if (status == KUBE_OK) status = use_user(config, &user, err);
  if (status == KUBE_OK) status = check_tls(config, &cluster, &user, err);
  if (status != KUBE_OK) return status;

  ns = options->ns && *options->ns ? options->ns : text_of(context.body, "namespace");
  server = options->server ? options->server : text_of(cluster.body, "server");
  if (server == NULL)
    return kube_fail(err, KUBE_ECONFIG, "cluster \"%s\" in %s has no server defined", cluster.name,
                     cluster.path);
  status = kube_config_set_server(config, server, err);
  if (status == KUBE_ECONFIG && !options->server)
    kube_error_prefix(err, "cluster \"%s\" in %s", cluster.name, cluster.path);
  if (status == KUBE_OK) status = copy(&config->ns, ns ? ns : "default", err);
  return status;
}

kube_status kube_kubeconfig_load(kube_config *config, const kube_kubeconfig_paths *paths,
                                 const kube_config_options *options, kube_buffer *tried,
                                 kube_error *err) {
  kubeconfig all = {0};
  kube_status status = read_all(&all, paths, tried, err);
  if (status == KUBE_OK) status = all.count ? use(config, &all, options, err) : KUBE_AGAIN;
  clear(&all);
  return status;
}
