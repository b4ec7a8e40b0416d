/*
** What the fields of a kubeconfig are, and the property names of `kubectl config set`, which go
** through them ("users.NAME.token"). The names are those of client-go's internal type, as kubectl has
** them (tools/clientcmd/api/types.go); where the file has another, that stands beside it.
*/
#ifndef KUBE_CLIENT_KUBECONFIG_FIELDS_H
#define KUBE_CLIENT_KUBECONFIG_FIELDS_H

#include "core/buffer.h"

typedef enum kube_field_type {
  KUBE_FIELD_TEXT,
  KUBE_FIELD_PATH,  /* a text, relative to the file it stands in */
  KUBE_FIELD_BYTES, /* in base64 */
  KUBE_FIELD_BOOL,
  KUBE_FIELD_OTHER, /* what no property name leads into: it can only be unset */
  KUBE_FIELD_LIST,  /* of named stanzas */
  KUBE_FIELD_STRUCT /* a map of known fields */
} kube_field_type;

typedef struct kube_field {
  const char *name;   /* for kubectl; NULL ends a list */
  const char *member; /* in the file */
  kube_field_type type;
  const struct kube_field *fields; /* of a list's stanzas, of a struct */
  const char *stanza;              /* of a list: the member that a stanza stands in */
} kube_field;

/* What stands at the top of a kubeconfig, and in each stanza. */
extern const kube_field KUBE_CONFIG_FIELDS[], KUBE_CLUSTER_FIELDS[], KUBE_USER_FIELDS[],
    KUBE_CONTEXT_FIELDS[];

/* "users.NAME.token": field is users, name NAME, leaf token. Valid when zeroed. */
typedef struct kube_property {
  const kube_field *field; /* at the top */
  char *name;              /* of a stanza; NULL: the path ended before */
  const kube_field *leaf;  /* in the stanza or struct; NULL: the path ended before */
} kube_property;

/*
** Parses a property name. The name of a stanza may hold dots: it goes up to the first part that is a
** field of such a stanza, or else to the end. KUBE_EUSAGE.
** Rule: kubectl pkg/cmd/config/navigation_step_parser.go.
*/
kube_status kube_property_parse(kube_property *property, const char *path, kube_error *err);
void kube_property_clear(kube_property *property);

/* The field of that member in the file; NULL. */
const kube_field *kube_field_of_member(const kube_field *fields, const char *member);

#endif
