/*
** The query of a URL: names with values, written in the order of the names, and those of one name in
** the order in which they came (as client-go does). Valid when zeroed.
*/
#ifndef KUBE_CLIENT_QUERY_H
#define KUBE_CLIENT_QUERY_H

#include "core/buffer.h"

typedef struct kube_query {
  struct kube_query_pair {
    char *name;
    char *value;
  } * pairs;
  size_t count;
} kube_query;

/* Sets or replaces; value NULL or "" removes. Names and values are copied. */
kube_status kube_query_set(kube_query *query, const char *name, const char *value, kube_error *err);
kube_status kube_query_set_integer(kube_query *query, const char *name, int64_t value,
                                   kube_error *err);

/* Adds a value, an empty one too, to those that the name has. */
kube_status kube_query_add(kube_query *query, const char *name, const char *value, kube_error *err);

/* The first value, or NULL. */
const char *kube_query_get(const kube_query *query, const char *name);

/* Into one that is empty. */
kube_status kube_query_copy(kube_query *to, const kube_query *from, kube_error *err);

/* Appends "?a=b&c=d", escaped; nothing when it is empty. */
kube_status kube_query_write(const kube_query *query, kube_buffer *url, kube_error *err);

void kube_query_clear(kube_query *query);

#endif
