/*
** A call whose answer is events, connection after connection; the contract is in call.h.
**
** Where a connection ended, the next one goes on from the last resourceVersion that is certain. The
** objects that there are come first as ADDED, in any order and with versions of their own: none of
** these says what else was seen, so a version counts only once a BOOKMARK, MODIFIED or DELETED came
** (or the caller gave one). A connection that breaks before that starts from the beginning.
**
** A connection is of one of two kinds (core/peer.h), chosen anew for each:
**   KUBE_WATCH  its own, on which the server waits for a slow reader. From the beginning, when much
**               may come; after one that was busy; and for who wants no second connection
**   KUBE_QUIET  shared with other quiet watches where the server speaks HTTP/2. From a certain
**               version. It may not wait for its reader: when too much is unread, or when it turns
**               out to be busy, what is whole is still given, that exchange alone ends, and a
**               KUBE_WATCH goes on from the last event (move_out)
**
** | case                            | client-go RetryWatcher | here                               |
** | no resourceVersion              | refused                | the objects there are come first   |
** | 410 Expired                     | delivered, the end     | starts again, unless asked not to  |
** | an event type it does not know  | made an ERROR, retried | an error                           |
** | what is no JSON, or no event    | made an ERROR, retried | an error                           |
** | an object without a version     | an ERROR, the end      | given; says not how far it came    |
** | an ERROR or an answer of 4xx    | retried, but for 401,  | an error, but for 429; 401 with a  |
** |                                 | 403 and 410            | credential that can change: again  |
** | the server's first answer fails | retried                | an error, but for a 410 and        |
** |                                 |                        | where a Retry-After says when      |
** | the first connection breaks     | retried for ever       | as of any GET, at last an error    |
** |                                 |                        | (a plain Watch there: an empty one |
** |                                 |                        | that has ended)                    |
** Source: client-go tools/watch/retrywatcher.go; back-off as tools/cache/reflector.go (0.8 to 30
** s).
*/
#include <string.h>
#include <strings.h>

#include "call.h"
#include "status.h"

enum {
  MIN_BACKOFF = 800, /* ms */
  MAX_BACKOFF = 30000,
  MIN_TIMEOUT = 300, /* seconds that one connection lasts: 5 to 10 minutes at random */
  VERY_SHORT = 1000, /* ms: a connection that ends sooner, and brought nothing, is a failure */
  GRACE = 30000,     /* ms of silence after the server should have ended the connection */
  /*
  ** A watch is busy that brings more than so many bytes at once and so many each second: some events
  ** a second. Each wakes all the watches on a shared connection (1.3 us each, measured).
  */
  QUIET_BURST = 256 * 1024,
  QUIET_RATE = 16 * 1024
};

static bool is_expired(const kube_error *err) {
  return err->status == KUBE_EAPI && (err->code == 410 || strcmp(err->reason, "Expired") == 0 ||
                                      strcmp(err->reason, "Gone") == 0);
}

/*
** What another try can mend: a broken connection, a busy or a starting server, what speaks no HTTP
** in its place, an ERROR that does not say what it is.
*/
static bool is_passing(const kube_call *call, const kube_error *err) {
  switch (err->status) {
    case KUBE_EDNS:
    case KUBE_ECONNECT:
    case KUBE_ENETWORK:
    case KUBE_EEXEC:   /* a plugin that needs the network, or its own server */
    case KUBE_ESYSTEM: /* no descriptors: others may be closed */
    case KUBE_ETIMEOUT: return true;
    case KUBE_EDECODE: return call->transfer && kube_transfer_code(call->transfer) == 0;
    case KUBE_EAPI: return err->code == 429 || err->code >= 500 || err->code == 0;
    default: return false;
  }
}

/* ---- connecting again ---- */

/* What the next connection is. */
static kube_kind kind_of(const kube_watch_state *w) {
  return w->certain && !w->busy && !w->no_resume ? KUBE_QUIET : KUBE_WATCH;
}

/* Makes the request say from where, and for how long, in a connection that begins at start. */
static kube_status aim(kube_watch_state *w, kube_request *request, kube_engine *engine,
                       long long start, kube_error *err) {
  kube_query *query = &request->query;
  int64_t seconds = w->timeout_seconds;
  kube_status status = kube_query_set(query, "resourceVersion", w->version, err);
  if (seconds <= 0) seconds = MIN_TIMEOUT + kube_engine_random(engine, MIN_TIMEOUT);
  if (status == KUBE_OK) status = kube_query_set_integer(query, "timeoutSeconds", seconds, err);
  w->idle_due = start + seconds * 1000 + GRACE;
  request->kind = kind_of(w);
  w->progress = w->busy = false;
  return status;
}

static long long backoff(kube_call *call, int retry_after) {
  long long ms = MIN_BACKOFF;
  int i;
  for (i = 1; i < call->watch.failures && ms < MAX_BACKOFF; i++) ms *= 2;
  if (ms > MAX_BACKOFF) ms = MAX_BACKOFF;
  ms += kube_engine_random(call->client->engine, (uint32_t)ms); /* jitter 1.0 */
  return ms > retry_after * 1000LL ? ms : retry_after * 1000LL;
}

static bool is_busy(const kube_call *call) {
  const long long ms = kube_engine_now(call->client->engine) - call->watch.since;
  kube_transfer_info info;
  if (call->transfer == NULL) return false; /* there was no credential to send it with */
  kube_transfer_info_get(call->transfer, &info);
  return info.bytes > QUIET_BURST + ms * QUIET_RATE / 1000;
}

/* Connects again: at once where the last connection was of use, else after a rest. */
static kube_status reconnect(kube_call *call, int retry_after, kube_error *err) {
  kube_watch_state *w = &call->watch;
  bool at_once = w->progress && retry_after == 0;
  kube_status status;
  w->busy = w->busy || is_busy(call);
  kube_call_hang_up(call);
  if (!w->certain) {
    w->version[0] = '\0';
  } else { /* what only a beginning may ask */
    status = kube_query_set(&call->request.query, "sendInitialEvents", NULL, err);
    if (status == KUBE_OK)
      status = kube_query_set(&call->request.query, "resourceVersionMatch", NULL, err);
    if (status != KUBE_OK) return status;
  }
  w->failures = at_once ? 0 : w->failures + 1;
  call->rest = kube_engine_now(call->client->engine);
  if (!at_once) call->rest += backoff(call, retry_after);
  call->state = KUBE_CALL_RESTING;
  return aim(w, &call->request, call->client->engine, call->rest, err);
}

/* 410: what lies between is lost to this watch; it starts again from what there is now. */
static kube_status start_over(kube_call *call, kube_error *err) {
  call->watch.certain = false;
  return reconnect(call, 0, err);
}

/* 401 for a credential that lives: a file may be written yet, a plugin give another token. */
static bool may_be_known_again(const kube_call *call, const kube_error *err) {
  return err->code == 401 && kube_credential_can_change(&call->user);
}

static kube_status recover(kube_call *call, kube_error *err) {
  kube_watch_state *w = &call->watch;
  kube_error unused;
  if (w->no_resume) return err->status;
  if (is_expired(err) && (w->connected_once || *w->version))
    return w->error_on_expired ? err->status : start_over(call, &unused);
  if (!w->connected_once || !(is_passing(call, err) || may_be_known_again(call, err)))
    return err->status;
  call->refused = false; /* after the rest a 401 is news: else no plugin would run again for it */
  return reconnect(call, err->retry_after, &unused);
}

/* As after an end that the server made: at once, from the last event. */
static kube_status renew(kube_call *call, kube_error *err) {
  if (call->watch.no_resume) return KUBE_AGAIN;
  call->watch.progress = true;
  return reconnect(call, 0, err) == KUBE_OK ? KUBE_AGAIN : err->status;
}

/* ---- events ---- */

/* Only these can be events; no other success, and no page of a proxy. */
static kube_status check_answer(kube_call *call, kube_error *err) {
  const int code = kube_transfer_code(call->transfer);
  const char *type = kube_transfer_answer_header(call->transfer, "Content-Type");
  if (code != 200) return kube_fail(err, KUBE_EDECODE, "the answer to a watch is %d", code);
  if (type == NULL || strncasecmp(type, "application/json", 16) == 0) return KUBE_OK;
  return kube_fail(err, KUBE_EDECODE, "the answer to a watch is %.64s, not JSON", type);
}

static kube_status begin(kube_call *call, kube_error *err) {
  const kube_status status = check_answer(call, err);
  if (status != KUBE_OK) return status;
  kube_cutter_clear(&call->cutter);
  kube_cutter_init(&call->cutter, KUBE_CUT_STREAM, 0);
  call->watch.connected_once = true;
  call->watch.since = kube_engine_now(call->client->engine);
  call->watch.object.bytes = NULL;
  return KUBE_OK;
}

static bool is_event(const char *type) {
  static const char *const types[] = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"};
  size_t i;
  for (i = 0; i < sizeof types / sizeof *types; i++)
    if (strcmp(type, types[i]) == 0) return true;
  return false;
}

/* Reads {"type":...,"object":...}; the object stays where it is. */
static kube_status parse(kube_call *call, kube_slice line, kube_error *err) {
  kube_watch_state *w = &call->watch;
  kube_json type = kube_json_find(line, "type"), object = kube_json_find(line, "object");
  w->event[0] = '\0';
  if (type.type == KUBE_JSON_STRING) kube_json_text(type, w->event, sizeof w->event);
  if (object.type != KUBE_JSON_OBJECT)
    return kube_fail(err, KUBE_EDECODE, "a watch event without an object");
  if (!is_event(w->event)) return kube_fail(err, KUBE_EDECODE, "got invalid watch event type");
  w->object.bytes = object.bytes;
  w->object.length = object.length;
  return KUBE_OK;
}

/* Notes how far the watch has come. What another connection would bring again is no progress. */
static void note_version(kube_watch_state *w) {
  char version[sizeof w->version];
  kube_json found = kube_json_find(w->object, "metadata.resourceVersion");
  if (found.type != KUBE_JSON_STRING || found.length >= sizeof version) return;
  kube_json_text(found, version, sizeof version);
  if (strcmp(w->event, "ADDED") != 0) w->certain = true;
  if (w->certain && strcmp(version, w->version) != 0) w->progress = true;
  strcpy(w->version, version);
}

/* An event is at hand: give it, or keep it to ourselves (KUBE_AGAIN). */
static kube_status deliver(kube_call *call, kube_frame *frame, kube_error *err) {
  kube_watch_state *w = &call->watch;
  if (strcmp(w->event, "ERROR") == 0) {
    kube_buffer_reset(&call->status);
    kube_buffer_add(&call->status, w->object.bytes, w->object.length, NULL);
    return kube_status_fail(w->object, err);
  }
  note_version(w);
  if (strcmp(w->event, "BOOKMARK") == 0 && !w->bookmarks) return KUBE_AGAIN;
  frame->event = w->event;
  frame->object = w->object;
  return KUBE_OK;
}

static void take(kube_call *call) {
  call->watch.object.bytes = NULL;
  kube_transfer_take(call->transfer, kube_cutter_take(&call->cutter));
}

/* The server ended the connection, as it does every few minutes. */
static kube_status end(kube_call *call, kube_error *err) {
  kube_watch_state *w = &call->watch;
  if (w->no_resume) return KUBE_EOF;
  if (kube_engine_now(call->client->engine) - w->since >= VERY_SHORT) w->progress = true;
  return reconnect(call, 0, err) == KUBE_OK ? KUBE_AGAIN : err->status;
}

/* Goes on alone, at once: the connection was of use, or it would not be full. */
static kube_status move_out(kube_call *call, kube_error *err) {
  call->watch.busy = call->watch.progress = true;
  return reconnect(call, 0, err) == KUBE_OK ? KUBE_AGAIN : err->status;
}

static bool has_to_move_out(const kube_call *call) {
  return kube_transfer_is_full(call->transfer) ||
         (kube_transfer_is_shared(call->transfer) && is_busy(call));
}

/* No whole event is there yet: will there be one? */
static kube_status wait_for_more(kube_call *call, kube_status result, kube_error *broken,
                                 kube_error *err) {
  if (has_to_move_out(call)) return move_out(call, err);
  if (result == KUBE_EOF) return end(call, err);
  if (result != KUBE_AGAIN) {
    *err = *broken;
    return result;
  }
  kube_transfer_more(call->transfer);
  return KUBE_AGAIN;
}

static kube_status read(kube_call *call, kube_frame *frame, kube_error *err) {
  kube_error broken;
  kube_status result = kube_call_result(call, &broken), status;
  for (;;) {
    kube_slice bytes = kube_call_bytes(call), line;
    /* Never "ended": an event that the end cut off is not malformed, it comes again. */
    status = kube_cutter_peek(&call->cutter, bytes.bytes, bytes.length, false, &line, err);
    if (status == KUBE_AGAIN) {
      kube_transfer_take(call->transfer, kube_cutter_take(&call->cutter));
      return wait_for_more(call, result, &broken, err);
    }
    if (status == KUBE_OK) status = parse(call, line, err);
    if (status == KUBE_OK) status = deliver(call, frame, err);
    if (status != KUBE_AGAIN) break;
    take(call);
  }
  if (status == KUBE_EDECODE || status == KUBE_ETOOLARGE) kube_call_say_what(call, err);
  return status;
}

const kube_call_mode kube_watch_mode = {
    .lasts = true, .begin = begin, .read = read, .take = take, .recover = recover, .renew = renew};

/* ---- starting ---- */

static kube_status set_query(kube_query *query, const kube_watch_options *o, kube_error *err) {
  kube_status status = kube_query_set(query, "watch", "true", err);
  if (status == KUBE_OK) status = kube_query_set(query, "allowWatchBookmarks", "true", err);
  if (status == KUBE_OK) status = kube_query_set(query, "labelSelector", o->label_selector, err);
  if (status == KUBE_OK) status = kube_query_set(query, "fieldSelector", o->field_selector, err);
  if (status == KUBE_OK)
    status = kube_query_set(query, "resourceVersionMatch", o->resource_version_match, err);
  if (status == KUBE_OK && o->send_initial_events)
    status = kube_query_set(query, "sendInitialEvents", "true", err);
  return status;
}

/* "0" is "any version": the objects come first, as with none. */
static kube_status set_version(kube_watch_state *w, const kube_watch_options *o, kube_error *err) {
  const char *version = o->resource_version ? o->resource_version : "";
  if (strlen(version) >= sizeof w->version)
    return kube_fail(err, KUBE_EUSAGE, "a resourceVersion of %zu bytes", strlen(version));
  strcpy(w->version, version);
  w->certain = *version && strcmp(version, "0") != 0 && !o->send_initial_events;
  return KUBE_OK;
}

kube_call *kube_watch_new(kube_client *client, kube_request *request, const kube_watch_options *o,
                          kube_error *err) {
  kube_watch_state w = {.bookmarks = o->bookmarks,
                        .no_resume = o->no_resume,
                        .error_on_expired = o->error_on_expired,
                        .timeout_seconds = o->timeout_seconds};
  kube_call *call;
  kube_status status = set_version(&w, o, err);
  if (status == KUBE_OK) status = set_query(&request->query, o, err);
  if (status == KUBE_OK)
    status = aim(&w, request, client->engine, kube_engine_now(client->engine), err);
  if (status != KUBE_OK) {
    kube_request_clear(request);
    return NULL;
  }
  call = kube_call_new(client, &kube_watch_mode, request, o->timeout, err);
  if (call == NULL) return NULL;
  call->watch = w;
  if (kube_call_set_timer(call, err) == KUBE_OK) return call;
  kube_call_free(call);
  return NULL;
}
