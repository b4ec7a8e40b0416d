/* Small things to do with text. */
#ifndef KUBE_CORE_TEXT_H
#define KUBE_CORE_TEXT_H

#include "buffer.h"

/* A copy for the caller to free; NULL and *err without memory. NULL gives NULL and no error. */
char *kube_text_copy(const char *text, kube_error *err);

/* The same into *to, which nothing was in; NULL leaves it. KUBE_ENOMEM. */
kube_status kube_text_copy_to(char **to, const char *text, kube_error *err);

/* Whether two texts are the same; NULL is only itself. */
bool kube_text_equal(const char *a, const char *b);

/*
** Appends text percent-encoded for a URL: all but letters, digits and -._~ (RFC 3986, section 2.3).
*/
kube_status kube_text_escape(kube_buffer *out, const char *text, size_t n, kube_error *err);

/*
** Appends what standard base64 (RFC 4648, section 4; line breaks are skipped) stands for.
** KUBE_EDECODE.
*/
kube_status kube_text_base64_decode(kube_buffer *out, const char *text, size_t n, kube_error *err);

/* Appends the base64 of n bytes. */
kube_status kube_text_base64_encode(kube_buffer *out, const void *bytes, size_t n, kube_error *err);

/* Appends a duration as Go writes it: "1h0m5s", "1.5s", "300ms" (Duration.String). */
kube_status kube_text_duration(kube_buffer *out, long long ms, kube_error *err);

/*
** Appends the content of a file; KUBE_ESYSTEM with the path and why, KUBE_ETOOLARGE past the
** ceiling.
*/
kube_status kube_file_read(const char *path, size_t ceiling, kube_buffer *out, kube_error *err);

#endif
