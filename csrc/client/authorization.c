/* The header that says who we are; the contract is in authorization.h. */
#include "authorization.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

kube_status kube_bearer_line(const char *token, size_t n, char **line, kube_error *err) {
  kube_buffer text = {0};
  kube_status status;
  while (n > 0 && strchr(" \t\r\n", token[n - 1])) n--;
  while (n > 0 && strchr(" \t\r\n", *token)) token++, n--;
  if (n == 0) return kube_fail(err, KUBE_ECONFIG, "the token is empty");
  if (memchr(token, '\n', n) || memchr(token, '\r', n) || memchr(token, '\0', n))
    return kube_fail(err, KUBE_ECONFIG, "the token holds a line break");
  status = kube_buffer_add_text(&text, "Authorization: Bearer ", err);
  if (status == KUBE_OK) status = kube_buffer_add(&text, token, n, err);
  *line = status == KUBE_OK ? kube_buffer_steal(&text, err) : NULL;
  kube_buffer_clear_secret(&text);
  return *line || status != KUBE_OK ? status : KUBE_ENOMEM;
}

kube_status kube_basic_line(const char *name, const char *password, char **line, kube_error *err) {
  kube_buffer pair = {0}, text = {0};
  kube_status status = kube_buffer_printf(&pair, err, "%s:%s", name, password);
  if (status == KUBE_OK) status = kube_buffer_add_text(&text, "Authorization: Basic ", err);
  if (status == KUBE_OK)
    status =
        kube_text_base64_encode(&text, kube_buffer_bytes(&pair), kube_buffer_length(&pair), err);
  *line = status == KUBE_OK ? kube_buffer_steal(&text, err) : NULL;
  kube_buffer_clear_secret(&pair);
  kube_buffer_clear_secret(&text);
  return *line || status != KUBE_OK ? status : KUBE_ENOMEM;
}

void kube_secret_free(char *text) {
  if (text) OPENSSL_cleanse(text, strlen(text));
  free(text);
}

void kube_secrets_free(char **texts) {
  size_t i;
  for (i = 0; texts && texts[i]; i++) kube_secret_free(texts[i]);
  free(texts);
}
