/*
** Failure is a value. The caller owns the kube_error (see kube.h); nothing is
** allocated to report a failure, and a message never holds a token, a key or a body.
*/
#ifndef KUBE_CORE_ERROR_H
#define KUBE_CORE_ERROR_H

#include "../kube.h"

#if defined(__GNUC__)
#define KUBE_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define KUBE_PRINTF(text, first)
#endif

/*
** Fills *err (err may be NULL) with status, the reason that belongs to it and the
** formatted message, and returns status: `return kube_fail(err, KUBE_ENOMEM, "...")`.
** A message that is too long ends in "...".
*/
kube_status kube_fail(kube_error *err, kube_status status, const char *format, ...)
    KUBE_PRINTF(3, 4);

/* The same for memory that could not be had: what is a noun phrase, "a watch". */
kube_status kube_fail_memory(kube_error *err, const char *what);

/* Makes another kind of failure of *err, keeping its message; returns status. */
kube_status kube_error_turn(kube_error *err, kube_status status);

/* Puts "context: " before the message that *err already holds. */
void kube_error_prefix(kube_error *err, const char *format, ...) KUBE_PRINTF(2, 3);

/* Puts ": text" behind it, without the white space at the text's end; nothing for an empty one. */
void kube_error_suffix(kube_error *err, const char *text, size_t n);

/* The same with another separator than ": ". */
void kube_error_append(kube_error *err, const char *separator, const char *text, size_t n);

/* Ends a message that was too long in "...", without cutting a UTF-8 sequence in half. */
void kube_error_mark_cut(kube_error *err);

/*
** Makes control characters in *err question marks: a message is shown on terminals, and parts of it
** come from servers. kube_fail does so by itself.
*/
void kube_error_tame(kube_error *err);

/* Makes *err say that nothing is wrong. */
void kube_error_clear(kube_error *err);

#endif
