/*
** YAML in, JSON text out, and back. What a scalar means is decided as sigs.k8s.io/yaml v1.6
** decides it (YAML 1.1, see yaml_scalar.h), so that a manifest is for us what it is for kubectl.
** (The file is not called yaml.h, because -Icsrc/core would then hide libyaml's header.)
** Messages say "line L, column C: what is wrong" and never show a scalar: it may be a secret.
**
** | case                              | sigs.k8s.io/yaml, kubectl | kube                      |
** | order of the keys                 | sorted                    | as written                |
** | a key twice, not strict           | last wins; 1 and "1": any | last wins, in first place |
** | a merged key set again, strict    | error                     | fine: << is there for it  |
** | 1 and "1" in one mapping, strict  | fine                      | error                     |
** | !!binary that is no UTF-8         | U+FFFD for the bad bytes  | error                     |
** | a value that a later one replaces | its tag is still checked  | not looked at             |
** | nesting                           | 10000                     | 512                       |
** | a JSON text: numbers, surrogates  | YAML's rules, for kubectl | JSON's: kept byte for     |
** |                                   | those of JSON             | byte                      |
** | a document that says null         | null, kubectl skips it    | null                      |
** | several documents                 | cut at lines of ---       | cut by the YAML parser    |
** | {a:} and tags like !!a,b          | fine                      | error, libyaml's          |
** | < > & in strings                  | \u003c \u003e \u0026      | as they are               |
** | U+2028, U+2029, <<, when written  | do not read back in full  | in double quotes          |
*/
#ifndef KUBE_CORE_YAML_JSON_H
#define KUBE_CORE_YAML_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "error.h"

typedef struct kube_yaml_reader kube_yaml_reader;

typedef struct kube_yaml_options {
  bool strict;    /* a key that stands twice in one mapping is an error */
  size_t ceiling; /* most bytes of JSON that one document may become; 0 is 64 MiB */
} kube_yaml_options;

/*
** Reads a whole text, which must outlive the reader, document by document. options may be NULL.
** NULL only without memory.
*/
kube_yaml_reader *kube_yaml_open(const char *text, size_t n, const kube_yaml_options *options,
                                 kube_error *err);

/*
** Replaces the bytes of *json by the next document as JSON text. Empty documents are skipped.
** KUBE_OK, KUBE_EOF at the end, KUBE_EDECODE, KUBE_ETOOLARGE past a ceiling (ours or the
** buffer's), KUBE_ENOMEM. After a failure *json is empty and every later call fails the same way.
** A text that is a run of JSON objects or arrays gives these as they stand.
*/
kube_status kube_yaml_next(kube_yaml_reader *reader, kube_buffer *json, kube_error *err);

/* Frees; NULL is fine. */
void kube_yaml_close(kube_yaml_reader *reader);

/*
** Appends one JSON text as one YAML document, in the form of kubectl -o yaml but with the keys in
** the order given: block style, two spaces, quotes where a YAML 1.1 reader would otherwise see
** something else, several lines as a | block where that is exact. Numbers are copied as they stand:
** a reader sees the same value, though it may print 1.0 as 1; what no double holds (1e400) is for
** every reader of these rules a text. On failure nothing was appended.
*/
kube_status kube_yaml_from_json(kube_slice json, kube_buffer *yaml, kube_error *err);

#endif
