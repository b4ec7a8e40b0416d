/*
** What a server serves, asked of it. The contracts are in kube.h and discovery.h.
**
**   GROUPS   /api and /apis are asked for, at the same time
**   LISTS    they were documents of old: a list of resources for each group-version, all at once
**            (how many connections that takes is the peer's to say: core/peer.h)
**   WHOLE    all is in the set
**   FAILED   for good; the error is kept
**
** | case                               | client-go                    | kube                      |
** | /api of old, /apis aggregated      | all group-versions are       | only those of documents   |
** |                                    | asked for                    | of old                    |
** | what did not change (ETag)         | asked for with a cache of    | 304: what is known is     |
** |                                    | HTTP on the disk             | read again                |
** | something failed for some          | all is asked for once more   | that is the caller's: see |
** |                                    |                              | start_version             |
** | /apis says 406                     | fails                        | the same                  |
** | the 32 s                           | of each request              | of all together           |
** Rules: client-go discovery/discovery_client.go.
*/
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "discovery.h"
#include "discovery_request.h"

typedef enum state { GROUPS, LISTS, WHOLE, FAILED } state;

typedef kube_discovery_request request;

struct kube_discovery_fetch {
  kube_client *client;
  state state;
  bool legacy;
  long long deadline;
  request core, others;
  request *lists;
  size_t list_count;
  kube_document *known_core, *known_others;
  kube_error failure;
};

/* ---- life ---- */

static void clear_lists(kube_discovery_fetch *fetch) {
  size_t i;
  for (i = 0; i < fetch->list_count; i++) kube_discovery_request_clear(&fetch->lists[i]);
  free(fetch->lists);
  fetch->lists = NULL;
  fetch->list_count = 0;
}

/* All but what it came to. */
static void let_go(kube_discovery_fetch *fetch) {
  kube_discovery_request_clear(&fetch->core);
  kube_discovery_request_clear(&fetch->others);
  clear_lists(fetch);
  kube_document_free(fetch->known_core);
  kube_document_free(fetch->known_others);
  fetch->known_core = fetch->known_others = NULL;
  kube_client_free(fetch->client);
  fetch->client = NULL;
}

void kube_discovery_fetch_free(kube_discovery_fetch *fetch) {
  if (fetch) let_go(fetch);
  free(fetch);
}

static kube_discovery *make(kube_client *client, kube_error *err) {
  kube_discovery *d = kube_discovery_new(err);
  if (d == NULL) return NULL;
  d->fetch = calloc(1, sizeof *d->fetch);
  if (d->fetch == NULL) {
    kube_fail_memory(err, "discovery");
    kube_discovery_free(d);
    return NULL;
  }
  d->fetch->client = kube_client_retain(client);
  d->fetch->deadline = kube_engine_now(client->engine) + KUBE_DISCOVERY_TIMEOUT;
  return d;
}

/* ---- asking ---- */

static kube_status ask(kube_discovery_fetch *fetch, request *r, const char *path, const char *etag,
                       kube_error *err) {
  const kube_discovery_question question = {
      .path = path, .etag = etag, .legacy = fetch->legacy, .deadline = fetch->deadline};
  return kube_discovery_request_send(r, fetch->client, &question, err);
}

static const char *etag_of(const kube_document *document) {
  return document ? document->etag : NULL;
}

static const kube_discovery_options no_options = {.known = NULL};

kube_discovery *kube_discovery_start(kube_client *client, const kube_discovery_options *options,
                                     kube_error *err) {
  const kube_discovery_options *o = options ? options : &no_options;
  kube_error local = {0};
  kube_discovery *d = make(client, err ? err : (err = &local));
  kube_discovery_fetch *fetch = d ? d->fetch : NULL;
  if (fetch == NULL) return NULL;
  fetch->legacy = o->legacy;
  if (o->known && !o->legacy) {
    fetch->known_core = kube_document_retain(o->known->core);
    fetch->known_others = kube_document_retain(o->known->others);
  }
  if (ask(fetch, &fetch->core, "/api", etag_of(fetch->known_core), err) == KUBE_OK &&
      ask(fetch, &fetch->others, "/apis", etag_of(fetch->known_others), err) == KUBE_OK)
    return d;
  kube_discovery_free(d);
  return NULL;
}

/* ---- the groups ---- */

/* That a server has no core group is fine, of old too (an aggregated API's own server). */
static bool is_none(const request *r) { return r->failure.code == 404; }

/* What the header did not say, the document does. */
static kube_status kind_of(request *r, kube_document_kind *kind, kube_error *err) {
  *kind = KUBE_DOCUMENT_AGGREGATED;
  if (!r->aggregated || !cJSON_IsObject(r->document->tree) ||
      *kube_document_text(r->document->tree, "kind"))
    if (kube_document_kind_of(r->document->tree, kind, err) != KUBE_OK) return err->status;
  r->aggregated = *kind == KUBE_DOCUMENT_AGGREGATED;
  return KUBE_OK;
}

/* The group-versions of groups from first on get a list each. */
static kube_status add_lists(kube_discovery *d, size_t first, kube_error *err) {
  kube_discovery_fetch *fetch = d->fetch;
  const kube_api_group *group;
  size_t i, j;
  for (i = first; (group = kube_discovery_group(d, i)) != NULL; i++) {
    for (j = 0; group->versions[j]; j++) {
      request *lists;
      lists = realloc(fetch->lists, (fetch->list_count + 1) * sizeof *lists);
      if (lists == NULL) return kube_fail_memory(err, "discovery");
      fetch->lists = lists;
      memset(&lists[fetch->list_count], 0, sizeof *lists);
      lists[fetch->list_count].group = group->name;
      lists[fetch->list_count++].version = group->versions[j];
    }
  }
  return KUBE_OK;
}

/* Puts one of the two documents into the set, which remembers it. */
static kube_status read_groups(kube_discovery *d, request *r, kube_document **kept,
                               kube_error *err) {
  kube_document *document = r->document;
  kube_document_kind kind = KUBE_DOCUMENT_AGGREGATED;
  const size_t first = d->groups.count;
  kube_status status;
  if (document == NULL) return KUBE_OK;
  status = kind_of(r, &kind, err);
  if (status != KUBE_OK) return status;
  r->document = NULL;
  status = kube_discovery_keep(d, document, err);
  if (status != KUBE_OK) return status;
  if (r->aggregated) *kept = document;
  status = kube_discovery_read_groups(d, document->tree, kind, err);
  return status == KUBE_OK && !r->aggregated ? add_lists(d, first, err) : status;
}

/* A name that cannot be in a path is that group-version's failure. */
static kube_status ask_list(kube_discovery_fetch *fetch, request *r, kube_error *err) {
  kube_buffer path = {0};
  const char *text = NULL;
  kube_status status = KUBE_OK;
  if (*r->group) status = kube_segment_check("group", r->group, strlen(r->group), err);
  if (status == KUBE_OK)
    status = kube_segment_check("version", r->version, strlen(r->version), err);
  if (status == KUBE_OK) {
    status =
        kube_buffer_printf(&path, err, "/api%s%s/%s", *r->group ? "s/" : "", r->group, r->version);
    text = status == KUBE_OK ? kube_buffer_text(&path, err) : NULL;
    status = text ? ask(fetch, r, text, NULL, err) : KUBE_ENOMEM;
  }
  kube_buffer_clear(&path);
  if (status == KUBE_OK || status == KUBE_ENOMEM) return status;
  r->failure = *err;
  kube_error_clear(err);
  return KUBE_OK;
}

static kube_status ask_lists(kube_discovery_fetch *fetch, kube_error *err) {
  kube_status status = KUBE_OK;
  size_t i;
  fetch->legacy = true;
  for (i = 0; i < fetch->list_count && status == KUBE_OK; i++)
    status = ask_list(fetch, &fetch->lists[i], err);
  fetch->state = LISTS;
  return status;
}

static kube_status fail_as(const request *r, kube_error *err) {
  *err = r->failure;
  return err->status;
}

static kube_status await_groups(kube_discovery *d, kube_error *err) {
  kube_discovery_fetch *fetch = d->fetch;
  const kube_status core = kube_discovery_request_look(&fetch->core, fetch->known_core, err);
  kube_status others;
  if (core != KUBE_OK && core != KUBE_AGAIN) return core;
  if (core == KUBE_OK && fetch->core.failure.status != KUBE_OK && !is_none(&fetch->core))
    return fail_as(&fetch->core, err);
  others = kube_discovery_request_look(&fetch->others, fetch->known_others, err);
  if (others != KUBE_OK && others != KUBE_AGAIN) return others;
  if (others == KUBE_OK && fetch->others.failure.status != KUBE_OK)
    return fail_as(&fetch->others, err);
  if (core == KUBE_AGAIN || others == KUBE_AGAIN) return KUBE_AGAIN;
  d->unchanged = fetch->core.unchanged && fetch->others.unchanged;
  others = read_groups(d, &fetch->core, &d->core, err);
  if (others == KUBE_OK) others = read_groups(d, &fetch->others, &d->others, err);
  return others == KUBE_OK ? ask_lists(fetch, err) : others;
}

/* ---- the lists ---- */

/* A list that is none is that group-version's failure, as is one that did not come. */
static kube_status read_list(kube_discovery *d, request *r, kube_error *err) {
  kube_document *document = r->document;
  kube_document_kind kind;
  kube_error why = r->failure;
  kube_status status;
  if (document == NULL) {
    if (is_none(r) && *r->group == '\0' && strcmp(r->version, "v1") == 0) return KUBE_OK;
    return kube_discovery_fail(d, r->group, r->version, &why, err);
  }
  r->document = NULL;
  status = kube_discovery_keep(d, document, err);
  if (status != KUBE_OK) return status;
  if (kube_document_kind_of(document->tree, &kind, &why) != KUBE_OK ||
      kind != KUBE_DOCUMENT_RESOURCES) {
    kube_fail(&why, KUBE_EDECODE, "discovery: the answer is no list of resources");
    return kube_discovery_fail(d, r->group, r->version, &why, err);
  }
  status = kube_discovery_read_resources(d, document->tree, r->group, r->version, &why);
  if (status == KUBE_ETOOLARGE) return kube_discovery_fail(d, r->group, r->version, &why, err);
  if (status != KUBE_OK) *err = why;
  return status;
}

static kube_status await_lists(kube_discovery *d, kube_error *err) {
  kube_discovery_fetch *fetch = d->fetch;
  kube_status status = KUBE_OK;
  bool waits = false;
  size_t i;
  for (i = 0; i < fetch->list_count; i++) {
    status = kube_discovery_request_look(&fetch->lists[i], NULL, err);
    if (status == KUBE_AGAIN)
      waits = true;
    else if (status != KUBE_OK)
      return status;
  }
  if (waits) return KUBE_AGAIN;
  for (i = 0, status = KUBE_OK; i < fetch->list_count && status == KUBE_OK; i++)
    status = read_list(d, &fetch->lists[i], err);
  if (status == KUBE_OK) fetch->state = WHOLE;
  return status;
}

/* ---- what users see ---- */

/* Keeps the names, which came from outside, with the set. */
static kube_status keep_names(kube_discovery *d, request *r, const char *group, const char *version,
                              kube_error *err) {
  kube_document *document = calloc(1, sizeof *document);
  cJSON *tree = document ? cJSON_CreateObject() : NULL;
  const cJSON *own_group = cJSON_AddStringToObject(tree, "group", group);
  const cJSON *own_version = cJSON_AddStringToObject(tree, "version", version);
  if (own_group == NULL || own_version == NULL) {
    cJSON_Delete(tree);
    free(document);
    return kube_fail_memory(err, "discovery");
  }
  document->references = 1;
  document->tree = tree;
  r->group = own_group->valuestring;
  r->version = own_version->valuestring;
  return kube_discovery_keep(d, document, err);
}

/* The one group-version of a set. */
static kube_status ask_version(kube_discovery *d, const char *group, const char *version,
                               kube_error *err) {
  kube_discovery_fetch *fetch = d->fetch;
  kube_status status;
  fetch->lists = calloc(1, sizeof *fetch->lists);
  if (fetch->lists == NULL) return kube_fail_memory(err, "discovery");
  fetch->list_count = 1;
  status = keep_names(d, fetch->lists, group, version, err);
  if (status == KUBE_OK) status = kube_discovery_add_group(d, fetch->lists->group, err);
  if (status == KUBE_OK) status = kube_discovery_add_version(d, fetch->lists->version, true, err);
  return status == KUBE_OK ? ask_lists(fetch, err) : status;
}

kube_discovery *kube_discovery_start_version(kube_client *client, const char *group,
                                             const char *version, kube_error *err) {
  kube_error local = {0};
  kube_discovery *d = make(client, err ? err : (err = &local));
  if (d == NULL) return NULL;
  if (ask_version(d, group, version, err) == KUBE_OK) return d;
  kube_discovery_free(d);
  return NULL;
}

static kube_status move(kube_discovery *d, kube_error *err) {
  kube_discovery_fetch *fetch = d->fetch;
  kube_status status = KUBE_OK;
  if (fetch->state == GROUPS) status = await_groups(d, err);
  if (status == KUBE_OK && fetch->state == LISTS) status = await_lists(d, err);
  if (status == KUBE_OK || status == KUBE_AGAIN) return status;
  fetch->failure = *err;
  fetch->state = FAILED;
  return status;
}

kube_status kube_discovery_peek(kube_discovery *d, kube_error *err) {
  kube_discovery_fetch *fetch = d->fetch;
  kube_error local = {0};
  kube_status status = KUBE_OK;
  if (err == NULL) err = &local;
  kube_error_clear(err);
  if (fetch == NULL || fetch->state == WHOLE) return KUBE_OK;
  if (fetch->state == FAILED) {
    *err = fetch->failure;
    return err->status;
  }
  status = move(d, err);
  if (status != KUBE_AGAIN) let_go(fetch);
  return status;
}

/* A call under way, NULL when there is none. */
static kube_call *first_call(const kube_discovery_fetch *fetch) {
  size_t i;
  if (fetch == NULL) return NULL;
  if (fetch->core.call) return fetch->core.call;
  if (fetch->others.call) return fetch->others.call;
  for (i = 0; i < fetch->list_count; i++)
    if (fetch->lists[i].call) return fetch->lists[i].call;
  return NULL;
}

uint64_t kube_discovery_call_id(const kube_discovery *d) {
  const kube_call *call = first_call(d->fetch);
  return call ? kube_call_id(call) : 0;
}

/* Its calls are being served: else the wait below would never be one. */
static void rest(kube_discovery_fetch *fetch) {
  size_t i;
  if (fetch->core.call) kube_handle_rest(&fetch->core.call->handle);
  if (fetch->others.call) kube_handle_rest(&fetch->others.call->handle);
  for (i = 0; i < fetch->list_count; i++)
    if (fetch->lists[i].call) kube_handle_rest(&fetch->lists[i].call->handle);
}

static bool has_moved(const kube_discovery_fetch *fetch) {
  size_t i;
  for (i = 0; i < fetch->list_count; i++)
    if (fetch->lists[i].call && fetch->lists[i].call->handle.ready) return true;
  return (fetch->core.call && fetch->core.call->handle.ready) ||
         (fetch->others.call && fetch->others.call->handle.ready);
}

kube_status kube_discovery_wait(kube_discovery *d, int timeout, kube_error *err) {
  kube_engine *engine = d->fetch && d->fetch->client ? d->fetch->client->engine : NULL;
  const long long until = timeout < 0 || engine == NULL ? -1 : kube_engine_now(engine) + timeout;
  bool stepped = false; /* with a timeout of 0 too, the engine has its turn */
  for (;;) {
    long long left = -1;
    kube_status status;
    if (engine) rest(d->fetch);
    status = kube_discovery_peek(d, err);
    if (status != KUBE_AGAIN) return status;
    if (until >= 0) left = until > kube_engine_now(engine) ? until - kube_engine_now(engine) : 0;
    if (left == 0 && stepped)
      return kube_fail(err, KUBE_ETIMEOUT, "discovery: nothing came within %d ms", timeout);
    status = kube_engine_wait_for_more(engine, has_moved(d->fetch) ? 0 : (int)left, err);
    if (status != KUBE_OK && status != KUBE_AGAIN) return status;
    stepped = true;
  }
}
