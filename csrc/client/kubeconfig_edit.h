/*
** Changing kubeconfig files (the public part is in kube.h). kubeconfig_edit.c is the transaction,
** kubeconfig_change.c what an edit does to the trees, kubeconfig_stanza.c how fields are set together.
**
** | case                                | kubectl, client-go       | kube                          |
** | order of stanzas and members        | sorted                   | kept, new ones at the end     |
** | fields client-go does not know      | lost                     | kept                          |
** | comments                            | lost                     | lost                          |
** | files                               | written in place         | replaced, see file_replace.h |
** | mode of a file that is there        | kept                     | kept but for group and others |
** | between reading and writing         | only the writing locked: | all under the lock            |
** |                                     | a change can be lost     |                               |
** | locks                               | fail at once, stay       | see file_lock.h               |
** | preferences                         | the first file that      | the file for new things       |
** |                                     | differs                  |                               |
** | kind, apiVersion                    | set has no effect        | the file for new things       |
** | unset clusters, users, contexts     | those in sight           | in every file                 |
** | set of a stanza, as clusters.x      | message shows all of it  | message names it              |
** | set of exec, extensions, ...        | panics                   | an error                      |
** | set-credentials with a token        | a tokenFile stays        | goes, it would come to count  |
** | a path into exec or auth-provider   | refused                  | refused; set_user takes all   |
*/
#ifndef KUBE_CLIENT_KUBECONFIG_EDIT_H
#define KUBE_CLIENT_KUBECONFIG_EDIT_H

#include "kubeconfig_fields.h"
#include "kubeconfig_files.h"

/*
** Makes an edit to the trees. What is new goes into the file fallback, which is one of those that were
** asked for and is put behind the others if it is not there. On failure the trees may be half
** changed: throw them away.
*/
kube_status kube_kubeconfig_change(kube_kubeconfig_files *all, const char *fallback,
                                   const kube_edit *edit, bool embed_certs, kube_error *err);

/*
** Sets fields of a stanza, body, which stands in the file path. json is an object of them, fields
** are those there may be; what one excludes goes, PEM given as data becomes base64, paths become
** relative to the file where they are below its directory. Rule: kubectl set-cluster, set-credentials, set-context.
*/
kube_status kube_stanza_set(cJSON *body, const kube_field *fields, const char *json,
                            const char *path, bool embed_certs, kube_error *err);

/*
** A path as it is to stand in a kubeconfig file: relative to that where it is below its directory,
** else absolute. Appends, and a NUL that is not counted.
** Rule: client-go tools/clientcmd/loader.go RelativizePathWithNoBacksteps.
*/
kube_status kube_path_relative(const char *path, const char *file, kube_buffer *out,
                               kube_error *err);

/*
** Sets fields (name, value, ..., NULL) of users.<user>.user.auth-provider.config in the one file,
** under its lock, for which it waits a quarter of a second at most: it is called where nothing may
** block for long. Names and values may be secrets. KUBE_ECONFIG when there is no such user, or it has no
** auth-provider. Rule: client-go tools/clientcmd/config.go persister.
*/
kube_status kube_kubeconfig_set_auth_provider(const char *file, const char *user,
                                              const char *const *fields, kube_error *err);

/*
** A field of it as it is now in provider->file, without a lock: *value for kube_secret_free, NULL where
** it is not set. KUBE_ECONFIG where there stands another issuer or client than the provider's by now.
*/
kube_status kube_kubeconfig_get_auth_provider(const kube_auth_provider *provider, const char *user,
                                              const char *name, char **value, kube_error *err);

#endif
