/* The JSON leaves, the checks of whole texts, look-up and quoting. */
#include "../../csrc/core/json.h"

#include <math.h>

#include "../support/check.h"

typedef struct sample {
  const char *text;
  size_t n; /* 0: as long as the C string */
} sample;

#define BYTES(text)                                                                                \
  { text, sizeof(text) - 1 }

static kube_slice exact(sample s) {
  const size_t n = s.n ? s.n : strlen(s.text);
  return (kube_slice){check_exact(s.text, n), n};
}

static void drop(kube_slice s) { free((void *)(uintptr_t)s.bytes); }

/* ---- whole texts ---- */

static void good_texts(void) {
  static const sample good[] = {
      BYTES("0"),
      BYTES("-0"),
      BYTES("1.5e+10"),
      BYTES("\"\""),
      BYTES(" [ ] "),
      BYTES("{}"),
      BYTES("[1,2,[3]]"),
      BYTES("{\"a\":{\"b\":[]},\"a\":null}"),
      BYTES("\t\r\n true \n"),
      BYTES("\"\\u0000\\ud83d\\ude00\\ud800\""),
      BYTES("\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""),
      BYTES("\"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\x7F\""),
      BYTES("123456789012345678901234567890"),
      BYTES("1e400"),
      BYTES("\"a string that is longer than sixteen bytes, and than thirty-two\"")};
  size_t i;
  for (i = 0; i < sizeof good / sizeof *good; i++) {
    kube_slice text = exact(good[i]);
    kube_error err = {0};
    check_about = good[i].text;
    if (!CHECK(kube_json_validate(text, &err) == KUBE_OK)) puts(err.message);
    drop(text);
  }
}

static void bad_texts(void) {
  static const struct {
    sample text;
    int offset; /* of the fault, -1 when none is named */
  } bad[] = {{BYTES("[1,]"), 3},
             {BYTES("[1 2]"), 3},
             {BYTES("[,1]"), 1},
             {BYTES("["), 1},
             {BYTES("]"), 0},
             {BYTES("{\"a\"}"), 4},
             {BYTES("{\"a\":}"), 5},
             {BYTES("{\"a\":1,}"), 7},
             {BYTES("{a:1}"), 1},
             {BYTES("{1:2}"), 1},
             {BYTES("[1}"), 2},
             {BYTES("{\"a\":1]"), 6},
             {BYTES("1 2"), 2},
             {BYTES("{}x"), 2},
             {BYTES("01"), 0},
             {BYTES("-01"), 1},
             {BYTES("+1"), 0},
             {BYTES(".5"), 0},
             {BYTES("1."), 2},
             {BYTES("1e"), 2},
             {BYTES("1e+"), 3},
             {BYTES("-"), 1},
             {BYTES("tru"), 0},
             {BYTES("nul"), 0},
             {BYTES("truex"), 4},
             {BYTES("NaN"), 0},
             {BYTES("'a'"), 0},
             {BYTES("\"abc"), 4},
             {BYTES("\"a\\"), 2},
             {BYTES("\"a\\\""), 4},
             {BYTES("\"a\\x\""), 2},
             {BYTES("\"\\u12g4\""), 1},
             {BYTES("\"\\u12"), 1},
             {BYTES("\"a\nb\""), 2},
             {BYTES("\"a\0b\""), 2},
             {BYTES("\"a\x1F\""), 2},
             {BYTES("\"\\\0\""), 1},
             {BYTES("\"\x80\""), 1},
             {BYTES("\"\xC3\""), 1},
             {BYTES("\"\xC0\x80\""), 1},
             {BYTES("\"\xC1\xBF\""), 1},
             {BYTES("\"\xE0\x9F\xBF\""), 1},
             {BYTES("\"\xED\xA0\x80\""), 1},
             {BYTES("\"\xF0\x8F\xBF\xBF\""), 1},
             {BYTES("\"\xF4\x90\x80\x80\""), 1},
             {BYTES("\"\xF5\x80\x80\x80\""), 1},
             {BYTES("\"\xFF\""), 1},
             {BYTES("\"\xE2\x82"), 1},
             {BYTES("\xEF\xBB\xBF{}"), 0},
             {BYTES("   "), 3},
             {BYTES("[\"a\" \"b\"]"), 5},
             {BYTES("\"0123456789abcdef0123456789abc\\q\""), 30}};
  size_t i;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    kube_slice text = exact(bad[i].text);
    kube_error err = {0};
    char want[64];
    snprintf(want, sizeof want, "bad JSON at offset %d:", bad[i].offset);
    check_about = bad[i].text.text;
    CHECK(kube_json_validate(text, &err) == KUBE_EDECODE);
    if (!CHECK(strncmp(err.message, want, strlen(want)) == 0)) puts(err.message);
    drop(text);
  }
  CHECK(kube_json_validate((kube_slice){"", 0}, NULL) == KUBE_EDECODE);
}

static kube_status validate_nested(int depth, const char *open, const char *inner, char close) {
  const size_t width = strlen(open);
  const size_t n = (size_t)depth * (width + 1) + strlen(inner);
  char *text = malloc(n), *p = text;
  kube_status status;
  for (int i = 0; i < depth; i++, p += width) memcpy(p, open, width);
  memcpy(p, inner, strlen(inner));
  memset(p + strlen(inner), close, (size_t)depth);
  status = kube_json_validate((kube_slice){text, n}, NULL);
  if (status == KUBE_OK) {
    kube_json_fault fault;
    CHECK(kube_json_skip(text, text + n, &fault) == text + n);
  } else {
    kube_json_fault fault;
    CHECK(kube_json_skip(text, text + n, &fault) == NULL);
  }
  free(text);
  return status;
}

static void depth(void) {
  CHECK(validate_nested(512, "[", "", ']') == KUBE_OK);
  CHECK(validate_nested(513, "[", "", ']') == KUBE_EDECODE);
  CHECK(validate_nested(512, "{\"a\":", "1", '}') == KUBE_OK);
  CHECK(validate_nested(513, "{\"a\":", "1", '}') == KUBE_EDECODE);
}

/* ---- leaves against the simplest form of themselves ---- */

static unsigned long seed = 1;

static unsigned long chance(unsigned long n) {
  seed = seed * 6364136223846793005UL + 1442695040888963407UL;
  return (seed >> 33) % n;
}

static const char *simple_skip(kube_json_skipper *s, const char *p, const char *end) {
  for (; p < end; p++) {
    const bool escaped = s->escaped;
    s->escaped = false;
    if (*p == '"') s->in_string ^= !escaped;
    if (*p == '\\') s->escaped = !escaped;
    if (s->in_string) continue;
    if ((*p == '[' || *p == '{') && ++s->depth > KUBE_JSON_DEPTH) return NULL;
    if ((*p == ']' || *p == '}') && --s->depth == 0) return p + 1;
  }
  return p;
}

static char *noise(size_t n) {
  static const char dense[] = "[]{}\"\\\"\\ab",
                    sparse[] = "[]{}\"\\abcdefghijklmnopqrstuvwxyz0123456789";
  char *text = malloc(n ? n : 1);
  const bool thick = chance(2);
  size_t i;
  for (i = 0; i < n; i++)
    text[i] = thick ? dense[chance(sizeof dense - 1)] : sparse[chance(sizeof sparse - 1)];
  return text;
}

static void skipping_is_the_same_as_the_simplest(void) {
  int round;
  for (round = 0; round < 60000; round++) {
    const size_t n = chance(400), cut = chance(n + 1);
    char *text = noise(n);
    kube_json_skipper a = {1 + chance(3), chance(4) == 0, false}, b = a;
    const char *x, *y = simple_skip(&b, text, text + n);
    char *head = check_exact(text, cut);
    x = kube_json_skip_nested(&a, head, head + cut);
    if (a.depth && x) {
      CHECK(x == head + cut);
      x = kube_json_skip_nested(&a, text + cut, text + n);
    } else {
      x = text + (x - head);
    }
    if (x != y || a.depth != b.depth ||
        (b.depth && (a.in_string != b.in_string || a.escaped != b.escaped))) {
      CHECK(!"the same place");
      printf("%.*s\n", (int)n, text);
    } else {
      check_passed++;
    }
    free(head);
    free(text);
  }
}

static void depth_is_watched_in_the_middle_of_a_block(void) {
  kube_json_skipper a = {KUBE_JSON_DEPTH - 1, false, false}, b = a;
  char text[130];
  memset(text, ' ', sizeof text);
  memcpy(text + 70, "[[]]", 4); /* too deep, though as many brackets close as open */
  CHECK(kube_json_skip_nested(&a, text, text + sizeof text) == NULL);
  memcpy(text + 70, "[][]", 4);
  CHECK(kube_json_skip_nested(&b, text, text + sizeof text) == text + sizeof text);
}

static void runs_stop_at_each_byte_that_matters(void) {
  int c;
  size_t n, at;
  for (n = 1; n < 50; n++)
    for (at = 0; at < n; at++)
      for (c = 0; c < 256; c += at % 16 == 0 ? 1 : 31) {
        char *text = malloc(n);
        const bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
        memset(text, 'x', n);
        text[at] = (char)c;
        if (kube_json_run(text, text + n) != text + (plain ? n : at)) CHECK(!"the right place");
        free(text);
      }
  check_passed++;
}

/* A text, changed at random: what the checker accepts, the skipper goes through to its end. */
static void what_is_valid_can_be_skipped(void) {
  static const char text[] =
      "{\"kind\":\"Pod\",\"n\":[1,-2.5e3,true,null,\"\\u00e9\\\\\"],\"o\":{\"x\":{}}}";
  static const char alphabet[] = "{}[]\",:\\0e-.tu \xC3\xA9";
  int round, valid = 0;
  for (round = 0; round < 60000; round++) {
    const size_t n = sizeof text - 1;
    char *copy = check_exact(text, n);
    unsigned long changes = 1 + chance(3);
    kube_json_fault fault;
    while (changes--) copy[chance(n)] = alphabet[chance(sizeof alphabet - 1)];
    if (kube_json_validate((kube_slice){copy, n}, NULL) == KUBE_OK) {
      const char *p = kube_json_space(copy, copy + n);
      valid++;
      p = kube_json_skip(p, copy + n, &fault);
      if (p == NULL || kube_json_space(p, copy + n) != copy + n) CHECK(!"skipped whole");
    }
    kube_json_find((kube_slice){copy, n}, "o.x.y");
    kube_json_find((kube_slice){copy, n}, "n[4]");
    free(copy);
  }
  CHECK(valid > 100);
}

/* ---- scalars ---- */

static void unescaping(void) {
  static const struct {
    sample raw, want;
  } cases[] = {{BYTES("plain"), BYTES("plain")},
               {BYTES("\\\"\\\\\\/\\b\\f\\n\\r\\t"), BYTES("\"\\/\b\f\n\r\t")},
               {BYTES("a\\u0000b"), BYTES("a\0b")},
               {BYTES("\\u00e9\\u20AC"), BYTES("\xC3\xA9\xE2\x82\xAC")},
               {BYTES("\\ud83d\\ude00!"), BYTES("\xF0\x9F\x98\x80!")},
               {BYTES("\\ud83dx"), BYTES("\xEF\xBF\xBDx")},
               {BYTES("\\ude00\\ud83d"), BYTES("\xEF\xBF\xBD\xEF\xBF\xBD")},
               {BYTES("\\ud83d\\u0041"), BYTES("\xEF\xBF\xBD"
                                               "A")}};
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    char out[64], *raw = check_exact(cases[i].raw.text, cases[i].raw.n);
    const size_t n = kube_json_unescape(raw, cases[i].raw.n, out);
    check_about = cases[i].raw.text;
    CHECK(n == cases[i].want.n && memcmp(out, cases[i].want.text, n) == 0);
    CHECK(kube_json_unescape(raw, cases[i].raw.n, raw) == n && memcmp(out, raw, n) == 0);
    CHECK(kube_json_name_is((kube_slice){cases[i].raw.text, cases[i].raw.n}, out, n));
    CHECK(!kube_json_name_is((kube_slice){cases[i].raw.text, cases[i].raw.n}, out, n - 1));
    free(raw);
  }
}

static void integers(void) {
  static const struct {
    const char *text;
    bool fits;
    int64_t value;
  } cases[] = {{"0", true, 0},
               {"-0", true, 0},
               {"42", true, 42},
               {"9223372036854775807", true, INT64_MAX},
               {"-9223372036854775808", true, INT64_MIN},
               {"9223372036854775808", false, 0},
               {"-9223372036854775809", false, 0},
               {"18446744073709551617", false, 0},
               {"100000000000000000000000", false, 0},
               {"1.0", false, 0},
               {"1e2", false, 0}};
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t out = 7;
    const kube_json value = {cases[i].text, strlen(cases[i].text), KUBE_JSON_NUMBER};
    check_about = cases[i].text;
    CHECK(kube_json_integer(value, &out) == cases[i].fits);
    CHECK(out == (cases[i].fits ? cases[i].value : 7));
  }
  CHECK(!kube_json_integer((kube_json){"7", 1, KUBE_JSON_STRING}, NULL));
}

static void doubles(void) {
  static const char *const texts[] = {"0.0",
                                      "-0.0",
                                      "1.5",
                                      "1e21",
                                      "1E-7",
                                      "0.1",
                                      "123456789.123456789",
                                      "2.2250738585072014e-308",
                                      "5e-324",
                                      "1.7976931348623157e308",
                                      "9223372036854775808",
                                      "0.000000000000000000000000000001",
                                      "100000000000000000000000000000000000000",
                                      "9007199254740993",
                                      "1e-400"};
  size_t i;
  char long_text[2000], out[KUBE_JSON_DOUBLE];
  double x;
  for (i = 0; i < sizeof texts / sizeof *texts; i++) {
    check_about = texts[i];
    CHECK(kube_json_double(texts[i], strlen(texts[i]), &x) && x == strtod(texts[i], NULL));
    CHECK(signbit(x) == signbit(strtod(texts[i], NULL)));
    CHECK(kube_json_print_double(x, out) == strlen(out) && strtod(out, NULL) == x);
  }
  check_about = "";
  CHECK(!kube_json_double("1e309", 5, &x) && !kube_json_double("-1e99999999999999999999", 23, &x));
  /* just above the middle between two doubles, which the last of many digits decides */
  memset(long_text, '0', sizeof long_text);
  memcpy(long_text, "9007199254740993.", 17);
  CHECK(kube_json_double(long_text, sizeof long_text, &x) && x == 9007199254740992.0);
  long_text[sizeof long_text - 1] = '1';
  CHECK(kube_json_double(long_text, sizeof long_text, &x) && x == 9007199254740994.0);
  kube_json_print_double(0.1, out);
  CHECK_TEXT(out, strlen(out), "0.1");
}

/* ---- look-up ---- */

static const char POD[] =
    " {\"metadata\": {\"name\":\"web\", \"labels\":{\"app.kubernetes.io/name\":\"w\\u00e9b\"}},"
    "\"spec\":{\"containers\":[{\"image\":\"a\"},{\"image\":\"b\"}],\"n\":-12,\"t\":true,\"z\":"
    "null},"
    "\"esc\\u0061ped\":1} ";

/* How far one has to read POD to be past this. */
static size_t end_of(const char *what) { return (size_t)(strstr(POD, what) - POD) + strlen(what); }

static void finding(void) {
  static const struct {
    const char *path;
    kube_json_type type;
    const char *want;
  } cases[] = {{"metadata.name", KUBE_JSON_STRING, "web"},
               {"metadata.labels['app.kubernetes.io/name']", KUBE_JSON_STRING, "w\\u00e9b"},
               {"metadata.labels[\"app.kubernetes.io/name\"]", KUBE_JSON_STRING, "w\\u00e9b"},
               {"['metadata']['name']", KUBE_JSON_STRING, "web"},
               {"spec.containers[1].image", KUBE_JSON_STRING, "b"},
               {"spec.containers[1]", KUBE_JSON_OBJECT, "{\"image\":\"b\"}"},
               {"spec.containers", KUBE_JSON_ARRAY, "[{\"image\":\"a\"},{\"image\":\"b\"}]"},
               {"spec.n", KUBE_JSON_NUMBER, "-12"},
               {"spec.t", KUBE_JSON_TRUE, "true"},
               {"spec.z", KUBE_JSON_NULL, "null"},
               {"escaped", KUBE_JSON_NUMBER, "1"},
               {"spec.containers[2]", KUBE_JSON_NONE, ""},
               {"spec.nothing", KUBE_JSON_NONE, ""},
               {"metadata.name.first", KUBE_JSON_NONE, ""},
               {"spec[0]", KUBE_JSON_NONE, ""},
               {"metadata.", KUBE_JSON_NONE, ""},
               {".metadata", KUBE_JSON_NONE, ""},
               {"metadata..name", KUBE_JSON_NONE, ""},
               {"spec.containers[x]", KUBE_JSON_NONE, ""},
               {"spec.containers[1", KUBE_JSON_NONE, ""},
               {"spec.containers[1]image", KUBE_JSON_NONE, ""},
               {"['metadata", KUBE_JSON_NONE, ""},
               {"spec.containers[]", KUBE_JSON_NONE, ""}};
  const kube_slice text = exact((sample)BYTES(POD));
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_json found = kube_json_find(text, cases[i].path);
    check_about = cases[i].path;
    CHECK(found.type == cases[i].type);
    CHECK_TEXT(found.bytes, found.length, cases[i].want);
  }
  CHECK(kube_json_find(text, "").type == KUBE_JSON_OBJECT);
  for (i = 1; i < text.length; i++) { /* found in what is there as soon as its end is */
    const kube_slice cut = exact((sample){POD, i});
    CHECK((kube_json_find(cut, "metadata.name").type != 0) == (i >= end_of("\"web\"")));
    CHECK((kube_json_find(cut, "spec.containers[1].image").type != 0) == (i >= end_of("\"b\"")));
    CHECK((kube_json_find(cut, "spec").type != 0) == (i >= end_of("null}")));
    drop(cut);
  }
  drop(text);
}

static void walking(void) {
  kube_json at = {0}, list = kube_json_find((kube_slice){POD, sizeof POD - 1}, "spec");
  kube_slice name;
  char names[64] = "";
  while (kube_json_next(list, &at, &name))
    strncat(names, name.bytes, name.length), strcat(names, ";");
  CHECK_TEXT(names, strlen(names), "containers;n;t;z;");
  at = (kube_json){0};
  CHECK(!kube_json_next((kube_json){"[ ]", 3, KUBE_JSON_ARRAY}, &at, NULL));
  CHECK(!kube_json_next((kube_json){"12", 2, KUBE_JSON_NUMBER}, &at, NULL));
}

static void texts(void) {
  const kube_json value = {"w\\u00e9b", 8, KUBE_JSON_STRING};
  char out[8];
  CHECK(kube_json_text(value, out, sizeof out) == 4);
  CHECK_TEXT(out, strlen(out),
             "w\xC3\xA9"
             "b");
  CHECK(kube_json_text(value, out, 3) == 4); /* no half of a character, nor what is behind it */
  CHECK_TEXT(out, strlen(out), "w");
  CHECK(kube_json_text(value, NULL, 0) == 4);
  CHECK(kube_json_text((kube_json){"true", 4, KUBE_JSON_TRUE}, out, sizeof out) == 4);
  CHECK_TEXT(out, strlen(out), "true");
  CHECK(kube_json_text((kube_json){0}, out, sizeof out) == 0 && out[0] == '\0');
}

/* ---- quoting ---- */

static void quoting(void) {
  static const struct {
    sample bytes;
    const char *want;
  } cases[] = {{BYTES("plain"), "\"plain\""},
               {BYTES("a\"b\\c\b\f\n\r\t"), "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\""},
               {BYTES("\0\x1F\x7F"), "\"\\u0000\\u001f\x7F\""},
               {BYTES("\xC3\xA9t\xC3\xA9"), "\"\xC3\xA9t\xC3\xA9\""}};
  kube_buffer out = {0};
  kube_error err = {0};
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_slice bytes = exact(cases[i].bytes);
    check_about = cases[i].want;
    CHECK(kube_json_quote(&out, bytes.bytes, bytes.length, &err) == KUBE_OK);
    CHECK_TEXT(kube_buffer_bytes(&out), kube_buffer_length(&out), cases[i].want);
    kube_buffer_reset(&out);
    drop(bytes);
  }
  check_about = "";
  kube_buffer_add_text(&out, "before", NULL);
  CHECK(kube_json_quote(&out, "secret\xFF", 7, &err) == KUBE_EUSAGE);
  CHECK(strstr(err.message, "secret") == NULL);
  CHECK_TEXT(kube_buffer_bytes(&out), kube_buffer_length(&out), "before");
  CHECK(kube_json_quote(&out, "", 0, &err) == KUBE_OK);
  CHECK_TEXT(kube_buffer_bytes(&out), kube_buffer_length(&out), "before\"\"");
  kube_buffer_clear(&out);
}

int main(void) {
  RUN(good_texts);
  RUN(bad_texts);
  RUN(depth);
  RUN(skipping_is_the_same_as_the_simplest);
  RUN(depth_is_watched_in_the_middle_of_a_block);
  RUN(runs_stop_at_each_byte_that_matters);
  RUN(what_is_valid_can_be_skipped);
  RUN(unescaping);
  RUN(integers);
  RUN(doubles);
  RUN(finding);
  RUN(walking);
  RUN(texts);
  RUN(quoting);
  return check_report();
}
