/*
** Warning headers: what a server has to say beside an answer. Pure.
**   299 - "policy/v1beta1 PodSecurityPolicy is deprecated" "Tue, 15 Nov 1994 08:12:31 GMT", 299 - ...
** Rules: RFC 7234, section 5.5; apimachinery pkg/util/net/http.go ParseWarningHeader.
*/
#ifndef KUBE_CLIENT_WARNING_H
#define KUBE_CLIENT_WARNING_H

#include "core/buffer.h"

/* One that was read; it owns its texts. Valid when zeroed. */
typedef struct kube_warning_text {
  int code;
  char *agent, *text;
} kube_warning_text;

void kube_warning_text_clear(kube_warning_text *warning);

/*
** Reads the first warning of a header's value and moves *header past it: to what follows the comma,
** empty at the end. KUBE_EDECODE: the rest of that value is of no use.
*/
kube_status kube_warning_parse(kube_slice *header, kube_warning_text *warning, kube_error *err);

/* Appends text with its encoded words (RFC 2047) decoded. KUBE_EDECODE: of a charset unknown here. */
kube_status kube_words_decode(kube_buffer *out, kube_slice text, kube_error *err);

enum {
  KUBE_WARNINGS_KEPT = 32,
  /*
  ** Bytes of a header. API servers send 4,096 characters in all (apiserver
  ** pkg/endpoints/filters/warning.go); each "=?" of more is looked through to its end.
  */
  KUBE_WARNING_LONGEST = 32 << 10
};

/* Those that nobody took yet, the oldest at first. Valid when zeroed. */
typedef struct kube_warnings {
  kube_warning_text *list;
  unsigned first, count;   /* in the ring that list is */
  kube_warning_text taken; /* which somebody looks at */
} kube_warnings;

void kube_warnings_clear(kube_warnings *warnings);

/*
** Adds what a header's value has of code 299 and says something. What is malformed, longer than any
** server sends, or too much for the memory is passed over: it is no reason to fail. Where there are too
** many the oldest goes.
*/
void kube_warnings_add(kube_warnings *warnings, const char *header);

/* See kube_call_next_warning. */
bool kube_warnings_take(kube_warnings *warnings, kube_warning *warning);

#endif
