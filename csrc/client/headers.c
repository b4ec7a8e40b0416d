/* Header lines; the contract is in headers.h. */
#include "headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "authorization.h"
#include "core/text.h"

bool kube_header_is(const char *line, const char *name) {
  const size_t n = strlen(name);
  return strncasecmp(line, name, n) == 0 && line[n] == ':';
}

/* Where the line of that name is, or the end. */
static size_t place_of(const kube_headers *headers, const char *name) {
  size_t i = 0;
  while (i < headers->count && !kube_header_is(headers->lines[i], name)) i++;
  return i;
}

bool kube_headers_have(const kube_headers *headers, const char *name) {
  return place_of(headers, name) < headers->count;
}

/* The characters of a token: RFC 9110, section 5.6.2. */
static kube_status check(const char *name, const char *value, kube_error *err) {
  static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  if (*name == '\0' || name[strspn(name, token)])
    return kube_fail(err, KUBE_EUSAGE, "\"%s\" is no name of a header", name);
  if (strpbrk(value, "\r\n"))
    return kube_fail(err, KUBE_EUSAGE, "the header %s holds a line break", name);
  return KUBE_OK;
}

static kube_status put(kube_headers *headers, size_t place, char *line, kube_error *err) {
  char **lines = headers->lines;
  if (place == headers->count) {
    lines = realloc(lines, (place + 1) * sizeof *lines);
    if (lines == NULL) return kube_fail_memory(err, "a header");
    headers->lines = lines;
    lines[headers->count++] = NULL;
  }
  kube_secret_free(lines[place]);
  lines[place] = line;
  return KUBE_OK;
}

kube_status kube_headers_set(kube_headers *headers, const char *name, const char *value,
                             kube_error *err) {
  const size_t size = strlen(name) + strlen(value) + 3;
  kube_status status = check(name, value, err);
  char *line;
  if (status != KUBE_OK) return status;
  line = malloc(size);
  if (line == NULL) return kube_fail_memory(err, "a header");
  snprintf(line, size, "%s: %s", name, value);
  status = put(headers, place_of(headers, name), line, err);
  if (status != KUBE_OK) kube_secret_free(line);
  return status;
}

kube_status kube_headers_copy(kube_headers *to, const kube_headers *from, kube_error *err) {
  size_t i;
  for (i = 0; i < from->count; i++) {
    char *line = kube_text_copy(from->lines[i], err);
    if (line == NULL || put(to, i, line, err) != KUBE_OK) {
      kube_secret_free(line);
      return KUBE_ENOMEM;
    }
  }
  return KUBE_OK;
}

void kube_headers_clear(kube_headers *headers) {
  size_t i;
  for (i = 0; i < headers->count; i++) kube_secret_free(headers->lines[i]);
  free(headers->lines);
  memset(headers, 0, sizeof *headers);
}
