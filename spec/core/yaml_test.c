/*
** YAML to JSON and back (csrc/core/yaml_*.c).
** Wanted values: what sigs.k8s.io/yaml v1.6.0 (go.yaml.in/yaml/v2 v2.4.3) prints with YAMLToJSON
** for the same input, unless a comment says that we differ. Its own tests gave many of the inputs.
*/
#include <stdint.h>
#include <stdlib.h>

#include "../../csrc/core/json.h"
#include "../../csrc/core/yaml_json.h"
#include "../../csrc/core/yaml_scalar.h"
#include "../support/check.h"

typedef struct row {
  const char *yaml, *json;
} row;

#define EACH(r, table) for (const row *r = table; r < table + sizeof table / sizeof table[0]; r++)

/* Two texts that end in a NUL are the same. */
#define CHECK_SAME(is, wanted) check_same((is), (wanted), __LINE__)
static void check_same(const char *is, const char *wanted, int line) {
  check_text(is, strlen(is), wanted, __FILE__, line);
}

/* ---- helpers ---- */

static const kube_yaml_options STRICT = {.strict = true};

/* All documents as JSON, one a line, or "status: message". Text of a buffer that is used again. */
static const char *read_bytes(const char *yaml, size_t n, const kube_yaml_options *options) {
  static kube_buffer all;
  kube_buffer json = {0};
  kube_error err = {0};
  char *exact = check_exact(yaml, n);
  kube_yaml_reader *reader;
  kube_status status;
  kube_buffer_reset(&all);
  reader = kube_yaml_open(exact, n, options, &err);
  while ((status = kube_yaml_next(reader, &json, &err)) == KUBE_OK)
    kube_buffer_printf(&all, NULL, "%s%.*s", kube_buffer_length(&all) ? "\n" : "",
                       (int)kube_buffer_length(&json), kube_buffer_bytes(&json));
  if (status != KUBE_EOF) {
    kube_buffer_reset(&all);
    kube_buffer_add_text(&all, err.message, NULL);
    CHECK(kube_buffer_length(&json) == 0);
    CHECK(kube_yaml_next(reader, &json, NULL) == status); /* it stays failed */
  }
  kube_yaml_close(reader);
  kube_buffer_clear(&json);
  free(exact);
  return kube_buffer_text(&all, NULL);
}

static const char *read_yaml(const char *yaml) { return read_bytes(yaml, strlen(yaml), NULL); }
static const char *read_strict(const char *yaml) { return read_bytes(yaml, strlen(yaml), &STRICT); }

static const char *write_json(const char *json) {
  static kube_buffer yaml;
  kube_error err = {0};
  kube_buffer_reset(&yaml);
  if (kube_yaml_from_json((kube_slice){json, strlen(json)}, &yaml, &err) != KUBE_OK) {
    CHECK(kube_buffer_length(&yaml) == 0);
    kube_buffer_add_text(&yaml, err.message, NULL);
  }
  return kube_buffer_text(&yaml, NULL);
}

/* ---- reading ---- */

/* v: <yaml> becomes {"v":<json>} */
/* clang-format off */
static const row scalars[] = {
    {"-1234", "-1234"},
    {"0.1", "0.1"},
    {".5_0", "0.5"},
    {"08", "8"},
    {"010", "8"},
    {"0o10", "8"},
    {"0b10", "2"},
    {"-0b101", "-5"},
    {"0b-1", "-1"},
    {"0x1F", "31"},
    {"1_000", "1000"},
    {"685_230", "685230"},
    {"6.8523015e+5", "685230.15"},
    {"685.230_15e+03", "685230.15"},
    {"1e3", "1000"},
    {"1.0", "1"},
    {"1.", "1"},
    {"-0", "0"},
    {"-0.0", "-0"},
    {"1e400", "\"1e400\""},
    {"1e-400", "0"},
    {"0x10000000000000000", "\"0x10000000000000000\""},
    {"0xffffffffffffffff", "18446744073709551615"},
    {"9223372036854775807", "9223372036854775807"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"9223372036854775808", "9223372036854775808"},
    {"18446744073709551615", "18446744073709551615"},
    {"18446744073709551616", "18446744073709552000"},
    {"-9223372036854775809", "-9223372036854776000"},
    {"9007199254740993", "9007199254740993"},
    {"123456789012345678901", "123456789012345680000"},
    {"1e21", "1e+21"},
    {"1e-7", "1e-7"},
    {"0.000001", "0.000001"},
    {"5.960464477539063e-08", "5.960464477539063e-8"},
    {"0b2", "\"0b2\""},
    {"0o8", "\"0o8\""},
    {"0x", "\"0x\""},
    {"+", "\"+\""},
    {".", "\".\""},
    {"+12", "12"},
    {"-_1", "-1"},
    {"._5", "\"._5\""},
    {"y", "true"},
    {"Y", "true"},
    {"yes", "true"},
    {"Yes", "true"},
    {"YES", "true"},
    {"yEs", "\"yEs\""},
    {"n", "false"},
    {"N", "false"},
    {"no", "false"},
    {"off", "false"},
    {"OFF", "false"},
    {"on", "true"},
    {"On", "true"},
    {"true", "true"},
    {"TRUE", "true"},
    {"tRUE", "\"tRUE\""},
    {"false", "false"},
    {"~", "null"},
    {"null", "null"},
    {"Null", "null"},
    {"NULL", "null"},
    {"nULL", "\"nULL\""},
    {"<<", "\"<<\""},
    {"=", "\"=\""},
    {"12:30", "\"12:30\""},
    {"190:20:30", "\"190:20:30\""},
    {"2001-12-14", "\"2001-12-14\""},
    {"2001-12-14t21:59:43.10-05:00", "\"2001-12-14t21:59:43.10-05:00\""},
    {"2001-12-14 21:59:43.10 -5", "\"2001-12-14 21:59:43.10 -5\""},
    {"2020-01-01T00:00:00Z", "\"2020-01-01T00:00:00Z\""},
    {"1.2.3", "\"1.2.3\""},
    {"v1", "\"v1\""},
    {"1k", "\"1k\""},
    {"100m", "\"100m\""},
    {"1Gi", "\"1Gi\""},
    {"_1", "\"_1\""},
    {"1_", "1"},
    {"0-0", "\"0-0\""},
    {"1,5", "\"1,5\""},
    {"infinity", "\"infinity\""},
    {"nan", "\"nan\""},
    {"!!str 1", "\"1\""},
    {"!!str", "\"\""},
    {"!!int \"12\"", "12"},
    {"!!int 0x1F", "31"},
    {"!!float 3", "3"},
    {"!!bool yes", "true"},
    {"!!null \"\"", "null"},
    {"!!binary aGVsbG8=", "\"hello\""},
    {"!custom 12", "\"12\""},
    {"! 12", "\"12\""},
    {"\"12\"", "\"12\""},
    {"'yes'", "\"yes\""},
    {"\"~\"", "\"~\""},
};
/* clang-format on */

static void scalars_mean_what_they_mean_to_kubectl(void) {
  EACH(r, scalars) {
    char yaml[256], json[256];
    snprintf(yaml, sizeof yaml, "v: %s", r->yaml);
    snprintf(json, sizeof json, "{\"v\":%s}", r->json);
    CHECK_SAME(read_yaml(yaml), json);
  }
}

/* clang-format off */
static const row keys[] = {
    {"1", "1"},
    {"0x10", "16"},
    {"1_0", "10"},
    {"yes", "true"},
    {"off", "false"},
    {"1.5", "1.5"},
    {"1e6", "1e+06"},
    {"1.0", "1"},
    {"0.00001", "1e-05"},
    {"100000.5", "100000.5"},
    {".inf", ".inf"},
    {"-.inf", "-.inf"},
    {".nan", ".nan"},
    {"2001-01-01", "2001-01-01"},
    {"'1'", "1"},
    {"!!str 1", "1"},
    {"12:30", "12:30"},
    {"-0", "0"},
    {"16777217.0", "1.6777216e+07"},
};
/* clang-format on */

static void keys_become_strings(void) {
  EACH(r, keys) {
    char yaml[256], json[256];
    snprintf(yaml, sizeof yaml, "%s: v", r->yaml);
    snprintf(json, sizeof json, "{\"%s\":\"v\"}", r->json);
    CHECK_SAME(read_yaml(yaml), json);
  }
}

/* clang-format off */
static const row documents[] = {
    {"a: |\n  one\n   two\n\n  three\n",
     "{\"a\":\"one\\n two\\n\\nthree\\n\"}"},
    {"a: >-\n  one\n  two\n\n  three\n",
     "{\"a\":\"one two\\nthree\"}"},
    {"a: |+\n  keep\n\nb: |-\n  strip\n",
     "{\"a\":\"keep\\n\\n\",\"b\":\"strip\"}"},
    {"a: 'it''s'\nb: \"\\x41\\u00e9 \\\n  c\"\n",
     "{\"a\":\"it's\",\"b\":\"Aé c\"}"},
    {"a: x # comment\nb: x#y\n# comment\n",
     "{\"a\":\"x\",\"b\":\"x#y\"}"},
    {"a: [1, {b: c}, \"d,e\"]\nf: {}\ng: []\n",
     "{\"a\":[1,{\"b\":\"c\"},\"d,e\"],\"f\":{},\"g\":[]}"},
    {"a:\n- 1\n-\n- b: 2\n  c: 3\n",
     "{\"a\":[1,null,{\"b\":2,\"c\":3}]}"},
    {"a: &x {p: 1}\nb: *x\n",
     "{\"a\":{\"p\":1},\"b\":{\"p\":1}}"},
    {"a: &x [1]\nb: *x\n",
     "{\"a\":[1],\"b\":[1]}"},
    {"a: &x 1\nb: &x 2\nc: *x\n",
     "{\"a\":1,\"b\":2,\"c\":2}"},
    {"- &a {x: 1}\n- <<: *a\n  x: 2\n",
     "[{\"x\":1},{\"x\":2}]"},
    {"- &a {x: 1}\n- x: 2\n  <<: *a\n",
     "[{\"x\":1},{\"x\":1}]"},
    {"- &p {b: 1}\n- &q {b: 2, c: 3}\n- {<<: [*p, *q], d: 4}\n",
     "[{\"b\":1},{\"b\":2,\"c\":3},{\"b\":1,\"c\":3,\"d\":4}]"},
    {"<<: {a: 1}\n'b': 2\n",
     "{\"a\":1,\"b\":2}"},
    {"\"<<\": 1\n",
     "{\"<<\":1}"},
    {"!!str <<: 1\n",
     "{\"<<\":1}"},
    {"a: 1\nb: 2\na: 3\n",
     "{\"a\":3,\"b\":2}"},
    {"? a\n: b\n? c\n",
     "{\"a\":\"b\",\"c\":null}"},
    {"\xEF\xBB\xBF" "a: 1\n",
     "{\"a\":1}"},
    {"a: 1\r\nb:\r\n- c\r\n",
     "{\"a\":1,\"b\":[\"c\"]}"},
    {"%YAML 1.1\n---\na: 1\n...\n",
     "{\"a\":1}"},
    {"[a, b]\n",
     "[\"a\",\"b\"]"},
    {"text\n",
     "\"text\""},
    {"~\n",
     "null"},
    {"\"\\U0001F600\"\n",
     "\"😀\""},
    {"a: \"\\0\"\n",
     "{\"a\":\"\\u0000\"}"},
    {"a: one\n  two\n\n  three\n",
     "{\"a\":\"one two\\nthree\"}"},
    {"a: 0o17\nb: {containerPort: 0x1F}\nc: 1e3\n",
     "{\"a\":15,\"b\":{\"containerPort\":31},\"c\":1000}"},
};
/* clang-format on */

static void documents_become_json(void) {
  EACH(r, documents) CHECK_SAME(read_yaml(r->yaml), r->json);
}

/* Upstream fails on each of them, too; the messages are ours and libyaml's. */
/* clang-format off */
static const row refused[] = {
    {"a: .inf", "line 1, column 4: a number that JSON cannot hold"},
    {"a: [.nan]", "line 1, column 5: a number that JSON cannot hold"},
    {"~: a", "line 1, column 1: a key that is null or too great a number"},
    {"18446744073709551615: a", "line 1, column 1: a key that is null or too great a number"},
    {"[1]: a", "line 1, column 1: a key that is no scalar"},
    {"a: !!int x", "line 1, column 4: a scalar that is not what its tag says"},
    {"a: !!null x", "line 1, column 4: a scalar that is not what its tag says"},
    {"a: !!bool 1", "line 1, column 4: a scalar that is not what its tag says"},
    {"a: !!float 18446744073709551615", "line 1, column 4: a scalar that is not what its tag says"},
    {"a: !!timestamp x", "line 1, column 4: a scalar that is not what its tag says"},
    {"a: !!binary =a", "line 1, column 4: !!binary that is no base64"},
    {"<<: 1", "line 1, column 5: << wants a mapping or a sequence of mappings"},
    {"<<: [1]", "line 1, column 6: << wants a mapping or a sequence of mappings"},
    {"&a [*a]", "line 1, column 5: an alias to what it is a part of"},
    {"&a {b: *a}", "line 1, column 8: an alias to what it is a part of"},
    {"a: &a {<<: *a}", "line 1, column 12: an alias to what it is a part of"},
    {"a: *b", "line 1, column 4: an alias to an anchor that is not there"},
    {"a: b: c", "line 1, column 5: mapping values are not allowed in this context"},
    {"a: [1", "line 2, column 1: while parsing a flow sequence did not find expected ',' or ']'"},
    {"a: \"x", "line 1, column 6: while scanning a quoted scalar found unexpected end of stream"},
    {"a: @x", "line 1, column 4: while scanning for the next token found character that cannot start any token"},
    {"a: 'x", "line 1, column 6: while scanning a quoted scalar found unexpected end of stream"},
    {"\ta: 1", "line 1, column 1: while scanning for the next token found character that cannot start any token"},
    {"a: \"\\q\"", "line 1, column 5: while parsing a quoted scalar found unknown escape character"},
    {"a: \"\\ud800\"", "line 1, column 7: while parsing a quoted scalar found invalid Unicode character escape code"},
    {"a: !x!y z", "line 1, column 4: while parsing a node found undefined tag handle"},
    {"- a\nb: c", "line 2, column 1: while parsing a block collection did not find expected '-' indicator"},
};
/* clang-format on */

static void what_is_wrong_is_told_with_its_place(void) {
  EACH(r, refused) CHECK_SAME(read_yaml(r->yaml), r->json);
  CHECK_SAME(read_yaml("a: 1\nb: \xff\n"), "line 2, column 4: invalid leading UTF-8 octet");
  CHECK_SAME(read_yaml("a: 1\nb: x\x01\n"), "line 2, column 5: control characters are not allowed");
}

static void errors_never_show_a_scalar(void) {
  CHECK(strstr(read_yaml("token: !!int s3cret"), "s3cret") == NULL);
  CHECK(strstr(read_yaml("token: \"s3cret\\q\""), "s3cret") == NULL);
  CHECK(strstr(read_strict("s3cret: 1\ns3cret: 2"), "s3cret") == NULL);
}

static void documents_come_one_by_one(void) {
  CHECK_SAME(read_yaml("a: 1\n---\nb: 2\n"), "{\"a\":1}\n{\"b\":2}");
  CHECK_SAME(read_yaml("a: 1\n...\n---\nb: 2\n...\n"), "{\"a\":1}\n{\"b\":2}");
  CHECK_SAME(read_yaml("---\r\na: 1\r\n---\r\nb: 2"), "{\"a\":1}\n{\"b\":2}");
  CHECK_SAME(read_yaml("--- # one\na: 1\n--- {b: 2}\n--- |\n c\n"),
             "{\"a\":1}\n{\"b\":2}\n\"c\\n\"");
  CHECK_SAME(read_yaml("a: &x 1\n---\nb: *x\n"),
             "line 3, column 4: an alias to an anchor that is not there");
}

static void empty_documents_are_skipped(void) {
  CHECK_SAME(read_yaml(""), "");
  CHECK_SAME(read_yaml("\n\n"), "");
  CHECK_SAME(read_yaml("# nothing\n"), "");
  CHECK_SAME(read_yaml("---\n---\n# nothing\n---\n"), "");
  CHECK_SAME(read_yaml("---\n# first\n---\na: 1\n---\n---\nb: 2\n---\n"), "{\"a\":1}\n{\"b\":2}");
  CHECK_SAME(read_yaml("--- null\n--- \"\"\n"), "null\n\"\""); /* kubectl skips null */
}

static void documents_before_a_bad_one_are_read(void) {
  kube_buffer json = {0};
  kube_error err = {0};
  const char *yaml = "a: 1\n---\nb: [\n";
  kube_yaml_reader *reader = kube_yaml_open(yaml, strlen(yaml), NULL, &err);
  CHECK(kube_yaml_next(reader, &json, &err) == KUBE_OK);
  CHECK_SAME(kube_buffer_text(&json, NULL), "{\"a\":1}");
  CHECK(kube_yaml_next(reader, &json, &err) == KUBE_EDECODE);
  CHECK(err.status == KUBE_EDECODE && strncmp(err.message, "line 4,", 7) == 0);
  kube_yaml_close(reader);
  kube_buffer_clear(&json);
}

static void a_key_twice_is_an_error_in_strict(void) {
  CHECK_SAME(read_strict("a: 1\nb: 2\na: 3\n"),
             "line 3, column 1: a key that this mapping already has");
  CHECK_SAME(read_strict("- {a: 1}\n- c: {b: 1, b: 1}\n"),
             "line 2, column 13: a key that this mapping already has");
  CHECK_SAME(read_strict("1: a\n\"1\": b\n"), /* upstream lets it pass */
             "line 2, column 1: a key that this mapping already has");
  CHECK_SAME(read_strict("{\"a\": 1,\n \"\\u0061\": 2}"),
             "line 2, column 3: a key that this mapping already has");
  CHECK_SAME(read_strict("- &a {x: 1}\n- {<<: *a, x: 2}\n"), "[{\"x\":1},{\"x\":2}]"); /* ours */
  CHECK_SAME(read_strict("a: 1\nb: {a: 1}\n"), "{\"a\":1,\"b\":{\"a\":1}}");
}

static void keys_keep_their_order_and_the_last_value_wins(void) {
  CHECK_SAME(read_yaml("z: 1\na: 2\nz: 3\nm: 4\n"), "{\"z\":3,\"a\":2,\"m\":4}");
}

static void json_is_given_as_it_stands(void) {
  CHECK_SAME(read_yaml("{\n\t\"a\":\t1.0\n}\n"), "{\n\t\"a\":\t1.0\n}");
  CHECK_SAME(read_yaml("{\"a\":\"\\ud83d\\ude00\"}"), "{\"a\":\"\\ud83d\\ude00\"}");
  CHECK_SAME(read_strict(" {\"a\":\"\\ud83d\\ude00\"}"), "{\"a\":\"\\ud83d\\ude00\"}");
  CHECK_SAME(read_yaml("{\"a\":1}{\"b\":2}\n[3]"), "{\"a\":1}\n{\"b\":2}\n[3]");
  CHECK_SAME(read_yaml("{\"a\":1}\n---\n{\"b\":2}\n"), "{\"a\":1}\n{\"b\":2}"); /* YAML, then */
  CHECK_SAME(read_yaml("{a: 1,\t\"b\":\ttrue}"), "{\"a\":1,\"b\":true}");
}

/* ---- bounds ---- */

static void laughs_are_not_repeated_a_billion_times(void) {
  kube_buffer lists = {0}, merges = {0};
  const char *wanted = "too much of the document comes from aliases";
  kube_buffer_add_text(&lists, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n", NULL);
  kube_buffer_add_text(&merges, "a0: &a0 {x: 1}\n", NULL);
  for (int i = 1; i < 12; i++) {
    kube_buffer_printf(&lists, NULL, "a%d: &a%d [", i, i);
    kube_buffer_printf(&merges, NULL, "a%d: &a%d {<<: [", i, i);
    for (int j = 0; j < 9; j++) {
      kube_buffer_printf(&lists, NULL, "*a%d,", i - 1);
      kube_buffer_printf(&merges, NULL, "*a%d,", i - 1);
    }
    kube_buffer_add_text(&lists, "]\n", NULL);
    kube_buffer_add_text(&merges, "]}\n", NULL);
  }
  CHECK(strstr(read_yaml(kube_buffer_text(&lists, NULL)), wanted));
  CHECK(strstr(read_yaml(kube_buffer_text(&merges, NULL)), wanted));
  kube_buffer_clear(&lists);
  kube_buffer_clear(&merges);
}

static void a_document_has_a_ceiling(void) {
  const kube_yaml_options options = {.ceiling = 16};
  const char *short_one = "a: [1, 2, 3, 4]", *long_one = "a: &a 0123456789\nb: *a\n";
  CHECK_SAME(read_bytes(short_one, strlen(short_one), &options), "{\"a\":[1,2,3,4]}");
  CHECK_SAME(read_bytes(long_one, strlen(long_one), &options),
             "a YAML document as JSON: more than 16 bytes");
}

static char *repeated(const char *text, size_t times, const char *tail) {
  size_t n = strlen(text);
  char *out = malloc(n * times + strlen(tail) + 1);
  for (size_t i = 0; i < times; i++) memcpy(out + i * n, text, n);
  strcpy(out + n * times, tail);
  return out;
}

static void nesting_ends_at_512(void) {
  static const char *openings[] = {"[", "- ", "{a: ", "? "};
  char *fine = repeated("- ", KUBE_JSON_DEPTH, "x");
  CHECK(read_yaml(fine)[0] == '[');
  free(fine);
  for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
    char *deep = repeated(openings[i], 5000, "");
    CHECK(strstr(read_yaml(deep), "nested too deep") != NULL);
    free(deep);
  }
}

static const char sample[] =
    "\xEF\xBB\xBF%YAML 1.1\n---\n# a pod\napiVersion: v1\nkind: \"Pod\"\nmetadata: &m\n"
    "  name: 'web-0'\n  labels: {app: web, tier: \"fr\\u00f6nt\"}\nspec: !!map\n  containers:\n"
    "  - name: c\n    <<: *m\n    args: [\"-c\", 'it''s', *m]\n    script: |+\n      one\n\n"
    "       two \xF0\x9F\x98\x80\n\n    folded: >2-\n       x\n      y\n  ? complex\n  : !!binary "
    "aGk=\n"
    "...\n---\r\nb: 0x1F\r\n--- {\"j\":\t[1.5e3,null]}\n";

static void no_truncation_crashes(void) {
  for (size_t n = 0; n <= sizeof sample - 1; n++) CHECK(read_bytes(sample, n, NULL) != NULL);
  CHECK(strstr(read_bytes(sample, sizeof sample - 1, NULL), "{\"b\":31}\n{\"j\":[1500,null]}"));
}

static uint32_t seed = 12345;
static uint32_t random_below(uint32_t n) {
  return (seed = seed * 1664525u + 1013904223u) / 65536 % n;
}

static void no_broken_byte_crashes(void) {
  static const char bytes[] = "\0\x80\xff:-?[]{}&*!|>'\"%@`#,<\n\t \\~1";
  for (int i = 0; i < 3000; i++) {
    char broken[sizeof sample];
    memcpy(broken, sample, sizeof sample);
    for (int j = 0; j < 3; j++)
      broken[random_below(sizeof sample - 1)] = bytes[random_below(sizeof bytes)];
    CHECK(read_bytes(broken, sizeof sample - 1, i % 2 ? &STRICT : NULL) != NULL);
  }
}

/* ---- writing ---- */

/* Wanted values: sigs.k8s.io/yaml v1.6.0 JSONToYAML; the last four are ours. */
/* clang-format off */
static const row written[] = {
    {"{\"a\":{\"b\":[1,{\"c\":2,\"d\":[]},[3,4]],\"e\":{}},\"f\":null,\"g\":true}",
     "a:\n  b:\n  - 1\n  - c: 2\n    d: []\n  - - 3\n    - 4\n  e: {}\nf: null\ng: true\n"},
    {"[\"yes\",\"1\",\"1e3\",\"null\",\"08\",\"0o17\",\"y\",\"on\",\"~\",\"\",\".inf\",\"0x1F\",\"1_0\"]",
     "- \"yes\"\n- \"1\"\n- \"1e3\"\n- \"null\"\n- \"08\"\n- \"0o17\"\n- \"y\"\n- \"on\"\n- \"~\"\n- \"\"\n- \".inf\"\n- \"0x1F\"\n- \"1_0\"\n"},
    {"[\"2020-01-01\",\"2020-01-01T00:00:00Z\",\"12:30\",\"1.2.3\",\"v1\",\"100m\",\"x\"]",
     "- \"2020-01-01\"\n- \"2020-01-01T00:00:00Z\"\n- \"12:30\"\n- 1.2.3\n- v1\n- 100m\n- x\n"},
    {"[\" x\",\"x \",\"a: b\",\"a #b\",\"- a\",\"#\",\"*a\",\"&a\",\"!a\",\"%a\",\"@a\",\"{a}\",\"[a]\",\"a:\",\"it's\",\"\\\"q\\\"\",\"-\",\"?\",\",\"]",
     "- ' x'\n- 'x '\n- 'a: b'\n- 'a #b'\n- '- a'\n- '#'\n- '*a'\n- '&a'\n- '!a'\n- '%a'\n- '@a'\n- '{a}'\n- '[a]'\n- 'a:'\n- it's\n- '\"q\"'\n- '-'\n- '?'\n- ','\n"},
    {"{\"1\":\"a\",\"a b\":\"c\",\"true\":\"b\",\"x: y\":\"d\"}",
     "\"1\": a\na b: c\n\"true\": b\n'x: y': d\n"},
    {"{\"a\":\"one\\ntwo\\n\",\"b\":\"one\\n\\ntwo\",\"c\":\"keep\\n\\n\",\"d\":\" lead\\nx\"}",
     "a: |\n  one\n  two\nb: |-\n  one\n\n  two\nc: |+\n  keep\n\nd: |2-\n   lead\n  x\n"},
    {"[\"a\\tb\",\"\\u00e9\",\"\\u0001\",\"a \\nb\"]",
     "- \"a\\tb\"\n- é\n- \"\\x01\"\n- \"a \\nb\"\n"},
    {"[9223372036854775807,-1,18446744073709551615,1.5]",
     "- 9223372036854775807\n- -1\n- 18446744073709551615\n- 1.5\n"},
    {"{\"a\":\"words and more words and more words and more words and more words and more words and more words and more words and more\"}",
     "a: words and more words and more words and more words and more words and more words\n  and more words and more words and more\n"},
    {"\"x\"",
     "x\n"},
    {"{\"b\":1,\"a\":2}", "b: 1\na: 2\n"},
    {"[\"<<\",\"\\u2028\"]", "- \"<<\"\n- \"\\L\"\n"},
    {"[1.0,1e3,1E400]", "- 1.0\n- 1e3\n- 1E400\n"},
    {"[18446744073709551616]", "- 18446744073709551616\n"},
};
/* clang-format on */

static void json_is_written_as_kubectl_does(void) {
  EACH(r, written) CHECK_SAME(write_json(r->yaml), r->json);
}

static void bad_json_is_refused(void) {
  CHECK(strstr(write_json("{\"a\":}"), "offset 5") != NULL);
  CHECK(strstr(write_json(""), "empty") != NULL);
}

static void writing_appends(void) {
  kube_buffer yaml = {0};
  kube_yaml_from_json((kube_slice){"{\"a\":1}", 7}, &yaml, NULL);
  kube_buffer_add_text(&yaml, "---\n", NULL);
  CHECK(kube_yaml_from_json((kube_slice){"[2]", 3}, &yaml, NULL) == KUBE_OK);
  CHECK(kube_yaml_from_json((kube_slice){"[2", 2}, &yaml, NULL) == KUBE_EDECODE);
  CHECK_SAME(kube_buffer_text(&yaml, NULL), "a: 1\n---\n- 2\n");
  yaml.ceiling = 14;
  CHECK(kube_yaml_from_json((kube_slice){"[\"much too long\"]", 17}, &yaml, NULL) ==
        KUBE_ETOOLARGE);
  CHECK_SAME(kube_buffer_text(&yaml, NULL), "a: 1\n---\n- 2\n");
  kube_buffer_clear(&yaml);
}

static const char *const pieces[] = {
    " ",
    "\n",
    "  ",
    "a",
    "b: ",
    ":",
    "#",
    " #",
    "-",
    "- ",
    "'",
    "\"",
    "\t",
    "\xC3\xA9",
    "\\",
    ",",
    "[",
    "]",
    "{",
    "}",
    "&",
    "*",
    "!",
    "|",
    ">",
    "%",
    "@",
    "`",
    "0",
    "1",
    "08",
    ".",
    "_",
    "y",
    "no",
    "null",
    "~",
    "<<",
    "=",
    "1e3",
    "0x1",
    "12:30",
    "2020-01-01",
    "---",
    "...",
    "?",
    "\xE2\x80\xA8",
    "\r",
    "\xEF\xBB\xBF",
    "\xF0\x9F\x98\x80",
    "\x01",
    "\x7F",
    "\xC2\x85",
    "a long word ",
    "several words that make a line so long that it has to be folded somewhere "};

static void add_random_string(kube_buffer *out) {
  kube_buffer text = {0};
  for (uint32_t n = random_below(6); n > 0; n--)
    kube_buffer_add_text(&text, pieces[random_below(sizeof pieces / sizeof pieces[0])], NULL);
  kube_buffer_reserve(&text, 1, NULL);
  kube_json_quote(out, kube_buffer_bytes(&text), kube_buffer_length(&text), NULL);
  kube_buffer_clear(&text);
}

static void add_random_value(kube_buffer *out, int depth) {
  static const char *const literals[] = {
      "null", "true",    "false", "0", "-1", "9223372036854775807", "18446744073709551615",
      "1.5",  "-2.5e-7", "1e+21"};
  uint32_t kind = random_below(depth > 4 ? 6 : 10), n = random_below(4);
  if (kind < 4) {
    add_random_string(out);
  } else if (kind < 6) {
    kube_buffer_add_text(out, literals[random_below(10)], NULL);
  } else {
    kube_buffer_add_text(out, kind < 8 ? "[" : "{", NULL);
    for (uint32_t i = 0; i < n; i++) {
      if (i) kube_buffer_add_text(out, ",", NULL);
      if (kind >= 8) kube_buffer_printf(out, NULL, "\"%u %u\":", i, random_below(9));
      add_random_value(out, depth + 1);
    }
    kube_buffer_add_text(out, kind < 8 ? "]" : "}", NULL);
  }
}

static void what_is_written_reads_back_the_same(void) {
  for (int i = 0; i < 4000; i++) {
    kube_buffer json = {0};
    add_random_value(&json, 0);
    CHECK_SAME(read_yaml(write_json(kube_buffer_text(&json, NULL))), kube_buffer_text(&json, NULL));
    kube_buffer_reset(&json);
    kube_buffer_add_text(&json, "{", NULL); /* a string as a key, and as a value */
    add_random_string(&json);
    kube_buffer_add_text(&json, ":[", NULL);
    add_random_string(&json);
    kube_buffer_add_text(&json, "]}", NULL);
    CHECK_SAME(read_yaml(write_json(kube_buffer_text(&json, NULL))), kube_buffer_text(&json, NULL));
    kube_buffer_clear(&json);
  }
}

/* ---- memory ---- */

/* Built with -DKUBE_SPEC_WRAP -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc and libyaml.a. */
#ifdef KUBE_SPEC_WRAP
static long allocations_left = -1; /* -1: as many as there are */

static bool may_allocate(void) {
  if (allocations_left > 0) allocations_left--;
  return allocations_left != 0;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n) { return may_allocate() ? __real_malloc(n) : NULL; }
void *__wrap_calloc(size_t count, size_t n) {
  return may_allocate() ? __real_calloc(count, n) : NULL;
}
void *__wrap_realloc(void *p, size_t n) { return may_allocate() ? __real_realloc(p, n) : NULL; }

/* Reads the sample and writes what came; KUBE_EOF when all went well. */
static kube_status use_memory(kube_error *err) {
  kube_buffer json = {0}, yaml = {0};
  kube_yaml_reader *reader = kube_yaml_open(sample, sizeof sample - 1, NULL, err);
  kube_status status = reader ? KUBE_OK : err->status;
  while (status == KUBE_OK) {
    status = kube_yaml_next(reader, &json, err);
    if (status != KUBE_OK) break;
    status = kube_yaml_from_json((kube_slice){json.data, json.end}, &yaml, err);
  }
  kube_yaml_close(reader);
  kube_buffer_clear(&json);
  kube_buffer_clear(&yaml);
  return status;
}

static void every_allocation_may_fail(void) {
  kube_status status = KUBE_OK;
  for (long n = 1; status != KUBE_EOF && n < 100000; n++) {
    kube_error err = {0};
    allocations_left = n;
    status = use_memory(&err);
    allocations_left = -1;
    CHECK(status == KUBE_EOF || (status == KUBE_ENOMEM && err.status == KUBE_ENOMEM));
  }
  CHECK(status == KUBE_EOF);
}
#else
static void every_allocation_may_fail(void) {}
#endif

int main(void) {
  RUN(scalars_mean_what_they_mean_to_kubectl);
  RUN(keys_become_strings);
  RUN(documents_become_json);
  RUN(what_is_wrong_is_told_with_its_place);
  RUN(errors_never_show_a_scalar);
  RUN(documents_come_one_by_one);
  RUN(empty_documents_are_skipped);
  RUN(documents_before_a_bad_one_are_read);
  RUN(a_key_twice_is_an_error_in_strict);
  RUN(keys_keep_their_order_and_the_last_value_wins);
  RUN(json_is_given_as_it_stands);
  RUN(laughs_are_not_repeated_a_billion_times);
  RUN(a_document_has_a_ceiling);
  RUN(nesting_ends_at_512);
  RUN(no_truncation_crashes);
  RUN(no_broken_byte_crashes);
  RUN(json_is_written_as_kubectl_does);
  RUN(bad_json_is_refused);
  RUN(writing_appends);
  RUN(what_is_written_reads_back_the_same);
  RUN(every_allocation_may_fail);
  return check_report();
}
