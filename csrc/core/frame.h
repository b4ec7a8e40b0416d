/*
** The frame cutter finds where one object ends and the next begins in bytes that arrive in any
** split: the events of a watch, the items of a list. It copies no frame and looks at no byte twice;
** what it has looked at and needs no more may be dropped at once, so that a list is never held
** whole. It only cuts: brackets are counted, the inside of a frame is for its reader to check.
**
**   for (;;) {
**     const char *bytes = kube_buffer_bytes(&b);
**     switch (kube_cutter_peek(&c, bytes, kube_buffer_length(&b), ended, &frame, err)) {
**       case KUBE_OK: read the frame; break;
**       case KUBE_AGAIN: add bytes to b, or set ended; break;
**       default: done: KUBE_EOF, or why it failed
**     }
**     kube_buffer_take(&b, kube_cutter_take(&c));
**   }
*/
#ifndef KUBE_CORE_FRAME_H
#define KUBE_CORE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "json.h"

typedef enum kube_cutter_mode {
  KUBE_CUT_STREAM, /* JSON values one after the other, with or without white space between them */
  KUBE_CUT_ITEMS,  /* the elements of the member "items" of one object */
  KUBE_CUT_ROWS    /* or those of its member "rows", if it has that: a Table */
} kube_cutter_mode;

enum {
  KUBE_FRAME_CEILING = 64 << 20, /* the longest frame, unless the owner knows better */
  KUBE_HEAD_CEILING = 1 << 20    /* the longest member beside the items that is kept */
};

typedef struct kube_cutter {
  kube_cutter_mode mode;
  int state;  /* private to frame.c */
  int member; /* which member of the object comes */
  int shape;  /* of the value at hand */
  bool items; /* the items were there */
  bool rows;  /* and they are rows */
  bool ready; /* a frame waits to be taken */
  size_t ceiling;
  size_t start;   /* the first byte that is still needed */
  size_t at;      /* the first byte not looked at */
  size_t end;     /* of the frame that is ready */
  uint64_t taken; /* bytes dropped so far: what makes an offset absolute */
  kube_json_skipper skipper;
  kube_slice kind; /* members beside the items: a string's raw bytes; length 0 until it came */
  kube_slice api_version;
  kube_slice metadata; /* the JSON object as it stands */
  kube_slice columns;  /* in the mode rows: the array columnDefinitions as it stands */
} kube_cutter;

/* Makes *c ready for the first byte. ceiling 0 is KUBE_FRAME_CEILING. Frees nothing: see clear. */
void kube_cutter_init(kube_cutter *c, kube_cutter_mode mode, size_t ceiling);

/*
** Looks for the next frame. bytes[0] is the first byte that was not dropped; before the next peek,
** bytes may have moved and n grown, but what was there is still there. ended: no byte will follow.
**   KUBE_OK         *frame is a view into bytes; the same frame again until it is taken
**   KUBE_AGAIN      more bytes are needed (never when ended)
**   KUBE_EOF        the end, and all was well
**   KUBE_EDECODE    not what the mode expects, or ended inside a frame ("truncated"); in the mode
**                   items also an object without items: the message says what kind came instead
**   KUBE_ETOOLARGE  the frame, or a member that is kept, is longer than its ceiling
**   KUBE_ENOMEM
** After a failure only clear may follow. Offsets in messages count from the first byte.
** kind, api_version, metadata and columns are those that came before the frame, all of them after
** KUBE_EOF (servers may send them behind the items); views that live until clear. metadata may
** grow.
*/
kube_status kube_cutter_peek(kube_cutter *c, const char *bytes, size_t n, bool ended,
                             kube_slice *frame, kube_error *err);

/*
** Says how many bytes the owner must now drop from the front, and takes the frame that was ready.
** Call it after each peek, KUBE_AGAIN too: it lets go of what was skipped.
*/
size_t kube_cutter_take(kube_cutter *c);

/* Frees what is kept of the head. May be called at any moment and twice; init makes it new. */
void kube_cutter_clear(kube_cutter *c);

#endif
