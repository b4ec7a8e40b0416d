/*
** A token bucket: how many requests a configuration sends each second, over all its clients. Pure, with
** the time of its caller. Off where qps is 0, as a zeroed one is.
**
** | case                     | client-go                         | here                            |
** | nothing is asked for     | 5 a second, 10 at once            | no throttle: the server has one |
** | a wait past the deadline | an error at once                  | the same                        |
** | the deadline             | counts from the end of the wait   | from the beginning              |
** | a watch                  | waits only when it is tried again | the same                        |
** Rules: client-go util/flowcontrol/throttle.go on golang.org/x/time/rate.
*/
#ifndef KUBE_CLIENT_THROTTLE_H
#define KUBE_CLIENT_THROTTLE_H

#include <stdbool.h>

typedef struct kube_throttle {
  double qps;    /* tokens that come each second; 0: off */
  double burst;  /* so many at most */
  double tokens; /* less than 0: so many are owed */
  double last;   /* ms: when that was true */
  bool running;
} kube_throttle;

/* Takes a token: ms until it is there (0: now), or -1: that would be after most ms, and none was taken.
** most < 0: whenever. */
long long kube_throttle_take(kube_throttle *throttle, long long now, long long most);

/* Gives back a token that was taken for the time due, which has not come yet. */
void kube_throttle_give_back(kube_throttle *throttle, long long now, long long due);

#endif
