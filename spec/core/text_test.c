/* Escaping, base64 and files. */
#include "../../csrc/core/text.h"

#include <unistd.h>

#include "../support/check.h"

static void copies(void) {
  kube_error err = {0};
  char *copy = kube_text_copy("abc", &err);
  CHECK(copy && strcmp(copy, "abc") == 0);
  free(copy);
  CHECK(kube_text_copy(NULL, &err) == NULL && err.status == KUBE_OK);
}

/* ---- URLs ---- */

static void escapes(void) {
  static const struct {
    const char *text, *want;
  } cases[] = {
      {"", ""},
      {"plain-text_1.2~3", "plain-text_1.2~3"},
      {"a b", "a%20b"},
      {"app=web,tier in (a,b)", "app%3Dweb%2Ctier%20in%20%28a%2Cb%29"},
      {"100%", "100%25"},
      {"a/b?c#d&e+f", "a%2Fb%3Fc%23d%26e%2Bf"},
      {"!*'\"`<>[]{}|\\^:;@$", "%21%2A%27%22%60%3C%3E%5B%5D%7B%7D%7C%5C%5E%3A%3B%40%24"},
      {"\r\nHost: x", "%0D%0AHost%3A%20x"},
      {"\xC3\xA9", "%C3%A9"},
      {"\x01\x7F\xFF", "%01%7F%FF"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_buffer out = {0};
    char *exact = check_exact(cases[i].text, strlen(cases[i].text));
    check_about = cases[i].text;
    CHECK(kube_text_escape(&out, exact, strlen(cases[i].text), NULL) == KUBE_OK);
    CHECK_TEXT(kube_buffer_bytes(&out), kube_buffer_length(&out), cases[i].want);
    free(exact);
    kube_buffer_clear(&out);
  }
}

/* Only RFC 3986's unreserved characters stay as they are; NUL too is escaped. */
static void every_byte_is_escaped_or_unreserved(void) {
  static const char unreserved[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  for (int c = 0; c < 256; c++) {
    kube_buffer out = {0};
    const char byte = (char)c;
    char want[4];
    if (c != 0 && strchr(unreserved, c))
      snprintf(want, sizeof want, "%c", c);
    else
      snprintf(want, sizeof want, "%%%02X", (unsigned)c);
    kube_text_escape(&out, &byte, 1, NULL);
    CHECK_TEXT(kube_buffer_bytes(&out), kube_buffer_length(&out), want);
    kube_buffer_clear(&out);
  }
}

/* ---- base64 ---- */

/* RFC 4648, section 10. */
static const struct {
  const char *plain, *coded;
} vectors[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};

static void the_vectors_of_the_rfc(void) {
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    kube_buffer out = {0};
    check_about = vectors[i].coded;
    CHECK(kube_text_base64_encode(&out, vectors[i].plain, strlen(vectors[i].plain), NULL) ==
          KUBE_OK);
    CHECK_TEXT(kube_buffer_bytes(&out), kube_buffer_length(&out), vectors[i].coded);
    kube_buffer_reset(&out);
    kube_buffer_add_text(&out, ">", NULL);
    CHECK(kube_text_base64_decode(&out, vectors[i].coded, strlen(vectors[i].coded), NULL) ==
          KUBE_OK);
    kube_buffer_take(&out, 1); /* appended, not put in place of what was there */
    CHECK_TEXT(kube_buffer_bytes(&out), kube_buffer_length(&out), vectors[i].plain);
    kube_buffer_clear(&out);
  }
}

static void white_space_is_skipped(void) {
  static const char *const texts[] = {"Zm9v\nYmFy\n", "Zm9v\r\nYmFy\r\n", " Zm 9vYm\tFy",
                                      "\n\nZm9vYmFy"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    kube_buffer out = {0};
    check_about = texts[i];
    CHECK(kube_text_base64_decode(&out, texts[i], strlen(texts[i]), NULL) == KUBE_OK);
    CHECK_TEXT(kube_buffer_bytes(&out), kube_buffer_length(&out), "foobar");
    kube_buffer_clear(&out);
  }
}

static void what_is_not_base64_is_refused(void) {
  static const char *const bad[] = {
      "Z",           "Zg",       "Zg=",      "Zm9vY",       "Zm9vYg=",  "=",    "==",
      "===",         "====",     "Z===",     "Zg==Zg==",    "Zg==Zm9v", "Zm=v", "Z=9v",
      "=m9v",        "Zm9v====", "Zm9v----", "----",        "Zm9-",     "Zm9_", "Zm9v!A==",
      "Zm9v\x80g==", "Zm9v.AAA", "Zm\v9v",   "SECRETMARK!", "Zg=A",     "Zg-=", "AAA\xFF"};
  kube_buffer zero = {0};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    kube_buffer out = {0};
    kube_error err = {0};
    char *exact = check_exact(bad[i], strlen(bad[i]));
    check_about = bad[i];
    kube_buffer_add_text(&out, "kept", NULL);
    CHECK(kube_text_base64_decode(&out, exact, strlen(bad[i]), &err) == KUBE_EDECODE);
    CHECK_TEXT(err.message, strlen(err.message), "not base64");
    CHECK_TEXT(kube_buffer_bytes(&out), kube_buffer_length(&out), "kept");
    free(exact);
    kube_buffer_clear(&out);
  }
  CHECK(kube_text_base64_decode(&zero, "Zm\0v", 4, NULL) == KUBE_EDECODE);
  kube_buffer_clear(&zero);
}

static void bytes_come_back(void) {
  unsigned char bytes[300];
  bool same = true;
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 37 + i / 256);
  for (size_t n = 0; n <= sizeof bytes && same; n++) {
    kube_buffer coded = {0}, plain = {0};
    kube_text_base64_encode(&coded, bytes, n, NULL);
    same = kube_text_base64_decode(&plain, kube_buffer_bytes(&coded), kube_buffer_length(&coded),
                                   NULL) == KUBE_OK &&
           kube_buffer_length(&plain) == n &&
           (n == 0 || memcmp(kube_buffer_bytes(&plain), bytes, n) == 0);
    kube_buffer_clear(&coded);
    kube_buffer_clear(&plain);
  }
  CHECK(same);
}

/* ---- files ---- */

static void files(void) {
  char path[] = "/tmp/text_test.XXXXXX", want[128];
  kube_buffer out = {0};
  kube_error err = {0};
  char block[9000];
  const int fd = mkstemp(path);
  memset(block, 'b', sizeof block);
  CHECK(write(fd, block, sizeof block) == (ssize_t)sizeof block);
  close(fd);
  CHECK(kube_file_read(path, 9000, &out, &err) == KUBE_OK);
  CHECK(kube_buffer_length(&out) == 9000 && memcmp(kube_buffer_bytes(&out), block, 9000) == 0);
  CHECK(kube_file_read(path, 8999, &out, &err) == KUBE_ETOOLARGE);
  snprintf(want, sizeof want, "%s: more than 8999 bytes", path);
  CHECK_TEXT(err.message, strlen(err.message), want);
  unlink(path);
  CHECK(kube_file_read(path, 9000, &out, &err) == KUBE_ESYSTEM);
  snprintf(want, sizeof want, "%s: No such file or directory", path);
  CHECK_TEXT(err.message, strlen(err.message), want);
  CHECK(kube_file_read("/tmp", 9000, &out, &err) == KUBE_ESYSTEM);
  CHECK_TEXT(err.message, strlen(err.message), "/tmp: Is a directory");
  kube_buffer_clear(&out);
}

/* Go's time.Duration.String. */
static void durations(void) {
  static const struct {
    long long ms;
    const char *text;
  } rows[] = {{0, "0s"},           {1, "1ms"},          {999, "999ms"},
              {1000, "1s"},        {1500, "1.5s"},      {1050, "1.05s"},
              {1001, "1.001s"},    {60000, "1m0s"},     {92500, "1m32.5s"},
              {3600000, "1h0m0s"}, {3605000, "1h0m5s"}, {360000000, "100h0m0s"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    kube_buffer out = {0};
    CHECK(kube_text_duration(&out, rows[i].ms, NULL) == KUBE_OK);
    CHECK_STRING(kube_buffer_text(&out, NULL), rows[i].text);
    kube_buffer_clear(&out);
  }
}

int main(void) {
  RUN(copies);
  RUN(escapes);
  RUN(every_byte_is_escaped_or_unreserved);
  RUN(the_vectors_of_the_rfc);
  RUN(white_space_is_skipped);
  RUN(what_is_not_base64_is_refused);
  RUN(bytes_come_back);
  RUN(durations);
  RUN(files);
  return check_report();
}
