/*
** Everything here that reads bytes, on memory of exactly their size, so that sanitizers see a read
** past the end: each prefix of each sample, and samples mutated at random. What the readers make of
** one text must agree. The last lines hold a digest of all that they said: another build of the same
** program (KUBE_JSON_PLAIN, without SSE2) must say the same.
**   bytes_test [seed [rounds]]    0 rounds: for ever
*/
#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <stdint.h>
#include <unistd.h>

#include "check.h"
#include "client/status.h"
#include "frame.h"
#include "json.h"
#include "kube.h"
#include "lua/box.h"
#include "lua/json.h"
#include "yaml_json.h"

enum { SEED = 20240721, ROUNDS = 40000, MOST = 4096 /* bytes of a text */ };

static lua_State *L;

/* ---- the digest of all outcomes (FNV-1a) ---- */

static uint64_t digest = 14695981039346656037u;

static void note(const void *bytes, size_t n) {
  const unsigned char *p = bytes;
  size_t i;
  for (i = 0; i < n; i++) digest = (digest ^ p[i]) * 1099511628211u;
}

static void note_number(long long n) { note(&n, sizeof n); }

static void note_text(const char *text) { note(text, strlen(text)); }

/* ---- JSON in the core ---- */

static bool validates(kube_slice text) {
  kube_error err = {0};
  const kube_status status = kube_json_validate(text, &err);
  CHECK(status == KUBE_OK || status == KUBE_EDECODE);
  note_number(status);
  note_text(err.message);
  return status == KUBE_OK;
}

static void look_up(kube_slice text) {
  static const char *const paths[] = {"",          "metadata.name",
                                      "items[0]",  "items[1].metadata.labels['a.b/c']",
                                      "metadata",  "metadata.resourceVersion",
                                      "a[2].b[0]", "type",
                                      "object",    "details.causes[0].field",
                                      "['']",      "bad["};
  size_t i;
  for (i = 0; i < sizeof paths / sizeof *paths; i++) {
    const kube_json found = kube_json_find(text, paths[i]);
    char out[40];
    int64_t integer = 0;
    note_number(found.type);
    if (found.type == KUBE_JSON_NONE) continue;
    if (!CHECK(found.bytes >= text.bytes && found.length <= text.length &&
               found.bytes + found.length <= text.bytes + text.length))
      continue;
    note(found.bytes, found.length);
    note_number((long long)kube_json_text(found, out, sizeof out));
    note_text(out);
    note_number(kube_json_integer(found, &integer));
    note_number(integer);
  }
}

/* Walks through all of it, as far as it can be read. */
static void walk(kube_json value, int depth) {
  kube_json at = {0};
  kube_slice name = {0};
  if (depth == 20) return;
  while (kube_json_next(value, &at, &name)) {
    note_number(at.type);
    note(at.bytes, at.length);
    if (value.type == KUBE_JSON_OBJECT) note(name.bytes, name.length);
    walk(at, depth + 1);
  }
}

static void skip(kube_slice text, bool valid) {
  const char *end = text.bytes + text.length, *start = kube_json_space(text.bytes, end), *stop;
  kube_json_fault fault;
  if (start == end) return;
  stop = kube_json_skip(start, end, &fault);
  note_number(stop ? stop - text.bytes : -1);
  if (valid) CHECK(stop && kube_json_space(stop, end) == end);
}

/* Cuts into frames; the first `first` bytes come alone. */
static uint64_t cut(kube_slice text, kube_cutter_mode mode, size_t first) {
  const uint64_t before = digest;
  uint64_t mine;
  kube_cutter c;
  size_t from = 0, to = first;
  kube_status status = KUBE_AGAIN;
  kube_error err = {0};
  digest = 1;
  kube_cutter_init(&c, mode, 0);
  while (status == KUBE_AGAIN || status == KUBE_OK) {
    char *held = check_exact(text.bytes + from, to - from);
    kube_slice frame = {NULL, 0};
    status = kube_cutter_peek(&c, held, to - from, to == text.length, &frame, &err);
    if (status == KUBE_OK) note(frame.bytes, frame.length);
    free(held);
    from += kube_cutter_take(&c);
    if (status == KUBE_AGAIN && !CHECK(to < text.length)) break;
    if (status == KUBE_AGAIN) to = text.length;
  }
  note_number(status);
  note_text(err.message);
  note(c.kind.bytes, c.kind.length);
  note(c.metadata.bytes, c.metadata.length);
  kube_cutter_clear(&c);
  mine = digest;
  digest = before;
  return mine;
}

static void cut_all_ways(kube_slice text, size_t split) {
  kube_cutter_mode mode;
  for (mode = KUBE_CUT_STREAM; mode <= KUBE_CUT_ROWS; mode++) {
    const uint64_t whole = cut(text, mode, text.length);
    CHECK(cut(text, mode, split) == whole);
    note_number((long long)whole);
  }
}

/* ---- JSON to Lua and back ---- */

typedef struct job {
  kube_slice text;
  bool valid;
} job;

static void push_with(const job *j, const char *options) {
  kube_json_options o;
  kube_error err = {0};
  lua_settop(L, 0);
  luaL_loadstring(L, options);
  lua_call(L, 0, 1);
  kube_json_check_options(L, 1, &o);
  note_number(kube_json_push(L, j->text.bytes, j->text.length, &o, &err));
  note_text(err.message);
}

static void encode_again(const job *j, kube_buffer *out) {
  static const kube_json_format sorted = {.sort_keys = true};
  kube_error err = {0};
  if (kube_json_encode(L, -1, out, &sorted, &err) != KUBE_OK) { /* inf is no JSON */
    note_text(err.message);
    return;
  }
  note(kube_buffer_bytes(out), kube_buffer_length(out));
  CHECK(kube_json_validate((kube_slice){kube_buffer_bytes(out), kube_buffer_length(out)}, NULL) ==
        KUBE_OK);
  CHECK(j->valid);
}

static int decode(lua_State *l) {
  const job *j = lua_touserdata(l, 1);
  kube_error err = {0};
  kube_buffer *out;
  push_with(j, "return { fields = { 'metadata.name', 'items.metadata', 'a.b', 'status' } }");
  push_with(j, "return { strip_managed_fields = true, api_version = 'v1', kind = 'Pod' }");
  lua_settop(l, 0);
  out = kube_push_buffer(l);
  if (kube_json_push(l, j->text.bytes, j->text.length, NULL, &err)) {
    encode_again(j, out);
  } else {
    note_text(err.message);
    if (j->valid) CHECK(strstr(err.message, "a number out of range") != NULL);
  }
  kube_buffer_clear(out);
  return 0;
}

static void to_lua(kube_slice text, bool valid) {
  job j = {text, valid};
  lua_pushcfunction(L, decode);
  lua_pushlightuserdata(L, &j);
  if (!CHECK(lua_pcall(L, 1, 0, 0) == LUA_OK)) printf("  %s\n", lua_tostring(L, -1));
  lua_settop(L, 0);
}

/* ---- the readers of documents ---- */

static void read_yaml(kube_slice text) {
  kube_error err = {0};
  kube_buffer json = {0};
  kube_yaml_reader *reader = kube_yaml_open(text.bytes, text.length, NULL, &err);
  kube_status status;
  while ((status = kube_yaml_next(reader, &json, &err)) == KUBE_OK) {
    kube_slice document = {kube_buffer_bytes(&json), kube_buffer_length(&json)};
    if (!CHECK(kube_json_validate(document, NULL) == KUBE_OK))
      printf("  %.*s\n", (int)document.length, document.bytes);
    note(document.bytes, document.length);
  }
  note_number(status);
  note_text(err.message);
  CHECK(status == KUBE_EOF || err.message[0]);
  kube_yaml_close(reader);
  kube_buffer_clear(&json);
}

/* What is written is read as one document. */
static void write_yaml(kube_slice text, bool valid) {
  kube_buffer yaml = {0}, json = {0};
  kube_error err = {0};
  const kube_status status = kube_yaml_from_json(text, &yaml, &err);
  CHECK((status == KUBE_OK) == valid);
  note_text(err.message);
  note(kube_buffer_bytes(&yaml), kube_buffer_length(&yaml));
  if (status == KUBE_OK) {
    char *exact = check_exact(kube_buffer_bytes(&yaml), kube_buffer_length(&yaml));
    kube_yaml_reader *reader = kube_yaml_open(exact, kube_buffer_length(&yaml), NULL, &err);
    if (!CHECK(kube_yaml_next(reader, &json, &err) == KUBE_OK)) printf("  %s\n", err.message);
    CHECK(kube_yaml_next(reader, &json, &err) == KUBE_EOF);
    kube_yaml_close(reader);
    free(exact);
  }
  kube_buffer_clear(&yaml);
  kube_buffer_clear(&json);
}

static void discover(kube_slice text) {
  kube_error err = {0};
  kube_discovery *found = kube_discovery_new(&err);
  const kube_api_resource *resource;
  size_t i;
  note_number(kube_discovery_add(found, text, &err));
  note_text(err.message);
  for (i = 0; (resource = kube_discovery_resource(found, i)) != NULL; i++) {
    note_text(resource->resource);
    note_text(resource->kind);
  }
  for (i = 0; (resource = kube_discovery_subresource(found, i)) != NULL; i++) {
    note_text(resource->resource);
    note_text(resource->subresource);
  }
  for (i = 0; kube_discovery_group(found, i); i++)
    note_text(kube_discovery_group(found, i)->preferred);
  for (i = 0; kube_discovery_stale(found, i); i++) note_text(kube_discovery_stale(found, i));
  kube_discovery_free(found);
}

static void refuse(kube_slice text) {
  kube_error err = {0};
  char *type = check_exact("text/plain", 11), *after = check_exact("12", 3);
  const kube_refusal refusal = {.code = 403,
                                .method = "GET",
                                .where = "https://x/y",
                                .path = "/api/v1/pods",
                                .who = "me",
                                .content_type = type,
                                .retry_after = after,
                                .body = text};
  kube_buffer status = {0};
  CHECK(kube_refusal_fail(&refusal, &err) == KUBE_EAPI);
  CHECK(kube_refusal_status(&refusal, &status, NULL) == KUBE_OK);
  CHECK(kube_is_failure(kube_buffer_slice(&status)));
  kube_buffer_clear(&status);
  note_text(err.message);
  note_text(err.reason);
  kube_status_fail(text, &err);
  note_text(err.message);
  note_number(err.code);
  free(type);
  free(after);
}

static char config_path[] = "/tmp/bytes_test.XXXXXX";

static void configure(kube_slice text) {
  const kube_config_options options = {.kubeconfig = config_path};
  kube_error err = {0};
  kube_config *config;
  FILE *file = fopen(config_path, "wb");
  if (file == NULL || fwrite(text.bytes, 1, text.length, file) != text.length) abort();
  fclose(file);
  config = kube_config_load(&options, &err);
  CHECK(config || err.status == KUBE_ECONFIG);
  if (config) note_text(kube_config_server(config));
  kube_config_free(config);
}

/* ---- feeding them ---- */

typedef enum kind { JSON, YAML, CONFIG } kind;

typedef struct sample {
  kind kind;
  const char *text;
} sample;

static const sample samples[] = {
    {JSON, "{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"12\","
           "\"continue\":\"t\\u00e9\"},\"items\":[{\"metadata\":{\"name\":\"a\",\"labels\":{"
           "\"a.b/c\":\"d\"},\"managedFields\":[{\"f\":{}}]},\"status\":null},{\"a\":1}]}"},
    {JSON, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"x\"}}}\n"
           "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410}}\n"},
    {JSON, "{\"kind\":\"Status\",\"message\":\"no\\n\\t\\\"such\\\" pod\",\"reason\":\"NotFound\","
           "\"code\":404,\"details\":{\"retryAfterSeconds\":3,\"causes\":[{\"field\":\"f\"}]}}"},
    {JSON,
     " [ -0, 0.5e-3, 1E+10, 9223372036854775807, -9223372036854775808, 18446744073709551616,"
     " 123456789012345678901234567890, true, false, null, \"\", [], {}, [[[]]], {\"\":{}} ] "},
    {JSON,
     "{\"a\":[1,{\"b\":2},{\"b\":[\"\\ud83d\\ude00 \\ud800 \\u0000 \\/ \\b\\f\\n\\r\\t\"]}],"
     "\"a\":null,\"c\":null,\"d\":null,\"\\u0061\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"}"},
    {JSON, "{\"sixteen bytes...\":\"fifteen bytes..\",\"a string that is longer than thirty-two "
           "bytes, and than sixty-four\":\"0123456789abcdef\\\\0123456789abcde\\\"f\"}"},
    {JSON, "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{\"name\":\"apps\"},"
           "\"versions\":[{\"version\":\"v0\",\"freshness\":\"Stale\"},{\"version\":\"v1\","
           "\"resources\":[{\"resource\":\"pods\",\"responseKind\":{\"kind\":\"Pod\"},\"scope\":"
           "\"Namespaced\",\"shortNames\":["
           "\"po\"],\"verbs\":[\"get\"],\"subresources\":[{\"subresource\":\"status\","
           "\"responseKind\":{\"kind\":\"Pod\"}}]}]}]}]}"},
    {JSON, "{\"kind\":\"APIResourceList\",\"groupVersion\":\"apps/v1\",\"resources\":[{\"name\":"
           "\"pods\",\"kind\":\"Pod\",\"verbs\":[\"get\"]},{\"name\":\"pods/log\",\"kind\":\"Log\","
           "\"group\":\"g\",\"version\":\"v\"},{\"name\":\"pods/status\"}]}"},
    {JSON,
     "{\"groups\":[{\"name\":\"apps\",\"versions\":[{\"groupVersion\":\"apps/v1\"},{\"version\":"
     "\"v2\"}],\"preferredVersion\":{\"version\":\"v2\"}}]}"},
    {YAML, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {\"x\": 'y'}}\n"
           "data:\n  a: |\n    one\n    two\n  b: >-\n    folded\n    text\n  c: \"q\\u00e9\\n\"\n"
           "---\n- &x [1, 0x1F, 0o17, 1_000, 1.5e3, .inf, ~, yes, off, 2001-01-01, 1:30]\n"
           "- *x\n- !!str 12\n- !!binary aGk=\n- ? key\n  : value\n...\n"},
    {YAML, "%YAML 1.1\n--- # comment\nbase: &b {a: 1, b: [x, y]}\nderived:\n  <<: *b\n  b: 2\n"
           "\"quoted key\": 'it''s'\n? [complex]\n: {}\nempty:\n\ttab: no\n"},
    {CONFIG, "apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts:\n- name: x\n  context: "
             "{cluster: c, user: u, namespace: n}\nclusters:\n- name: c\n  cluster:\n    server: "
             "https://1.2.3.4:6443\n    proxy-url: http://p\n    tls-server-name: n\n    "
             "insecure-skip-tls-verify: true\nusers:\n- name: u\n  user: {token: secret}\n"},
    {CONFIG, "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\nclusters: "
             "[{name: c, cluster: {server: a.b, certificate-authority-data: aGVsbG8=}}]\nusers: "
             "[{name: u, user: {client-certificate-data: aGk=, client-key: /nowhere/key}}]\n"}};

enum { SAMPLES = sizeof samples / sizeof *samples };

static void feed(kind kind, const char *bytes, size_t n, size_t split) {
  char *exact = check_exact(bytes, n);
  const kube_slice text = {exact, n};
  const bool valid = validates(text);
  look_up(text);
  walk(kube_json_find(text, ""), 0);
  skip(text, valid);
  cut_all_ways(text, split);
  to_lua(text, valid);
  write_yaml(text, valid);
  discover(text);
  refuse(text);
  read_yaml(text);
  if (kind == CONFIG) configure(text);
  free(exact);
}

static void every_prefix(void) {
  int i;
  size_t n;
  for (i = 0; i < SAMPLES; i++) {
    check_about = samples[i].text;
    for (n = 0; n <= strlen(samples[i].text); n++) feed(samples[i].kind, samples[i].text, n, n / 2);
  }
}

/* ---- mutations ---- */

static uint64_t seed;

static size_t chance(size_t below) { /* xorshift64* */
  seed ^= seed >> 12;
  seed ^= seed << 25;
  seed ^= seed >> 27;
  return (size_t)((seed * 2685821657736338717u) >> 33) % below;
}

static size_t take_out(char *text, size_t n) {
  const size_t at = chance(n), most = n - at < 20 ? n - at : 20, count = 1 + chance(most);
  memmove(text + at, text + at + count, n - at - count);
  return n - count;
}

static size_t put_in(char *text, size_t n, const char *bytes, size_t count) {
  const size_t at = chance(n + 1);
  if (n + count > MOST) return n;
  memmove(text + at + count, text + at, n - at);
  memcpy(text + at, bytes, count);
  return n + count;
}

/* Some bytes of the same text, or of another. */
static size_t copy_some(char *text, size_t n) {
  const char *from = samples[chance(SAMPLES)].text;
  const size_t length = strlen(from), at = chance(length), most = length - at;
  return put_in(text, n, from + at, 1 + chance(most < 60 ? most : 60));
}

static size_t mutate(char *text, size_t n) {
  static const char *const words[] = {
      "\"",    "\\",           "{",        "}",  "[",    "]",     ":",        ",",        "\\u",
      "\\ud8", "null",         "1e9",      "-",  "0.",   "\n",    "\xC3",     "\xF0\x9F", "'",
      "&a ",   "*a",           "- ",       ": ", "|\n",  "#",     "!!",       "%",        "<<: ",
      "--- ",  "\xEF\xBB\xBF", "\xFF\xFE", "\t", "\r\n", "items", "metadata", "? ",       "1e999"};
  const char *word = words[chance(sizeof words / sizeof *words)];
  char byte = (char)chance(256);
  if (n == 0) return put_in(text, n, word, strlen(word));
  switch (chance(6)) {
    case 0: text[chance(n)] ^= (char)(1 << chance(8)); return n;
    case 1: text[chance(n)] = *word; return n;
    case 2: return put_in(text, n, &byte, 1);
    case 3: return put_in(text, n, word, strlen(word));
    case 4: return take_out(text, n);
    default: return copy_some(text, n);
  }
}

static void mutations(long rounds) {
  const bool for_ever = rounds == 0;
  while (for_ever || rounds-- > 0) {
    const sample *s = &samples[chance(SAMPLES)];
    const int failed = check_failed;
    char text[MOST + 1], about[64];
    size_t n = strlen(s->text), times = 1 + chance(6);
    snprintf(about, sizeof about, "seed %llu, 1 round", (unsigned long long)seed);
    check_about = about;
    memcpy(text, s->text, n);
    while (times-- > 0) n = mutate(text, n);
    text[n] = '\0';
    feed(s->kind, text, n, n ? chance(n) : 0);
    if (check_failed > failed) printf("  the text: %s\n", text);
  }
}

int main(int argc, char **argv) {
  const long rounds = argc > 2 ? atol(argv[2]) : ROUNDS;
  if (mkstemp(config_path) < 0) abort();
  L = luaL_newstate();
  seed = argc > 1 ? strtoull(argv[1], NULL, 10) : SEED;
  printf("seed %llu, %ld rounds\n", (unsigned long long)seed, rounds);
  RUN(every_prefix);
  mutations(rounds);
  lua_close(L);
  unlink(config_path);
  printf("digest %016llx\n", (unsigned long long)digest);
  return check_report();
}
