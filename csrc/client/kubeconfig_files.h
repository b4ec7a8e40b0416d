/*
** kubeconfig files as they stand on disk: read, and looked up in, but not yet made sense of. Nothing
** is merged: a thing is looked up in each file in turn, and the first that names it wins whole
** (client-go tools/clientcmd/loader.go). YAML becomes JSON, and that a tree of cJSON in which
** numbers are raw texts (cJSON_Raw): what is written back comes back as it was.
*/
#ifndef KUBE_CLIENT_KUBECONFIG_FILES_H
#define KUBE_CLIENT_KUBECONFIG_FILES_H

#include <cjson/cJSON.h>

#include "config.h"

enum { KUBE_CONFIG_CEILING = 8 << 20 }; /* bytes of a kubeconfig, or of a file that one names */

typedef struct kube_kubeconfig_file {
  const char *path; /* of the list it was read by, which outlives it */
  cJSON *root;      /* an object; its lists are lists of maps that have a name */
} kube_kubeconfig_file;

/* Valid when zeroed. */
typedef struct kube_kubeconfig_files {
  kube_kubeconfig_file *file;
  size_t count;
} kube_kubeconfig_files;

/* A stanza of a file: {"server":...} of the cluster named name. */
typedef struct kube_stanza {
  const char *what; /* "cluster", "user", "context" */
  const char *name;
  const char *path;  /* the file it stands in; NULL: there is none */
  const cJSON *body; /* NULL: there is none */
} kube_stanza;

/*
** Reads the files there are; a missing one is skipped (why is added to *tried) unless it was asked
** for by name. KUBE_ECONFIG names every file that is broken.
*/
kube_status kube_kubeconfig_files_read(kube_kubeconfig_files *all,
                                       const kube_kubeconfig_paths *paths, kube_buffer *tried,
                                       kube_error *err);

/* Wipes (there may be keys in it) and frees; may be called twice. */
void kube_kubeconfig_files_clear(kube_kubeconfig_files *all);

/* A member that is a text and not empty; else NULL. */
const char *kube_kubeconfig_text(const cJSON *object, const char *field);

/* Whether a text holds PEM: never a path, nor base64. */
bool kube_is_pem(const char *text);

/*
** KUBE_EUSAGE where the text that is given as the path field is none: PEM, or more than a line. It may
** be a key: the message has nothing of it.
*/
kube_status kube_path_check(const char *field, const char *text, kube_error *err);

/* The first that is set; NULL. */
const char *kube_kubeconfig_current_context(const kube_kubeconfig_files *all);

/* The first stanza of that name; what is "cluster", its list "clusters". */
kube_stanza kube_kubeconfig_find(const kube_kubeconfig_files *all, const char *what,
                                 const char *list, const char *name);

/* " (there are: a, b)", of the names in a list, cut at size: for who asked for another one. */
void kube_kubeconfig_there_are(const kube_kubeconfig_files *all, const char *list, char *out,
                               size_t size);

#endif
