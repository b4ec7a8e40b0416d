/*
** What one plain YAML 1.1 scalar means: the rules of sigs.k8s.io/yaml v1.6, which are those
** of go-yaml v2 (resolve.go). Pure: bytes in, a value out.
**
**   true    y yes true on      as written, Capitalized, and (but for y: Y) in CAPITALS
**   false   n no false off     the same
**   null    "" ~ null          null also Capitalized and in CAPITALS
**   int     12 -12 +12, 0x1F, 0o17, 017, 0b101; _ anywhere behind the first character
**   float   1.5 .5 1. 1e3; .inf and .nan, which JSON cannot hold
**   text    everything else: dates and 12:30 stay as they are
*/
#ifndef KUBE_CORE_YAML_SCALAR_H
#define KUBE_CORE_YAML_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "yaml_number.h"

typedef enum kube_yaml_type {
  KUBE_YAML_TEXT = 0,
  KUBE_YAML_DATE, /* a text too, but kubectl quotes it when it writes */
  KUBE_YAML_NULL,
  KUBE_YAML_FALSE,
  KUBE_YAML_TRUE,
  KUBE_YAML_INTEGER,
  KUBE_YAML_FLOAT
} kube_yaml_type;

typedef struct kube_yaml_scalar {
  kube_yaml_type type;
  bool negative;      /* of an integer */
  uint64_t magnitude; /* of an integer */
  double number;      /* a float: may be infinite or NaN */
} kube_yaml_scalar;

kube_yaml_scalar kube_yaml_resolve(const char *text, size_t n);

/*
** Writes what is no text as JSON, or as the name of a JSON member. The length; 0 when it cannot
** be: infinite values, as a name null and integers above INT64_MAX (go-yaml's rule), and text.
*/
size_t kube_yaml_print(const kube_yaml_scalar *scalar, char out[KUBE_YAML_NUMBER_SIZE]);
size_t kube_yaml_print_key(const kube_yaml_scalar *scalar, char out[KUBE_YAML_NUMBER_SIZE]);

/* Whether the text, written plain, is that text for any YAML 1.1 reader: not 12:30, not <<. */
bool kube_yaml_is_plain_text(const char *text, size_t n);

#endif
