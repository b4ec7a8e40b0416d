/* Bytes that grow, against the simplest form of themselves. */
#include "../../csrc/core/buffer.h"

#include "../support/check.h"

static uint32_t seed = 1;

static uint32_t draw(uint32_t bound) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % bound;
}

static void zeroed_is_empty(void) {
  kube_buffer b = {0};
  CHECK(kube_buffer_length(&b) == 0);
  kube_buffer_take(&b, 5);
  CHECK(kube_buffer_length(&b) == 0);
  CHECK(kube_buffer_add(&b, NULL, 0, NULL) == KUBE_OK);
  CHECK(kube_buffer_length(&b) == 0);
  kube_buffer_clear(&b);
  kube_buffer_clear(&b);
  kube_buffer_clear_secret(&b);
  CHECK(b.data == NULL && b.size == 0);
}

/* What went in comes out, whatever is added and taken in between. */
static void random_histories(void) {
  static char model[1 << 20];
  for (int history = 0; history < 50; history++) {
    kube_buffer b = {0};
    size_t start = 0, end = 0;
    bool same = true;
    for (int i = 0; i < 400 && same; i++) {
      if (draw(2)) {
        const size_t n = draw(draw(10) ? 100 : 5000);
        if (end + n > sizeof model) break;
        for (size_t k = 0; k < n; k++) model[end + k] = (char)draw(256);
        same = kube_buffer_add(&b, model + end, n, NULL) == KUBE_OK;
        end += n;
      } else {
        const size_t n = draw(3000), unread = end - start;
        kube_buffer_take(&b, n);
        start += n < unread ? n : unread;
      }
      same = same && kube_buffer_length(&b) == end - start &&
             (end == start || memcmp(kube_buffer_bytes(&b), model + start, end - start) == 0);
    }
    CHECK(same);
    kube_buffer_clear(&b);
  }
}

/* A stream that is read as it comes needs no more memory than what is unread. */
static void taken_room_is_used_again(void) {
  kube_buffer b = {0};
  char block[1000] = {0};
  for (int i = 0; i < 10000; i++) {
    kube_buffer_add(&b, block, sizeof block, NULL);
    if (i > 0) kube_buffer_take(&b, sizeof block);
  }
  CHECK(kube_buffer_length(&b) == sizeof block);
  CHECK(b.size <= 8192);
  kube_buffer_clear(&b);
}

static void a_ceiling_holds(void) {
  kube_buffer b = {.ceiling = 10};
  kube_error err = {0};
  CHECK(kube_buffer_add(&b, "0123456789", 10, &err) == KUBE_OK);
  CHECK(kube_buffer_add_char(&b, 'x', &err) == KUBE_ETOOLARGE);
  CHECK_TEXT(err.reason, strlen(err.reason), "TooLarge");
  CHECK_TEXT(err.message, strlen(err.message), "more than 10 bytes");
  CHECK_TEXT(kube_buffer_bytes(&b), kube_buffer_length(&b), "0123456789");
  kube_buffer_take(&b, 4);
  CHECK(kube_buffer_add(&b, "abcd", 4, &err) == KUBE_OK);
  CHECK(kube_buffer_add(&b, "e", 1, &err) == KUBE_ETOOLARGE);
  CHECK_TEXT(kube_buffer_bytes(&b), kube_buffer_length(&b), "456789abcd");
  kube_buffer_take(&b, 5);
  CHECK(kube_buffer_printf(&b, &err, "%s", "123456") == KUBE_ETOOLARGE);
  CHECK_TEXT(kube_buffer_bytes(&b), kube_buffer_length(&b), "9abcd");
  CHECK(kube_buffer_printf(&b, &err, "%s", "12345") == KUBE_OK);
  CHECK_TEXT(kube_buffer_bytes(&b), kube_buffer_length(&b), "9abcd12345");
  CHECK(kube_buffer_text(&b, &err) != NULL); /* the NUL is not counted */
  kube_buffer_clear(&b);
  CHECK(b.ceiling == 10);
  CHECK(kube_buffer_add(&b, "0123456789x", 11, &err) == KUBE_ETOOLARGE);
  CHECK(kube_buffer_add(&b, "x", (size_t)-1, &err) == KUBE_ETOOLARGE);
  CHECK(kube_buffer_length(&b) == 0);
  kube_buffer_clear(&b);
}

static void absurd_sizes_are_refused(void) {
  kube_buffer b = {0};
  kube_error err = {0};
  CHECK(kube_buffer_add_text(&b, "abc", &err) == KUBE_OK);
  CHECK(kube_buffer_reserve(&b, (size_t)-1, &err) == KUBE_ENOMEM);
  CHECK(kube_buffer_reserve(&b, (size_t)-1 / 2, &err) == KUBE_ENOMEM);
  CHECK_TEXT(err.reason, strlen(err.reason), "OutOfMemory");
  CHECK_TEXT(kube_buffer_bytes(&b), kube_buffer_length(&b), "abc");
  kube_buffer_clear(&b);
}

static void formats(void) {
  kube_buffer b = {0};
  char want[6001];
  CHECK(kube_buffer_printf(&b, NULL, "%d-%s", 42, "x") == KUBE_OK);
  CHECK_TEXT(kube_buffer_bytes(&b), kube_buffer_length(&b), "42-x");
  kube_buffer_take(&b, 3);
  CHECK(kube_buffer_printf(&b, NULL, "%s", "") == KUBE_OK);
  CHECK_TEXT(kube_buffer_bytes(&b), kube_buffer_length(&b), "x");
  kube_buffer_reset(&b);
  memset(want, 'y', sizeof want - 1);
  want[sizeof want - 1] = '\0';
  CHECK(kube_buffer_printf(&b, NULL, "%s", want) == KUBE_OK);
  CHECK_TEXT(kube_buffer_bytes(&b), kube_buffer_length(&b), want);
  kube_buffer_clear(&b);
}

static void texts_and_theft(void) {
  kube_buffer b = {0};
  char *text = kube_buffer_text(&b, NULL);
  CHECK(text && *text == '\0' && kube_buffer_length(&b) == 0);
  kube_buffer_add_text(&b, "hello world", NULL);
  kube_buffer_take(&b, 6);
  text = kube_buffer_text(&b, NULL);
  CHECK(text && strcmp(text, "world") == 0 && kube_buffer_length(&b) == 5);
  text = kube_buffer_steal(&b, NULL);
  CHECK(text && strcmp(text, "world") == 0);
  CHECK(b.data == NULL && kube_buffer_length(&b) == 0 && b.size == 0);
  free(text);
  text = kube_buffer_steal(&b, NULL);
  CHECK(text && *text == '\0');
  free(text);
}

int main(void) {
  RUN(zeroed_is_empty);
  RUN(random_histories);
  RUN(taken_room_is_used_again);
  RUN(a_ceiling_holds);
  RUN(absurd_sizes_are_refused);
  RUN(formats);
  RUN(texts_and_theft);
  return check_report();
}
