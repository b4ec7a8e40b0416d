/*
** One HTTP exchange: a request that goes out, and an answer that is read as it comes.
** A transfer retains its handle's engine and marks the handle as moved when headers, bytes or the
** end came. Reading is peek and take; what is not taken piles up to a mark, then the sender waits.
** On a shared connection nobody may wait (peer.h): there the exchange ends at the mark, alone, and
** what there is can still be read.
*/
#ifndef KUBE_CORE_TRANSFER_H
#define KUBE_CORE_TRANSFER_H

#include "buffer.h"
#include "engine.h"
#include "tls.h"

typedef struct kube_transfer kube_transfer;

enum { KUBE_SHORT_CEILING = 256 << 20 }; /* bytes of a KUBE_SHORT answer that come without a wait */

typedef struct kube_transfer_options {
  kube_peer *peer; /* must live until the transfer is freed */
  kube_kind kind;
  const char *method;
  const char *url;
  const char *proxy; /* as kube_proxy_for gives it; NULL: none, whatever the environment says */
  const char *connect_to; /* "::host:port": dial this instead of the URL's host; NULL */
  kube_tls *tls;          /* shared, or lives until the transfer is freed; NULL for plain http */
  const char *body;       /* NULL: none; must live until the transfer is freed */
  size_t body_length;
  bool compression; /* accept gzip */
} kube_transfer_options;

kube_transfer *kube_transfer_new(kube_handle *handle, kube_error *err);

/* It goes out now, if it may go at all: not inside a step. */
void kube_transfer_push(kube_transfer *t);

/* Adds "Name: value" to the request, a blank value too; KUBE_EUSAGE when it holds a line break. */
kube_status kube_transfer_header(kube_transfer *t, const char *line, kube_error *err);

/* Sends, at once or in its turn; the answer comes while the engine steps. */
kube_status kube_transfer_start(kube_transfer *t, const kube_transfer_options *options,
                                kube_error *err);

/* The status code once all headers are there; 0 before, or when the exchange failed without. */
int kube_transfer_code(const kube_transfer *t);

/* A header of the answer, NULL when it has none; valid until the next call. */
const char *kube_transfer_answer_header(const kube_transfer *t, const char *name);

/* Bytes of body the answer announced; -1 when it did not say; of a HEAD none. */
long long kube_transfer_announced(const kube_transfer *t);

/* The unread body: a view, valid until the next step or take; held, until the next take only. */
kube_slice kube_transfer_peek(const kube_transfer *t);
void kube_transfer_hold(kube_transfer *t);
void kube_transfer_take(kube_transfer *t, size_t n);

/* KUBE_AGAIN while more may come; KUBE_EOF when the body is whole; else why it is not. */
kube_status kube_transfer_result(const kube_transfer *t, kube_error *err);

/* Whether it ended because its bytes were not taken in time: the rest is to be asked for again. */
bool kube_transfer_is_full(const kube_transfer *t);

/* Whether it goes over a shared connection; known once it was sent. */
bool kube_transfer_is_shared(const kube_transfer *t);

/* Whether the HTTP/2 connection ended before an answer came: other requests on it may be why. */
bool kube_transfer_was_dropped(const kube_transfer *t);

/* Whether its connection was ready, after all handshakes and proxies: so it may have been sent. */
bool kube_transfer_was_sent(const kube_transfer *t);

/* The bytes there are do not suffice: let more come, past the mark if need be. */
void kube_transfer_more(kube_transfer *t);

typedef struct kube_transfer_info {
  int http_version; /* 10, 11, 20 */
  int connects;     /* connections made for it */
  long long bytes;  /* of body received */
} kube_transfer_info;
void kube_transfer_info_get(const kube_transfer *t, kube_transfer_info *info);

/*
** Keeps a copy of the first most bytes of the body, for who tells of them later; right after it was
** started. copied gives them, and in *came how many there were in all.
*/
void kube_transfer_copy(kube_transfer *t, size_t most);
kube_slice kube_transfer_copied(const kube_transfer *t, size_t *came);

/* For transfer_facts.c: what libcurl knows, and the headers it was told. */
CURL *kube_transfer_easy(const kube_transfer *t);
const struct curl_slist *kube_transfer_headers(const kube_transfer *t);

/*
** It is given up because nothing came in time. When it is freed then, and nothing at all came on its
** shared connection either, that one is closed: else the next would wait in vain on it as well.
*/
void kube_transfer_distrust(kube_transfer *t);

/* Frees at any moment, canceling what is under way; NULL is fine. */
void kube_transfer_free(kube_transfer *t);

/*
** Making a request ready costs a third of a small one: so a transfer without a body that came to a
** good end can be parked, without a handle, and sent again with all it was told but another URL and
** for another handle of the same engine. False when it cannot: then it is to be freed.
*/
bool kube_transfer_park(kube_transfer *t);
kube_status kube_transfer_restart(kube_transfer *t, kube_handle *handle, const char *url,
                                  kube_error *err);

/* For the engine: the exchange is over; who waits for a turn with the peer may go, if there is one. */
void kube_transfer_note_end(kube_transfer *t, CURLcode result);
void kube_transfer_serve(kube_peer *peer);

#endif
