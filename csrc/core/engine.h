/*
** The engine owns every socket and timer. It never blocks and never calls back.
** Whoever drives it asks three questions and gives one order (see kube.h):
**   kube_engine_fd, kube_engine_timeout, kube_engine_next_ready, and kube_engine_step.
**
** Inside the library, what waits on the engine embeds a kube_handle: the engine notes on it that
** something moved (bytes, the end of a transfer, its timer) and gives its owner by next_ready.
** The owner's state machine runs when it is peeked, not inside a step. What waits on behalf of
** several owners embeds a relay: its function is called instead, to pass on what moved.
*/
#ifndef KUBE_CORE_ENGINE_H
#define KUBE_CORE_ENGINE_H

#include <curl/curl.h>
#include <stdint.h>
#include <sys/types.h>

#include "child.h"
#include "claim.h"
#include "log.h"
#include "peer.h"
#include "poller.h"
#include "sockets.h"
#include "timers.h"
#include "watcher.h"

/* What an upper floor keeps for as long as the engine lives; freed with it. */
typedef struct kube_keepsake {
  void (*free)(struct kube_keepsake *keepsake);
} kube_keepsake;

typedef struct kube_handle {
  kube_timer timer;                    /* first: the engine finds the handle by its timer */
  kube_engine *engine;                 /* counted; NULL when cleared */
  kube_call *owner;                    /* what next_ready gives; NULL in a relay */
  void (*moved)(struct kube_handle *); /* a relay's; NULL in others */
  uint64_t id;                         /* unique in the engine */
  struct kube_handle *next, *previous; /* in the queue of those that moved */
  bool ready;                          /* it is in that queue */
} kube_handle;

/*
** Connections live in pools, each a multi of libcurl that is made when it is first needed: one for
** each way (peer.h). What is kept apart by that:
**   HTTP/2 and 1.1   in one pool, libcurl 7.88 would think of a host as it found its last connection:
**                    after an HTTP/1.1 one no request shares an HTTP/2 one any more (50 requests at
**                    a time: 50 connections, measured), and after an HTTP/2 one requests share what
**                    cannot be shared
**   quiet watches    each wake of an HTTP/2 connection runs every stream on it (98 idle ones: 122 us
**                    measured): gets do not pay for that
**   lists, watches   libcurl counts connections that are in use among those that it keeps: beside
**                    1,000 watches each list would make a new one (2 ms instead of 0.04, measured)
*/
typedef struct kube_pool {
  kube_engine *engine;
  CURLM *multi;  /* NULL: not needed yet */
  long long due; /* when libcurl wants a call at the latest; -1 never */
} kube_pool;

struct kube_engine {
  int references;
  pid_t pid; /* the process that may use it */
  kube_poller poller;
  kube_pool pools[KUBE_WAYS];
  kube_peer *peers;
  bool news;       /* something was sent, for which others waited */
  long long skew;  /* what kube_engine_advance added to the clock */
  long long armed; /* what the poller's timer is set to; -1 nothing */
  bool lent;       /* somebody watches the descriptor: it has to tell of timers too */
  kube_timers timers;
  kube_handle ready; /* head of the ring of handles that moved */
  unsigned moves;    /* how many did so far */
  kube_claim claims; /* who sends on which connection */
  uint64_t last_id;
  kube_sockets sockets;       /* libcurl's */
  bool lost_socket;           /* a socket could not be watched: the step fails */
  kube_watchers watchers;     /* of other descriptors */
  kube_keepsake *credentials; /* client/credential.h; NULL: none yet */
  kube_log log;               /* what is told of calls */
  kube_child *orphans;        /* killed processes that are still to be reaped */
};

/* One more reference; kube_engine_free drops one. */
kube_engine *kube_engine_retain(kube_engine *engine);

/* KUBE_EUSAGE in a process other than the one that made it. */
kube_status kube_engine_check(const kube_engine *engine, kube_error *err);

/* The multi of a way; NULL: no memory. */
CURLM *kube_engine_pool(kube_engine *engine, kube_way way);

/*
** Sends what was just started in a pool without waiting for a step, which is due at once then: for
** who will not ask for one soon. Not inside a step.
*/
void kube_engine_push(kube_engine *engine, kube_way way);

void kube_handle_init(kube_handle *handle, kube_engine *engine, kube_call *owner);

/*
** One that next_ready never gives: moved is called where another handle would be queued, at once
** and each time, for its timer too. It may be called inside a step, so it only notes: it wakes other
** handles, or sets its own timer anew (to a time that has not come yet).
*/
void kube_handle_init_relay(kube_handle *handle, kube_engine *engine, void (*moved)(kube_handle *));
void kube_handle_clear(kube_handle *handle);

/* Notes that the handle moved. */
void kube_handle_wake(kube_handle *handle);

/* The owner is being served: it is not given by next_ready until it moves again. */
void kube_handle_rest(kube_handle *handle);

/* kube_engine_wait for one who serves one handle and leaves the others that moved where they are. */
kube_status kube_engine_wait_for_more(kube_engine *engine, int timeout, kube_error *err);

/* Sets the handle's one timer (ms of the engine's clock); the handle moves when it is due. */
kube_status kube_handle_set_due(kube_handle *handle, long long due, kube_error *err);
void kube_handle_drop_due(kube_handle *handle);

/* A random number below bound (jitter, not secrets). */
uint32_t kube_engine_random(kube_engine *engine, uint32_t bound);

#endif
