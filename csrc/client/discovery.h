/*
** What a server serves, as it is put together: documents, and what they tell. The public contracts
** are in kube.h.
**
**   discovery.c        the set: groups, versions, resources, what failed
**   discovery_read.c   documents into the set: aggregated ones and those of old
**   discovery_fetch.c  the requests, and in what order; discovery_request.c: one of them
**   discovery_cache.c, discovery_cache_write.c   kubectl's files
**   openapi.c          what the server says of its objects
*/
#ifndef KUBE_CLIENT_DISCOVERY_H
#define KUBE_CLIENT_DISCOVERY_H

#include <cjson/cJSON.h>

#include "core/buffer.h"
#include "kube.h"

enum {
  KUBE_DISCOVERY_TIMEOUT = 32000,    /* ms: client-go discovery/discovery_client.go */
  KUBE_DISCOVERY_CEILING = 32 << 20, /* bytes of a document: cJSON may need many times as much */
  /*
  ** Groups, group-versions of all of them, and resources in one list, subresources too: each
  ** version may become a request and a file, and a document has room for a million.
  */
  KUBE_DISCOVERY_MOST = 4096
};

/* A document, shared by all that show texts of it. */
typedef struct kube_document {
  int references;
  cJSON *tree;
  char *etag; /* NULL: it had none */
} kube_document;

/* Of an array that grows. */
typedef struct kube_discovery_list {
  void *items;
  size_t count, size;
} kube_discovery_list;

typedef struct kube_group_record {
  kube_api_group shown;
  size_t count; /* of its versions */
} kube_group_record;

typedef struct kube_discovery_fetch kube_discovery_fetch;

struct kube_discovery {
  kube_discovery_list documents;    /* kube_document *: the texts below are theirs */
  kube_discovery_list groups;       /* kube_group_record */
  kube_discovery_list resources;    /* kube_api_resource */
  kube_discovery_list subresources; /* kube_api_resource */
  kube_discovery_list failures;     /* kube_api_failure */
  size_t versions;                  /* of all groups */
  kube_document *core, *others;     /* two of the documents, to ask whether they changed; NULL */
  bool unchanged;                   /* and they have not since the set that was known */
  kube_discovery_fetch *fetch;      /* NULL: nothing is asked any more */
};

/* What a document is, by what it says of itself. */
typedef enum kube_document_kind {
  KUBE_DOCUMENT_AGGREGATED, /* APIGroupDiscoveryList */
  KUBE_DOCUMENT_VERSIONS,   /* APIVersions: the core group */
  KUBE_DOCUMENT_GROUPS,     /* APIGroupList */
  KUBE_DOCUMENT_RESOURCES   /* APIResourceList */
} kube_document_kind;

/* ---- the set ---- */

/* Parses; NULL and *err: KUBE_EDECODE. etag may be NULL. */
kube_document *kube_document_parse(kube_slice text, const char *etag, kube_error *err);
kube_document *kube_document_retain(kube_document *document);
void kube_document_free(kube_document *document);

/* Makes the set hold a document; takes the reference, also when it fails. */
kube_status kube_discovery_keep(kube_discovery *d, kube_document *document, kube_error *err);

/* A member's string, "" without. */
const char *kube_document_text(const cJSON *object, const char *field);

/*
** Texts live in a document that is kept. A group that is the last one already is that one again; a
** version belongs to the last group, and is its preferred one if it says so or is the first.
** KUBE_ETOOLARGE past KUBE_DISCOVERY_MOST.
*/
kube_status kube_discovery_add_group(kube_discovery *d, const char *name, kube_error *err);
kube_status kube_discovery_add_version(kube_discovery *d, const char *version, bool preferred,
                                       kube_error *err);

/* A zeroed one at the end; NULL and *err. */
kube_api_resource *kube_discovery_add_resource(kube_discovery *d, kube_error *err);
kube_api_resource *kube_discovery_add_subresource(kube_discovery *d, kube_error *err);

/* "group/version", or "version" of the core group. */
kube_status kube_discovery_name(kube_buffer *out, const char *group, const char *version,
                                kube_error *err);

/* Notes why a group-version cannot be told of. KUBE_ETOOLARGE past KUBE_DISCOVERY_MOST. */
kube_status kube_discovery_fail(kube_discovery *d, const char *group, const char *version,
                                const kube_error *why, kube_error *err);

/* ---- reading ---- */

/* What it is, or KUBE_EDECODE; without a kind, by the member that such a document must have. */
kube_status kube_document_kind_of(const cJSON *tree, kube_document_kind *kind, kube_error *err);

/* Whether a Content-Type is that of aggregated discovery. */
bool kube_discovery_is_aggregated(const char *content_type);

/*
** Puts what a kept document tells into the set. Of resources, group and version are given; of more
** than KUBE_DISCOVERY_MOST none is put in: KUBE_ETOOLARGE.
*/
kube_status kube_discovery_read_groups(kube_discovery *d, const cJSON *tree,
                                       kube_document_kind kind, kube_error *err);
kube_status kube_discovery_read_resources(kube_discovery *d, const cJSON *tree, const char *group,
                                          const char *version, kube_error *err);

/* ---- kubectl's cache ---- */

/* Appends the path of a group-version's file; KUBE_EUSAGE for a name that a directory cannot have. */
kube_status kube_discovery_file(kube_buffer *out, const char *path, const char *group,
                                const char *version, kube_error *err);

/* ---- fetching ---- */

void kube_discovery_fetch_free(kube_discovery_fetch *fetch);

#endif
