/*
** What kubeconfig files mean: a context, its cluster and its user become a configuration. The
** contract is in config.h, the files themselves are in kubeconfig_files.h.
*/
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "kubeconfig_files.h"

/* ---- looking up ---- */

static bool is_true(const cJSON *object, const char *field) {
  return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, field));
}

static kube_status missing(const kube_config *config, const kube_kubeconfig_files *all,
                           const char *what, const char *list, const char *name, kube_error *err) {
  kube_buffer names = {0};
  const char *text;
  kube_kubeconfig_names(all, list, &names);
  text = kube_buffer_length(&names) ? kube_buffer_text(&names, NULL) : "none";
  kube_fail(err, KUBE_ECONFIG, "%s \"%s\" does not exist (there are: %s, in %s)", what, name,
            text ? text : "?", config->source);
  kube_buffer_clear(&names);
  return KUBE_ECONFIG;
}

/* ---- values that are given or stand in a file ---- */

/* A path in a kubeconfig is relative to the file it stands in. */
static kube_status resolve(const kube_stanza *from, const char *path, kube_buffer *out,
                           kube_error *err) {
  const char *slash = strrchr(from->path, '/');
  kube_status status = KUBE_OK;
  if (path[0] != '/' && slash)
    status = kube_buffer_add(out, from->path, (size_t)(slash - from->path) + 1, err);
  if (status == KUBE_OK) status = kube_buffer_add_text(out, path, err);
  if (status == KUBE_OK && kube_buffer_text(out, err) == NULL) status = KUBE_ENOMEM;
  return status;
}

static kube_status read_beside(const kube_stanza *from, const char *field, const char *path,
                               kube_buffer *out, kube_error *err) {
  kube_buffer full = {0};
  kube_status status = resolve(from, path, &full, err);
  if (status == KUBE_OK) {
    status = kube_file_read(kube_buffer_bytes(&full), KUBE_CONFIG_CEILING, out, err);
    if (status != KUBE_OK)
      kube_error_prefix(err, "unable to read %s of %s \"%s\" in %s", field, from->what, from->name,
                        from->path);
  }
  kube_buffer_clear(&full);
  return status == KUBE_OK || status == KUBE_ENOMEM ? status : kube_error_turn(err, KUBE_ECONFIG);
}

/* <field>-data in base64, else the file that <field> names, else nothing. */
static kube_status data_or_file(const kube_stanza *from, const char *field, kube_buffer *out,
                                kube_error *err) {
  char data_field[64];
  const char *data, *path;
  kube_status status = KUBE_OK;
  snprintf(data_field, sizeof data_field, "%s-data", field);
  data = kube_kubeconfig_text(from->body, data_field);
  path = kube_kubeconfig_text(from->body, field);
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
static kube_status check_texts(const kube_stanza *from, const char *const *fields,
                               kube_error *err) {
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

static kube_status use_cluster(kube_config *config, const kube_stanza *cluster, kube_error *err) {
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
  status =
      copy(&config->tls_server_name, kube_kubeconfig_text(cluster->body, "tls-server-name"), err);
  if (status == KUBE_OK)
    status = copy(&config->proxy, kube_kubeconfig_text(cluster->body, "proxy-url"), err);
  return status;
}

/*
** What another identity than the user's own would need, and this version cannot do, is never
** ignored.
*/
static kube_status refuse_unsupported(const kube_stanza *user, kube_error *err) {
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

static kube_status use_token(kube_config *config, const kube_stanza *user, const char *token,
                             size_t n, kube_error *err) {
  kube_status status = kube_config_set_token(config, token, n, err);
  if (status == KUBE_ECONFIG) kube_error_prefix(err, "user \"%s\" in %s", user->name, user->path);
  return status;
}

/* A token, else a token file, else a name and password; token and password together are refused. */
static kube_status use_authorization(kube_config *config, const kube_stanza *user,
                                     kube_error *err) {
  const char *token = kube_kubeconfig_text(user->body, "token"),
             *file = kube_kubeconfig_text(user->body, "tokenFile");
  const char *name = kube_kubeconfig_text(user->body, "username");
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
    status = use_basic(config, name, kube_kubeconfig_text(user->body, "password"), err);
  }
  kube_buffer_clear_secret(&read);
  return status;
}

static kube_status use_user(kube_config *config, const kube_stanza *user, kube_error *err) {
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
static const char *path_of(const kube_stanza *s) { return s->path ? s->path : "no file"; }

static kube_status check_tls(const kube_config *config, const kube_stanza *cluster,
                             const kube_stanza *user, kube_error *err) {
  char ca[448], cert[448], key[448];
  snprintf(ca, sizeof ca, "certificate-authority of cluster \"%s\" in %s", cluster->name,
           path_of(cluster));
  snprintf(cert, sizeof cert, "client-certificate of user \"%s\" in %s", user->name, path_of(user));
  snprintf(key, sizeof key, "client-key of user \"%s\" in %s", user->name, path_of(user));
  return kube_tls_check(&config->tls, ca, cert, key, err);
}

/* ---- the whole ---- */

static kube_status join_paths(kube_config *config, const kube_kubeconfig_files *all,
                              kube_error *err) {
  kube_buffer source = {0};
  size_t i;
  kube_status status = KUBE_OK;
  for (i = 0; i < all->count && status == KUBE_OK; i++)
    status = kube_buffer_printf(&source, err, "%s%s", i ? ":" : "", all->file[i].path);
  if (status == KUBE_OK) config->source = kube_buffer_steal(&source, err);
  kube_buffer_clear(&source);
  return config->source ? KUBE_OK : KUBE_ENOMEM;
}

static kube_status use(kube_config *config, const kube_kubeconfig_files *all,
                       const kube_config_options *options, kube_error *err) {
  const char *name = options->context ? options->context : kube_kubeconfig_current_context(all);
  static const char *const texts[] = {"cluster", "user", "namespace", NULL};
  const char *server, *ns;
  kube_stanza context, cluster, user;
  kube_status status = join_paths(config, all, err);
  if (status != KUBE_OK) return status;
  if (name == NULL && (!options->cluster || !options->user))
    return kube_fail(err, KUBE_ECONFIG, "%s: current-context is not set; pass { context = NAME }",
                     config->source);
  context = kube_kubeconfig_find(all, "context", "contexts", name ? name : "");
  if (name && context.path == NULL) return missing(config, all, "context", "contexts", name, err);
  if ((status = check_texts(&context, texts, err)) != KUBE_OK) return status;
  cluster.name =
      options->cluster ? options->cluster : kube_kubeconfig_text(context.body, "cluster");
  user.name = options->user ? options->user : kube_kubeconfig_text(context.body, "user");
  if (cluster.name == NULL)
    return kube_fail(err, KUBE_ECONFIG, "context \"%s\" in %s names no cluster", name,
                     context.path);
  cluster = kube_kubeconfig_find(all, "cluster", "clusters", cluster.name);
  if (cluster.path == NULL && !options->server)
    return missing(config, all, "cluster", "clusters", cluster.name, err);
  user = kube_kubeconfig_find(all, "user", "users", user.name ? user.name : "");
  if (*user.name && user.path == NULL) return missing(config, all, "user", "users", user.name, err);

  status = copy(&config->context, name ? name : "", err);
  if (status == KUBE_OK) status = copy(&config->user, user.name, err);
  if (status == KUBE_OK) status = use_cluster(config, &cluster, err);
  if (status == KUBE_OK) status = use_user(config, &user, err);
  if (status == KUBE_OK) status = check_tls(config, &cluster, &user, err);
  if (status != KUBE_OK) return status;

  ns = options->ns && *options->ns ? options->ns : kube_kubeconfig_text(context.body, "namespace");
  server = options->server ? options->server : kube_kubeconfig_text(cluster.body, "server");
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
  kube_kubeconfig_files all = {0};
  kube_status status = kube_kubeconfig_files_read(&all, paths, tried, err);
  if (status == KUBE_OK) status = all.count ? use(config, &all, options, err) : KUBE_AGAIN;
  kube_kubeconfig_files_clear(&all);
  return status;
}
