/*
** An operation under way: a state machine that moves when it is peeked. Bytes pile up below it
** while the engine steps; nothing here runs inside a step, and nothing calls back.
**
**   SEND      nothing is under way; sends the request once there is a credential for it
**   ANSWER    sent, or waiting for its turn to be (core/peer.h); waits for the status code
**   REDIRECT  the answer is elsewhere (redirect.h): its body is passed over; leads to SEND
**   REFUSAL   no success: the body says why
**   BODY      a success: the mode's reader makes objects of it
**   RESTING   waits (until rest) for its turn (throttle.h), or before it is sent again (retry.h, and a
**             watch's own ways); leads to SEND
**   DONE      the end, and all was well
**   FAILED    for good; the error is kept
**
** A mode says what a success means: document.c (one object), list.c (items, page after page),
** watch.c (events, connection after connection), bytes.c (bytes as they come).
*/
#ifndef KUBE_CLIENT_CALL_H
#define KUBE_CLIENT_CALL_H

#include "client.h"
#include "core/frame.h"
#include "redirect.h"
#include "trace.h"

typedef enum kube_call_state {
  KUBE_CALL_SEND = 0,
  KUBE_CALL_ANSWER,
  KUBE_CALL_REDIRECT,
  KUBE_CALL_REFUSAL,
  KUBE_CALL_BODY,
  KUBE_CALL_RESTING,
  KUBE_CALL_DONE,
  KUBE_CALL_FAILED
} kube_call_state;

typedef struct kube_call_mode {
  bool lasts; /* its timeout is how long it is wanted, not how long it may take */

  /* The status code is a success: get ready for the body. */
  kube_status (*begin)(kube_call *call, kube_error *err);

  /*
  ** The object at hand (KUBE_OK), KUBE_AGAIN, KUBE_EOF or a failure. May change the state: then
  ** KUBE_AGAIN means that the machine goes on from there.
  */
  kube_status (*read)(kube_call *call, kube_frame *frame, kube_error *err);

  /* The object at hand is done with. */
  void (*take)(kube_call *call);

  /*
  ** The exchange failed as *err says: KUBE_OK when the mode goes on (it changed the state), else
  ** the failure. NULL: a failure is a failure.
  */
  kube_status (*recover)(kube_call *call, kube_error *err);

  /*
  ** The certificate or the trust under which it was sent is not that of now: goes on with a
  ** connection that has these (it changed the state). NULL: it ends as it began.
  */
  kube_status (*renew)(kube_call *call, kube_error *err);
} kube_call_mode;

/* What only a watch knows. */
typedef struct kube_watch_state {
  char version[64];    /* resourceVersion to go on from; "" from now */
  bool certain;        /* no object older than version is still to come: it may be used */
  bool connected_once; /* later failures are retried */
  bool progress;       /* this connection brought something */
  bool busy;           /* and so much that the next is not shared */
  bool bookmarks, no_resume, error_on_expired; /* as asked */
  int64_t timeout_seconds;
  int failures;       /* in a row */
  long long since;    /* when this connection began to answer */
  long long idle_due; /* when the silence has lasted too long */
  char event[16];     /* the type of the event at hand */
  kube_slice object;
} kube_watch_state;

/* What only a list knows. */
typedef struct kube_list_state {
  bool one_page;
  bool inconsistent; /* when its token expires it goes on with what there is by then */
  bool as_rows;      /* a Table was asked for: its rows come one by one */
  bool looked_ahead; /* the next page is asked for, if there is one */
  kube_buffer api_version, kind, metadata, columns; /* of the last page that ended */
} kube_list_state;

struct kube_call {
  kube_handle handle;
  kube_client *client;
  const kube_call_mode *mode;
  kube_call_state state;
  kube_request request;
  kube_redirect redirect;  /* where the exchange under way was sent to */
  kube_transfer *transfer; /* NULL when nothing is under way */
  kube_credential_user user;
  unsigned sent_as; /* the generation of the credential that the transfer bears */
  kube_cutter cutter;
  size_t ceiling;       /* of a document */
  int64_t timeout;      /* ms for one exchange (a page), 0 none */
  long long deadline;   /* when that is over; -1 never */
  long long rest;       /* RESTING: until when */
  kube_call_info last;  /* of the exchange before; bytes of all that are over */
  bool given;           /* a document was taken */
  int sent_again;       /* how often, after its connection was ended under it */
  int retries;          /* of this exchange, after a rest; then failure holds what came before */
  bool has_turn;        /* the throttle lets it be sent */
  long long turn;       /* RESTING: when that is so; 0: it rests for another reason */
  bool refused;         /* 401: and sent again with another credential, which was not refused yet */
  kube_transfer *ahead; /* the next exchange, sent before its turn; NULL */
  unsigned ahead_as;    /* as sent_as */
  bool raw;             /* a document is what it is: a Status in a success is not looked for */
  bool was_ahead;       /* so was the one under way */
  kube_buffer status;   /* the Status of a refusal */
  kube_list_state list;
  kube_watch_state watch;
  kube_trace trace; /* what is told of it */
  kube_error failure;
};

extern const kube_call_mode kube_document_mode, kube_list_mode, kube_watch_mode, kube_bytes_mode;

/* Sends request, which moves into the call (or is cleared, when NULL and *err come back: it could
** not be sent at all). timeout in ms for each exchange, 0 none. */
kube_call *kube_call_new(kube_client *client, const kube_call_mode *mode, kube_request *request,
                         int64_t timeout, kube_error *err);

/* A watch (watch.c): request has its path; it moves into the call or is cleared. */
kube_call *kube_watch_new(kube_client *client, kube_request *request,
                          const kube_watch_options *options, kube_error *err);

/*
** For the modes. The bytes at hand; what the exchange is at (see transfer.h); an end of the
** exchange.
*/
kube_slice kube_call_bytes(kube_call *call);
kube_status kube_call_result(kube_call *call, kube_error *err);
void kube_call_hang_up(kube_call *call);

/*
** Sends the request, already that of the next exchange, while the answer to the last one is still
** read, though nobody steps: SEND then finds it under way. Where it cannot go at once nothing is
** sent. The object at hand stays where it is. drop cancels it.
*/
void kube_call_send_ahead(kube_call *call);
void kube_call_drop_ahead(kube_call *call);

/* Sets the handle's timer to what is due next: after a change from outside a peek. */
kube_status kube_call_set_timer(kube_call *call, kube_error *err);

/* Names the request in front of what libcurl or a reader had to say. */
void kube_call_say_what(const kube_call *call, kube_error *err);

/*
** A body that could not be read, of which *err says why: says what it is instead, where it is
** another type than JSON or nothing at all, and names the request.
*/
void kube_call_say_body(const kube_call *call, kube_error *err);

#endif
