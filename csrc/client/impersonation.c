/*
** Whom a user acts for, as header lines; the contract is in kubeconfig.h. Rule: client-go
** transport/round_trippers.go (impersonatingRoundTripper, headerKeyEscape).
*/
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kubeconfig.h"

typedef struct lines {
  char **line;
  size_t count;
  kube_error *err;
  kube_status status;
} lines;

/* Takes what is in the buffer as a line. */
static void add_line(lines *all, kube_buffer *line) {
  char **longer =
      all->status == KUBE_OK ? realloc(all->line, (all->count + 2) * sizeof *longer) : NULL;
  if (all->status == KUBE_OK && longer == NULL)
    all->status = kube_fail_memory(all->err, "an impersonation");
  if (longer) {
    all->line = longer;
    longer[all->count] = kube_buffer_steal(line, all->err);
    longer[all->count + 1] = NULL;
    if (longer[all->count])
      all->count++;
    else
      all->status = KUBE_ENOMEM;
  }
  kube_buffer_clear_secret(line);
}

static void add_header(lines *all, const char *name, const char *value) {
  kube_buffer line = {0};
  if (all->status != KUBE_OK || value == NULL) return;
  all->status = kube_buffer_printf(&line, all->err, "%s: %s", name, value);
  add_line(all, &line);
}

/* Whether a byte may stand in a header's name (RFC 7230, section 3.2.6); '%' is for escapes. */
static bool is_legal(char c) {
  return isalnum((unsigned char)c) || (c && strchr("!#$&'*+-.^_`|~", c));
}

static kube_status add_key(kube_buffer *line, const char *key, kube_error *err) {
  kube_status status = KUBE_OK;
  for (; *key && status == KUBE_OK; key++)
    status = is_legal(*key)
                 ? kube_buffer_add_char(line, (char)tolower((unsigned char)*key), err)
                 : kube_buffer_printf(line, err, "%%%02X", (unsigned)(unsigned char)*key);
  return status;
}

static void add_extra(lines *all, const char *key, const char *value) {
  kube_buffer line = {0};
  if (all->status != KUBE_OK || value == NULL) return;
  all->status = kube_buffer_add_text(&line, "Impersonate-Extra-", all->err);
  if (all->status == KUBE_OK) all->status = add_key(&line, key, all->err);
  if (all->status == KUBE_OK) all->status = kube_buffer_printf(&line, all->err, ": %s", value);
  add_line(all, &line);
}

static bool is_option(const char *const *extra, const char *key) {
  for (; extra && *extra; extra += 2)
    if (strcmp(*extra, key) == 0) return true;
  return false;
}

kube_status kube_impersonation_apply(kube_config *config, const kube_user_settings *user,
                                     kube_error *err) {
  lines all = {.err = err};
  const char *const *option;
  const cJSON *item, *value;
  add_header(&all, "Impersonate-User", user->as);
  add_header(&all, "Impersonate-Uid", user->as_uid);
  for (option = user->option_groups; option && *option; option++)
    add_header(&all, "Impersonate-Group", *option);
  cJSON_ArrayForEach(item, user->groups) add_header(&all, "Impersonate-Group", item->valuestring);
  cJSON_ArrayForEach(item, user->extra) {
    if (is_option(user->option_extra, item->string)) continue;
    cJSON_ArrayForEach(value, item) add_extra(&all, item->string, value->valuestring);
  }
  for (option = user->option_extra; option && *option; option += 2)
    add_extra(&all, option[0], option[1]);
  config->impersonate = all.line;
  return all.status;
}
