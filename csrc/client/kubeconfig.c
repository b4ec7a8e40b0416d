/*
** What kubeconfig files mean: a context, its cluster and its user become a configuration. The
** contract is in config.h; the files themselves are in kubeconfig_files.h, what is done with a
** cluster and a user in kubeconfig.h. Rules: client-go tools/clientcmd/client_config.go
** DirectClientConfig.
*/
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "kubeconfig.h"

/* ---- choosing ---- */

typedef struct choice {
  const kube_kubeconfig_files *all;
  const kube_config_options *options;
  kube_stanza context;
  kube_cluster_settings cluster;
  kube_user_settings user;
  kube_problems problems;
} choice;

/* A name that does not exist, in client-go's words, and then those that do. */
static void KUBE_PRINTF(3, 4) not_there(choice *c, const char *list, const char *format, ...) {
  char words[1024], names[512];
  va_list args;
  va_start(args, format);
  vsnprintf(words, sizeof words, format, args);
  va_end(args);
  kube_kubeconfig_there_are(c->all, list, names, sizeof names);
  kube_problem(&c->problems, "%s%s", words, names);
}

static const char *given(const char *option) { return option && *option ? option : NULL; }

static void choose_context(choice *c) {
  const char *asked = given(c->options->context);
  const char *name = asked ? asked : kube_kubeconfig_current_context(c->all);
  c->context = kube_kubeconfig_find(c->all, "context", "contexts", name ? name : "");
  if (name == NULL || c->context.path) return;
  not_there(c, "contexts",
            asked ? "context \"%s\" does not exist"
                  : "context was not found for specified context: %s",
            name);
}

/* A text of the context. */
static const char *of_context(choice *c, const char *field) {
  const cJSON *item = kube_kubeconfig_item(c->context.body, field);
  if (item && !cJSON_IsString(item))
    kube_problem(&c->problems, "%s of context \"%s\" is not a string", field, c->context.name);
  return kube_kubeconfig_text(c->context.body, field);
}

/* The stanza that the options or the context name; path NULL: it does not exist. */
static kube_stanza choose(choice *c, const char *what, const char *list, const char *asked,
                          const char *name) {
  const char *chosen = asked ? asked : name;
  kube_stanza found = kube_kubeconfig_find(c->all, what, list, chosen ? chosen : "");
  if (chosen == NULL) found = (kube_stanza){.what = what, .name = ""};
  return found;
}

static void choose_cluster(choice *c, const char *name) {
  const char *asked = given(c->options->cluster);
  c->cluster.from = choose(c, "cluster", "clusters", asked, name);
  if (c->cluster.from.path) return;
  if (asked) {
    not_there(c, "clusters", "cluster \"%s\" does not exist", asked);
  } else if (given(c->options->server)) {
    return; /* which makes up for it */
  } else if (name) {
    not_there(c, "clusters", "cluster \"%s\" was not found for context \"%s\"", name,
              c->context.name);
  } else if (c->context.path) {
    kube_problem(&c->problems, "cluster was not specified for context \"%s\"", c->context.name);
  }
}

static void choose_user(choice *c, const char *name) {
  const char *asked = given(c->options->user);
  c->user.from = choose(c, "user", "users", asked, name);
  if (c->user.from.path || !(asked || name)) return;
  if (asked)
    not_there(c, "users", "auth info \"%s\" does not exist", asked);
  else
    not_there(c, "users", "user \"%s\" was not found for context \"%s\"", name, c->context.name);
}

static void choose_all(choice *c) {
  const cJSON *body;
  choose_context(c);
  body = c->context.body;
  if (body && !cJSON_IsNull(body) && !cJSON_IsObject(body))
    kube_problem(&c->problems, "context \"%s\" is not a map", c->context.name);
  if (c->problems.count) return;
  choose_cluster(c, of_context(c, "cluster"));
  choose_user(c, of_context(c, "user"));
}

/* Nothing in the files or the options says which server is meant. */
static bool is_empty(const choice *c) {
  return c->context.path == NULL && !given(c->options->context) && !given(c->options->cluster) &&
         !given(c->options->user) && !given(c->options->server) && c->problems.count == 0;
}

/* ---- the namespace ---- */

/* Rule: client-go tools/clientcmd/overrides.go RemoveNamespacesPrefix. */
static const char *without_prefix(const char *ns) {
  static const char *const prefixes[] = {"namespaces/", "namespace/", "ns/"};
  size_t i;
  for (i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
    const size_t n = strlen(prefixes[i]);
    if (strncasecmp(ns, prefixes[i], n) == 0 && ns[n]) return ns + n;
  }
  return ns;
}

kube_status kube_namespace_set(kube_config *config, const char *option, const char *of_context,
                               kube_error *err) {
  const char *ns = given(option) ? without_prefix(option) : of_context;
  config->ns = ns ? kube_text_copy(ns, err) : kube_in_cluster_namespace(err);
  if (config->ns == NULL) return KUBE_ENOMEM;
  if (given(option) && !kube_is_dns_label(config->ns))
    return kube_fail(err, KUBE_ECONFIG,
                     "namespace \"%s\" does not conform to the kubernetes DNS_LABEL rules",
                     config->ns);
  return KUBE_OK;
}

static void check_namespace(choice *c) {
  const char *ns = of_context(c, "namespace");
  if (ns && !given(c->options->ns) && !kube_is_dns_label(ns))
    kube_problem(&c->problems,
                 "namespace \"%s\" for context \"%s\" does not conform to the kubernetes DNS_LABEL "
                 "rules",
                 ns, c->context.name);
}

/* ---- the whole ---- */

static kube_status set_source(kube_config *config, const kube_kubeconfig_files *all,
                              kube_error *err) {
  kube_buffer source = {0};
  size_t i;
  kube_status status = all->count ? KUBE_OK : kube_buffer_add_text(&source, "options", err);
  for (i = 0; i < all->count && status == KUBE_OK; i++)
    status = kube_buffer_printf(&source, err, "%s%s", i ? ":" : "", all->file[i].path);
  free(config->source);
  config->source = status == KUBE_OK ? kube_buffer_steal(&source, err) : NULL;
  kube_buffer_clear(&source);
  return config->source ? KUBE_OK : KUBE_ENOMEM;
}

/* " (in FILE, FILE)": where the context, the cluster and the user stand, or all files. */
static void say_where(const choice *c, const char *source, char *out, size_t size) {
  const char *path[] = {c->context.path, c->cluster.from.path, c->user.from.path};
  size_t i, used = 0;
  out[0] = '\0';
  for (i = 0; i < 3 && used < size; i++) {
    if (path[i] == NULL || (i > 0 && path[i] == path[i - 1]) || (i > 1 && path[i] == path[0]))
      continue;
    used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : " (in ", path[i]);
  }
  if (used == 0 || !c->cluster.from.path) used = (size_t)snprintf(out, size, " (in %s", source);
  if (used < size) snprintf(out + used, size - used, ")");
}

static kube_status apply(kube_config *config, choice *c, const char *fallback, kube_error *err) {
  char where[1024];
  kube_status status;
  const bool chosen = c->problems.count == 0;
  if (chosen) {
    kube_cluster_merge(&c->cluster, c->options, &c->problems);
    kube_user_merge(&c->user, c->options, &c->problems);
    if (c->cluster.server == NULL) c->cluster.server = fallback;
    check_namespace(c);
  }
  say_where(c, config->source, where, sizeof where);
  if (!chosen) return kube_problems_fail(&c->problems, "invalid configuration: ", where, err);
  status = kube_settings_apply(config, &c->cluster, &c->user, &c->problems, where, err);
  if (status == KUBE_OK) {
    config->context = kube_text_copy(c->context.path ? c->context.name : "", err);
    if (config->context == NULL) status = KUBE_ENOMEM;
  }
  if (status == KUBE_OK)
    status = kube_namespace_set(config, c->options->ns,
                                kube_kubeconfig_text(c->context.body, "namespace"), err);
  return status;
}

/* Files without a current context are looked at in vain: say so beside those that are missing. */
static kube_status note_empty(const kube_kubeconfig_files *all, kube_buffer *tried,
                              kube_error *err) {
  kube_status status = KUBE_OK;
  size_t i;
  for (i = 0; i < all->count && status == KUBE_OK; i++)
    status = kube_buffer_printf(tried, err,
                                "%s%s (current-context is not set; pass { context = "
                                "NAME })",
                                kube_buffer_length(tried) ? ", " : "", all->file[i].path);
  return status == KUBE_OK ? KUBE_AGAIN : status;
}

static kube_status use(kube_config *config, const kube_kubeconfig_files *all,
                       const kube_config_options *options, const char *fallback, kube_buffer *tried,
                       kube_error *err) {
  choice c = {.all = all, .options = options};
  kube_status status = set_source(config, all, err);
  if (status != KUBE_OK) return status;
  choose_all(&c);
  return is_empty(&c) ? note_empty(all, tried, err) : apply(config, &c, fallback, err);
}

/* Rule: client-go tools/clientcmd/loader.go MissingConfigError, which kubectl shows. */
static kube_status warn_of_missing(kube_config *config, const kube_kubeconfig_paths *paths,
                                   kube_buffer *tried, kube_error *err) {
  if (!paths->listed || !kube_buffer_length(tried)) return KUBE_OK;
  if (kube_buffer_text(tried, err) == NULL) return KUBE_ENOMEM;
  return kube_config_warn(config, err, "no file of KUBECONFIG was found: %s",
                          kube_buffer_bytes(tried));
}

kube_status kube_kubeconfig_load(kube_config *config, const kube_kubeconfig_paths *paths,
                                 const kube_config_options *options, const char *fallback,
                                 kube_buffer *tried, kube_error *err) {
  kube_kubeconfig_files all = {0};
  kube_status status = kube_kubeconfig_files_read(&all, paths, tried, err);
  if (status == KUBE_OK && all.count == 0) status = warn_of_missing(config, paths, tried, err);
  if (status == KUBE_OK) status = use(config, &all, options, fallback, tried, err);
  kube_kubeconfig_files_clear(&all);
  return status;
}
