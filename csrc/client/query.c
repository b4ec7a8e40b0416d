/* The query of a URL; the contract is in query.h. */
#include "query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

/* Where the first of that name stands, or should. */
static size_t place_of(const kube_query *query, const char *name) {
  size_t i = 0;
  while (i < query->count && strcmp(query->pairs[i].name, name) < 0) i++;
  return i;
}

static bool is_at(const kube_query *query, size_t place, const char *name) {
  return place < query->count && strcmp(query->pairs[place].name, name) == 0;
}

static void drop(kube_query *query, size_t place) {
  free(query->pairs[place].name);
  free(query->pairs[place].value);
  query->count--;
  memmove(query->pairs + place, query->pairs + place + 1,
          (query->count - place) * sizeof *query->pairs);
}

/* Opens a place, and puts copies into it. */
static kube_status insert(kube_query *query, size_t place, const char *name, const char *value,
                          kube_error *err) {
  struct kube_query_pair *pairs = realloc(query->pairs, (query->count + 1) * sizeof *pairs);
  if (pairs == NULL) return kube_fail_memory(err, "a query");
  query->pairs = pairs;
  memmove(pairs + place + 1, pairs + place, (query->count - place) * sizeof *pairs);
  pairs[place].name = kube_text_copy(name, err);
  pairs[place].value = pairs[place].name ? kube_text_copy(value, err) : NULL;
  query->count++;
  if (pairs[place].value) return KUBE_OK;
  drop(query, place);
  return KUBE_ENOMEM;
}

kube_status kube_query_set(kube_query *query, const char *name, const char *value,
                           kube_error *err) {
  size_t place = place_of(query, name);
  const bool removed = value == NULL || *value == '\0';
  kube_status status = removed ? KUBE_OK : insert(query, place, name, value, err);
  if (status != KUBE_OK) return status;
  if (!removed) place++;
  while (is_at(query, place, name)) drop(query, place);
  return KUBE_OK;
}

kube_status kube_query_add(kube_query *query, const char *name, const char *value,
                           kube_error *err) {
  size_t place = place_of(query, name);
  while (is_at(query, place, name)) place++;
  return insert(query, place, name, value, err);
}

kube_status kube_query_set_integer(kube_query *query, const char *name, int64_t value,
                                   kube_error *err) {
  char text[32];
  snprintf(text, sizeof text, "%lld", (long long)value);
  return kube_query_set(query, name, text, err);
}

const char *kube_query_get(const kube_query *query, const char *name) {
  size_t place = place_of(query, name);
  return is_at(query, place, name) ? query->pairs[place].value : NULL;
}

kube_status kube_query_copy(kube_query *to, const kube_query *from, kube_error *err) {
  size_t i;
  kube_status status = KUBE_OK;
  for (i = 0; i < from->count && status == KUBE_OK; i++)
    status = insert(to, i, from->pairs[i].name, from->pairs[i].value, err);
  return status;
}

kube_status kube_query_write(const kube_query *query, kube_buffer *url, kube_error *err) {
  size_t i;
  kube_status status = KUBE_OK;
  for (i = 0; i < query->count && status == KUBE_OK; i++) {
    const struct kube_query_pair *pair = &query->pairs[i];
    status = kube_buffer_add_char(url, i ? '&' : '?', err);
    if (status == KUBE_OK) status = kube_text_escape(url, pair->name, strlen(pair->name), err);
    if (status == KUBE_OK) status = kube_buffer_add_char(url, '=', err);
    if (status == KUBE_OK) status = kube_text_escape(url, pair->value, strlen(pair->value), err);
  }
  return status;
}

void kube_query_clear(kube_query *query) {
  while (query->count) drop(query, query->count - 1);
  free(query->pairs);
  query->pairs = NULL;
}
