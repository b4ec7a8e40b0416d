/*
** kubectl's cache of what servers serve: where it is, and how it is read. The contract is in kube.h.
**
**   DIRECTORY/discovery/HOST_PORT/servergroups.json                    an APIGroupList
**                                 GROUP/VERSION/serverresources.json   an APIResourceList
**
** | case                                 | client-go                  | kube                        |
** | a file of another user's             | used                       | not used, unless root's     |
** | a file that all may write            | used                       | not used                    |
** | a file is missing, broken, or old    | that group-version is      | all is asked for: that are  |
** |                                      | asked for                  | two requests                |
** | a group-version without resources    | has no file, and is asked  | has a file with none        |
** |                                      | for each time              |                             |
** | what another process wrote before    | used, if it is young       | the same                    |
** | a server's address with ".."         | leads out of the directory | does not                    |
** Rules: client-go discovery/cached/disk/cached_discovery.go; cli-runtime
** pkg/genericclioptions/config_flags.go.
*/
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "core/text.h"
#include "discovery.h"
#include "request.h"
#include "rest_path.h"

enum { SIX_HOURS = 6 * 3600 * 1000 };

static kube_status failed(const char *path, kube_error *err) {
  return kube_fail(err, KUBE_ESYSTEM, "%s: %s", path, strerror(errno));
}

/* ---- where ---- */

/* What would be odd in a name of a file is '_': a character of several bytes is one. */
static kube_status add_host(kube_buffer *out, const char *server, kube_error *err) {
  const char *scheme = strstr(server, "://"), *p = scheme ? scheme + 3 : server;
  kube_buffer name = {0};
  const char *text;
  kube_status status = KUBE_OK;
  for (; *p && status == KUBE_OK; p++) {
    const unsigned char c = (unsigned char)*p;
    if ((c & 0xC0) == 0x80) continue;
    status = kube_buffer_add_char(
        &name, (c < 0x80 && isalnum(c)) || strchr("_/.()", c) ? (char)c : '_', err);
  }
  text = status == KUBE_OK ? kube_buffer_text(&name, err) : NULL;
  status = text ? kube_path_join(out, text, err) : KUBE_ENOMEM;
  kube_buffer_clear(&name);
  return status;
}

static const char *set(const char *variable) {
  const char *value = getenv(variable);
  return value && *value ? value : NULL;
}

/* kubectl's directory, or nothing. */
static kube_status add_directory(kube_buffer *out, const char *directory, kube_error *err) {
  const char *home = set("HOME");
  if (directory == NULL || *directory == '\0') directory = set("KUBECACHEDIR");
  if (directory) return kube_buffer_add_text(out, directory, err);
  return home ? kube_buffer_printf(out, err, "%s/.kube/cache", home) : KUBE_OK;
}

int kube_discovery_cache_path(const kube_config *config, const char *directory, char *out,
                              size_t size) {
  kube_buffer path = {0}, host = {0};
  kube_status status = add_directory(&path, directory, NULL);
  int n = 0;
  if (size) *out = '\0';
  if (status == KUBE_OK) status = add_host(&host, config->server, NULL);
  if (status == KUBE_OK && kube_buffer_length(&path))
    n = snprintf(out, size, "%.*s/discovery%.*s", (int)kube_buffer_length(&path),
                 kube_buffer_bytes(&path), (int)kube_buffer_length(&host),
                 kube_buffer_slice(&host).bytes);
  kube_buffer_clear(&path);
  kube_buffer_clear(&host);
  return n;
}

/* ---- the paths of files ---- */

kube_status kube_discovery_file(kube_buffer *out, const char *path, const char *group,
                                const char *version, kube_error *err) {
  kube_status status = KUBE_OK;
  if (*group) status = kube_segment_check("group", group, strlen(group), err);
  if (status == KUBE_OK) status = kube_segment_check("version", version, strlen(version), err);
  if (status != KUBE_OK) return status;
  return kube_buffer_printf(out, err, "%s/%s%s%s/serverresources.json", path, group,
                            *group ? "/" : "", version);
}

/* ---- reading ---- */

static kube_status check(int fd, const char *path, int64_t max_age, size_t *size, kube_error *err) {
  struct stat found;
  struct timespec now;
  long long age;
  if (fstat(fd, &found) != 0) return failed(path, err);
  clock_gettime(CLOCK_REALTIME, &now);
  age = (now.tv_sec - found.st_mtim.tv_sec) * 1000LL +
        (now.tv_nsec - found.st_mtim.tv_nsec) / 1000000;
  if (!S_ISREG(found.st_mode))
    return kube_fail(err, KUBE_ESYSTEM, "%s is not a regular file", path);
  if (found.st_uid != geteuid() && found.st_uid != 0)
    return kube_fail(err, KUBE_ESYSTEM, "%s is another user's", path);
  if (found.st_mode & S_IWOTH)
    return kube_fail(err, KUBE_ESYSTEM, "%s may be written by everybody", path);
  if (age > max_age) return kube_fail(err, KUBE_ESYSTEM, "%s is too old", path);
  if (found.st_size > KUBE_DISCOVERY_CEILING)
    return kube_fail(err, KUBE_ETOOLARGE, "%s is too large", path);
  *size = (size_t)found.st_size;
  return KUBE_OK;
}

/* Files that are being replaced are whole: what is short is broken. */
static kube_status read_all(int fd, const char *path, size_t size, kube_buffer *out,
                            kube_error *err) {
  kube_status status = kube_buffer_reserve(out, size + 1, err);
  size_t got = 0;
  ssize_t n = 1;
  while (status == KUBE_OK && got < size && n > 0) {
    n = read(fd, out->data + got, size - got);
    if (n < 0 && errno == EINTR)
      n = 1;
    else if (n < 0)
      status = failed(path, err);
    else
      got += (size_t)n;
  }
  out->end = got;
  return status;
}

static kube_document *read_document(const char *path, int64_t max_age, kube_error *err) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  kube_document *document = NULL;
  kube_buffer text = {0};
  size_t size = 0;
  if (fd < 0) {
    failed(path, err);
    return NULL;
  }
  if (check(fd, path, max_age, &size, err) == KUBE_OK &&
      read_all(fd, path, size, &text, err) == KUBE_OK)
    document = kube_document_parse(kube_buffer_slice(&text), NULL, err);
  close(fd);
  kube_buffer_clear(&text);
  return document;
}

/* Keeps a file's document, which must be of that kind: its tree; NULL and *err. */
static const cJSON *keep_file(kube_discovery *d, const char *path, int64_t max_age,
                              kube_document_kind wanted, kube_error *err) {
  kube_document *document = read_document(path, max_age, err);
  kube_document_kind kind;
  if (document == NULL || kube_discovery_keep(d, document, err) != KUBE_OK) return NULL;
  if (kube_document_kind_of(document->tree, &kind, err) != KUBE_OK) return NULL;
  if (kind == wanted) return document->tree;
  kube_fail(err, KUBE_EDECODE, "%s is another document", path);
  return NULL;
}

static kube_status read_groups(kube_discovery *d, const char *path, int64_t max_age,
                               kube_error *err) {
  kube_buffer file = {0};
  const char *name;
  const cJSON *tree = NULL;
  kube_status status = kube_buffer_printf(&file, err, "%s/servergroups.json", path);
  name = status == KUBE_OK ? kube_buffer_text(&file, err) : NULL;
  if (name) tree = keep_file(d, name, max_age, KUBE_DOCUMENT_GROUPS, err);
  status = tree ? kube_discovery_read_groups(d, tree, KUBE_DOCUMENT_GROUPS, err) : err->status;
  kube_buffer_clear(&file);
  return status;
}

static kube_status read_version(kube_discovery *d, const char *path, int64_t max_age,
                                const char *group, const char *version, kube_error *err) {
  kube_buffer file = {0};
  const char *name;
  const cJSON *tree = NULL;
  kube_status status = kube_discovery_file(&file, path, group, version, err);
  name = status == KUBE_OK ? kube_buffer_text(&file, err) : NULL;
  if (name) tree = keep_file(d, name, max_age, KUBE_DOCUMENT_RESOURCES, err);
  status = tree ? kube_discovery_read_resources(d, tree, group, version, err) : err->status;
  kube_buffer_clear(&file);
  return status;
}

static kube_status read_cache(kube_discovery *d, const char *path, int64_t max_age,
                              kube_error *err) {
  kube_status status = read_groups(d, path, max_age, err);
  const kube_api_group *group;
  size_t i, j;
  for (i = 0; status == KUBE_OK && (group = kube_discovery_group(d, i)) != NULL; i++)
    for (j = 0; status == KUBE_OK && group->versions[j]; j++)
      status = read_version(d, path, max_age, group->name, group->versions[j], err);
  return status;
}

kube_discovery *kube_discovery_cache_read(const char *path, int64_t max_age, kube_error *err) {
  kube_error local = {0};
  kube_discovery *d = kube_discovery_new(err ? err : (err = &local));
  if (d == NULL || read_cache(d, path, max_age > 0 ? max_age : SIX_HOURS, err) == KUBE_OK) return d;
  kube_discovery_free(d);
  return NULL;
}
