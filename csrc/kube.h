/*
** kube.h - the public C API of libkube: client-go for C, the floor under the Lua module.
**
** The shape of everything:
**   kube_config  what a kubeconfig (or a pod) says: server, trust, identity, namespace
**   kube_engine  owns every socket and timer behind one descriptor; never blocks, never calls back
**   kube_client  a config on an engine; clients on one engine share its connections
**   kube_call    one operation under way: a get, a paged list, a watch; ends in objects or an error
**
** An object is bytes: the JSON the server sent, read in place with kube_json_find.
** Every function that can fail takes a kube_error that the caller owns, or NULL; pass a zeroed one.
** Nothing here is thread-safe: an engine and all that stands on it belong to one thread.
** Handles may be freed in any order: a call keeps its client, a client its engine and config. Every
** function that frees takes NULL too. Times are milliseconds where nothing else is said.
**
**   kube_error err = {0};
**   kube_config *config = kube_config_load(NULL, &err);
**   kube_engine *engine = kube_engine_new(&err);
**   kube_client *client = kube_client_new(engine, config, &err);
**   kube_call *call = kube_dynamic_list(client, &KUBE_PODS, NULL, NULL, &err);
**   kube_frame pod;
**   while (kube_call_next(call, &pod, KUBE_FOREVER, &err) == KUBE_OK) {
**     kube_json name = kube_json_find(pod.object, "metadata.name");
**     printf("%.*s\n", (int)name.length, name.bytes);
**     kube_call_take(call);
**   }
**   if (err.status) fprintf(stderr, "%s\n", err.message);
*/
#ifndef KUBE_H
#define KUBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define KUBE_API __attribute__((visibility("default")))
#else
#define KUBE_API
#endif

/* The version of this library; a timeout that never comes. */
#define KUBE_VERSION "0.1.0"
#define KUBE_FOREVER (-1)

/* ---- failure ---- */

/* How a function ended; a failure's reason in kube_error, as scripts know it, stands beside it. */
typedef enum kube_status {
  KUBE_OK = 0,
  KUBE_AGAIN,     /* nothing yet: wait for the engine, then ask again */
  KUBE_EOF,       /* the end, and all was well */
  KUBE_ENOMEM,    /* reason OutOfMemory */
  KUBE_EUSAGE,    /* BadRequest: the caller asked for what cannot be */
  KUBE_ECONFIG,   /* Config: a kubeconfig that is missing, broken or incomplete */
  KUBE_EDNS,      /* DNS: the server's name has no address */
  KUBE_ECONNECT,  /* ConnectionRefused: nobody answers there */
  KUBE_ENETWORK,  /* Connection: it broke in the middle */
  KUBE_ETLS,      /* TLS: the server, or our certificate, is not trusted */
  KUBE_ETIMEOUT,  /* Timeout */
  KUBE_ECANCELED, /* Canceled */
  KUBE_EDECODE,   /* Decode: bytes that are not what they should be */
  KUBE_ETOOLARGE, /* TooLarge: past a ceiling */
  KUBE_ESYSTEM,   /* System: the operating system refused */
  KUBE_EEXEC,     /* Exec: a credential plugin failed */
  KUBE_EAPI       /* the API server said no: code and reason are its own */
} kube_status;

/* Why a function failed. It holds no memory: nothing is to be freed. */
typedef struct kube_error {
  kube_status status; /* KUBE_OK in a zeroed error: nothing is wrong */
  int code;           /* HTTP status code, 0 where there was none */
  int retry_after;    /* seconds the server asks to wait, 0 when it does not */
  char reason[48];    /* Kubernetes' reason (NotFound, Conflict, ...) or one of ours above */
  char message[976];  /* who, what, where, what was tried; never a secret */
} kube_error;

/* ---- JSON, read in place ---- */

/* Bytes that somebody else owns: they need not end in a NUL. */
typedef struct kube_slice {
  const char *bytes;
  size_t length;
} kube_slice;

/* The types of values, and what the bytes of one are. */
typedef enum kube_json_type {
  KUBE_JSON_NONE = 0, /* not there */
  KUBE_JSON_NULL,
  KUBE_JSON_FALSE,
  KUBE_JSON_TRUE,
  KUBE_JSON_NUMBER, /* bytes: the literal as it stands */
  KUBE_JSON_STRING, /* bytes: between the quotes, escapes as they stand */
  KUBE_JSON_ARRAY,  /* bytes: from [ to ] */
  KUBE_JSON_OBJECT  /* bytes: from { to } */
} kube_json_type;

/* A value inside a JSON text: a view that lives as long as the text. */
typedef struct kube_json {
  const char *bytes;
  size_t length;
  kube_json_type type;
} kube_json;

/*
** The value at path: member names joined by dots, [n] for the n-th element from 0, a name that has
** dots of its own in ['a.b/c']: "metadata.name", "spec.containers[0].image",
** "metadata.labels['app.kubernetes.io/name']". The empty path is the whole text. Type
** KUBE_JSON_NONE when it is not there. Reads no further than to the end of the value.
*/
KUBE_API kube_json kube_json_find(kube_slice text, const char *path);

/*
** Walks the elements of an array or the members of an object: start with a zeroed *at, each call
** moves *at to the next element (and *name, if not NULL, to the raw name of a member).
** False at the end. `for (kube_json c = {0}; kube_json_next(list, &c, NULL);) ...`
*/
KUBE_API bool kube_json_next(kube_json container, kube_json *at, kube_slice *name);

/*
** Writes the text of a string with its escapes resolved (UTF-8, NUL-terminated, cut at size), other
** types as they stand. Returns the length it has or would have had, as snprintf does.
*/
KUBE_API size_t kube_json_text(kube_json value, char *out, size_t size);

/* A number as a 64-bit integer; false when it is no integer or does not fit. */
KUBE_API bool kube_json_integer(kube_json value, int64_t *out);

/* ---- configuration ---- */

/* A configuration: read once, then it does not change. */
typedef struct kube_config kube_config;

/*
** Where to look, and what to take instead of what is found there: kubectl's flags of the same names.
** All may be NULL or 0, and an empty text is as NULL; none need outlive the call. Paths are relative to
** the current directory.
*/
typedef struct kube_config_options {
  const char *kubeconfig; /* a path; else the list in KUBECONFIG, ~/.kube/config, in-cluster */
  const char *context;    /* instead of current-context */
  const char *cluster;    /* instead of the context's cluster */
  const char *user;       /* instead of the context's user */
  const char *ns;         /* instead of the context's namespace; "ns/name" is fine, too */
  const char *server;     /* instead of the cluster's server; its tls-server-name does not count */

  const char *certificate_authority;    /* a path, instead of the cluster's CA in any form */
  const bool *insecure_skip_tls_verify; /* true: trust any server, whatever CA there is */
  const char *tls_server_name;
  const char *proxy_url;
  const bool *disable_compression;

  const char *token;      /* a secret */
  const char *token_file; /* read again each minute; beside a token, which is used at first */
  const char *username, *password;
  const char *client_certificate, *client_key; /* paths */

  const char *user_agent; /* instead of kube_user_agent() */

  const char *as; /* whom to impersonate */
  const char *as_uid;
  const char *const *as_groups;     /* ends with NULL */
  const char *const *as_user_extra; /* key, value, key, value, ..., NULL; a key may come again */

  int64_t exec_timeout; /* ms that an exec plugin may run; 0: a minute, on a terminal ten */

  double qps; /* requests a second of all clients of the configuration; 0: as many as they like */
  int64_t burst; /* and so many at once, when there were none for a while; 0: 10 */

  /*
  ** How often a request is sent again: after 429 or 5xx with a Retry-After in seconds, or when its
  ** connection broke before an answer and its verb may be done twice. 0: 10 times; less: never.
  */
  int64_t max_retries;
} kube_config_options;

/*
** Reads configuration files and nothing else: no network, no plugin. Keys and certificates are
** checked here, so that a broken one is named with its file. NULL and *err (reason Config, naming
** every place that was looked at, or all that is wrong) when there is nothing usable. Free with
** kube_config_free. KUBERNETES_MASTER in the environment is the server where nothing names one.
** Rules: client-go tools/clientcmd (loading order, first stanza wins, paths relative to their
** file).
*/
KUBE_API kube_config *kube_config_load(const kube_config_options *options, kube_error *err);
KUBE_API void kube_config_free(kube_config *config);

/*
** For programs with the flags --master and --kubeconfig, which may be NULL or empty: with neither, in
** a pod, what it has been given; else the kubeconfig, if there is one, with the server of
** master_url, if there is one. KUBECONFIG and ~/.kube/config are not looked at. Rule: client-go
** tools/clientcmd/client_config.go BuildConfigFromFlags.
*/
KUBE_API kube_config *kube_config_from_flags(const char *master_url, const char *kubeconfig,
                                             kube_error *err);

/*
** What requests say they come from, where the options say nothing else: "kube-lua/0.1.0
** (linux/amd64)". client-go's AddUserAgent puts "/" and the program's name behind it.
*/
KUBE_API const char *kube_user_agent(void);

/*
** Views that live as long as the config; none of them is a secret. The namespace is "default" when
** nothing says another, the context "" in-cluster, cluster and user their names in the kubeconfig
** ("in-cluster", "service account"), the source the files read, "in-cluster" or "options". Warnings
** are lines of what was found odd, but not wrong ("": none).
*/
KUBE_API const char *kube_config_server(const kube_config *config);
KUBE_API const char *kube_config_namespace(const kube_config *config);
KUBE_API const char *kube_config_context(const kube_config *config);
KUBE_API const char *kube_config_cluster(const kube_config *config);
KUBE_API const char *kube_config_user(const kube_config *config);
KUBE_API const char *kube_config_source(const kube_config *config);
KUBE_API const char *kube_config_warnings(const kube_config *config);

/* One of the contexts that there are: views that live as long as the list. */
typedef struct kube_context {
  const char *name;
  const char *cluster, *user; /* "" when it names none */
  const char *ns;             /* "" when it names none: then it is "default" */
  bool current;
} kube_context;

/*
** The contexts of the files that kube_config_load would read, in their order; of options only
** kubeconfig and context (which is current then) count. NULL and *err (a broken file, an explicit
** one that is not there). at gives NULL past the end.
*/
typedef struct kube_contexts kube_contexts;
KUBE_API kube_contexts *kube_contexts_load(const kube_config_options *options, kube_error *err);
KUBE_API const kube_context *kube_contexts_at(const kube_contexts *contexts, size_t i);
KUBE_API void kube_contexts_free(kube_contexts *contexts);

/* ---- kubeconfigs: changing and showing them, as kubectl config does ---- */

/* What becomes of a kubeconfig; each is the kubectl config command of its name. */
typedef enum kube_edit_type {
  KUBE_EDIT_SET,            /* name: a property ("users.NAME.token"), value: its text */
  KUBE_EDIT_SET_RAW,        /* the same; for what stands in base64, value is not yet */
  KUBE_EDIT_UNSET,          /* name: a property, or a whole stanza ("users.NAME") */
  KUBE_EDIT_USE_CONTEXT,    /* name */
  KUBE_EDIT_RENAME_CONTEXT, /* name, value: the new one */
  KUBE_EDIT_SET_CLUSTER,    /* name, value: a JSON object of the fields to set; "" and null unset */
  KUBE_EDIT_SET_USER,
  KUBE_EDIT_SET_CONTEXT,
  KUBE_EDIT_DELETE_CLUSTER, /* name */
  KUBE_EDIT_DELETE_USER,
  KUBE_EDIT_DELETE_CONTEXT
} kube_edit_type;

typedef struct kube_edit {
  kube_edit_type type;
  const char *name;
  const char *value; /* NULL where none is needed */
} kube_edit;

/* Which files, and how; a zeroed struct, or NULL, means the defaults. */
typedef struct kube_kubeconfig_options {
  const char *kubeconfig; /* a path; else the list in KUBECONFIG, else ~/.kube/config */
  int64_t timeout;        /* ms to wait for the locks, at most; 0: 10 s */
  bool embed_certs;       /* set_cluster, set_user: of files that are named, take what is in them */
} kube_kubeconfig_options;

/*
** Changes kubeconfig files: locks them, reads them, makes all the edits in their order, writes the
** files that are others now, unlocks them. When an edit cannot be made nothing is written. Each file
** is replaced as a whole, one after the other; a stanza stays in the file it stands in, a new one
** goes to the first file that exists (else the last of the list), which is made if need be. What is
** not changed comes back as it was, but for comments, anchors and the form of the YAML. Blocks while
** it waits for a lock. KUBE_EUSAGE (an edit that makes no sense), KUBE_ECONFIG (a broken file, a
** context that is not there), KUBE_ETIMEOUT (locked by another), KUBE_ESYSTEM.
** Rule: client-go tools/clientcmd/config.go ModifyConfig.
*/
KUBE_API kube_status kube_kubeconfig_modify(const kube_kubeconfig_options *options,
                                            const kube_edit *edits, size_t n, kube_error *err);

/* How a kubeconfig is shown. */
typedef struct kube_view_options {
  const char *kubeconfig;
  const char *context; /* with minify: instead of current-context */
  bool raw;            /* with its secrets */
  bool minify;         /* only what the current context needs */
  bool flatten;        /* what is in files becomes data */
} kube_view_options;

/*
** All files as one kubeconfig: its JSON, for kube_text_free; NULL and *err. Unless raw is set,
** secrets are "REDACTED" and data "DATA+OMITTED". Rule: kubectl config view.
*/
KUBE_API char *kube_kubeconfig_view(const kube_view_options *options, kube_error *err);

/* Wipes and frees such a text. */
KUBE_API void kube_text_free(char *text);

/* ---- the engine ---- */

/* What owns the sockets, what knows a server, and what is under way. */
typedef struct kube_engine kube_engine;
typedef struct kube_client kube_client;
typedef struct kube_call kube_call;

/*
** An engine belongs to the thread and the process that made it: after a fork the child makes its
** own, and may only free (or leave) the parent's. Blocks all signals while it steps. NULL and *err
** (no memory, no descriptors, a libcurl without OpenSSL). free drops your reference: clients and
** calls have theirs.
*/
KUBE_API kube_engine *kube_engine_new(kube_error *err);
KUBE_API void kube_engine_free(kube_engine *engine);

/* Whether this process made the engine: not so in a child after a fork. */
KUBE_API bool kube_engine_is_ours(const kube_engine *engine);

/*
** For a program with an event loop of its own: watch fd for reading, wait at most timeout ms (-1:
** for ever), then step, then serve every call that next_ready gives before waiting again. The fd
** becomes readable for timers too, so a loop that cannot set time-outs may ignore timeout, if it asks
** for the fd again (the same each time) after it has started calls or read from them. step
** fails only as a whole (KUBE_ESYSTEM, KUBE_EUSAGE after a fork): what goes wrong with a call is
** the call's.
*/
KUBE_API int kube_engine_fd(kube_engine *engine);
KUBE_API int kube_engine_timeout(const kube_engine *engine);
KUBE_API kube_status kube_engine_step(kube_engine *engine, kube_error *err);
KUBE_API kube_call *kube_engine_next_ready(kube_engine *engine); /* NULL when there is no more */

/*
** Waits up to timeout ms (-1: for ever) until something happens, then steps: KUBE_OK, KUBE_AGAIN at
** a time-out and when a signal came, or as step.
*/
KUBE_API kube_status kube_engine_wait(kube_engine *engine, int timeout, kube_error *err);

/*
** Milliseconds of the engine's monotonic clock, or seconds with what is finer; advance moves it
** forward, for tests of time-outs.
*/
KUBE_API long long kube_engine_now(const kube_engine *engine);
KUBE_API double kube_engine_seconds(const kube_engine *engine);
KUBE_API void kube_engine_advance(kube_engine *engine, long long ms);

/* ---- what is told while it runs ---- */

/*
** The level of the log, as kubectl's -v: 0 nothing, 6 a line for each answer, 7 headers of requests
** too, 8 those of answers and the beginning of bodies, 9 a curl command, timings and more of the
** bodies, 10 all of them. It is that of the process, and at first KUBE_LOG of the environment, a
** number from 0 to 10. What says who we are is masked, and of bodies that may hold a Secret or a
** token nothing is shown but their length.
*/
KUBE_API int kube_log_level(void);
KUBE_API void kube_log_set_level(int level);

/*
** Lines of calls on an engine go to stderr, or, once they are to be kept, wait in the engine until
** they are taken: the oldest, for kube_text_free; NULL when there is none. Those that there is no
** room for are dropped, and counted in a line of their own.
*/
KUBE_API void kube_engine_keep_log(kube_engine *engine, bool keep);
KUBE_API char *kube_engine_take_log(kube_engine *engine);

/* ---- clients and calls ---- */

/*
** A client of the server that config names. Keeps references to both; nothing is sent yet. Without a
** proxy-url its proxy is that of the environment, read now: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as
** Go reads them. Answers that send elsewhere are followed; another host does not learn who we are.
** NULL and *err (no memory, an engine of another process, a proxy that is none).
*/
KUBE_API kube_client *kube_client_new(kube_engine *engine, kube_config *config, kube_error *err);
KUBE_API void kube_client_free(kube_client *client);

/* One object: a view, valid until the call is taken or freed, whatever the engine does. */
typedef struct kube_frame {
  kube_slice object;      /* its JSON text */
  const char *event;      /* in a watch: "ADDED", "MODIFIED", "DELETED", "BOOKMARK"; else NULL */
  kube_slice api_version; /* in a list: what an item that does not say it is; else empty */
  kube_slice kind;
} kube_frame;

/*
** The current object of a call: KUBE_OK and *frame; KUBE_AGAIN, nothing yet; KUBE_EOF, there are no
** more; else why it failed (again the same each time). A get, create, ... has one object; a list
** one an item, page after page; a watch one an event. take goes past it. next is peek with a wait
** of up to timeout ms (KUBE_ETIMEOUT, and the call goes on). After KUBE_OK and KUBE_EOF *err is clear.
*/
KUBE_API kube_status kube_call_peek(kube_call *call, kube_frame *frame, kube_error *err);
KUBE_API void kube_call_take(kube_call *call);
KUBE_API kube_status kube_call_next(kube_call *call, kube_frame *frame, int timeout,
                                    kube_error *err);

/* Frees at any moment; what is under way is canceled. */
KUBE_API void kube_call_free(kube_call *call);

/* Marks a call as moved, so that next_ready gives it: for a loop that left objects behind. */
KUBE_API void kube_call_wake(kube_call *call);

/* Writes what the call asks for, "GET https://host/path", as snprintf does. */
KUBE_API int kube_call_request(const kube_call *call, char *out, size_t size);

/* A number that no other call of the engine ever had. */
KUBE_API uint64_t kube_call_id(const kube_call *call);

/*
** After KUBE_EAPI: the Status the server sent, as JSON, or, where its answer had none, one that
** says the same (its cause is UnexpectedServerResponse). A view, until the call is peeked again or
** freed. Rule: apimachinery api/errors NewGenericServerResponse.
*/
KUBE_API kube_slice kube_call_status(const kube_call *call);

/*
** Of a list: its apiVersion and kind, and its metadata as JSON; whole at KUBE_EOF. Views, until the
** call is peeked again or freed.
*/
typedef struct kube_list_head {
  kube_slice api_version;
  kube_slice kind;     /* "PodList" */
  kube_slice metadata; /* {"resourceVersion":"...","continue":"..."} of the last page */
  kube_slice columns;  /* of a Table: its columnDefinitions, a JSON array */
} kube_list_head;
KUBE_API void kube_call_list_head(const kube_call *call, kube_list_head *head);

/*
** A header of the answer at hand (name in any case), NULL when it has none or none is at hand: a view,
** valid until the next call with this call.
*/
KUBE_API const char *kube_call_header(const kube_call *call, const char *name);

/* What HTTP says of the last answer, zeros before it came; and what all its requests took. */
typedef struct kube_call_info {
  int code;             /* status code */
  int http_version;     /* 10, 11, 20 */
  int connects;         /* connections made for it: 0 when one was used again */
  long long bytes;      /* of bodies received, as they were on the wire, of all its requests */
  long long bytes_sent; /* of their own bodies */
  int retries;          /* how often any of its requests was sent again, after a rest */
  long long throttled;  /* ms that they waited because of qps */
  double seconds;       /* since it was made, at most until it ended */
  bool ended;           /* nothing comes any more: all of it came, or it failed */
  const char *reason;   /* why it failed; NULL: it did not. A view that lives as long as the call */
} kube_call_info;
KUBE_API void kube_call_info_get(const kube_call *call, kube_call_info *info);

/* What a server said beside an answer: of code 299, the only one that it uses (RFC 7234, 5.5). */
typedef struct kube_warning {
  int code;
  const char *agent; /* who warns, "-" for one without a name */
  const char *text;  /* UTF-8 on one line */
} kube_warning;

/*
** Takes the oldest warning that the answers brought and nobody took yet; false when there is none. A
** view that lives as long as the call is not touched. Only the last 32 wait.
*/
KUBE_API bool kube_call_next_warning(kube_call *call, kube_warning *warning);
KUBE_API bool kube_call_has_warning(const kube_call *call);

/* ---- the dynamic client ---- */

/* What a URL says of a resource; texts need only live until the call was started. */
typedef struct kube_resource {
  const char *group; /* "" is the core group */
  const char *version;
  const char *resource; /* the plural: "pods" */
} kube_resource;

/* Some of them. */
KUBE_API extern const kube_resource KUBE_PODS, KUBE_NAMESPACES, KUBE_CONFIGMAPS, KUBE_SERVICES,
    KUBE_DEPLOYMENTS;

/*
** Options bear the names of the Kubernetes API in C's spelling; a zeroed struct, or NULL, asks for
** the defaults. timeout: milliseconds for the whole call (0: none; a page counts for itself in a
** list).
**
** as is how the server should write the answer: NULL as it is; "Table", rows and columns as kubectl
** prints them (of a list the frames are the rows; include_object is what a row's "object" holds:
** "None", "Metadata" (the server's choice) or "Object"); "PartialObjectMetadata", kind and metadata
** alone. A server that cannot answers as ever, and so it looks.
*/
typedef struct kube_get_options {
  const char *resource_version;
  const char *subresource; /* "status", "scale", ... */
  const char *as;
  const char *include_object;
  int64_t timeout;
} kube_get_options;

/* For list. */
typedef struct kube_list_options {
  const char *label_selector;
  const char *field_selector;
  const char *resource_version;
  const char *resource_version_match;
  const char *continue_token;
  const char *shard_selector; /* an alpha feature of the server */
  const char *as;
  const char *include_object;
  int64_t limit;           /* objects a page; 0: 500; negative: all at once */
  bool one_page;           /* stop after one page; its continue token is in the list head */
  bool inconsistent;       /* when a continue token has expired: the rest, as it is by then */
  int64_t timeout_seconds; /* asked of the server */
  int64_t timeout;
} kube_list_options;

/* For watch. */
typedef struct kube_watch_options {
  const char *label_selector;
  const char *field_selector;
  const char *resource_version; /* NULL: the objects there are come first, as ADDED */
  const char *resource_version_match;
  const char *shard_selector;
  const char *as;
  const char *include_object;
  int64_t timeout_seconds; /* of one connection; 0: 5 to 10 minutes at random */
  bool send_initial_events;
  bool bookmarks;        /* give BOOKMARK events to the caller; they are used in any case */
  bool no_resume;        /* end with the connection, fail where it fails */
  bool error_on_expired; /* 410 ends the watch (KUBE_EAPI) instead of starting again from now */
  int64_t timeout;       /* ms to watch, over all connections: then KUBE_EOF; 0: for ever */
} kube_watch_options;

/* For create, update, patch and apply. */
typedef struct kube_write_options {
  const char *field_manager;    /* "kube-lua" where one is needed */
  const char *field_validation; /* "Ignore", "Warn", "Strict" */
  const char *dry_run;          /* "All" */
  const char *subresource;
  const char *as;
  const char *include_object;
  bool force; /* apply: take over fields of other managers */
  int64_t timeout;
} kube_write_options;

/* For delete and delete_collection: sent in the body, but for what the latter reads. */
typedef struct kube_delete_options {
  const int64_t *grace_period_seconds; /* NULL: the object's own */
  const char *propagation_policy;      /* "Background", "Foreground", "Orphan" */
  const char *precondition_uid;
  const char *precondition_resource_version;
  const char *dry_run;
  const bool *orphan_dependents; /* deprecated: propagation_policy says more */
  const bool *ignore_store_read_error_with_cluster_breaking_potential;
  const char *as;
  const char *subresource;      /* for delete */
  kube_list_options collection; /* for delete_collection: which, in the query; one request */
  int64_t timeout;
} kube_delete_options;

/* How a patch is written. */
typedef enum kube_patch_type {
  KUBE_JSON_PATCH,      /* RFC 6902 */
  KUBE_MERGE_PATCH,     /* RFC 7396 */
  KUBE_STRATEGIC_PATCH, /* Kubernetes' own; not for custom resources */
  KUBE_APPLY_PATCH      /* as kube_dynamic_apply, in YAML too; needs a field_manager */
} kube_patch_type;

/*
** Each starts a request and returns at once; NULL and *err when it cannot be sent at all (a bad
** name, no memory). ns NULL: of a cluster-scoped resource, or of all namespaces. A body is the JSON
** text of an object (or patch) and is copied. The objects, or why there are none, come by
** kube_call_next.
*/

/* One object. */
KUBE_API kube_call *kube_dynamic_get(kube_client *client, const kube_resource *resource,
                                     const char *ns, const char *name,
                                     const kube_get_options *options, kube_error *err);

/*
** All objects, one by one, page after page. The next page is asked for while this one is read, on a
** second connection; half a megabyte is held of each at most.
*/
KUBE_API kube_call *kube_dynamic_list(kube_client *client, const kube_resource *resource,
                                      const char *ns, const kube_list_options *options,
                                      kube_error *err);

/* The changes of objects, one event after the other, connection after connection. */
KUBE_API kube_call *kube_dynamic_watch(kube_client *client, const kube_resource *resource,
                                       const char *ns, const kube_watch_options *options,
                                       kube_error *err);

/* Creates an object: what became of it. name NULL unless a subresource is created (an eviction). */
KUBE_API kube_call *kube_dynamic_create(kube_client *client, const kube_resource *resource,
                                        const char *ns, const char *name, kube_slice body,
                                        const kube_write_options *options, kube_error *err);

/* Replaces an object, or its status alone; body bears the resourceVersion it was read with. */
KUBE_API kube_call *kube_dynamic_update(kube_client *client, const kube_resource *resource,
                                        const char *ns, const char *name, kube_slice body,
                                        const kube_write_options *options, kube_error *err);
KUBE_API kube_call *kube_dynamic_update_status(kube_client *client, const kube_resource *resource,
                                               const char *ns, const char *name, kube_slice body,
                                               const kube_write_options *options, kube_error *err);

/* Changes some of an object: the object as it is then. */
KUBE_API kube_call *kube_dynamic_patch(kube_client *client, const kube_resource *resource,
                                       const char *ns, const char *name, kube_patch_type type,
                                       kube_slice patch, const kube_write_options *options,
                                       kube_error *err);

/* Server-side apply: the object as it is then. body must bear apiVersion, kind and the name. */
KUBE_API kube_call *kube_dynamic_apply(kube_client *client, const kube_resource *resource,
                                       const char *ns, const char *name, kube_slice body,
                                       const kube_write_options *options, kube_error *err);

/*
** Deletes an object, or all that the selectors choose (without selectors: all). What comes is what
** was deleted, or a Status: one object.
*/
KUBE_API kube_call *kube_dynamic_delete(kube_client *client, const kube_resource *resource,
                                        const char *ns, const char *name,
                                        const kube_delete_options *options, kube_error *err);
KUBE_API kube_call *kube_dynamic_delete_collection(kube_client *client,
                                                   const kube_resource *resource, const char *ns,
                                                   const kube_delete_options *options,
                                                   kube_error *err);

/* ---- the REST client ---- */

/*
** A request that is written piece by piece, then sent, once or more: client-go's rest.Request. Verb is
** an HTTP method. What cannot be (a name set twice, ...) is noted, and told, the first of it, by
** whoever sends; all texts are copied. NULL and *err: no memory.
*/
typedef struct kube_rest kube_rest;
KUBE_API kube_rest *kube_rest_new(kube_client *client, const char *verb, kube_error *err);
KUBE_API void kube_rest_free(kube_rest *rest);

/*
** The path: /api/v1 or what group_version says, namespaces/NAMESPACE, RESOURCE (in lower case), NAME,
** SUBRESOURCE, SUFFIX, each if it is set. A segment may not be "." or "..", and has neither '/' nor
** '%'; subresource and suffix may be several ("proxy/metrics"). Namespace "" is all namespaces, where
** that can be. abs_path begins anew below the server's own path ("/version", "/healthz/"): what is
** before namespaces/ is that. Rules: client-go rest/request.go.
*/
KUBE_API void kube_rest_group_version(kube_rest *rest, const char *group, const char *version);
KUBE_API void kube_rest_namespace(kube_rest *rest, const char *ns);
KUBE_API void kube_rest_resource(kube_rest *rest, const char *resource);
KUBE_API void kube_rest_name(kube_rest *rest, const char *name);
KUBE_API void kube_rest_subresource(kube_rest *rest, const char *subresource);
KUBE_API void kube_rest_suffix(kube_rest *rest, const char *suffix);
KUBE_API void kube_rest_abs_path(kube_rest *rest, const char *path);

/*
** A parameter of the query (a name may come again), a header (in place of what was said for that name
** before, and of ours: Accept, User-Agent, Authorization), and the body, with its media type (NULL:
** "application/json"). Timeout is for the whole of it, in ms, also told to the server ("timeout=5s");
** 0 none. max_retries is how often it is sent again (0: never), instead of what the configuration says.
*/
KUBE_API void kube_rest_param(kube_rest *rest, const char *name, const char *value);
KUBE_API void kube_rest_header(kube_rest *rest, const char *name, const char *value);
KUBE_API void kube_rest_body(kube_rest *rest, kube_slice body, const char *content_type);
KUBE_API void kube_rest_timeout(kube_rest *rest, int64_t timeout);
KUBE_API void kube_rest_max_retries(kube_rest *rest, int max_retries);

/* Writes the URL that it would be sent to, as snprintf does; -1 and *err for what cannot be. */
KUBE_API int kube_rest_url(const kube_rest *rest, char *out, size_t size, kube_error *err);

/*
** Sends it. The answer of send is one frame, whatever it holds; that of stream comes as it arrives, in
** frames of any length. NULL and *err: it cannot be sent (KUBE_EUSAGE, client-go's words).
*/
KUBE_API kube_call *kube_rest_send(const kube_rest *rest, kube_error *err);
KUBE_API kube_call *kube_rest_stream(const kube_rest *rest, kube_error *err);

/*
** A GET of any path of the server ("/version", "/healthz"): the body, whatever it is, is one frame.
** accept NULL: "application/json". timeout in ms, 0 none.
*/
KUBE_API kube_call *kube_rest_get(kube_client *client, const char *path, const char *accept,
                                  int64_t timeout, kube_error *err);

/* ---- the discovery client ---- */

/* A resource, or a subresource, as discovery tells it. Texts live as long as the kube_discovery. */
typedef struct kube_api_resource {
  const char *group;
  const char *version;
  const char *resource;    /* plural */
  const char *subresource; /* "status"; "": it is none */
  const char *singular;
  const char *kind;       /* of its objects; their group and version, "" where they are its own */
  const char *kind_group; /* or were not said (documents of old, of the same group) */
  const char *kind_version;
  bool namespaced;
  const char *const *short_names; /* these end in NULL; of no such thing they may be NULL */
  const char *const *categories;
  const char *const *verbs;
  const char *const *subresources; /* the names of a resource's own */
} kube_api_resource;

/* A group of APIs. */
typedef struct kube_api_group {
  const char *name;            /* "" is the core group */
  const char *preferred;       /* the version to use; "" where there is none */
  const char *const *versions; /* as the server orders them; ends in NULL */
} kube_api_group;

/* A group-version that the server, or one behind it, could not tell of. */
typedef struct kube_api_failure {
  const char *group_version; /* "metrics.k8s.io/v1beta1" */
  kube_error error;
} kube_api_failure;

/* What a server serves: a set of groups and resources. */
typedef struct kube_discovery kube_discovery;

/* For start. */
typedef struct kube_discovery_options {
  const kube_discovery
      *known;  /* what was known before: the server may say that it has not changed */
  bool legacy; /* do not ask for aggregated documents */
} kube_discovery_options;

/*
** Asks the server what it serves: two requests for aggregated documents (KEP-3352; Kubernetes 1.26 or
** later), or else one more for each group-version, all at once. Then peek until it is whole: KUBE_AGAIN,
** not yet: wait for the engine, and peek whatever call of the engine moved; KUBE_OK; or why there is
** nothing (again the same each time). A group-version that cannot be told of is no failure of the
** whole: see kube_discovery_problem. wait is peek with a wait of up to timeout ms (KUBE_ETIMEOUT, and
** it goes on). All of it takes 32 s at most. options may be NULL and need not outlive the call. NULL
** and *err as kube_dynamic_get. Rules: client-go discovery/discovery_client.go.
*/
KUBE_API kube_discovery *kube_discovery_start(kube_client *client,
                                              const kube_discovery_options *options,
                                              kube_error *err);
KUBE_API kube_status kube_discovery_peek(kube_discovery *discovery, kube_error *err);
KUBE_API kube_status kube_discovery_wait(kube_discovery *discovery, int timeout, kube_error *err);

/* Whether the server said, once it is whole, that nothing changed since what was known. */
KUBE_API bool kube_discovery_is_unchanged(const kube_discovery *discovery);

/* The same as start for the one group-version. */
KUBE_API kube_discovery *kube_discovery_start_version(kube_client *client, const char *group,
                                                      const char *version, kube_error *err);

/* The number of a call that it waits for; 0 once it waits for none. */
KUBE_API uint64_t kube_discovery_call_id(const kube_discovery *discovery);

/*
** An empty set (NULL and *err: no memory), and what a document tells put into it: an
** APIGroupDiscoveryList, APIVersions, APIGroupList or APIResourceList. KUBE_EDECODE for what is none
** of them. free cancels what is under way.
*/
KUBE_API kube_discovery *kube_discovery_new(kube_error *err);
KUBE_API kube_status kube_discovery_add(kube_discovery *discovery, kube_slice document,
                                        kube_error *err);
KUBE_API void kube_discovery_free(kube_discovery *discovery);

/* The i-th of what is in it, in the server's order, the core group first; NULL past the last. */
KUBE_API const kube_api_group *kube_discovery_group(const kube_discovery *discovery, size_t i);
KUBE_API const kube_api_resource *kube_discovery_resource(const kube_discovery *discovery,
                                                          size_t i);
KUBE_API const kube_api_resource *kube_discovery_subresource(const kube_discovery *discovery,
                                                             size_t i);
KUBE_API const kube_api_failure *kube_discovery_failure(const kube_discovery *discovery, size_t i);

/* Of the i-th failure: its group-version alone. */
KUBE_API const char *kube_discovery_stale(const kube_discovery *discovery, size_t i);

/*
** KUBE_OK when there is no failure, else KUBE_EAPI, reason GroupDiscoveryFailed, and client-go's words:
** "unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: ...".
*/
KUBE_API kube_status kube_discovery_problem(const kube_discovery *discovery, kube_error *err);

/*
** Writes the path of kubectl's cache for a server, as snprintf does: directory (kubectl's --cache-dir;
** NULL: KUBECACHEDIR, else $HOME/.kube/cache), /discovery/, and the server's address. "" when nothing
** says where. Rule: cli-runtime pkg/genericclioptions/config_flags.go.
*/
KUBE_API int kube_discovery_cache_path(const kube_config *config, const char *directory, char *out,
                                       size_t size);

/*
** What is in that directory, if all of it is there, ours (or root's), not for everybody to write, and
** younger than max_age ms (0: six hours, kubectl's). NULL and *err: why it is not used. write fills it
** (directories 0750, files 0660, each replaced at one stroke): KUBE_ESYSTEM, and what was there may be
** there still. Both read and write files that kubectl does.
** Rule: client-go discovery/cached/disk/cached_discovery.go.
*/
KUBE_API kube_discovery *kube_discovery_cache_read(const char *path, int64_t max_age,
                                                   kube_error *err);
KUBE_API kube_status kube_discovery_cache_write(const kube_discovery *discovery, const char *path,
                                                kube_error *err);

/*
** Calls of one object each: the server's version; what it says of its objects, as OpenAPI v2 (one
** large document) and as v3: an index, and a document for each group-version at the URL that the
** index has (serverRelativeURL, with a hash: what is there never changes).
** Rule: client-go openapi/client.go.
*/
KUBE_API kube_call *kube_discovery_version(kube_client *client, kube_error *err);
KUBE_API kube_call *kube_openapi_v2(kube_client *client, kube_error *err);
KUBE_API kube_call *kube_openapi_v3(kube_client *client, kube_error *err);
KUBE_API kube_call *kube_openapi_v3_schema(kube_client *client, const char *server_relative_url,
                                           kube_error *err);

/* ---- keys and certificates ---- */

/*
** Texts are PEM (RFC 7468). Those that come back end in a NUL and are the caller's: kube_pem_free
** wipes and frees them. No message ever holds a byte of a key. Rules: client-go util/keyutil and
** util/cert.
*/
KUBE_API void kube_pem_free(char *pem);

/* Kinds of private keys. */
typedef enum kube_key_type {
  KUBE_KEY_ECDSA, /* bits: 256 (0), 384 or 521: the curve */
  KUBE_KEY_RSA    /* bits: from 2048 (0) to 8192 */
} kube_key_type;

/*
** A new private key, in the traditional form that client-go's MarshalPrivateKeyToPEM writes: "EC
** PRIVATE KEY" (SEC 1) or "RSA PRIVATE KEY" (PKCS #1). What reads keys here takes PKCS #8 as well.
** RSA takes a moment. NULL and *err (KUBE_EUSAGE: no such size).
*/
KUBE_API char *kube_key_new(kube_key_type type, int bits, kube_error *err);

/* Whose certificate it is. Lists end in a NULL; all may be NULL. */
typedef struct kube_subject {
  const char *common_name;          /* a user, to Kubernetes */
  const char *const *organizations; /* its groups */
  const char *const *dns_names;
  const char *const *ip_addresses; /* "10.0.0.1", "fd00::1" */
} kube_subject;

/*
** A certificate signing request ("CERTIFICATE REQUEST", RFC 2986), signed with the key: SHA-256, or
** longer where the key is. NULL and *err (KUBE_EDECODE: the key; KUBE_EUSAGE: a name that cannot be
** in a certificate).
*/
KUBE_API char *kube_csr_new(kube_slice key, const kube_subject *subject, kube_error *err);

/*
** Whether another request asks for the same subject and is signed with this key: then its
** certificate will fit. KUBE_OK, or KUBE_EDECODE and what differs.
*/
KUBE_API kube_status kube_csr_check(kube_slice csr, kube_slice wanted, kube_slice key,
                                    kube_error *err);

/* For kube_certificate_new. */
typedef struct kube_certificate_options {
  bool is_ca;            /* it may sign others; else it is a server's */
  int64_t not_before;    /* seconds since 1970; 0: an hour ago, for clocks that differ */
  int64_t not_after;     /* 0: a year after that, of a CA ten */
  kube_slice issuer;     /* the CA's certificate; empty: signed by itself */
  kube_slice issuer_key; /* and its key */
} kube_certificate_options;

/* A certificate of the key's public half, with a serial number at random. NULL as kube_csr_new. */
KUBE_API char *kube_certificate_new(kube_slice key, const kube_subject *subject,
                                    const kube_certificate_options *options, kube_error *err);

/* KUBE_OK when the first certificate belongs to the key, else KUBE_EDECODE and why not. */
KUBE_API kube_status kube_certificate_check_key(kube_slice certificate, kube_slice key,
                                                kube_error *err);

/* What a certificate says. Texts live as long as the kube_certificates; lists end in a NULL. */
typedef struct kube_certificate {
  const char *subject;     /* as RFC 4514 writes names: "CN=jane,O=dev" */
  const char *issuer;      /* the same */
  const char *common_name; /* "" without one */
  const char *serial;      /* hexadecimal */
  const char *fingerprint; /* SHA-256 of it, hexadecimal */
  const char *pem;         /* it alone */
  int64_t not_before;      /* seconds since 1970 */
  int64_t not_after;
  const char *const *organizations;
  const char *const *dns_names;
  const char *const *ip_addresses;
  const char *const *usages; /* in Kubernetes' words: "digital signature", "client auth", ... */
  bool is_ca;
} kube_certificate;

/* The certificates of a PEM text. */
typedef struct kube_certificates kube_certificates;

/*
** Reads them all, in their order; what else is in the text, a key, is passed over. NULL and *err
** (KUBE_EDECODE: there is none, or one is broken).
*/
KUBE_API kube_certificates *kube_certificates_parse(kube_slice pem, kube_error *err);
KUBE_API void kube_certificates_free(kube_certificates *certificates);

/* The i-th, NULL past the last. */
KUBE_API const kube_certificate *kube_certificates_at(const kube_certificates *certificates,
                                                      size_t i);

#ifdef __cplusplus
}
#endif

#endif
