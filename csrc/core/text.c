/* Small things to do with text; the contract is in text.h. */
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char *kube_text_copy(const char *text, kube_error *err) {
  char *copy;
  if (text == NULL) return NULL;
  copy = strdup(text);
  if (copy == NULL) kube_fail_memory(err, "a text");
  return copy;
}

kube_status kube_text_copy_to(char **to, const char *text, kube_error *err) {
  if (text == NULL) return KUBE_OK;
  *to = kube_text_copy(text, err);
  return *to ? KUBE_OK : KUBE_ENOMEM;
}

bool kube_text_equal(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

kube_status kube_text_escape(kube_buffer *out, const char *text, size_t n, kube_error *err) {
  static const char hex[] = "0123456789ABCDEF";
  size_t i;
  kube_status status = kube_buffer_reserve(out, n * 3, err);
  for (i = 0; i < n && status == KUBE_OK; i++) {
    unsigned char c = (unsigned char)text[i];
    char code[3] = {'%', hex[c >> 4], hex[c & 15]};
    status = is_unreserved(c) ? kube_buffer_add_char(out, (char)c, err)
                              : kube_buffer_add(out, code, sizeof code, err);
  }
  return status;
}

/* Not with %g, which writes a comma where the program's locale does. */
static kube_status add_seconds(kube_buffer *out, long long ms, kube_error *err) {
  long long fraction = ms % 1000;
  int digits = 3;
  if (fraction == 0) return kube_buffer_printf(out, err, "%llds", ms / 1000);
  for (; fraction % 10 == 0; fraction /= 10) digits--;
  return kube_buffer_printf(out, err, "%lld.%0*llds", ms / 1000, digits, fraction);
}

kube_status kube_text_duration(kube_buffer *out, long long ms, kube_error *err) {
  const long long minutes = ms / 60000;
  kube_status status = KUBE_OK;
  if (ms == 0) return kube_buffer_add_text(out, "0s", err);
  if (ms < 1000) return kube_buffer_printf(out, err, "%lldms", ms);
  if (minutes >= 60) status = kube_buffer_printf(out, err, "%lldh", minutes / 60);
  if (minutes && status == KUBE_OK) status = kube_buffer_printf(out, err, "%lldm", minutes % 60);
  return status == KUBE_OK ? add_seconds(out, ms % 60000, err) : status;
}

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/* Whether a text has the form of base64: OpenSSL takes '=' anywhere, and '-' at the end. */
static bool is_base64(const char *text, size_t n, size_t padding) {
  size_t i;
  if (n % 4 || n > 0x7fffffff) return false;
  for (i = 0; i < n - padding; i++)
    if (!isalnum((unsigned char)text[i]) && text[i] != '+' && text[i] != '/') return false;
  return true;
}

kube_status kube_text_base64_decode(kube_buffer *out, const char *text, size_t n, kube_error *err) {
  kube_buffer packed = {0}; /* the text without its line breaks: maybe a key, so it is wiped */
  size_t i, length, padding = 0;
  int decoded;
  kube_status status = kube_buffer_reserve(&packed, n + 1, err);
  for (i = 0; i < n && status == KUBE_OK; i++)
    if (!is_space(text[i])) status = kube_buffer_add_char(&packed, text[i], err);
  length = kube_buffer_length(&packed);
  if (status == KUBE_OK && length > 0) status = kube_buffer_reserve(out, length, err);
  if (status == KUBE_OK && length > 0) {
    const char *bytes = kube_buffer_bytes(&packed);
    while (padding < 2 && padding < length && bytes[length - 1 - padding] == '=') padding++;
    decoded = !is_base64(bytes, length, padding)
                  ? -1
                  : EVP_DecodeBlock((unsigned char *)out->data + out->end,
                                    (const unsigned char *)bytes, (int)length);
    if (decoded < 0 || (size_t)decoded < padding)
      status = kube_fail(err, KUBE_EDECODE, "not base64");
    else
      out->end += (size_t)decoded - padding;
  }
  kube_buffer_clear_secret(&packed);
  return status;
}

kube_status kube_text_base64_encode(kube_buffer *out, const void *bytes, size_t n,
                                    kube_error *err) {
  kube_status status = kube_buffer_reserve(out, (n + 2) / 3 * 4 + 1, err);
  if (status != KUBE_OK) return status;
  if (n > 0x3fffffff) return kube_fail(err, KUBE_ETOOLARGE, "too long for base64");
  out->end += (size_t)EVP_EncodeBlock((unsigned char *)out->data + out->end, bytes, (int)n);
  return KUBE_OK;
}

kube_status kube_file_read(const char *path, size_t ceiling, kube_buffer *out, kube_error *err) {
  char chunk[4096];
  kube_status status = KUBE_OK;
  size_t n, total = 0;
  struct stat info;
  FILE *file = fopen(path, "re");
  if (file == NULL) return kube_fail(err, KUBE_ESYSTEM, "%s: %s", path, strerror(errno));
  setvbuf(file, NULL, _IONBF, 0); /* it may be a key: no copy in a buffer that is not wiped */
  if (fstat(fileno(file), &info) == 0 && info.st_size > 0 && (size_t)info.st_size <= ceiling)
    status = kube_buffer_reserve(out, (size_t)info.st_size, err); /* no copies as it grows */
  while (status == KUBE_OK && (n = fread(chunk, 1, sizeof chunk, file)) > 0) {
    total += n;
    status = total > ceiling
                 ? kube_fail(err, KUBE_ETOOLARGE, "%s: more than %zu bytes", path, ceiling)
                 : kube_buffer_add(out, chunk, n, err);
  }
  if (status == KUBE_OK && ferror(file))
    status = kube_fail(err, KUBE_ESYSTEM, "%s: %s", path, strerror(errno));
  OPENSSL_cleanse(chunk, sizeof chunk); /* it may have been a key */
  fclose(file);
  return status;
}
