/* Who may go, and which way; the contract is in peer.h. */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

/* ---- life ---- */

static kube_peer *find(kube_peer *list, const char *address) {
  while (list && strcmp(list->address, address) != 0) list = list->next;
  return list;
}

kube_peer *kube_peer_get(kube_peer **list, const char *address, bool plain, kube_error *err) {
  kube_peer *peer = find(*list, address);
  int i;
  if (peer) {
    peer->references++;
    return peer;
  }
  peer = calloc(1, sizeof *peer);
  if (peer) peer->address = kube_text_copy(address, err);
  if (peer == NULL || peer->address == NULL) {
    free(peer);
    kube_fail_memory(err, "a server's address");
    return NULL;
  }
  peer->references = 1;
  peer->plain = plain;
  peer->speaks = plain ? 1 : 0;
  for (i = 0; i < KUBE_LINES; i++) peer->lines[i].next = peer->lines[i].previous = &peer->lines[i];
  peer->list = list;
  peer->next = *list;
  *list = peer;
  return peer;
}

void kube_peer_free(kube_peer *peer) {
  kube_peer **at;
  if (peer == NULL || --peer->references > 0) return;
  for (at = peer->list; *at != peer;) at = &(*at)->next;
  *at = peer->next;
  free(peer->address);
  free(peer);
}

/* ---- lines ---- */

static void enter(kube_turn *head, kube_turn *turn) {
  turn->next = head;
  turn->previous = head->previous;
  head->previous->next = turn;
  head->previous = turn;
  turn->waits = true;
}

static kube_turn *first(kube_turn *head) { return head->next == head ? NULL : head->next; }

static void step_out(kube_turn *turn) {
  turn->previous->next = turn->next;
  turn->next->previous = turn->previous;
  turn->waits = false;
}

static kube_way way_of(const kube_peer *peer, kube_kind kind) {
  switch (kind) {
    case KUBE_SHORT: return peer->plain ? KUBE_WAY_WRITES : KUBE_WAY_SHORT;
    case KUBE_QUIET: return peer->speaks == 1 ? KUBE_WAY_WATCHES : KUBE_WAY_QUIET;
    case KUBE_WRITE: return KUBE_WAY_WRITES;
    case KUBE_LIST: return KUBE_WAY_LISTS;
    default: return KUBE_WAY_WATCHES;
  }
}

static kube_line line_of(const kube_peer *peer, kube_way way) {
  switch (way) {
    case KUBE_WAY_SHORT: return peer->speaks == 1 ? KUBE_LINE_TURNS : KUBE_LINE_SHORT;
    case KUBE_WAY_QUIET: return KUBE_LINE_QUIET;
    case KUBE_WAY_WRITES: return KUBE_LINE_TURNS;
    default: return KUBE_LINE_NONE;
  }
}

void kube_peer_ask(kube_peer *peer, kube_turn *turn, kube_kind kind) {
  turn->peer = peer;
  turn->kind = kind;
  turn->way = way_of(peer, kind);
  turn->line = line_of(peer, turn->way);
  enter(&peer->lines[turn->line], turn);
}

/* What waited by what was known before. */
static void line_up_anew(kube_peer *peer) {
  kube_turn all, *turn;
  int i;
  all.next = all.previous = &all;
  for (i = 0; i < KUBE_LINES; i++)
    while ((turn = first(&peer->lines[i])) != NULL) {
      step_out(turn);
      enter(&all, turn);
    }
  while ((turn = first(&all)) != NULL) {
    step_out(turn);
    kube_peer_ask(peer, turn, turn->kind);
  }
  peer->changed = false;
}

/* ---- who goes ---- */

static bool has_room(const kube_peer *peer, int line) {
  switch (line) {
    case KUBE_LINE_SHORT: return !peer->unsent[line] && peer->going[line] < KUBE_SHARED_TURNS;
    case KUBE_LINE_QUIET: return !peer->unsent[line];
    case KUBE_LINE_TURNS: return peer->going[line] < KUBE_TURNS;
    default: return true;
  }
}

static bool is_one_by_one(kube_line line) {
  return line == KUBE_LINE_SHORT || line == KUBE_LINE_QUIET;
}

kube_turn *kube_peer_next(kube_peer *peer) {
  kube_turn *turn = NULL;
  int i;
  if (peer->changed) line_up_anew(peer);
  for (i = 0; i < KUBE_LINES && turn == NULL; i++)
    if (has_room(peer, i)) turn = first(&peer->lines[i]);
  if (turn == NULL) return NULL;
  step_out(turn);
  turn->goes = true;
  peer->going[turn->line]++;
  if (is_one_by_one(turn->line)) peer->unsent[turn->line] = turn;
  return turn;
}

static void no_longer_unsent(kube_turn *turn) {
  kube_turn **unsent = &turn->peer->unsent[turn->line];
  if (*unsent == turn) *unsent = NULL;
}

void kube_peer_sent(kube_turn *turn, bool http2) {
  kube_peer *peer = turn->peer;
  const int speaks = http2 ? 2 : 1;
  peer->changed = peer->changed || speaks != peer->speaks;
  peer->speaks = speaks;
  peer->sent[turn->line] += !turn->sent;
  turn->sent = true;
  no_longer_unsent(turn);
}

void kube_peer_leave(kube_turn *turn) {
  kube_peer *peer = turn->peer;
  if (peer == NULL) return;
  if (turn->waits) step_out(turn);
  peer->going[turn->line] -= turn->goes;
  peer->sent[turn->line] -= turn->sent;
  no_longer_unsent(turn);
  memset(turn, 0, sizeof *turn);
}

bool kube_peer_is_awaited(const kube_peer *peer) {
  int i;
  for (i = 0; i < KUBE_LINES; i++)
    if (peer->lines[i].next != &peer->lines[i]) return true;
  return false;
}

kube_turn *kube_peer_stranded(kube_peer *peer, kube_line line) {
  kube_turn *turn = is_one_by_one(line) && peer->sent[line] == 0 ? first(&peer->lines[line]) : NULL;
  if (turn) step_out(turn);
  return turn;
}

void kube_peer_forget(kube_peer *peer) { peer->speaks = peer->plain ? 1 : 0; }
