/* Descriptors watched for others; the contract is in watcher.h. */
#include "watcher.h"

#include <limits.h>

#include "engine.h"

static kube_watcher *find(const kube_watchers *watchers, unsigned tag) {
  kube_watcher *watcher = watchers->first;
  while (watcher && watcher->tag != tag) watcher = watcher->next;
  return watcher;
}

/*
** Tags are used in turn: of two watchers of one number of a descriptor, the second does not get an
** event that was there for the first. Those below KUBE_WAYS are libcurl's.
*/
static unsigned next_tag(kube_watchers *watchers) {
  do {
    watchers->last_tag = watchers->last_tag == UINT_MAX ? 0 : watchers->last_tag + 1;
  } while (watchers->last_tag < KUBE_WAYS || find(watchers, watchers->last_tag));
  return watchers->last_tag;
}

kube_status kube_watcher_start(kube_engine *engine, kube_watcher *watcher, kube_error *err) {
  kube_watchers *all = &engine->watchers;
  const unsigned tag = next_tag(all);
  kube_status status = kube_poller_watch(&engine->poller, watcher->fd, tag, true, false, err);
  if (status != KUBE_OK) return status;
  watcher->tag = tag;
  watcher->previous = NULL;
  watcher->next = all->first;
  if (all->first) all->first->previous = watcher;
  all->first = watcher;
  return KUBE_OK;
}

void kube_watcher_stop(kube_engine *engine, kube_watcher *watcher) {
  if (watcher->tag == 0) return;
  if (kube_engine_is_ours(engine)) /* a child would stop the parent's */
    kube_poller_forget(&engine->poller, watcher->fd);
  if (watcher->next) watcher->next->previous = watcher->previous;
  if (watcher->previous)
    watcher->previous->next = watcher->next;
  else
    engine->watchers.first = watcher->next;
  watcher->next = watcher->previous = NULL;
  watcher->tag = 0;
}

void kube_watchers_note(kube_watchers *watchers, unsigned tag) {
  kube_watcher *watcher = find(watchers, tag);
  if (watcher) watcher->note(watcher);
}
