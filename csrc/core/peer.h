/*
** What an engine knows of a peer (a server at an address), and who waits for a turn with it.
**
** How an exchange travels depends on what may become of its answer, and on what the peer speaks:
**
** | what it is | HTTP/2, or not known yet    | known: HTTP/1.1          |
** | KUBE_SHORT | shares, KUBE_SHARED_TURNS   | one of KUBE_TURNS, alone |
** | KUBE_QUIET | shares                      | as KUBE_WATCH            |
** | KUBE_WRITE | one of KUBE_TURNS, alone    | the same                 |
** | KUBE_LIST  | alone                       | the same                 |
** | KUBE_WATCH | alone                       | the same                 |
**
** Alone: on an HTTP/1.1 connection of its own. Lists and watches go at once and without a limit:
** streams that wait for each other might wait for ever. Of the others so many go at a time, the rest
** when one of them ends. What shares is on HTTP/2 and is never made to wait for its reader: libcurl 7.88 then keeps
** up to 32 MB of it (measured).
**
** Those who share go one by one: the next when the one before was sent. Most of them are sent at
** once, on a connection that there is; one for which there is none, or only full ones, makes a new
** one, and perhaps finds out what the peer speaks. libcurl 7.88 would put all that come meanwhile on
** that connection and send before its handshake is over (lib/url.c, ConnectionExists), and does not
** stop where the connection will be full.
**
** Pure: nothing here knows a socket. Who leaves lets others go, so kube_peer_next is asked then.
*/
#ifndef KUBE_CORE_PEER_H
#define KUBE_CORE_PEER_H

#include "error.h"

enum {
  /* HTTP/1.1 connections to a peer for short exchanges. More would not make a server faster that
  ** works on 400 requests at a time for all its clients, and each costs a TLS handshake. */
  KUBE_TURNS = 32,
  /* Short exchanges that share: what an API server works on (--max-requests-inflight). */
  KUBE_SHARED_TURNS = 400
};

typedef enum kube_kind {
  KUBE_SHORT, /* a get: a small answer that is read as a whole */
  KUBE_WRITE, /* the same for what has a body or changes something: it does not share */
  KUBE_LIST,  /* an answer of any length, that may have to wait for its reader */
  KUBE_WATCH, /* the same, for hours */
  KUBE_QUIET  /* a watch of which little is to come: it ends before it would have to wait */
} kube_kind;

/* Ways are pools of connections: see engine.h. The first two are for who shares. */
typedef enum kube_way {
  KUBE_WAY_SHORT,  /* offers HTTP/2 */
  KUBE_WAY_QUIET,  /* the same */
  KUBE_WAY_WRITES, /* HTTP/1.1, and so the rest */
  KUBE_WAY_LISTS,
  KUBE_WAY_WATCHES,
  KUBE_WAYS
} kube_way;

static inline bool kube_way_is_shared(kube_way way) { return way <= KUBE_WAY_QUIET; }

/* Where who may not go yet waits. */
typedef enum kube_line {
  KUBE_LINE_SHORT, /* for the one before to be sent, and for a shared turn */
  KUBE_LINE_QUIET, /* for the one before to be sent */
  KUBE_LINE_TURNS, /* for a turn */
  KUBE_LINE_NONE,  /* for nothing */
  KUBE_LINES
} kube_line;

typedef struct kube_peer kube_peer;

/* Embedded in an exchange; valid when zeroed. */
typedef struct kube_turn {
  kube_peer *peer; /* which outlives it; NULL: it has nothing to do with one */
  kube_kind kind;
  kube_way way;                      /* how it goes */
  kube_line line;                    /* where it waits, or waited */
  bool waits;                        /* it is in one of the peer's lines */
  bool goes;                         /* it was let go */
  bool sent;                         /* and it went out */
  struct kube_turn *next, *previous; /* in that line */
} kube_turn;

struct kube_peer {
  int references;
  char *address;
  kube_peer **list, *next;       /* all of an engine */
  bool plain;                    /* no TLS, and so no HTTP/2 */
  int speaks;                    /* 0 not known, 1 HTTP/1.1, 2 HTTP/2 */
  bool changed;                  /* who waits may have to go another way */
  kube_turn lines[KUBE_LINES];   /* heads of rings, in the order in which they came */
  kube_turn *unsent[KUBE_LINES]; /* who shares, and is to be sent before the next goes */
  int going[KUBE_LINES];         /* let go from that line, and not over yet */
  int sent[KUBE_LINES];          /* of these */
};

/*
** The peer at an address, whatever the text is that names it: one for all who ask with the same
** list. plain: there is no TLS, and so no HTTP/2. free drops a reference. NULL: no memory.
*/
kube_peer *kube_peer_get(kube_peer **list, const char *address, bool plain, kube_error *err);
void kube_peer_free(kube_peer *peer);

/* Gets in line; a zeroed turn, or one that left. */
void kube_peer_ask(kube_peer *peer, kube_turn *turn, kube_kind kind);

/* Who goes now, with its way; NULL: all who are left wait. */
kube_turn *kube_peer_next(kube_peer *peer);

/* It is sent, on HTTP/2 or not; the next may go. (Only noted: fit for a callback.) */
void kube_peer_sent(kube_turn *turn, bool http2);

/* It is over, at whatever point; may be called twice. */
void kube_peer_leave(kube_turn *turn);

/* Whether somebody waits who may go when something changes. */
bool kube_peer_is_awaited(const kube_peer *peer);

/*
** The one that goes there could not connect. Where nobody else was sent, those who waited for it
** would not fare better: one of them, out of line (ask again: NULL when there is no more).
*/
kube_turn *kube_peer_stranded(kube_peer *peer, kube_line line);

/* It cannot be reached: when it is there again, it may be another. */
void kube_peer_forget(kube_peer *peer);

#endif
