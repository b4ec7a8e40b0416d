/* Who may go, and which way: a peer and its lines, without a socket. */
#include "../../csrc/core/peer.h"

#include "../support/check.h"

enum { MOST = 1000 };

typedef struct place {
  kube_peer *list, *peer;
  kube_turn turns[MOST];
} place;

static void open_place(place *p, bool plain) {
  memset(p, 0, sizeof *p);
  p->peer = kube_peer_get(&p->list, "host:443", plain, NULL);
}

static void close_place(place *p) {
  for (int i = 0; i < MOST; i++) kube_peer_leave(&p->turns[i]);
  CHECK(!kube_peer_is_awaited(p->peer));
  CHECK(kube_peer_next(p->peer) == NULL);
  for (int i = 0; i < KUBE_LINES; i++)
    CHECK(p->peer->going[i] == 0 && p->peer->sent[i] == 0 && p->peer->unsent[i] == NULL);
  kube_peer_free(p->peer);
  CHECK(p->list == NULL);
}

static void ask(place *p, int first, int last, kube_kind kind) {
  for (int i = first; i <= last; i++) kube_peer_ask(p->peer, &p->turns[i], kind);
}

/* The next to go: its number, with its way; -1: all wait. */
static int next(place *p, kube_way *way) {
  kube_turn *turn = kube_peer_next(p->peer);
  if (turn) *way = turn->way;
  return turn ? (int)(turn - p->turns) : -1;
}

static void nobody_goes(place *p) { CHECK(kube_peer_next(p->peer) == NULL); }

static void goes(place *p, int number, kube_way way) {
  kube_way its_way = KUBE_WAYS;
  CHECK(next(p, &its_way) == number);
  CHECK(its_way == way);
}

/* From here on the peer speaks what it speaks. */
static void find_out(place *p, bool http2) {
  kube_turn turn = {0};
  kube_peer_ask(p->peer, &turn, KUBE_SHORT);
  CHECK(kube_peer_next(p->peer) == &turn);
  kube_peer_sent(&turn, http2);
  kube_peer_leave(&turn);
}

static void an_address_has_one_peer(void) {
  kube_peer *list = NULL, *a = kube_peer_get(&list, "a:1", false, NULL);
  kube_peer *b = kube_peer_get(&list, "b:1", false, NULL);
  CHECK(a != b && kube_peer_get(&list, "a:1", false, NULL) == a);
  kube_peer_free(a);
  kube_peer_free(b);
  CHECK(kube_peer_get(&list, "a:1", false, NULL) == a);
  kube_peer_free(a);
  kube_peer_free(a);
  CHECK(list == NULL);
  kube_peer_free(NULL);
}

static void lists_and_watches_go_at_once(void) {
  place p;
  open_place(&p, false);
  ask(&p, 0, 199, KUBE_WRITE);
  ask(&p, 200, 399, KUBE_LIST);
  ask(&p, 400, 599, KUBE_WATCH);
  for (int i = 0; i < KUBE_TURNS; i++) goes(&p, i, KUBE_WAY_WRITES);
  for (int i = 200; i < 400; i++) goes(&p, i, KUBE_WAY_LISTS);
  for (int i = 400; i < 600; i++) goes(&p, i, KUBE_WAY_WATCHES);
  nobody_goes(&p);
  close_place(&p);
}

static void writes_take_turns_in_their_order(void) {
  place p;
  open_place(&p, false);
  ask(&p, 0, 99, KUBE_WRITE);
  for (int i = 0; i < KUBE_TURNS; i++) goes(&p, i, KUBE_WAY_WRITES);
  nobody_goes(&p);
  kube_peer_leave(&p.turns[40]); /* while it waits: that is nobody's turn */
  kube_peer_leave(&p.turns[40]);
  nobody_goes(&p);
  for (int i = 0; i < 8; i++) {
    kube_peer_leave(&p.turns[i]);
    goes(&p, KUBE_TURNS + i, KUBE_WAY_WRITES);
    nobody_goes(&p);
  }
  kube_peer_leave(&p.turns[20]);
  goes(&p, 41, KUBE_WAY_WRITES);
  close_place(&p);
}

static void those_who_share_go_one_by_one(void) {
  place p;
  open_place(&p, false);
  ask(&p, 0, 9, KUBE_SHORT);
  ask(&p, 10, 19, KUBE_QUIET);
  goes(&p, 0, KUBE_WAY_SHORT);
  goes(&p, 10, KUBE_WAY_QUIET); /* on other connections */
  nobody_goes(&p);
  kube_peer_sent(&p.turns[0], true);
  goes(&p, 1, KUBE_WAY_SHORT);
  nobody_goes(&p);
  kube_peer_leave(&p.turns[1]); /* before it was sent */
  goes(&p, 2, KUBE_WAY_SHORT);
  kube_peer_sent(&p.turns[10], true);
  kube_peer_sent(&p.turns[10], true); /* again, on another connection */
  goes(&p, 11, KUBE_WAY_QUIET);
  nobody_goes(&p);
  close_place(&p);
}

static void gets_that_share_are_not_without_number(void) {
  place p;
  open_place(&p, false);
  find_out(&p, true);
  ask(&p, 0, MOST - 1, KUBE_SHORT);
  for (int i = 0; i < KUBE_SHARED_TURNS; i++) {
    goes(&p, i, KUBE_WAY_SHORT);
    kube_peer_sent(&p.turns[i], true);
  }
  nobody_goes(&p);
  kube_peer_leave(&p.turns[7]);
  goes(&p, KUBE_SHARED_TURNS, KUBE_WAY_SHORT);
  nobody_goes(&p);
  close_place(&p);
}

static void without_http2_gets_take_turns_and_watches_are_alone(void) {
  place p;
  open_place(&p, false);
  ask(&p, 0, 99, KUBE_SHORT);
  ask(&p, 100, 149, KUBE_QUIET);
  ask(&p, 150, 199, KUBE_WRITE);
  goes(&p, 0, KUBE_WAY_SHORT);
  goes(&p, 100, KUBE_WAY_QUIET);
  for (int i = 150; i < 150 + KUBE_TURNS; i++) goes(&p, i, KUBE_WAY_WRITES);
  nobody_goes(&p);
  kube_peer_sent(&p.turns[0], false);
  for (int i = 101; i < 150; i++) goes(&p, i, KUBE_WAY_WATCHES);
  nobody_goes(&p);
  for (int i = 150; i < 150 + KUBE_TURNS; i++) kube_peer_leave(&p.turns[i]);
  for (int i = 1; i <= KUBE_TURNS; i++) goes(&p, i, KUBE_WAY_SHORT);
  nobody_goes(&p);
  kube_peer_sent(&p.turns[1], true); /* it is another server now */
  goes(&p, KUBE_TURNS + 1, KUBE_WAY_SHORT);
  nobody_goes(&p);
  kube_peer_leave(&p.turns[2]);
  goes(&p, 150 + KUBE_TURNS, KUBE_WAY_WRITES);
  ask(&p, 200, 200, KUBE_QUIET);
  close_place(&p);
}

static void without_tls_nobody_shares(void) {
  place p;
  open_place(&p, true);
  ask(&p, 0, 99, KUBE_SHORT);
  ask(&p, 100, 149, KUBE_QUIET);
  for (int i = 0; i < KUBE_TURNS; i++) goes(&p, i, KUBE_WAY_WRITES);
  for (int i = 100; i < 150; i++) goes(&p, i, KUBE_WAY_WATCHES);
  nobody_goes(&p);
  kube_peer_forget(p.peer);
  kube_peer_leave(&p.turns[0]);
  goes(&p, KUBE_TURNS, KUBE_WAY_WRITES);
  ask(&p, 200, 200, KUBE_QUIET);
  goes(&p, 200, KUBE_WAY_WATCHES);
  close_place(&p);
}

/* The first, which goes, is gone by then. */
static void who_waits_for_a_connection_is_stranded_without_any(void) {
  place p;
  open_place(&p, false);
  ask(&p, 0, 4, KUBE_SHORT);
  ask(&p, 10, 14, KUBE_QUIET);
  goes(&p, 0, KUBE_WAY_SHORT);
  goes(&p, 10, KUBE_WAY_QUIET);
  kube_peer_leave(&p.turns[0]);
  for (int i = 1; i < 5; i++) {
    CHECK(kube_peer_stranded(p.peer, KUBE_LINE_SHORT) == &p.turns[i]);
    kube_peer_leave(&p.turns[i]);
  }
  CHECK(kube_peer_stranded(p.peer, KUBE_LINE_SHORT) == NULL);
  kube_peer_sent(&p.turns[10], true);
  goes(&p, 11, KUBE_WAY_QUIET);
  kube_peer_leave(&p.turns[11]);
  CHECK(kube_peer_stranded(p.peer, KUBE_LINE_QUIET) == NULL); /* there is one */
  goes(&p, 12, KUBE_WAY_QUIET);
  CHECK(kube_peer_stranded(p.peer, KUBE_LINE_TURNS) == NULL);
  CHECK(kube_peer_stranded(p.peer, KUBE_LINE_NONE) == NULL);
  close_place(&p);
}

int main(void) {
  RUN(an_address_has_one_peer);
  RUN(lists_and_watches_go_at_once);
  RUN(writes_take_turns_in_their_order);
  RUN(those_who_share_go_one_by_one);
  RUN(gets_that_share_are_not_without_number);
  RUN(without_http2_gets_take_turns_and_watches_are_alone);
  RUN(without_tls_nobody_shares);
  RUN(who_waits_for_a_connection_is_stranded_without_any);
  return check_report();
}
