/*
** Between the files and a configuration: the cluster and the user that were chosen, once options
** have gone before what stands in files, and what is wrong with them. All texts are views of the
** files and the options.
*/
#ifndef KUBE_CLIENT_KUBECONFIG_H
#define KUBE_CLIENT_KUBECONFIG_H

#include "kubeconfig_files.h"
#include "problems.h"

/* A path and the file it is relative to; NULL: it is an option's, relative to where we are. */
typedef struct kube_path {
  const char *path; /* NULL: none */
  const char *base;
} kube_path;

typedef struct kube_cluster_settings {
  kube_stanza from; /* its path is NULL where only options say it */
  const char *server, *tls_server_name, *proxy;
  const char *ca_data; /* base64 */
  kube_path ca;
  bool insecure, disable_compression;
  bool server_given; /* by an option */
} kube_cluster_settings;

typedef struct kube_user_settings {
  kube_stanza from;
  const char *token, *username, *password, *cert_data, *key_data;
  kube_path token_file, cert, key;
  const char *as, *as_uid;
  const cJSON *groups, *extra;                            /* the file's */
  const char *const *option_groups, *const *option_extra; /* instead; beside, for other keys */
  const cJSON *exec, *auth_provider;
  int64_t exec_timeout; /* an option */
} kube_user_settings;

/*
** What the stanzas and the options say together; values of a wrong type become problems. Rule:
** client-go tools/clientcmd/client_config.go getCluster, getAuthInfo.
*/
void kube_cluster_merge(kube_cluster_settings *cluster, const kube_config_options *options,
                        kube_problems *problems);
void kube_user_merge(kube_user_settings *user, const kube_config_options *options,
                     kube_problems *problems);

/*
** Checks what can be checked without files. Rule: client-go tools/clientcmd/validation.go
** validateClusterInfo, validateAuthInfo, with our own words where it has none.
*/
void kube_cluster_check(const kube_cluster_settings *cluster, kube_problems *problems);
void kube_user_check(const kube_user_settings *user, kube_problems *problems);

/*
** Sets the namespace: an option ("ns/name" is fine), else the context's, else that of the pod we are
** in, else "default". KUBE_ECONFIG for an option that is none.
*/
kube_status kube_namespace_set(kube_config *config, const char *option, const char *of_context,
                               kube_error *err);

/* The pod's namespace, or "default", for the caller to free (in_cluster.c). */
char *kube_in_cluster_namespace(kube_error *err);

/* Whether a text is a DNS label (RFC 1123), as a namespace's name must be. */
bool kube_is_dns_label(const char *text);

/*
** Fills *config, reading the files that are named; a file that cannot be read is a problem. The user
** comes after the cluster, and both after their checks. KUBE_ENOMEM.
*/
kube_status kube_cluster_apply(kube_config *config, const kube_cluster_settings *cluster,
                               kube_problems *problems, kube_error *err);
kube_status kube_user_apply(kube_config *config, const kube_user_settings *user,
                            const kube_cluster_settings *cluster, kube_problems *problems,
                            kube_error *err);

/* The parts of kube_user_apply with files of their own. */
kube_status kube_exec_apply(kube_config *config, const kube_user_settings *user,
                            const kube_cluster_settings *cluster, kube_error *err);
kube_status kube_auth_provider_apply(kube_config *config, const kube_user_settings *user,
                                     kube_error *err);
kube_status kube_impersonation_apply(kube_config *config, const kube_user_settings *user,
                                     kube_error *err);

/*
** All of it for a cluster and a user that have been merged: checks, fills *config but for its context
** and namespace, leaves warnings. KUBE_ECONFIG tells every problem: "invalid configuration: [a, b]"
** and then suffix, which says where.
*/
kube_status kube_settings_apply(kube_config *config, const kube_cluster_settings *cluster,
                                const kube_user_settings *user, kube_problems *problems,
                                const char *suffix, kube_error *err);

/* An absolute path for the caller to free; NULL and *err (no memory, no current directory). */
char *kube_path_resolve(kube_path path, kube_error *err);

/* What is neither absent nor null. */
const cJSON *kube_kubeconfig_item(const cJSON *object, const char *field);

#endif
