/*
** Changing kubeconfig files: what becomes of them, what is said when it cannot be. Tables whose source
** is kubectl (pkg/cmd/config, ..._test.go) or client-go (tools/clientcmd) name it. All
** secrets hold SECRETMARK, and no message does.
*/
#include "../../csrc/client/kubeconfig_edit.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../csrc/core/clock.h"
#include "../support/check.h"
#include "../support/own_files.h"

/* ---- files ---- */

/* "" where there is none. */
static const char *content(const char *name) {
  static char text[16384];
  FILE *file = fopen(path_of(name), "r");
  const size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
  text[n] = '\0';
  if (file) fclose(file);
  return text;
}

static bool exists(const char *name) {
  struct stat s;
  return lstat(path_of(name), &s) == 0;
}

static mode_t mode_of(const char *name) {
  struct stat s;
  return stat(path_of(name), &s) == 0 ? s.st_mode & 07777 : 0;
}

/* ---- editing ---- */

static kube_error err;

static kube_status edit_with(const kube_kubeconfig_options *options, kube_edit_type type,
                             const char *name, const char *value) {
  const kube_edit edit = {.type = type, .name = name, .value = value};
  const kube_status status = kube_kubeconfig_modify(options, &edit, 1, &err);
  CHECK(strstr(err.message, "SECRETMARK") == NULL);
  CHECK(!exists("a.lock") && !exists("a.kube-tmp"));
  return status;
}

static kube_status edit(kube_edit_type type, const char *name, const char *value) {
  const kube_kubeconfig_options options = {.kubeconfig = path_of("a")};
  return edit_with(&options, type, name, value);
}

#define CONTEXTS                                                                                   \
  "contexts:\n- name: current-context\n  context:\n    cluster: c\n"                               \
  "- name: existent-new-context\n  context: {}\n"
#define HEAD "apiVersion: v1\nkind: Config\n"

typedef struct edit_case {
  const char *before; /* the file; NULL: there is none */
  kube_edit_type type;
  const char *name, *value;
  kube_status status;
  const char *after; /* the file, or what the message says */
} edit_case;

static const edit_case edits[] = {
    /* kubectl set_test.go, unset_test.go */
    {"current-context: minikube\n", KUBE_EDIT_SET, "current-context", "my-cluster", KUBE_OK,
     "current-context: my-cluster\n"},
    {"current-context: minikube\n", KUBE_EDIT_UNSET, "current-context", NULL, KUBE_OK,
     "current-context: \"\"\n"},
    {"clusters:\n- name: m\n  cluster:\n    server: s\n", KUBE_EDIT_UNSET, "clusters", NULL,
     KUBE_OK, "clusters: []\n"},
    {CONTEXTS, KUBE_EDIT_UNSET, "contexts.foo.namespace", NULL, KUBE_ECONFIG,
     "current map key `foo` is invalid"},
    /* kubectl navigation_step_parser_test.go */
    {NULL, KUBE_EDIT_SET, "clusters.my.dot.delimited.name.server", "s", KUBE_OK,
     HEAD "clusters:\n- name: my.dot.delimited.name\n  cluster:\n    server: s\n"},
    {"contexts:\n- name: 10.12.12.12\n  context: {}\n", KUBE_EDIT_UNSET, "contexts.10.12.12.12",
     NULL, KUBE_OK, "contexts: []\n"},
    {NULL, KUBE_EDIT_SET, "user.bad", "x", KUBE_EUSAGE, "unable to parse user.bad after []"},
    {NULL, KUBE_EDIT_SET, "users.jheiss.exec.command", "x", KUBE_EUSAGE,
     "unable to parse one or more field values of users.jheiss.exec.command"},
    /* kubectl rename_context_test.go */
    {"current-context: current-context\n" CONTEXTS, KUBE_EDIT_RENAME_CONTEXT, "current-context",
     "new-context", KUBE_OK,
     "current-context: new-context\ncontexts:\n- name: new-context\n  context:\n    cluster: c\n"
     "- name: existent-new-context\n  context: {}\n"},
    {CONTEXTS, KUBE_EDIT_RENAME_CONTEXT, "nonexistent", "new", KUBE_ECONFIG,
     "cannot rename the context \"nonexistent\", it's not in"},
    {CONTEXTS, KUBE_EDIT_RENAME_CONTEXT, "current-context", "existent-new-context", KUBE_ECONFIG,
     "cannot rename the context \"current-context\", the context \"existent-new-context\" already "
     "exists in"},
    {CONTEXTS, KUBE_EDIT_RENAME_CONTEXT, "current-context", "", KUBE_EUSAGE, "empty"},
    /* kubectl use_context.go, delete_*.go */
    {CONTEXTS, KUBE_EDIT_USE_CONTEXT, "existent-new-context", NULL, KUBE_OK,
     CONTEXTS "current-context: existent-new-context\n"},
    {CONTEXTS, KUBE_EDIT_USE_CONTEXT, "x", NULL, KUBE_ECONFIG,
     "no context exists with the name: \"x\" (there are: current-context, existent-new-context)"},
    {CONTEXTS, KUBE_EDIT_USE_CONTEXT, "", NULL, KUBE_EUSAGE, "empty context names are not allowed"},
    {CONTEXTS, KUBE_EDIT_DELETE_CONTEXT, "current-context", NULL, KUBE_OK,
     "contexts:\n- name: existent-new-context\n  context: {}\n"},
    {CONTEXTS, KUBE_EDIT_DELETE_CONTEXT, "x", NULL, KUBE_ECONFIG,
     "cannot delete context x, not in"},
    {CONTEXTS, KUBE_EDIT_DELETE_CLUSTER, "x", NULL, KUBE_ECONFIG,
     "cannot delete cluster x, not in"},
    {CONTEXTS, KUBE_EDIT_DELETE_USER, "x", NULL, KUBE_ECONFIG, "cannot delete user x, not in"},
    /* set: kinds of values */
    {NULL, KUBE_EDIT_SET, "clusters.c.insecure-skip-tls-verify", "T", KUBE_OK,
     HEAD "clusters:\n- name: c\n  cluster:\n    insecure-skip-tls-verify: true\n"},
    {NULL, KUBE_EDIT_SET, "clusters.c.insecure-skip-tls-verify", "SECRETMARK", KUBE_EUSAGE,
     "true or false"},
    {NULL, KUBE_EDIT_SET, "users.u.client-key-data", "SECRETMARK!", KUBE_EUSAGE,
     "error decoding input value"},
    {NULL, KUBE_EDIT_SET, "users.u.client-key-data", "aGk=", KUBE_OK,
     HEAD "users:\n- name: u\n  user:\n    client-key-data: aGk=\n"},
    {NULL, KUBE_EDIT_SET_RAW, "users.u.client-key-data", "hi", KUBE_OK,
     HEAD "users:\n- name: u\n  user:\n    client-key-data: aGk=\n"},
    {NULL, KUBE_EDIT_SET, "users.u.act-as", "root", KUBE_OK,
     HEAD "users:\n- name: u\n  user:\n    as: root\n"},
    {NULL, KUBE_EDIT_SET, "preferences.colors", "true", KUBE_OK,
     HEAD "preferences:\n  colors: true\n"},
    {NULL, KUBE_EDIT_SET, "users.u.token", "", KUBE_EUSAGE,
     "you cannot use set to unset a property"},
    {NULL, KUBE_EDIT_SET, "", "x", KUBE_EUSAGE, "you must specify a property"},
    {NULL, KUBE_EDIT_SET, "users", "x", KUBE_EUSAGE, "can't set a map to a value"},
    {NULL, KUBE_EDIT_SET, "users.u", "x", KUBE_EUSAGE, "can't set a map to a value"},
    {NULL, KUBE_EDIT_SET, "users.u.exec", "x", KUBE_EUSAGE, "can't set users.u.exec to a value"},
    {NULL, KUBE_EDIT_SET, "users.u.act-as-groups", "x", KUBE_EUSAGE, "can't set"},
    {NULL, KUBE_EDIT_SET, "users.u.token", "SECRETMARK\xff", KUBE_EUSAGE, "not UTF-8"},
    {"users:\n- name: u\n  user: text\n", KUBE_EDIT_SET, "users.u.token", "x", KUBE_ECONFIG,
     "user is not a map"},
    {"users: {}\n", KUBE_EDIT_SET, "users.u.token", "x", KUBE_ECONFIG, "users is not a list"},
    {"users:\n- name: u\n", KUBE_EDIT_SET, "users.u.token", "x", KUBE_OK,
     "users:\n- name: u\n  user:\n    token: x\n"},
    {"users: null\n", KUBE_EDIT_SET, "users.u.token", "x", KUBE_OK,
     "users:\n- name: u\n  user:\n    token: x\n"},
    {"", KUBE_EDIT_SET, "users.u.token", "x", KUBE_OK,
     HEAD "users:\n- name: u\n  user:\n    token: x\n"},
    /* what is not known comes back, numbers as they were */
    {"extra: [18446744073709551615, 1e400, -0, yes, ~, \"1.0\"]\nusers:\n- name: u\n  more: 1\n"
     "  user: {x: 9007199254740993, token: a}\n",
     KUBE_EDIT_SET, "users.u.token", "b", KUBE_OK,
     "extra:\n- 18446744073709551615\n- 1e400\n- 0\n- true\n- null\n- \"1.0\"\nusers:\n"
     "- name: u\n  more: 1\n  user:\n    x: 9007199254740993\n    token: b\n"},
    /* kubectl set_cluster.go, set_credentials.go, set_context.go */
    {"clusters:\n- name: c\n  cluster: {server: s, tls-server-name: n, other: 1}\n",
     KUBE_EDIT_SET_CLUSTER, "c", "{\"server\":\"t\"}", KUBE_OK,
     "clusters:\n- name: c\n  cluster:\n    server: t\n    other: 1\n"},
    {"clusters:\n- name: c\n  cluster: {certificate-authority: x, certificate-authority-data: "
     "eA==}\n",
     KUBE_EDIT_SET_CLUSTER, "c", "{\"insecure-skip-tls-verify\":true}", KUBE_OK,
     "clusters:\n- name: c\n  cluster:\n    insecure-skip-tls-verify: true\n"},
    {"clusters:\n- name: c\n  cluster: {insecure-skip-tls-verify: true}\n", KUBE_EDIT_SET_CLUSTER,
     "c", "{\"certificate-authority\":\"/x/../ca\"}", KUBE_OK,
     "clusters:\n- name: c\n  cluster:\n    certificate-authority: /ca\n"},
    {NULL, KUBE_EDIT_SET_CLUSTER, "c",
     "{\"certificate-authority\":\"x\",\"insecure-skip-tls-verify\":true}", KUBE_EUSAGE,
     "you cannot specify a certificate authority and insecure mode at the same time"},
    {NULL, KUBE_EDIT_SET_CLUSTER, "", "{}", KUBE_EUSAGE, "non-empty cluster name"},
    {NULL, KUBE_EDIT_SET_CLUSTER, "c", "{\"sever\":\"x\"}", KUBE_EUSAGE,
     "there is no field sever: there are server, tls-server-name, "},
    {NULL, KUBE_EDIT_SET_CLUSTER, "c", "{\"server\":1}", KUBE_EUSAGE, "server must be a string"},
    {NULL, KUBE_EDIT_SET_CLUSTER, "c", "[SECRETMARK", KUBE_EUSAGE, "not a JSON object"},
    {"users:\n- name: u\n  user: {token: SECRETMARK, tokenFile: f}\n", KUBE_EDIT_SET_USER, "u",
     "{\"username\":\"a\",\"password\":\"b\"}", KUBE_OK,
     "users:\n- name: u\n  user:\n    tokenFile: f\n    username: a\n    password: b\n"},
    {"users:\n- name: u\n  user: {username: a, password: b, tokenFile: f}\n", KUBE_EDIT_SET_USER,
     "u", "{\"token\":\"t\"}", KUBE_OK, "users:\n- name: u\n  user:\n    token: t\n"},
    {NULL, KUBE_EDIT_SET_USER, "u", "{\"token\":\"SECRETMARK\",\"username\":\"a\"}", KUBE_EUSAGE,
     "you cannot specify more than one authentication method at the same time"},
    {NULL, KUBE_EDIT_SET_USER, "u", "{\"client-key\":\"x\",\"client-key-data\":\"eA==\"}",
     KUBE_EUSAGE, "cannot have values for both"},
    {NULL, KUBE_EDIT_SET_USER, "u", "{\"client-key\":\"-----BEGIN SECRETMARK\"}", KUBE_EUSAGE,
     "client-key is a path, and this is a PEM text: use client-key-data"},
    {NULL, KUBE_EDIT_SET_USER, "u", "{\"client-certificate\":\"\\n-----BEGIN SECRETMARK\"}",
     KUBE_EUSAGE, "use client-certificate-data"},
    {NULL, KUBE_EDIT_SET_USER, "u", "{\"tokenFile\":\"SECRETMARK\\nx\"}", KUBE_EUSAGE,
     "tokenFile is a path, and this is none"},
    {NULL, KUBE_EDIT_SET_CLUSTER, "c", "{\"certificate-authority\":\"-----BEGIN SECRETMARK\"}",
     KUBE_EUSAGE, "use certificate-authority-data"},
    {NULL, KUBE_EDIT_SET, "users.u.client-key", "-----BEGIN SECRETMARK", KUBE_EUSAGE,
     "client-key is a path, and this is a PEM text: use client-key-data"},
    {NULL, KUBE_EDIT_SET_USER, "u",
     "{\"client-key-data\":\"-----BEGIN X-----\\n\",\"client-certificate-data\":\"eA==\"}", KUBE_OK,
     HEAD "users:\n- name: u\n  user:\n    client-key-data: LS0tLS1CRUdJTiBYLS0tLS0K\n"
          "    client-certificate-data: eA==\n"},
    {NULL, KUBE_EDIT_SET_USER, "u", "{\"client-key-data\":\"SECRETMARK!\"}", KUBE_EUSAGE,
     "client-key-data must be a string of base64"},
    {"users:\n- name: u\n  user: {token: t, as: x}\n", KUBE_EDIT_SET_USER, "u",
     "{\"token\":\"\",\"as\":null,\"exec\":{\"command\":\"c\",\"args\":[1.50]}}", KUBE_OK,
     "users:\n- name: u\n  user:\n    exec:\n      command: c\n      args:\n      - 1.50\n"},
    {CONTEXTS, KUBE_EDIT_SET_CONTEXT, "current-context", "{\"user\":\"u\",\"namespace\":\"no\"}",
     KUBE_OK,
     "contexts:\n- name: current-context\n  context:\n    cluster: c\n    user: u\n"
     "    namespace: \"no\"\n- name: existent-new-context\n  context: {}\n"},
};

static void what_becomes_of_a_file(void) {
  size_t i;
  for (i = 0; i < sizeof edits / sizeof *edits; i++) {
    const edit_case *c = &edits[i];
    char about[256];
    snprintf(about, sizeof about, "edit %zu: %s", i, c->name);
    check_about = about;
    unlink(path_of("a"));
    if (c->before) write_file("a", c->before);
    CHECK(edit(c->type, c->name, c->value) == c->status);
    if (c->status == KUBE_OK) {
      CHECK_STRING(content("a"), c->after);
    } else {
      if (!CHECK(strstr(err.message, c->after) != NULL)) puts(err.message);
      CHECK_STRING(content("a"), c->before ? c->before : "");
    }
  }
}

/* ---- paths: client-go loader_test.go TestRelativizePathWithNoBacksteps ---- */

static void paths_become_relative(void) {
  static const struct {
    const char *path, *file, *want;
  } cases[] = {{"/base/subdir/file.txt", "/base/config", "subdir/file.txt"},
               {"/base/file.txt", "/base/config", "file.txt"},
               {"/other/dir/file.txt", "/base/config", "/other/dir/file.txt"},
               {"/base2/file.txt", "/base/config", "/base2/file.txt"},
               {"/base/../other/./f", "/base/config", "/other/f"},
               {"/base//sub///f", "/base/x/../config", "sub/f"},
               {"/base", "/base/config", "/base"},
               {"/..", "/base/config", "/"},
               {"/ca", "/config", "ca"},
               {"x/ca", "config", "x/ca"}};
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_buffer out = {0};
    check_about = cases[i].path;
    CHECK(kube_path_relative(cases[i].path, cases[i].file, &out, &err) == KUBE_OK);
    CHECK_TEXT(kube_buffer_bytes(&out), kube_buffer_length(&out), cases[i].want);
    kube_buffer_clear(&out);
  }
}

static void files_are_embedded(void) {
  kube_kubeconfig_options options = {.kubeconfig = path_of("a"), .embed_certs = true};
  char fields[512];
  unlink(path_of("a"));
  snprintf(fields, sizeof fields, "{\"client-key\":\"%s\"}", write_file("key", "SECRETMARK"));
  CHECK(edit_with(&options, KUBE_EDIT_SET_USER, "u", fields) == KUBE_OK);
  CHECK(strstr(content("a"), "client-key-data: U0VDUkVUTUFSSw==\n") != NULL);
  CHECK(strstr(content("a"), "client-key:") == NULL);
  CHECK(edit_with(&options, KUBE_EDIT_SET_USER, "u", "{\"client-key\":\"/nowhere/k\"}") ==
        KUBE_ESYSTEM);
  CHECK(strstr(err.message, "client-key") && strstr(err.message, "/nowhere/k"));
  options.embed_certs = false;
  CHECK(edit_with(&options, KUBE_EDIT_SET_USER, "u", fields) == KUBE_OK);
  CHECK(strstr(content("a"), "client-key: key\n") != NULL);
  CHECK(strstr(content("a"), "client-key-data:") == NULL);
}

/* ---- several files ---- */

static void use_list(const char *list) { setenv("KUBECONFIG", list, 1); }

static void each_stanza_stays_in_its_file(void) {
  char list[512];
  struct stat before, after;
  unlink(path_of("a"));
  snprintf(list, sizeof list, "%s:%s:%s", path_of("none"), write_file("b", "users: []\n"),
           write_file("c", "users:\n- name: u\n  user: {}\n- name: v\n  user: {}\n"));
  use_list(list);
  stat(path_of("b"), &before);
  CHECK(edit_with(NULL, KUBE_EDIT_SET, "users.u.token", "t") == KUBE_OK);
  CHECK_STRING(content("c"), "users:\n- name: u\n  user:\n    token: t\n- name: v\n  user: {}\n");
  stat(path_of("b"), &after);
  CHECK(before.st_ino == after.st_ino && !exists("none"));
  CHECK(edit_with(NULL, KUBE_EDIT_SET, "users.w.token", "t") == KUBE_OK);
  CHECK_STRING(content("b"), "users:\n- name: w\n  user:\n    token: t\n");
  CHECK(edit_with(NULL, KUBE_EDIT_DELETE_USER, "v", NULL) == KUBE_OK);
  CHECK_STRING(content("c"), "users:\n- name: u\n  user:\n    token: t\n");
  CHECK(!exists("none") && !exists("none.lock") && !exists("b.lock") && !exists("c.lock"));
  unsetenv("KUBECONFIG");
}

/* client-go's PathOptions.GetDefaultFilename: where nothing exists, the last of the list. */
static void the_last_is_made(void) {
  char list[512];
  snprintf(list, sizeof list, "%s:%s", path_of("none"), path_of("deep/er/config"));
  use_list(list);
  CHECK(edit_with(NULL, KUBE_EDIT_SET, "current-context", "x") == KUBE_OK);
  CHECK_STRING(content("deep/er/config"), HEAD "current-context: x\n");
  CHECK(mode_of("deep/er/config") == 0600 && mode_of("deep") == 0755);
  unsetenv("KUBECONFIG");
  setenv("HOME", path_of("home"), 1);
  CHECK(edit_with(NULL, KUBE_EDIT_SET, "current-context", "y") == KUBE_OK);
  CHECK_STRING(content("home/.kube/config"), HEAD "current-context: \"y\"\n");
  unsetenv("HOME");
  CHECK(edit_with(NULL, KUBE_EDIT_SET, "current-context", "y") == KUBE_ECONFIG);
  CHECK(strstr(err.message, "KUBECONFIG") != NULL);
}

static void edits_stand_together(void) {
  const kube_kubeconfig_options options = {.kubeconfig = path_of("a")};
  kube_edit all[] = {{KUBE_EDIT_SET_CONTEXT, "x", "{\"cluster\":\"c\"}"},
                     {KUBE_EDIT_USE_CONTEXT, "x", NULL},
                     {KUBE_EDIT_USE_CONTEXT, "y", NULL}};
  write_file("a", "current-context: z\n");
  CHECK(kube_kubeconfig_modify(&options, all, 3, &err) == KUBE_ECONFIG);
  CHECK_STRING(content("a"), "current-context: z\n");
  CHECK(kube_kubeconfig_modify(&options, all, 2, &err) == KUBE_OK);
  CHECK(strstr(content("a"), "current-context: x\n") != NULL);
}

/* ---- the file itself ---- */

static void modes_and_links(void) {
  struct stat s;
  chmod(write_file("a", ""), 0644);
  CHECK(edit(KUBE_EDIT_SET, "current-context", "x") == KUBE_OK && mode_of("a") == 0600);
  chmod(path_of("a"), 0400);
  CHECK(edit(KUBE_EDIT_SET, "current-context", "y") == KUBE_OK && mode_of("a") == 0400);
  unlink(path_of("a"));
  mkdir(path_of("real"), 0755);
  CHECK(symlink("real/config", path_of("a")) == 0); /* which dangles at first */
  CHECK(edit(KUBE_EDIT_SET, "current-context", "x") == KUBE_OK);
  CHECK(edit(KUBE_EDIT_SET, "current-context", "y") == KUBE_OK);
  CHECK(lstat(path_of("a"), &s) == 0 && S_ISLNK(s.st_mode));
  CHECK_STRING(content("real/config"), HEAD "current-context: \"y\"\n");
  CHECK(!exists("real/config.lock"));
  unlink(path_of("a"));
  CHECK(symlink("a", path_of("a")) == 0);
  CHECK(edit(KUBE_EDIT_SET, "current-context", "x") == KUBE_ESYSTEM);
  unlink(path_of("a"));
}

static void nothing_changed_nothing_written(void) {
  struct stat before, after;
  write_file("a", "# a comment\ncurrent-context: x\n");
  stat(path_of("a"), &before);
  CHECK(edit(KUBE_EDIT_SET, "current-context", "x") == KUBE_OK);
  stat(path_of("a"), &after);
  CHECK(before.st_ino == after.st_ino);
  CHECK_STRING(content("a"), "# a comment\ncurrent-context: x\n");
}

static void broken_files_stay(void) {
  write_file("a", "users: [SECRETMARK\n");
  CHECK(edit(KUBE_EDIT_SET, "current-context", "x") == KUBE_ECONFIG);
  CHECK(strstr(err.message, "error loading config file") && strstr(err.message, "/a"));
  CHECK_STRING(content("a"), "users: [SECRETMARK\n");
}

/* As nobody, for root may write everywhere. */
static void a_directory_that_is_read_only(void) {
  int status;
  char list[512];
  write_file("a", "current-context: x\n");
  chmod(path_of("a"), 0644);
  mkdir(path_of("ours"), 0777);
  chmod(path_of("ours"), 0777);
  chmod(directory, 0555);
  fflush(stdout);
  if (fork() == 0) {
    check_failed = check_passed = 0;
    if (getuid() == 0 && setuid(65534) != 0) _exit(9);
    CHECK(edit(KUBE_EDIT_SET, "current-context", "y") == KUBE_ESYSTEM);
    if (!CHECK(strstr(err.message, "/a.lock") && strstr(err.message, "denied"))) puts(err.message);
    snprintf(list, sizeof list, "%s:%s", path_of("ours/b"), path_of("a"));
    write_file("ours/b", "");
    use_list(list); /* what need not change need not be writable */
    CHECK(edit_with(NULL, KUBE_EDIT_SET, "current-context", "y") == KUBE_OK);
    fflush(stdout);
    _exit(check_failed != 0);
  }
  wait(&status);
  CHECK(status == 0);
  chmod(directory, 0755);
  CHECK_STRING(content("a"), "current-context: x\n");
}

/* ---- tokens that are renewed ---- */

static void auth_provider_fields(void) {
  static const char *const fields[] = {"id-token", "SECRETMARK1", "refresh-token", "SECRETMARK2",
                                       NULL};
  long long started;
  write_file("a", "users:\n- name: u\n  user:\n    auth-provider:\n      name: oidc\n      config: "
                  "{client-id: c, id-token: old}\n- name: v\n  user: {}\n");
  CHECK(kube_kubeconfig_set_auth_provider(path_of("a"), "u", fields, &err) == KUBE_OK);
  CHECK_STRING(content("a"),
               "users:\n- name: u\n  user:\n    auth-provider:\n      name: oidc\n      config:\n"
               "        client-id: c\n        id-token: SECRETMARK1\n        refresh-token: "
               "SECRETMARK2\n- name: v\n  user: {}\n");
  CHECK(kube_kubeconfig_set_auth_provider(path_of("a"), "v", fields, &err) == KUBE_ECONFIG);
  CHECK(kube_kubeconfig_set_auth_provider(path_of("a"), "w", fields, &err) == KUBE_ECONFIG);
  CHECK(strstr(err.message, "\"w\"") && strstr(err.message, "SECRETMARK") == NULL);
  write_file("a.lock", ""); /* somebody else is writing: it does not wait for long */
  started = kube_clock_ms();
  CHECK(kube_kubeconfig_set_auth_provider(path_of("a"), "u", fields, &err) == KUBE_ETIMEOUT);
  CHECK(kube_clock_ms() - started < 1000 && strstr(err.message, "SECRETMARK") == NULL);
  unlink(path_of("a.lock"));
}

/* ---- view: client-go tools/clientcmd/api/helpers_test.go ---- */

#define MERGED                                                                                     \
  "current-context: federal-context\n"                                                             \
  "users:\n"                                                                                       \
  "- name: red-user\n  user: {token: red-token, client-certificate-data: Y2VydA==, "               \
  "client-key-data: a2V5}\n"                                                                       \
  "- name: blue-user\n  user: {token: blue-token, client-certificate: cert, client-key: key}\n"    \
  "clusters:\n"                                                                                    \
  "- name: cow-cluster\n  cluster: {server: 'http://cow.org:8080', "                               \
  "certificate-authority-data: Y2E=}\n"                                                            \
  "- name: chicken-cluster\n  cluster: {server: 'http://chicken.org:8080', "                       \
  "certificate-authority: ca}\n"                                                                   \
  "contexts:\n"                                                                                    \
  "- name: federal-context\n  context: {user: red-user, cluster: cow-cluster}\n"                   \
  "- name: shaker-context\n  context: {user: blue-user, cluster: chicken-cluster}\n"

static void view_is(kube_view_options options, const char *want) {
  char *json;
  options.kubeconfig = path_of("v");
  json = kube_kubeconfig_view(&options, &err);
  if (json) {
    check_string(json, want, __FILE__, __LINE__);
  } else if (!CHECK(strstr(err.message, want) != NULL)) {
    puts(err.message);
  }
  kube_text_free(json);
}

static void views(void) {
  write_file("cert", "cert"), write_file("key", "key"), write_file("ca", "ca");
  write_file("v", MERGED);
  check_about = "minify and shorten";
  view_is((kube_view_options){.minify = true},
          "{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"clusters\":[{\"name\":\"cow-cluster\","
          "\"cluster\":{\"server\":\"http://cow.org:8080\",\"certificate-authority-data\":\"DATA+"
          "OMITTED\"}}],\"users\":[{\"name\":\"red-user\",\"user\":{\"token\":\"REDACTED\","
          "\"client-certificate-data\":\"DATA+OMITTED\",\"client-key-data\":\"DATA+OMITTED\"}}],"
          "\"contexts\":[{\"name\":\"federal-context\",\"context\":{\"user\":\"red-user\","
          "\"cluster\":\"cow-cluster\"}}],\"current-context\":\"federal-context\"}");
  check_about = "flatten, raw";
  view_is(
      (kube_view_options){
          .minify = true, .context = "shaker-context", .flatten = true, .raw = true},
      "{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"clusters\":[{\"name\":\"chicken-cluster\","
      "\"cluster\":{\"server\":\"http://chicken.org:8080\",\"certificate-authority-data\":"
      "\"Y2E=\"}}],\"users\":[{\"name\":\"blue-user\",\"user\":{\"token\":\"blue-token\","
      "\"client-certificate-data\":\"Y2VydA==\",\"client-key-data\":\"a2V5\"}}],"
      "\"contexts\":[{\"name\":\"shaker-context\",\"context\":{\"user\":\"blue-user\","
      "\"cluster\":\"chicken-cluster\"}}],\"current-context\":\"shaker-context\"}");
  check_about = "what is missing";
  view_is((kube_view_options){.minify = true, .context = "missing"},
          "cannot locate context missing");
  write_file("v", "contexts:\n- name: x\n  context: {cluster: c}\n");
  view_is((kube_view_options){.minify = true}, "current-context must exist in order to minify");
  view_is((kube_view_options){.minify = true, .context = "x"}, "cannot locate cluster c");
  write_file("v", "contexts:\n- name: x\n  context: {user: u}\n");
  view_is((kube_view_options){.minify = true, .context = "x"}, "cannot locate user u");
  write_file("v", "users:\n- name: x\n  user: {client-key: /nowhere/k}\n");
  view_is((kube_view_options){.flatten = true}, "client-key of user \"x\" in ");
  check_about = "secrets of plugins";
  write_file("v", "users:\n- name: x\n  user:\n    password: p\n    exec: {env: [{name: A, value: "
                  "s}]}\n    auth-provider: {config: {id-token: a, client-id: b}}\n"
                  "clusters:\n- name: c\n  cluster: {proxy-url: 'http://u:p@h'}\n");
  view_is((kube_view_options){0},
          "{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"clusters\":[{\"name\":\"c\",\"cluster\":{"
          "\"proxy-url\":\"REDACTED\"}}],\"users\":[{\"name\":\"x\",\"user\":{\"password\":"
          "\"REDACTED\",\"exec\":{\"env\":[{\"name\":\"A\",\"value\":\"REDACTED\"}]},"
          "\"auth-provider\":{\"config\":{\"id-token\":\"REDACTED\",\"client-id\":\"b\"}}}}],"
          "\"contexts\":[],\"current-context\":\"\"}");
}

static void a_view_of_several_files(void) {
  char list[512], *json;
  snprintf(list, sizeof list, "%s:%s",
           write_file("b", "current-context: ''\nusers: [{name: u, user: {as: one}}]\n"),
           write_file("c", "current-context: x\nusers: [{name: v, user: {}}, {name: u, user: {as: "
                           "two, username: a}}]\n"));
  use_list(list);
  json = kube_kubeconfig_view(NULL, &err);
  CHECK_STRING(json, "{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"clusters\":[],\"users\":[{"
                     "\"name\":\"u\",\"user\":{\"as\":\"one\"}},{\"name\":\"v\",\"user\":{}}],"
                     "\"contexts\":[],\"current-context\":\"x\"}");
  kube_text_free(json);
  unsetenv("KUBECONFIG");
}

int main(void) {
  unsetenv("KUBECONFIG");
  files_begin();
  if (chmod(directory, 0755) != 0) return 1;
  RUN(what_becomes_of_a_file);
  RUN(paths_become_relative);
  RUN(files_are_embedded);
  RUN(each_stanza_stays_in_its_file);
  RUN(the_last_is_made);
  RUN(edits_stand_together);
  RUN(modes_and_links);
  RUN(nothing_changed_nothing_written);
  RUN(broken_files_stay);
  RUN(a_directory_that_is_read_only);
  RUN(auth_provider_fields);
  RUN(views);
  RUN(a_view_of_several_files);
  if (!files_remove_all()) return 1;
  return check_report();
}
