/*
** Memory runs out in Lua: each operation of operations.lua, in a Lua of its own whose allocator and
** whose kube.core (and libyaml and cJSON below it) fail at the first allocation, the second, ...
** until the operation needs no more; once a single failure, once all that follow too. Each time it
** gives the right result, or nil and an error of memory, or "not enough memory" is thrown; nothing is
** left behind, and the next time it works. Then Lua collects its garbage in the middle of it.
*/
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <unistd.h>

#include "check.h"
#include "descriptors.h"
#include "scarce.h"
#include "server.h"

enum {
  FEW = 1000, /* points of failure that are all tried; of more, one in so many that it is FEW */
  OFTEN = 25, /* attempts between two looks whether all still works */
  COLLECTIONS = 200
};

int luaopen_kube_core(lua_State *L);

/* ---- Lua's memory ---- */

static long live; /* bytes that Lua has */

/*
** Lua collects all its garbage when memory runs out, and asks once more: that fails as well, or
** nothing would be seen to fail.
*/
static struct {
  void *p;
  size_t n;
} refused;

static long collect_every, collect_at; /* or: so many allocations are refused, but once */

static bool refuses(void *p, size_t n) {
  bool again = refused.n == n && refused.p == p;
  refused.n = 0;
  if (collect_every) {
    if (again || collect_at++ % collect_every != 0) return false;
    refused.p = p;
    refused.n = n;
    return true;
  }
  if (again && scarce_left >= 0) return true;
  if (!scarce_fails()) return false;
  refused.p = p;
  refused.n = n;
  return true;
}

static void *allocate(void *unused, void *p, size_t old, size_t n) {
  void *new;
  (void)unused;
  if (p == NULL) old = 0;
  if (n > old && refuses(p, n)) return NULL;
  if (n == 0) {
    free(p);
    live -= (long)old;
    return NULL;
  }
  new = __real_realloc(p, n);
  if (new) live += (long)n - (long)old;
  return new;
}

static void *json_malloc(size_t n) { return __wrap_malloc(n); }

/* ---- the server ---- */

#define POD(name)                                                                                  \
  "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name                         \
  "\",\"labels\":{\"a.b/c\":\"\\u00e9\"},\"managedFields\":[{\"f:a\":{}}]},\"null\":null,"         \
  "\"status\":{\"phase\":\"Running\",\"list\":[1,[{}]],\"float\":1.5,\"integer\":0,"               \
  "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}"
#define EVENT(type, version)                                                                       \
  "{\"type\":\"" type "\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\","              \
  "\"resourceVersion\":\"" version "\"}}}\n"
#define RESOURCE(name, kind, more)                                                                 \
  "{\"resource\":\"" name "\",\"scope\":\"Namespaced\",\"responseKind\":{\"kind\":\"" kind         \
  "\"},\"verbs\":[\"get\",\"list\"]" more "}"

static void answer_watch(server_connection *c) {
  if (strstr(c->target, "resourceVersion=1&")) {
    server_json(c, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,"
                   "\"reason\":\"Expired\",\"message\":\"too old\"}}");
    return;
  }
  server_text(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  server_chunk(c, EVENT("ADDED", "5") EVENT("BOOKMARK", "6") EVENT("MODIFIED", "7"));
  server_chunk(c, EVENT("DELETED", "8"));
  server_await_gone(c);
}

static void answer_list(server_connection *c) {
  if (strstr(c->target, "continue="))
    server_json(c, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[" POD(
                       "c") "],\"metadata\":{\"resourceVersion\":\"9\"}}");
  else
    server_json(c, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":"
                   "\"9\",\"continue\":\"next\"},\"items\":[" POD("a") "," POD("b") "]}");
}

static void answer_get(server_connection *c) {
  if (strstr(c->target, "watch=true"))
    answer_watch(c);
  else if (strstr(c->target, "/pods/a"))
    server_json(c, POD("a"));
  else if (strstr(c->target, "/pods/none"))
    server_answer(c, 404, "application/json",
                  "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"no such pod\","
                  "\"reason\":\"NotFound\",\"code\":404}");
  else if (strstr(c->target, "/pods/garbage"))
    server_json(c, "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",}}");
  else if (strstr(c->target, "/pods"))
    answer_list(c);
  else if (strcmp(c->target, "/version") == 0)
    server_json(c, "{\"major\":\"1\",\"gitVersion\":\"v1.36.1\"}");
  else if (strcmp(c->target, "/api") == 0)
    server_json(c, "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{},\"versions\":"
                   "[{\"version\":\"v1\",\"resources\":[" RESOURCE(
                       "pods", "Pod",
                       ",\"singularResource\":\"pod\",\"shortNames\":[\"po\"],\"subresources\":"
                       "[{\"subresource\":\"status\"}]") "]}]}]}");
  else
    server_json(
        c, "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{\"name\":\"apps\"},"
           "\"versions\":[{\"version\":\"v1\",\"resources\":[" RESOURCE(
               "deployments", "Deployment", "") "]}]},{\"metadata\":{\"name\":\"broken\"},"
                                                "\"versions\":[{\"version\":\"v1\","
                                                "\"freshness\":\"Stale\",\"resources\":[]}]}]}");
}

static void answer(server_connection *c, void *arg) {
  (void)arg;
  if (strcmp(c->method, "GET") == 0)
    answer_get(c);
  else if (strcmp(c->method, "DELETE") == 0)
    server_json(c, "{\"kind\":\"Status\",\"status\":\"Success\"}");
  else
    server_json(c, c->body);
}

static void write_config(char *path, const char *url) {
  const int fd = mkstemp(path);
  FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
  if (file == NULL) abort();
  fprintf(file,
          "current-context: x\n"
          "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
          "clusters: [{name: c, cluster: {server: '%s', proxy-url: ''}}]\n"
          "users: [{name: u, user: {username: me, password: SECRETMARK}}]\n",
          url);
  fclose(file);
}

/* ---- one attempt ---- */

typedef enum outcome { RIGHT, NO_MEMORY, WRONG } outcome;

/* A new Lua with the list of operations at 1 and a client at 2. */
static lua_State *open_lua(const char *url, const char *config) {
  lua_State *L = lua_newstate(allocate, NULL);
  if (L == NULL) abort();
  luaL_openlibs(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_kube_core);
  lua_setfield(L, -2, "kube.core");
  lua_settop(L, 0);
  if (luaL_dostring(L, "package.path = 'lua/?.lua;lua/?/init.lua'") ||
      luaL_loadfile(L, "spec/sanitize/operations.lua")) {
    puts(lua_tostring(L, -1));
    abort();
  }
  lua_pushstring(L, url);
  lua_pushstring(L, config);
  lua_call(L, 2, 1);
  luaL_loadstring(L, "return assert(require('kube').connect{ kubeconfig = ... })");
  lua_pushstring(L, config);
  lua_call(L, 1, 1);
  return L;
}

static const char *field(lua_State *L, int i, const char *name) {
  const char *text;
  lua_rawgeti(L, 1, i);
  lua_getfield(L, -1, name);
  text = lua_tostring(L, -1);
  lua_pop(L, 2);
  return text;
}

/* An error that says so; in a callback of libcurl a connection can only fail. */
static bool is_of_memory(lua_State *L, int index) {
  const char *reason;
  if (lua_type(L, index) == LUA_TSTRING)
    return strstr(lua_tostring(L, index), "not enough memory") != NULL;
  if (!lua_istable(L, index)) return false;
  lua_pushliteral(L, "reason");
  lua_rawget(L, index);
  reason = lua_tostring(L, -1);
  lua_pop(L, 1);
  return reason && (strcmp(reason, "OutOfMemory") == 0 || strcmp(reason, "Connection") == 0 ||
                    strcmp(reason, "ConnectionRefused") == 0);
}

static void show(lua_State *L, const char *want) {
  int i;
  printf("  want: %s\n", want);
  for (i = 3; i <= lua_gettop(L); i++)
    printf("  have: %s\n", luaL_tolstring(L, i, NULL)), lua_pop(L, 1);
}

/* Runs operation i while memory fails after n allocations (-1: never). */
static outcome attempt(lua_State *L, int i, long n, bool stays) {
  const char *want = field(L, i, "want");
  outcome found = WRONG;
  int status;
  lua_settop(L, 2);
  lua_rawgeti(L, 1, i);
  lua_getfield(L, -1, "run");
  lua_remove(L, -2);
  lua_pushvalue(L, 2);
  refused.n = 0;
  if (n >= 0) scarce_begin(n, stays);
  status = lua_pcall(L, 1, 2, 0);
  scarce_end();
  if (status != LUA_OK) {
    if (status == LUA_ERRMEM || is_of_memory(L, 3)) found = NO_MEMORY;
  } else if (lua_type(L, 3) == LUA_TSTRING) {
    if (strcmp(lua_tostring(L, 3), want) == 0) found = RIGHT;
  } else if (lua_isnil(L, 3) && is_of_memory(L, 4)) {
    found = NO_MEMORY;
  }
  if (found == WRONG) show(L, want);
  lua_settop(L, 2);
  return found;
}

/* ---- all attempts ---- */

static char about[128];

static bool still_works(lua_State *L, int i) {
  lua_gc(L, LUA_GCCOLLECT, 0);
  return CHECK(attempt(L, i, -1, false) == RIGHT);
}

static bool is_prime(long n) {
  long i;
  for (i = 2; i * i <= n; i++)
    if (n % i == 0) return false;
  return true;
}

/* Lets it fail at point after point: how many were tried. */
static long fail_at_each_point(lua_State *L, int i, bool stays, long stride) {
  long n, tried = 0;
  for (n = stays ? stride / 2 : 0;; n += stride) {
    outcome found;
    snprintf(about, sizeof about, "%s, %s after %ld", field(L, i, "name"),
             stays ? "all allocations" : "one allocation", n);
    found = attempt(L, i, n, stays);
    if (!scarce_failed) {
      CHECK(found == RIGHT);
      return tried;
    }
    CHECK(found != WRONG);
    if (++tried % OFTEN == 0 && !still_works(L, i)) return tried;
    if (!CHECK(tried < 10 * FEW)) return tried;
  }
}

/* Lua collects its garbage in the middle of everything: what is not held is freed under our hands. */
static void collect_at_each_point(lua_State *L, int i, long points) {
  const long every = points / COLLECTIONS + 1;
  long first;
  for (first = 0; first < every && first < 7; first++) {
    outcome found;
    snprintf(about, sizeof about, "%s, collecting from %ld", field(L, i, "name"), first);
    collect_at = first;
    collect_every = every;
    found = attempt(L, i, -1, false);
    collect_every = 0;
    CHECK(found != WRONG);
  }
}

static void try_operation(int i, const char *url, const char *config) {
  const int before = descriptors();
  lua_State *L = open_lua(url, config);
  struct timespec start, end;
  long points, stride = 1, tried;
  clock_gettime(CLOCK_MONOTONIC, &start);
  snprintf(about, sizeof about, "%s", field(L, i, "name"));
  if (still_works(L, i)) {
    attempt(L, i, 1000000000, false);
    points = scarce_points;
    while (points / stride > FEW || !is_prime(stride)) stride++;
    tried = fail_at_each_point(L, i, false, stride);
    tried += fail_at_each_point(L, i, true, stride);
    collect_at_each_point(L, i, points);
    snprintf(about, sizeof about, "%s, in the end", field(L, i, "name"));
    still_works(L, i);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (getenv("VERBOSE"))
      printf("%s: %ld points, %ld tried, %.2f s\n", field(L, i, "name"), points, tried,
             (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
  }
  lua_close(L);
  CHECK(live == 0);
  CHECK(descriptors_become(before));
}

static void memory_runs_out(const char *only) {
  char path[] = "/tmp/lua_memory_test.XXXXXX";
  server s;
  lua_State *L;
  int i, n;
  check_about = about;
  server_start(&s, answer, NULL);
  write_config(path, s.url);
  L = open_lua(s.url, path);
  n = (int)lua_rawlen(L, 1);
  CHECK(n > 0);
  lua_close(L);
  for (i = 1; i <= n; i++)
    if (only == NULL || atoi(only) == i) try_operation(i, s.url, path);
  unlink(path);
  server_stop(&s);
}

int main(int argc, char **argv) {
  cJSON_Hooks hooks = {json_malloc, free};
  cJSON_InitHooks(&hooks);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  memory_runs_out(argc > 1 ? argv[1] : NULL);
  return check_report();
}
