/* The frame cutter: the same frames however the bytes arrive, and each way in which it can end. */
#include "../../csrc/core/frame.h"

#include "../support/check.h"

/* All frames, each with a newline, and how it ended. */
typedef struct outcome {
  char frames[4096];
  kube_status status;
  kube_error err;
  char kind[64], api_version[64], metadata[256];
  size_t most_held; /* bytes that had to be held at once */
} outcome;

static void copy_slice(char *to, size_t size, kube_slice from) {
  snprintf(to, size, "%.*s", (int)from.length, from.bytes ? from.bytes : "");
}

static void add_frame(outcome *o, kube_slice frame) {
  const size_t used = strlen(o->frames);
  snprintf(o->frames + used, sizeof o->frames - used, "%.*s\n", (int)frame.length, frame.bytes);
}

/*
** Feeds the text in pieces: the first of `first` bytes, the others of `rest`. What is held lies in
** memory of exactly its size, which is another one for each peek.
*/
static void feed(outcome *o, kube_cutter_mode mode, size_t ceiling, const char *text, size_t n,
                 size_t first, size_t rest) {
  kube_cutter c;
  size_t from = 0, to = 0;
  memset(o, 0, sizeof *o);
  kube_cutter_init(&c, mode, ceiling);
  o->status = KUBE_AGAIN;
  while (o->status == KUBE_AGAIN || o->status == KUBE_OK) {
    char *held = check_exact(text + from, to - from);
    kube_slice frame = {NULL, 0}, again = {NULL, 0};
    o->status = kube_cutter_peek(&c, held, to - from, to == n, &frame, &o->err);
    if (o->status == KUBE_OK) {
      add_frame(o, frame);
      CHECK(kube_cutter_peek(&c, held, to - from, to == n, &again, NULL) == KUBE_OK);
      CHECK(again.bytes == frame.bytes && again.length == frame.length);
    }
    if (o->status == KUBE_AGAIN && !CHECK(to < n)) break;
    free(held);
    if (to - from > o->most_held) o->most_held = to - from;
    from += kube_cutter_take(&c);
    if (o->status == KUBE_AGAIN) {
      to += to == 0 && first ? first : rest;
      if (to > n) to = n;
    }
  }
  copy_slice(o->kind, sizeof o->kind, c.kind);
  copy_slice(o->api_version, sizeof o->api_version, c.api_version);
  copy_slice(o->metadata, sizeof o->metadata, c.metadata);
  kube_cutter_clear(&c);
  kube_cutter_clear(&c);
}

/* Feeds it whole, in each two pieces, and in pieces of 1, 2, 3 and 7: the outcome must be one. */
static outcome feed_all_ways(kube_cutter_mode mode, const char *text) {
  const size_t n = strlen(text);
  static const size_t pieces[] = {1, 2, 3, 7};
  outcome whole, o;
  size_t i;
  check_about = text;
  feed(&whole, mode, 0, text, n, n, n);
  for (i = 0; i < n + 4; i++) {
    if (i < n) feed(&o, mode, 0, text, n, i, n);
    if (i >= n) feed(&o, mode, 0, text, n, pieces[i - n], pieces[i - n]);
    CHECK(o.status == whole.status);
    CHECK_TEXT(o.frames, strlen(o.frames), whole.frames);
    CHECK_TEXT(o.kind, strlen(o.kind), whole.kind);
    CHECK_TEXT(o.api_version, strlen(o.api_version), whole.api_version);
    CHECK_TEXT(o.metadata, strlen(o.metadata), whole.metadata);
    CHECK_TEXT(o.err.message, strlen(o.err.message), whole.err.message);
  }
  return whole;
}

static void expect_frames(kube_cutter_mode mode, const char *text, const char *frames) {
  const outcome o = feed_all_ways(mode, text);
  if (!CHECK(o.status == KUBE_EOF)) puts(o.err.message);
  CHECK_TEXT(o.frames, strlen(o.frames), frames);
}

static void expect_failure(kube_cutter_mode mode, const char *text, const char *message) {
  const outcome o = feed_all_ways(mode, text);
  CHECK(o.status == KUBE_EDECODE);
  CHECK_TEXT(o.err.message, strlen(o.err.message), message);
}

/* ---- a stream ---- */

static void streams(void) {
  expect_frames(KUBE_CUT_STREAM, "", "");
  expect_frames(KUBE_CUT_STREAM, "\n \r\n", "");
  expect_frames(KUBE_CUT_STREAM, "{\"a\":1}\n{\"b\":[{}]}\n", "{\"a\":1}\n{\"b\":[{}]}\n");
  expect_frames(KUBE_CUT_STREAM, "{}{}[]", "{}\n{}\n[]\n");
  expect_frames(KUBE_CUT_STREAM, "\n\n{\"a\":\"}\\\"{\\\\\"}\n\n\n{}",
                "{\"a\":\"}\\\"{\\\\\"}\n{}\n");
  expect_frames(KUBE_CUT_STREAM, "1 true\n\"a b\"null", "1\ntrue\n\"a b\"\nnull\n");
  expect_frames(
      KUBE_CUT_STREAM,
      "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a-name-that-is-"
      "long-enough-for-some-blocks-of-sixty-four-bytes\",\"x\":\"\\\\\\\\\"}}}\n{\"z\":0}\n",
      "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a-name-that-is-"
      "long-enough-for-some-blocks-of-sixty-four-bytes\",\"x\":\"\\\\\\\\\"}}}\n{\"z\":0}\n");
}

static void bad_streams(void) {
  expect_failure(KUBE_CUT_STREAM, "{}\n{\"a\":", "truncated: the JSON ends at offset 8, too early");
  expect_failure(KUBE_CUT_STREAM, "\"ab", "truncated: the JSON ends at offset 3, too early");
  expect_failure(KUBE_CUT_STREAM, "{},{}", "bad JSON at offset 2: a value was expected");
  expect_failure(KUBE_CUT_STREAM, "}", "bad JSON at offset 0: a value was expected");
  expect_failure(KUBE_CUT_STREAM, "<html>", "bad JSON at offset 0: a value was expected");
}

/* ---- a list ---- */

static void lists(void) {
  outcome o;
  expect_frames(KUBE_CUT_ITEMS, "{\"items\":[]}", "");
  expect_frames(KUBE_CUT_ITEMS, "{\"items\":null}", "");
  expect_frames(KUBE_CUT_ITEMS, " { \"items\" : [ { } , 2,\"x,]\" , [3] ] } \n",
                "{ }\n2\n\"x,]\"\n[3]\n");
  expect_frames(KUBE_CUT_ITEMS, "{\"it\\u0065ms\":[{}]}", "{}\n");
  o = feed_all_ways(
      KUBE_CUT_ITEMS,
      "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"9\"},"
      "\"items\":[{\"a\":1},{\"a\":2}]}\n");
  CHECK(o.status == KUBE_EOF);
  CHECK_TEXT(o.frames, strlen(o.frames), "{\"a\":1}\n{\"a\":2}\n");
  CHECK_TEXT(o.kind, strlen(o.kind), "PodList");
  CHECK_TEXT(o.metadata, strlen(o.metadata), "{\"resourceVersion\":\"9\"}");
  o = feed_all_ways(KUBE_CUT_ITEMS,
                    "{\"apiVersion\":\"stable.example.com/v1\",\"items\":[{\"items\":[1]}],"
                    "\"kind\":\"CronTabList\",\"metadata\":{\"continue\":\"\",\"x\":[{}]},"
                    "\"unknown\":[[{\"items\":[5]}],\"]\"],\"more\":-1.5}");
  CHECK(o.status == KUBE_EOF);
  CHECK_TEXT(o.frames, strlen(o.frames), "{\"items\":[1]}\n");
  CHECK_TEXT(o.kind, strlen(o.kind), "CronTabList");
  CHECK_TEXT(o.api_version, strlen(o.api_version), "stable.example.com/v1");
  CHECK_TEXT(o.metadata, strlen(o.metadata), "{\"continue\":\"\",\"x\":[{}]}");
  o = feed_all_ways(KUBE_CUT_ITEMS,
                    "{\"kind\":null,\"metadata\":null,\"apiVersion\":5,\"items\":[]}");
  CHECK(o.status == KUBE_EOF && o.kind[0] == '\0' && o.metadata[0] == '\0');
}

/* Rows are items where a Table may come, and nothing to others. */
static void tables(void) {
  static const char table[] =
      "{\"kind\":\"Table\",\"columnDefinitions\":[{\"name\":\"]\"}],\"rows\":[{\"cells\":[1]},{}]}";
  expect_frames(KUBE_CUT_ROWS, table, "{\"cells\":[1]}\n{}\n");
  expect_frames(KUBE_CUT_ROWS, "{\"rows\":null}", "");
  expect_frames(KUBE_CUT_ROWS, "{\"items\":[{\"rows\":[1]}]}", "{\"rows\":[1]}\n");
  expect_failure(KUBE_CUT_ITEMS, table, "not a list: a Table came, which has no items");
  expect_failure(KUBE_CUT_ROWS, "{\"rows\":[],\"items\":[]}",
                 "bad JSON at offset 19: items for the second time");
  expect_failure(KUBE_CUT_ROWS, "{\"rows\":{}}",
                 "bad JSON at offset 8: items that are not an array");
}

static void bad_lists(void) {
  expect_failure(KUBE_CUT_ITEMS, "", "truncated: the JSON ends at offset 0, too early");
  expect_failure(KUBE_CUT_ITEMS, "[]",
                 "bad JSON at offset 0: a list (an object with items) was expected");
  expect_failure(KUBE_CUT_ITEMS, "{}", "not a list: an object came, which has no items");
  expect_failure(KUBE_CUT_ITEMS, "{\"kind\":\"Status\",\"code\":404}",
                 "not a list: a Status came, which has no items");
  expect_failure(KUBE_CUT_ITEMS, "{\"code\":404,\"kind\":\"Status\"}",
                 "not a list: a Status came, which has no items");
  expect_failure(KUBE_CUT_ITEMS, "{\"items\":[{}",
                 "truncated: the JSON ends at offset 12, too early");
  expect_failure(KUBE_CUT_ITEMS, "{\"items\":[{},",
                 "truncated: the JSON ends at offset 13, too early");
  expect_failure(KUBE_CUT_ITEMS, "{\"items\":[{}]",
                 "truncated: the JSON ends at offset 13, too early");
  expect_failure(KUBE_CUT_ITEMS, "{\"items\":[1",
                 "truncated: the JSON ends at offset 11, too early");
  expect_failure(KUBE_CUT_ITEMS, "{\"items\":[{},]}",
                 "bad JSON at offset 13: a value was expected");
  expect_failure(KUBE_CUT_ITEMS, "{\"items\":[,{}]}",
                 "bad JSON at offset 10: a value was expected");
  expect_failure(KUBE_CUT_ITEMS, "{\"items\":[{} {}]}",
                 "bad JSON at offset 13: a comma or a closing bracket was expected");
  expect_failure(KUBE_CUT_ITEMS, "{\"items\":{}}",
                 "bad JSON at offset 9: items that are not an array");
  expect_failure(KUBE_CUT_ITEMS, "{\"items\":nil}",
                 "bad JSON at offset 9: items that are not an array");
  expect_failure(KUBE_CUT_ITEMS, "{\"items\":[],\"items\":[]}",
                 "bad JSON at offset 20: items for the second time");
  expect_failure(KUBE_CUT_ITEMS, "{\"items\":null,\"items\":null}",
                 "bad JSON at offset 22: items for the second time");
  expect_failure(KUBE_CUT_ITEMS, "{\"items\":[]}{}",
                 "bad JSON at offset 12: something behind the end of the list");
  expect_failure(KUBE_CUT_ITEMS, "{\"items\":[],}",
                 "bad JSON at offset 12: a member's name was expected");
  expect_failure(KUBE_CUT_ITEMS, "{\"kind\" \"x\"}", "bad JSON at offset 8: a colon was expected");
  expect_failure(KUBE_CUT_ITEMS, "{\"kind\":\"x\" \"items\":[]}",
                 "bad JSON at offset 12: a comma or a closing bracket was expected");
  expect_failure(KUBE_CUT_ITEMS, "{kind:1}", "bad JSON at offset 1: a member's name was expected");
}

/* ---- ceilings and memory ---- */

static void ceilings(void) {
  outcome o;
  const char *list = "{\"items\":[{\"a\":12},{\"a\":1234}]}";
  feed(&o, KUBE_CUT_ITEMS, 8, list, strlen(list), strlen(list), 1);
  CHECK(o.status == KUBE_ETOOLARGE);
  CHECK_TEXT(o.frames, strlen(o.frames), "{\"a\":12}\n");
  CHECK_TEXT(o.err.message, strlen(o.err.message), "an object of more than 8 bytes at offset 19");
  feed(&o, KUBE_CUT_ITEMS, 8, list, strlen(list), 1, 1);
  CHECK(o.status == KUBE_ETOOLARGE && o.most_held <= 10);
  feed(&o, KUBE_CUT_STREAM, 4, "{}\"1234567", 10, 1, 1);
  CHECK(o.status == KUBE_ETOOLARGE && o.most_held <= 6);
}

static void what_is_skipped_is_not_held(void) {
  static const char head[] = "{\"unknown\":[\"", tail[] = "\"],\"items\":[{}]}";
  const size_t n = 100000 + sizeof head + sizeof tail - 2;
  char *text = malloc(n);
  outcome o;
  memcpy(text, head, sizeof head - 1);
  memset(text + sizeof head - 1, 'x', 100000);
  memcpy(text + n - (sizeof tail - 1), tail, sizeof tail - 1);
  feed(&o, KUBE_CUT_ITEMS, 0, text, n, 100, 100);
  CHECK(o.status == KUBE_EOF);
  CHECK(o.most_held <= 200);
  CHECK_TEXT(o.frames, strlen(o.frames), "{}\n");
  free(text);
}

static void a_long_head_is_too_large(void) {
  const size_t n = KUBE_HEAD_CEILING + 100;
  char *text = malloc(n);
  outcome o;
  memset(text, 'x', n);
  memcpy(text, "{\"kind\":\"", 9);
  feed(&o, KUBE_CUT_ITEMS, 0, text, n, n - 50, 10);
  CHECK(o.status == KUBE_ETOOLARGE);
  free(text);
}

/* ---- random splits ---- */

static unsigned long seed = 1;

static size_t chance(size_t n) {
  seed = seed * 6364136223846793005UL + 1442695040888963407UL;
  return (size_t)(seed >> 33) % n;
}

/* Damaged texts too come to the same end however they are split. */
static void splits_do_not_matter(void) {
  static const char list[] =
      "{\"kind\":\"L\",\"x\":[{\"y\":\"\\\\\"}],\"items\":[{\"a\":[1,{}],\"s\":\"]}\\\"\"},{\"b\":{"
      "}},7 ],"
      "\"metadata\":{\"z\":\"0123456789012345678901234567890123456789012345678901234567890123\"}} ";
  static const char alphabet[] = "{}[]\",:\\0 ";
  const size_t n = sizeof list - 1;
  int round;
  check_about = "a damaged list";
  for (round = 0; round < 20000; round++) {
    const kube_cutter_mode mode = chance(4) ? KUBE_CUT_ITEMS : KUBE_CUT_STREAM;
    char *text = check_exact(list, n);
    size_t changes = chance(3);
    outcome whole, o;
    while (changes--) text[chance(n)] = alphabet[chance(sizeof alphabet - 1)];
    feed(&whole, mode, 0, text, n, n, n);
    feed(&o, mode, 0, text, n, chance(n), 1 + chance(90));
    if (o.status != whole.status || strcmp(o.frames, whole.frames) != 0 ||
        strcmp(o.metadata, whole.metadata) != 0 || strcmp(o.err.message, whole.err.message) != 0) {
      CHECK(!"one outcome");
      printf("%.*s\n%s\n%s\n", (int)n, text, o.err.message, whole.err.message);
    }
    free(text);
  }
}

int main(void) {
  RUN(streams);
  RUN(bad_streams);
  RUN(lists);
  RUN(tables);
  RUN(bad_lists);
  RUN(ceilings);
  RUN(what_is_skipped_is_not_held);
  RUN(a_long_head_is_too_large);
  RUN(splits_do_not_matter);
  return check_report();
}
