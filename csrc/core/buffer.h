/*
** A growable run of bytes with a ceiling: written at its end, taken from its front.
** Valid when zeroed; kube_buffer_clear may be called at any moment and twice.
*/
#ifndef KUBE_CORE_BUFFER_H
#define KUBE_CORE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

typedef struct kube_buffer {
  char *data;
  size_t start;   /* the first byte not taken yet */
  size_t end;     /* one past the last byte written */
  size_t size;    /* allocated */
  size_t ceiling; /* most unread bytes it may hold; 0 is no limit */
} kube_buffer;

/* The unread bytes: a view, valid until the next write or clear. */
static inline const char *kube_buffer_bytes(const kube_buffer *b) { return b->data + b->start; }
static inline size_t kube_buffer_length(const kube_buffer *b) { return b->end - b->start; }

/* The same as a slice, "" when it is empty. */
static inline kube_slice kube_buffer_slice(const kube_buffer *b) {
  const kube_slice slice = {.bytes = b->end > b->start ? b->data + b->start : "",
                            .length = kube_buffer_length(b)};
  return slice;
}

/* Whether both hold the same bytes. */
bool kube_buffer_equal(const kube_buffer *a, const kube_buffer *b);

/* Makes room for n more bytes. KUBE_ENOMEM, or KUBE_ETOOLARGE past the ceiling. */
kube_status kube_buffer_reserve(kube_buffer *b, size_t n, kube_error *err);

/* Appends n bytes; on failure nothing was appended. */
kube_status kube_buffer_add(kube_buffer *b, const void *bytes, size_t n, kube_error *err);
kube_status kube_buffer_add_text(kube_buffer *b, const char *text, kube_error *err);
kube_status kube_buffer_add_char(kube_buffer *b, char c, kube_error *err);
kube_status kube_buffer_printf(kube_buffer *b, kube_error *err, const char *format, ...)
    KUBE_PRINTF(3, 4);

/* Takes n bytes (at most what is there) from the front. */
void kube_buffer_take(kube_buffer *b, size_t n);

/* Puts a NUL behind the bytes, which is not counted; the text, or NULL without memory. */
char *kube_buffer_text(kube_buffer *b, kube_error *err);

/* Hands the bytes, NUL-terminated, to the caller (who frees them) and leaves it empty. */
char *kube_buffer_steal(kube_buffer *b, kube_error *err);

/* Forgets the bytes, keeps the memory. */
static inline void kube_buffer_reset(kube_buffer *b) { b->start = b->end = 0; }

/* Frees. The ceiling stays. */
void kube_buffer_clear(kube_buffer *b);

/* The same for secrets: the memory is wiped first. */
void kube_buffer_clear_secret(kube_buffer *b);

#endif
