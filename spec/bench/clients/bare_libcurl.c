/*
** The floor: a loop over one libcurl easy handle that keeps the bytes of each answer and looks at
** nothing. bare_libcurl list | each (in pages) | watch | get-raw | first
** pages, pages-gzip: as curl -o /dev/null, which keeps nothing, but for where the next page is
*/
#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POD "/api/v1/namespaces/ns-0/pods/"

enum { PAGE = 500, MAX_NAMES = 4096, TOKEN = 400, HEAD = 1024 /* bytes of an answer */ };

static CURL *easy;
static char *body; /* of the last answer */
static size_t length, size;
static size_t most = SIZE_MAX; /* that is kept of an answer */
static long long total;        /* bytes of all answers */

static _Noreturn void die(const char *what) {
  fprintf(stderr, "bare_libcurl: %s\n", what);
  exit(1);
}

static const char *setting(const char *name) {
  const char *value = getenv(name);
  if (value == NULL) die(name);
  return value;
}

static size_t on_bytes(char *bytes, size_t one, size_t n, void *keep) {
  const size_t kept = n < most - length ? n : most - length;
  (void)one;
  total += (long long)n;
  if (keep == NULL || kept == 0) return n;
  if (length + kept >= size) {
    size = 2 * (length + kept) + 1;
    body = realloc(body, size);
    if (body == NULL) die("no memory");
  }
  memcpy(body + length, bytes, kept);
  length += kept;
  body[length] = '\0';
  return n;
}

static void get(const char *path, const char *name) {
  char url[512];
  CURLcode code;
  snprintf(url, sizeof url, "%s%s%s", setting("BENCH_URL"), path, name);
  length = 0;
  curl_easy_setopt(easy, CURLOPT_URL, url);
  code = curl_easy_perform(easy);
  if (code != CURLE_OK) die(curl_easy_strerror(code));
}

/* See measure.py. */
static void tell(const char *line) {
  char answer[16];
  puts(line);
  fflush(stdout);
  if (fgets(answer, sizeof answer, stdin) == NULL) exit(1);
}

static void done(long count) {
  char line[64];
  snprintf(line, sizeof line, "done %ld %lld", count, total);
  tell(line);
}

static void list(void) {
  get("/api/v1/pods", "");
  done(1);
}

static void each(void) {
  long i, n = (atol(setting("BENCH_PODS")) + PAGE - 1) / PAGE;
  for (i = 0; i < n; i++) {
    char token[24];
    snprintf(token, sizeof token, "%.0ld", i); /* the first page has none */
    get("/api/v1/pods?limit=500&continue=", token);
  }
  done(n);
}

/* The token of the next page, which stands at the begin of this one. */
static bool read_token(char token[TOKEN]) {
  static const char field[] = "\"continue\":\"";
  const char *from = strstr(body, field);
  size_t n;
  if (from == NULL) return false;
  from += sizeof field - 1;
  n = strcspn(from, "\"");
  if (n >= TOKEN) die("a long token");
  memcpy(token, from, n);
  token[n] = '\0';
  return true;
}

static void pages(void) {
  char token[TOKEN] = "";
  long n = 0;
  most = HEAD;
  do {
    get("/api/v1/pods?limit=500&continue=", token);
    n++;
  } while (read_token(token));
  total = n; /* its bytes are not those of another time */
  done(n);
}

static void pages_gzip(void) {
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  pages();
}

static void watch(void) {
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, NULL); /* not kept */
  get("/api/v1/pods?watch=true", "");
  done(1);
}

static long read_names(char names[MAX_NAMES][64]) {
  char path[4096];
  long n = 0;
  FILE *file;
  snprintf(path, sizeof path, "%s/names.txt", setting("BENCH_DATA"));
  file = fopen(path, "r");
  if (file == NULL) die(path);
  while (n < MAX_NAMES && fscanf(file, "%63s", names[n]) == 1) n++;
  fclose(file);
  return n;
}

static void get_raw(void) {
  static char names[MAX_NAMES][64];
  long i, known = read_names(names), n = atol(setting("BENCH_GETS"));
  get(POD, names[0]); /* which connects */
  total = 0;
  tell("ready");
  for (i = 0; i < n; i++) get(POD, names[i % known]);
  done(n);
}

static void first(void) {
  get(POD, setting("BENCH_NAME"));
  printf("%.*s\n", (int)length, body);
  done(1);
}

static const struct figure {
  const char *name;
  void (*run)(void);
} figures[] = {{"list", list},   {"each", each},       {"pages", pages}, {"pages-gzip", pages_gzip},
               {"watch", watch}, {"get-raw", get_raw}, {"first", first}};

int main(int argc, char **argv) {
  char token[256];
  struct curl_slist *headers;
  size_t i;
  snprintf(token, sizeof token, "Authorization: Bearer %s", setting("BENCH_TOKEN"));
  curl_global_init(CURL_GLOBAL_DEFAULT);
  headers = curl_slist_append(NULL, token);
  easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_CAINFO, setting("BENCH_CA"));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
  for (i = 0; i < sizeof figures / sizeof *figures; i++)
    if (argc > 1 && strcmp(argv[1], figures[i].name) == 0) figures[i].run();
  curl_easy_cleanup(easy);
  curl_slist_free_all(headers);
  free(body);
  return 0;
}
