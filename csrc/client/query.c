/* The query of a URL; the contract is in query.h. */
#include "query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

/* Where name stands, or should. */
static size_t place_of(const kube_query *query, const char *name, bool *found) {
  size_t i;
  *found = false;
  for (i = 0; i < query->count; i++) {
    int order = strcmp(query->pairs[i].name, name);
    *found = order == 0;
    if (order >= 0) break;
  }
  return i;
}

static void drop(kube_query *query, size_t place) {
  free(query->pairs[place].value);
  query->count--;
  memmove(query->pairs + place, query->pairs + place + 1,
          (query->count - place) * sizeof *query->pairs);
}

static kube_status insert(kube_query *query, size_t place, const char *name, char *value,
                          kube_error *err) {
  struct kube_query_pair *pairs = realloc(query->pairs, (query->count + 1) * sizeof *pairs);
  if (pairs == NULL) return kube_fail_memory(err, "a query");
  query->pairs = pairs;
  memmove(pairs + place + 1, pairs + place, (query->count - place) * sizeof *pairs);
  pairs[place].name = name;
  pairs[place].value = value;
  query->count++;
  return KUBE_OK;
}

kube_status kube_query_set(kube_query *query, const char *name, const char *value,
                           kube_error *err) {
  bool found;
  size_t place = place_of(query, name, &found);
  char *copy;
  if (value == NULL || *value == '\0') {
    if (found) drop(query, place);
    return KUBE_OK;
  }
  copy = kube_text_copy(value, err);
  if (copy == NULL) return KUBE_ENOMEM;
  if (found) {
    free(query->pairs[place].value);
    query->pairs[place].value = copy;
    return KUBE_OK;
  }
  if (insert(query, place, name, copy, err) == KUBE_OK) return KUBE_OK;
  free(copy);
  return KUBE_ENOMEM;
}

kube_status kube_query_set_integer(kube_query *query, const char *name, int64_t value,
                                   kube_error *err) {
  char text[32];
  snprintf(text, sizeof text, "%lld", (long long)value);
  return kube_query_set(query, name, text, err);
}

const char *kube_query_get(const kube_query *query, const char *name) {
  bool found;
  size_t place = place_of(query, name, &found);
  return found ? query->pairs[place].value : NULL;
}

kube_status kube_query_write(const kube_query *query, kube_buffer *url, kube_error *err) {
  size_t i;
  kube_status status = KUBE_OK;
  for (i = 0; i < query->count && status == KUBE_OK; i++) {
    const struct kube_query_pair *pair = &query->pairs[i];
    status = kube_buffer_printf(url, err, "%c%s=", i ? '&' : '?', pair->name);
    if (status == KUBE_OK) status = kube_text_escape(url, pair->value, strlen(pair->value), err);
  }
  return status;
}

void kube_query_clear(kube_query *query) {
  while (query->count) drop(query, query->count - 1);
  free(query->pairs);
  query->pairs = NULL;
}
