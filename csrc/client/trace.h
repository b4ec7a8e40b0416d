/*
** What is told of a call while it runs: lines of the log, the warnings of its answers, and what it
** took. call.c says where it is; nothing here changes what a call does, and a failure is told to
** nobody.
**
** | level        | client-go                           | here                                     |
** |--------------|-------------------------------------|------------------------------------------|
** | 3            | a wait for a turn of 50 ms or more  | the same                                 |
** | 4            | a rest before another try           | the same                                 |
** | 6            | Response: verb, url, status, ms     | the same, on one line                    |
** | 7            | Request: verb, url, headers;        | the same; Response says verb and url,    |
** |              | Response: status, ms                | since many requests run at a time        |
** | 8            | headers of the answer, bodies up to | the same, of lists, watches and streams  |
** |              | 1,024 bytes                         | too: the beginning of what came          |
** | 9            | a curl command, timings, bodies up  | the same; the command can be pasted into |
** |              | to 10,240 bytes                     | a shell                                  |
** | 10           | whole bodies                        | up to 1 MiB                              |
** | no answer    | an empty status                     | why there was none                       |
** | not printable| a dump in hexadecimal               | escapes, "\x00": a line stays one        |
** What is masked: redact.h. Rules: client-go transport/round_trippers.go, rest/request.go logBody and
** truncateBody, tools/metrics.
*/
#ifndef KUBE_CLIENT_TRACE_H
#define KUBE_CLIENT_TRACE_H

#include "core/log.h"
#include "core/transfer.h"
#include "warning.h"

/* What a call keeps for it. Valid when zeroed. */
typedef struct kube_trace {
  double began, ended; /* seconds of the engine's clock; ended 0: it goes on */
  double sent;         /* when the exchange under way was */
  long long bytes_sent;
  bool told; /* that the exchange under way was answered, or why it was not */
  kube_warnings warnings;
} kube_trace;

/* Of an exchange that was just started: the beginning of its answer is to be told. */
void kube_trace_copy(kube_transfer *transfer);

/* An exchange was sent; its headers are there; it is about to be given up, whether it ended or not. */
void kube_trace_sent(kube_call *call);
void kube_trace_answered(kube_call *call);
void kube_trace_over(kube_call *call);

/* It waits so many ms for its turn (throttle.h); it rests so many, and is sent again. */
void kube_trace_throttled(const kube_call *call, long long ms);
void kube_trace_rests(const kube_call *call, long long ms, const kube_error *err);

/* The call is made; it has come to its end. */
void kube_trace_begin(kube_call *call);
void kube_trace_end(kube_call *call);

/* Fills in what is not HTTP's. */
void kube_trace_info(const kube_call *call, kube_call_info *info);

void kube_trace_clear(kube_trace *trace);

/* Pure, for the above and for tests. */

/* How many bytes of a body a level shows. */
size_t kube_trace_body_shown(int level);

/* Appends bytes of which there were n in all: what is not there is told, "[truncated 5 chars]". */
void kube_trace_add_body(kube_log_line *line, kube_slice bytes, size_t n);

#endif
