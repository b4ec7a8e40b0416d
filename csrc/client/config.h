/*
** What a client must know of a cluster: where it is, whom to trust, who we are. Read once from a
** kubeconfig or a pod's files; shared by the clients made of it (counted references).
*/
#ifndef KUBE_CLIENT_CONFIG_H
#define KUBE_CLIENT_CONFIG_H

#include "core/buffer.h"
#include "core/tls.h"
#include "throttle.h"

/* When a plugin may talk to a person (client-go tools/clientcmd/api ExecInteractiveMode). */
typedef enum kube_interactive_mode {
  KUBE_INTERACTIVE_NEVER = 0,
  KUBE_INTERACTIVE_IF_AVAILABLE,
  KUBE_INTERACTIVE_ALWAYS
} kube_interactive_mode;

/* A plugin that knows who we are: the kubeconfig's user.exec. Zeroed: there is none. */
typedef struct kube_exec {
  char *command;      /* a path (absolute once loaded) when it has a '/', else looked up in PATH */
  char **arguments;   /* NULL-terminated; NULL: none */
  char **environment; /* "NAME=value", secrets, set over our own; NULL-terminated; NULL: none */
  char *api_version;  /* client.authentication.k8s.io/v1 or /v1beta1 */
  char *install_hint; /* free of ANSI escapes; NULL */
  char *cluster;      /* JSON of spec.cluster, where provideClusterInfo asks for it; NULL */
  kube_interactive_mode interactive;
  int64_t timeout; /* ms that a run may take; 0: what is usual */
} kube_exec;

/* The kubeconfig's user.auth-provider. Zeroed: there is none. */
typedef struct kube_auth_provider {
  char *name;    /* "oidc"; the others are refused when the configuration is loaded */
  char **fields; /* name, value, name, value, ..., NULL; secrets */
  char *file;    /* the kubeconfig in which it stands, where new tokens are written to */
} kube_auth_provider;

/* A field that is not empty; else NULL. */
const char *kube_auth_provider_field(const kube_auth_provider *provider, const char *name);

struct kube_config {
  int references;
  char *server; /* scheme://host[:port][/path], no slash at its end */
  char *ns;
  char *context;         /* "" in-cluster */
  char *cluster;         /* its name in the kubeconfig, for messages */
  char *source;          /* the files read, joined by ':', "in-cluster" or "options" */
  char *user;            /* the user's name in the kubeconfig, for messages */
  char *tls_server_name; /* the name to verify instead of the server's; NULL */
  char *proxy;           /* NULL: none */
  char *authorization;   /* the whole header line, a secret; NULL: none, or it comes from below */
  char *token_file;      /* read again each minute, instead of authorization; NULL */
  kube_exec exec;
  kube_auth_provider auth_provider;
  char **impersonate;                   /* whole header lines, NULL-terminated; NULL: none */
  kube_tls tls;                         /* as it was when it was loaded */
  char *ca_file, *cert_file, *key_file; /* where parts of tls are read again; NULL: they stay */
  bool disable_compression;
  kube_throttle throttle; /* of all clients that were made of it */
  int64_t max_retries;    /* as in the options */
  char *user_agent;       /* NULL: ours */
  char *warnings;         /* lines, for people; NULL: none */
};

kube_config *kube_config_retain(kube_config *config);

/* Whether the server is reached by TLS; without it credentials are not sent (as client-go). */
bool kube_config_is_tls(const kube_config *config);

/*
** Checks and completes the server's address: "host:port" gets a scheme (https when there is
** something to trust or to show), a slash at the end goes. KUBE_ECONFIG for what is no address.
** Rule: client-go rest/url_utils.go DefaultServerURL.
*/
kube_status kube_config_set_server(kube_config *config, const char *server, kube_error *err);

/* Sets "Authorization: Bearer <token>", without the white space around the token. */
kube_status kube_config_set_token(kube_config *config, const char *token, size_t n,
                                  kube_error *err);

/* Adds a line to the warnings. KUBE_ENOMEM. */
kube_status kube_config_warn(kube_config *config, kube_error *err, const char *format, ...)
    KUBE_PRINTF(3, 4);

/*
** Which files: an explicit one, else the list in KUBECONFIG (empty counts as not set), else
** ~/.kube/config (config_paths.c). Clear may be called twice.
*/
typedef struct kube_kubeconfig_paths {
  char **path;
  size_t count;
  bool explicit_file; /* the one path was asked for: it must exist */
  bool listed;        /* by KUBECONFIG */
  bool homeless;      /* ~/.kube/config was meant, but there is no HOME */
} kube_kubeconfig_paths;
kube_status kube_kubeconfig_paths_choose(kube_kubeconfig_paths *paths, const char *explicit_file,
                                         kube_error *err);
void kube_kubeconfig_paths_clear(kube_kubeconfig_paths *paths);

/*
** Fills *config from the files at paths, where the first one to name a thing wins (kubeconfig.c).
** fallback is the server where nothing names one (NULL: none). KUBE_AGAIN when they, and options,
** say nothing: why is added to *tried.
*/
kube_status kube_kubeconfig_load(kube_config *config, const kube_kubeconfig_paths *paths,
                                 const kube_config_options *options, const char *fallback,
                                 kube_buffer *tried, kube_error *err);

/*
** Fills *config from what Kubernetes gives a pod (in_cluster.c). KUBE_AGAIN when this is no pod:
** the reason is added to *tried. All options count, but those that choose from a kubeconfig. Rule:
** client-go rest/config.go InClusterConfig.
*/
kube_status kube_in_cluster_load(kube_config *config, const kube_config_options *options,
                                 kube_buffer *tried, kube_error *err);

/* Where a pod finds its token, CA and namespace; tests put another one here. */
extern const char *kube_service_account;

#endif
