/* Bytes that grow; the contract is in buffer.h. */
#include "buffer.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 1024 };

/* Moves the unread bytes to the front, so that what was taken can be used again. */
static void compact(kube_buffer *b) {
  if (b->start == 0) return;
  memmove(b->data, b->data + b->start, b->end - b->start);
  b->end -= b->start;
  b->start = 0;
}

static kube_status check_ceiling(const kube_buffer *b, size_t n, kube_error *err) {
  if (b->ceiling && (n > b->ceiling || b->end - b->start > b->ceiling - n))
    return kube_fail(err, KUBE_ETOOLARGE, "more than %zu bytes", b->ceiling);
  return KUBE_OK;
}

kube_status kube_buffer_reserve(kube_buffer *b, size_t n, kube_error *err) {
  size_t unread = b->end - b->start, size;
  char *data;
  if (check_ceiling(b, n, err) != KUBE_OK) return KUBE_ETOOLARGE;
  if (b->size - b->end >= n && b->data) return KUBE_OK;
  if (n > (size_t)-1 / 2 - unread) return kube_fail_memory(err, "a buffer");
  /* Compacting is free of charge when at least half was taken: each byte moves once. */
  if (b->start >= unread && b->size - unread >= n && b->data) {
    compact(b);
    return KUBE_OK;
  }
  size = b->size ? b->size : FIRST_SIZE;
  while (size < unread + n) size *= 2;
  compact(b);
  data = realloc(b->data, size);
  if (data == NULL)
    return kube_fail(err, KUBE_ENOMEM, "out of memory: no room for %zu bytes", size);
  b->data = data;
  b->size = size;
  return KUBE_OK;
}

/* Room for n bytes and a NUL, which does not count against the ceiling. */
static kube_status reserve_text(kube_buffer *b, size_t n, kube_error *err) {
  size_t ceiling = b->ceiling;
  kube_status status = check_ceiling(b, n, err);
  if (status != KUBE_OK) return status;
  b->ceiling = 0;
  status = kube_buffer_reserve(b, n + 1, err);
  b->ceiling = ceiling;
  return status;
}

kube_status kube_buffer_add(kube_buffer *b, const void *bytes, size_t n, kube_error *err) {
  kube_status status = kube_buffer_reserve(b, n, err);
  if (status != KUBE_OK) return status;
  if (n) memcpy(b->data + b->end, bytes, n);
  b->end += n;
  return KUBE_OK;
}

kube_status kube_buffer_add_text(kube_buffer *b, const char *text, kube_error *err) {
  return kube_buffer_add(b, text, strlen(text), err);
}

kube_status kube_buffer_add_char(kube_buffer *b, char c, kube_error *err) {
  return kube_buffer_add(b, &c, 1, err);
}

kube_status kube_buffer_printf(kube_buffer *b, kube_error *err, const char *format, ...) {
  va_list args;
  kube_status status;
  int n;
  va_start(args, format);
  n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (n < 0) return kube_fail(err, KUBE_EUSAGE, "bad format");
  status = reserve_text(b, (size_t)n, err);
  if (status != KUBE_OK) return status;
  va_start(args, format);
  vsnprintf(b->data + b->end, (size_t)n + 1, format, args);
  va_end(args);
  b->end += (size_t)n;
  return KUBE_OK;
}

void kube_buffer_take(kube_buffer *b, size_t n) {
  size_t unread = b->end - b->start;
  b->start += n < unread ? n : unread;
  if (b->start == b->end) b->start = b->end = 0;
}

char *kube_buffer_text(kube_buffer *b, kube_error *err) {
  if (reserve_text(b, 0, err) != KUBE_OK) return NULL;
  b->data[b->end] = '\0';
  return b->data + b->start;
}

char *kube_buffer_steal(kube_buffer *b, kube_error *err) {
  char *text;
  if (kube_buffer_text(b, err) == NULL) return NULL;
  compact(b);
  text = b->data;
  text[b->end] = '\0';
  b->data = NULL;
  b->start = b->end = b->size = 0;
  return text;
}

void kube_buffer_clear(kube_buffer *b) {
  free(b->data);
  b->data = NULL;
  b->start = b->end = b->size = 0;
}

void kube_buffer_clear_secret(kube_buffer *b) {
  if (b->data) OPENSSL_cleanse(b->data, b->size);
  kube_buffer_clear(b);
}

bool kube_buffer_equal(const kube_buffer *a, const kube_buffer *b) {
  const kube_slice one = kube_buffer_slice(a), two = kube_buffer_slice(b);
  return one.length == two.length && memcmp(one.bytes, two.bytes, one.length) == 0;
}
