/*
** Numbers as go-yaml v2 reads them (Go's ParseInt with base 0, then ParseFloat) and as Go
** prints them. Integers never pass through a double; no locale has a say.
*/
#ifndef KUBE_CORE_YAML_NUMBER_H
#define KUBE_CORE_YAML_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KUBE_YAML_NUMBER_SIZE = 48 }; /* room for any number that is printed here */

/* Decimal, 0x, 0b, 0o or a leading 0 for octal. False when it is none, or does not fit. */
bool kube_yaml_read_integer(const char *text, bool *negative, uint64_t *magnitude);

/* [-+]digits[.digits][e[-+]digits]. False when it is none, or too great for a double. */
bool kube_yaml_read_float(const char *text, double *number);

/* As encoding/json writes a float64: the shortest digits that read back the same. */
size_t kube_yaml_print_float(double number, char out[KUBE_YAML_NUMBER_SIZE]);

/* As sigs.k8s.io/yaml writes a float that is a key: in single precision, %g. */
size_t kube_yaml_print_float_key(double number, char out[KUBE_YAML_NUMBER_SIZE]);

#endif
