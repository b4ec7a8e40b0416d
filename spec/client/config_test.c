/*
** Where a configuration comes from: kubeconfig files in a directory of our own, and what a pod has.
** Rules: client-go tools/clientcmd (loader_test.go, client_config_test.go). Every failure names the
** file and the stanza, and none quotes a secret: all secrets here hold SECRETMARK.
*/
#include "../../csrc/client/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../../csrc/core/text.h"
#include "../support/check.h"
#include "../support/identity.h"
#include "../support/minimal.h"
#include "../support/own_files.h"

/* ---- certificates ---- */

static identity one, two;

static const char *base64(const char *text) {
  static char texts[4][4096];
  static int turn;
  kube_buffer out = {0};
  char *to = texts[turn++ % 4];
  kube_text_base64_encode(&out, text, strlen(text), NULL);
  snprintf(to, sizeof texts[0], "%s", kube_buffer_text(&out, NULL));
  kube_buffer_clear(&out);
  return to;
}

/* ---- loading ---- */

static kube_config *load_with(const kube_config_options *options) {
  kube_error err = {0};
  kube_config *config = kube_config_load(options, &err);
  if (CHECK(config != NULL)) return config;
  puts(err.message);
  exit(check_report()); /* there is nothing to go on with */
}

static kube_config *load(const char *path) {
  const kube_config_options options = {.kubeconfig = path};
  return load_with(&options);
}

static void same(const char *have, const char *want) {
  CHECK_TEXT(have ? have : "(null)", have ? strlen(have) : 6, want ? want : "(null)");
}

/* Fails, says each of the words (up to three), and no secret. */
static void refuses(const kube_config_options *options, const char *a, const char *b,
                    const char *c) {
  kube_error err = {0};
  kube_config *config = kube_config_load(options, &err);
  const bool named =
      strstr(err.message, a) && (!b || strstr(err.message, b)) && (!c || strstr(err.message, c));
  CHECK(config == NULL && err.status == KUBE_ECONFIG && strcmp(err.reason, "Config") == 0);
  if (!CHECK(named)) printf("  have: %s\n", err.message);
  if (!CHECK(strstr(err.message, "SECRETMARK") == NULL)) printf("  have: %s\n", err.message);
  CHECK(kube_config_load(options, NULL) == NULL);
  kube_config_free(config);
}

static void refuses_text(const char *text, const char *a, const char *b) {
  const kube_config_options options = {.kubeconfig = write_file("bad", text)};
  check_about = text;
  refuses(&options, options.kubeconfig, a, b);
}

#define SERVER "server: 'https://h:6443'"

/* ---- what a file says ---- */

static const char several[] =
    "apiVersion: v1\n"
    "kind: Config\n"
    "preferences: {colors: true}\n"
    "something-new: [1, {2: 3}]\n"
    "current-context: first\n"
    "contexts:\n"
    "- name: first\n"
    "  context: {cluster: c1, user: u1, namespace: ns1, extensions: [{name: x, extension: 1}]}\n"
    "- name: second\n"
    "  context: {cluster: c2, user: u2}\n"
    "- name: broken-cluster\n"
    "  context: {cluster: nowhere, user: u1}\n"
    "- name: broken-user\n"
    "  context: {cluster: c1, user: nobody}\n"
    "- name: no-cluster\n"
    "  context: {user: u1}\n"
    "- name: anonymous\n"
    "  context: {cluster: c1}\n"
    "clusters:\n"
    "- name: c1\n"
    "  cluster: {server: 'https://one:6443/base/', unknown: 1}\n"
    "- name: c2\n"
    "  cluster: {server: 'http://two:8080', tls-server-name: name, proxy-url: 'http://p:1',\n"
    "            disable-compression: true}\n"
    "- name: serverless\n"
    "  cluster: {}\n"
    "users:\n"
    "- name: u1\n"
    "  user: {token: SECRETMARK-1, unknown: {a: b}}\n"
    "- name: u2\n"
    "  user: {username: me, password: SECRETMARK-2}\n";

static void the_current_context_is_used(void) {
  const char *path = write_file("several", several);
  kube_config *config = load(path);
  same(kube_config_server(config), "https://one:6443/base");
  same(kube_config_namespace(config), "ns1");
  same(kube_config_context(config), "first");
  same(kube_config_source(config), path);
  same(config->user, "u1");
  same(config->authorization, "Authorization: Bearer SECRETMARK-1");
  same(config->proxy, NULL);
  same(config->tls_server_name, NULL);
  CHECK(!config->tls.insecure && !config->disable_compression && kube_config_is_tls(config));
  kube_config_free(config);
}

static void options_go_before_the_file(void) {
  static const struct {
    kube_config_options options; /* the file is set below */
    const char *server, *ns, *context, *user;
  } cases[] = {
      {{.context = "second"}, "http://two:8080", "default", "second", "u2"},
      {{.cluster = "c2"}, "http://two:8080", "ns1", "first", "u1"},
      {{.user = "u2"}, "https://one:6443/base", "ns1", "first", "u2"},
      {{.ns = "other"}, "https://one:6443/base", "other", "first", "u1"},
      {{.ns = ""}, "https://one:6443/base", "ns1", "first", "u1"},
      {{.server = "https://three"}, "https://three", "ns1", "first", "u1"},
      {{.context = "broken-cluster", .cluster = "c2"},
       "http://two:8080",
       "default",
       "broken-cluster",
       "u1"},
      {{.context = "broken-user", .user = "u2"},
       "https://one:6443/base",
       "default",
       "broken-user",
       "u2"},
      {{.context = "broken-cluster", .server = "https://x"},
       "https://x",
       "default",
       "broken-cluster",
       "u1"},
      {{.context = "anonymous"}, "https://one:6443/base", "default", "anonymous", ""},
      {{.context = "anonymous", .cluster = "serverless", .server = "https://y"},
       "https://y",
       "default",
       "anonymous",
       ""},
  };
  const char *path = write_file("several", several);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_config_options options = cases[i].options;
    kube_config *config;
    options.kubeconfig = path;
    check_about = cases[i].server;
    config = load_with(&options);
    same(kube_config_server(config), cases[i].server);
    same(kube_config_namespace(config), cases[i].ns);
    same(kube_config_context(config), cases[i].context);
    same(config->user, cases[i].user);
    CHECK((config->authorization == NULL) == (*cases[i].user == '\0'));
    kube_config_free(config);
  }
}

static void wrong_names_are_told_with_those_there_are(void) {
  const char *path = write_file("several", several);
  const kube_config_options none = {.kubeconfig = path, .context = "nope"},
                            cluster = {.kubeconfig = path, .context = "broken-cluster"},
                            user = {.kubeconfig = path, .context = "broken-user"},
                            named = {.kubeconfig = path, .cluster = "lost"},
                            empty = {.kubeconfig = path, .context = "no-cluster"},
                            serverless = {.kubeconfig = path, .cluster = "serverless"},
                            missing = {.kubeconfig = path_of("missing")};
  refuses(&none, "context \"nope\" does not exist", "first, second", NULL);
  refuses(&cluster, "cluster \"nowhere\" was not found for context \"broken-cluster\"", "c1, c2",
          path);
  refuses(&user, "user \"nobody\" was not found for context \"broken-user\"", "u1, u2", path);
  refuses(&named, "cluster \"lost\" does not exist", "c1, c2", NULL);
  refuses(&empty, "cluster was not specified for context \"no-cluster\"", path, NULL);
  refuses(&serverless, "no server found for cluster \"serverless\"", path, NULL);
  refuses(&missing, path_of("missing"), "No such file", NULL);
}

/* ---- several files ---- */

static void the_first_file_to_name_a_thing_wins_it_whole(void) {
  char list[1024], want[1024];
  kube_config *config;
  const char *a = write_file("a", "current-context: shared\n"
                                  "clusters: [{name: c, cluster: {server: 'https://a'}}]\n");
  const char *b = write_file(
      "b", "current-context: other\n"
           "clusters: [{name: c, cluster: {server: 'https://b', tls-server-name: lost}}]\n"
           "contexts: [{name: shared, context: {cluster: c, user: u, namespace: from-b}}]\n");
  const char *c = write_file(
      "c", "users: [{name: u, user: {token: SECRETMARK}}]\n"
           "contexts: [{name: shared, context: {cluster: x, user: y, namespace: from-c}}]\n");
  snprintf(list, sizeof list, "%s::%s:%s:%s:%s", path_of("missing"), a, b, c, a);
  setenv("KUBECONFIG", list, 1);
  config = load_with(NULL);
  same(kube_config_server(config), "https://a");
  same(config->tls_server_name, NULL); /* nothing of b's stanza */
  same(kube_config_context(config), "shared");
  same(kube_config_namespace(config), "from-b");
  same(config->authorization, "Authorization: Bearer SECRETMARK");
  snprintf(want, sizeof want, "%s:%s:%s", a, b, c);
  same(kube_config_source(config), want);
  kube_config_free(config);
  config = load(write_file("minimal", minimal(SERVER, "token: SECRETMARK"))); /* not the list */
  same(kube_config_server(config), "https://h:6443");
  kube_config_free(config);
  unsetenv("KUBECONFIG");
}

static void a_broken_file_of_the_list_is_told(void) {
  static const kube_config_options none;
  char list[1024];
  const char *bad = write_file("bad", "clusters: {a: 1}\n");
  snprintf(list, sizeof list, "%s:%s", write_file("good", minimal(SERVER, "")), bad);
  setenv("KUBECONFIG", list, 1);
  refuses(&none, bad, "clusters is not a list", NULL);
  unsetenv("KUBECONFIG");
}

static void home_is_the_last_file_looked_for(void) {
  static const kube_config_options none;
  kube_config *config;
  setenv("HOME", directory, 1);
  setenv("KUBECONFIG", "", 1); /* empty counts as not set */
  refuses(&none, "no configuration has been provided", "/.kube/config (No such file or directory)",
          "KUBERNETES_SERVICE_HOST");
  mkdir(path_of(".kube"), 0700);
  write_file(".kube/config", minimal(SERVER, "token: SECRETMARK"));
  config = load_with(NULL);
  same(kube_config_source(config), path_of(".kube/config"));
  kube_config_free(config);
  unlink(path_of(".kube/config"));
  rmdir(path_of(".kube"));
  unsetenv("HOME");
  refuses(&none, "HOME is not set", NULL, NULL);
  setenv("KUBECONFIG", path_of("missing"), 1);
  refuses(&none, path_of("missing"), "No such file", "KUBERNETES_SERVICE_HOST");
  unsetenv("KUBECONFIG");
}

/* ---- odd files ---- */

static void odd_files(void) {
  refuses_text("", "current-context is not set", NULL);
  refuses_text("# nothing\n", "current-context is not set", NULL);
  refuses_text("null\n", "current-context is not set", NULL);
  refuses_text("{}\n", "current-context is not set", NULL);
  refuses_text("current-context: ''\n", "current-context is not set", NULL);
  refuses_text("current-context: 5\n", "current-context is not set", NULL);
  refuses_text("SECRETMARK\n", "not a map", NULL);
  refuses_text("- SECRETMARK\n", "not a map", NULL);
  refuses_text("users: SECRETMARK\n", "users is not a list", NULL);
  refuses_text("users: [SECRETMARK]\n", "an entry of users has no name", NULL);
  refuses_text("users: [{user: {token: SECRETMARK}}]\n", "an entry of users has no name", NULL);
  refuses_text("current-context: x\ncontexts: [{name: ''}]\n",
               "context was not found for specified context: x (there are: \"\"", NULL);
  refuses_text("contexts: [null]\n", "an entry of contexts has no name", NULL);
  refuses_text("clusters: [{name: 5}]\n", "an entry of clusters has no name", NULL);
  refuses_text("users: [{name: u, user: {token: \"SECRETMARK\\0\"}}]\n", "NUL byte", NULL);
  refuses_text("{\"clusters\": [{\"name\": \"\\\\\\u0000\"}]}", "NUL byte", NULL);
  refuses_text("{\"clusters\": [{\"name\": \"\\\\u0000\"}]}", "current-context is not set", NULL);
}

/* Whatever is wrong with the text, what stands there is not quoted. */
static void broken_texts(void) {
  static const char *const texts[] = {
      "users: [{name: u, user: {token: SECRETMARK\n",
      "users:\n- name: u\n   user: {token: SECRETMARK}\n  x: SECRETMARK\n",
      "token: \"SECRETMARK\n",
      "token: \"\\qSECRETMARK\"\n",
      "token: *SECRETMARK\n",
      "token: !SECRETMARK x\n",
      "token: !!SECRETMARK x\n",
      "token: @SECRETMARK\n",
      "token: `SECRETMARK\n",
      "token: %SECRETMARK: x: y\n",
      "SECRETMARK: 1\nSECRETMARK: 2\n",
      "token: SECRETMARK: SECRETMARK\n",
      "%SECRETMARK 1.1\n---\na: b\n",
      "%TAG ! SECRETMARK\n--- SECRETMARK\n...\n%YAML 9.9\n---\nx\n",
      "a: &SECRETMARK [*SECRETMARK]\n",
      "<<: SECRETMARK\n",
      "token: \xFFSECRETMARK\n",
      "{\"token\": SECRETMARK]\n",
      "{\"token\": \"SECRETMARK\" \"x\"}\n",
      "\tSECRETMARK: x\n",
      "? [SECRETMARK]\n: x\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    const kube_config_options options = {.kubeconfig = write_file("bad", texts[i])};
    check_about = texts[i];
    refuses(&options, options.kubeconfig, NULL, NULL);
  }
}

static void json_is_a_kubeconfig_too(void) {
  kube_config *config = load(
      write_file("json", "{\"current-context\":\"x\",\"contexts\":[{\"name\":\"x\",\"context\":"
                         "{\"cluster\":\"c\",\"user\":\"u\"}}],\"clusters\":[{\"name\":\"c\","
                         "\"cluster\":{\"server\":\"https:\\/\\/j\"}}],\"users\":[{\"name\":\"u\","
                         "\"user\":{\"token\":\"SECRET\\u004dARK\"}}]}"));
  same(kube_config_server(config), "https://j");
  same(config->authorization, "Authorization: Bearer SECRETMARK");
  kube_config_free(config);
}

/* ---- servers ---- */

static void servers(void) {
  static const struct {
    const char *server, *want; /* want NULL: refused */
  } cases[] = {{"https://h", "https://h"},
               {"https://h:6443/", "https://h:6443"},
               {"https://h/a/b///", "https://h/a/b"},
               {"http://h", "http://h"},
               {"h:8080", "http://h:8080"},
               {"h", "http://h"},
               {"https://[::1]:6443", "https://[::1]:6443"},
               {"https://h/p?q=1#f", "https://h/p"},
               {"ftp://h", NULL},
               {"https://", NULL},
               {"https:///", NULL},
               {"https:///h", NULL},
               {"https://h\\r\\nX: y", NULL},
               {"https://h a", NULL},
               {"https://me:SECRETMARK@h", NULL},
               {"me:SECRETMARK@h:1", NULL}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char cluster[256];
    kube_config_options options = {0};
    snprintf(cluster, sizeof cluster, "server: \"%s\"", cases[i].server);
    options.kubeconfig = write_file("server", minimal(cluster, "token: SECRETMARK"));
    check_about = cases[i].server;
    if (cases[i].want == NULL) {
      refuses(&options, "cluster \"clu\"", options.kubeconfig, NULL);
    } else {
      kube_config *config = load_with(&options);
      same(kube_config_server(config), cases[i].want);
      kube_config_free(config);
    }
  }
}

/* With something to trust a bare host means https. */
static void a_bare_host_with_a_root_is_https(void) {
  char cluster[4200];
  kube_config *config;
  snprintf(cluster, sizeof cluster, "server: h, certificate-authority-data: %s", base64(one.cert));
  config = load(write_file("bare", minimal(cluster, "")));
  same(kube_config_server(config), "https://h");
  kube_config_free(config);
  config = load(write_file("bare", minimal("server: h, insecure-skip-tls-verify: true", "")));
  same(kube_config_server(config), "https://h");
  CHECK(config->tls.insecure);
  kube_config_free(config);
}

/* ---- certificates and keys ---- */

static void files_are_beside_the_kubeconfig(void) {
  char user[8400], here[1024];
  kube_config *config;
  write_file("one.crt", one.cert);
  write_file("one.key", one.key);
  config = load(write_file("files", minimal(SERVER ", certificate-authority: one.crt",
                                            "client-certificate: ./one.crt, client-key: one.key")));
  CHECK_TEXT(kube_buffer_bytes(&config->tls.ca), kube_buffer_length(&config->tls.ca), one.cert);
  CHECK_TEXT(kube_buffer_bytes(&config->tls.cert), kube_buffer_length(&config->tls.cert), one.cert);
  CHECK_TEXT(kube_buffer_bytes(&config->tls.key), kube_buffer_length(&config->tls.key), one.key);
  kube_config_free(config);

  snprintf(user, sizeof user, "client-certificate-data: %s, client-key-data: %s", base64(two.cert),
           base64(two.key));
  config = load(write_file("data", minimal(SERVER, user)));
  CHECK_TEXT(kube_buffer_bytes(&config->tls.cert), kube_buffer_length(&config->tls.cert), two.cert);
  CHECK_TEXT(kube_buffer_bytes(&config->tls.key), kube_buffer_length(&config->tls.key), two.key);
  kube_config_free(config);

  /* a kubeconfig without a directory in its name: relative to where we are */
  if (getcwd(here, sizeof here) == NULL || chdir(directory) != 0) abort();
  config = load("files");
  CHECK_TEXT(kube_buffer_bytes(&config->tls.key), kube_buffer_length(&config->tls.key), one.key);
  kube_config_free(config);
  if (chdir(here) != 0) abort();
}

static void bad_certificates_are_named(void) {
  char cluster[4200], user[8400];
  write_file("one.crt", one.cert);
  write_file("one.key", one.key);
  write_file("two.key", two.key);
  write_file("enc.key", one.encrypted);
  write_file("none", "SECRETMARK");
  write_file("empty", "");
  refuses_text(minimal(SERVER ", certificate-authority: empty", ""), "certificate-authority",
               "empty for clu is empty");
  refuses_text(minimal(SERVER, "client-certificate: empty, client-key: empty"),
               "client-certificate", "empty for usr is empty, client-key");
  refuses_text(minimal(SERVER ", certificate-authority: missing.crt", ""),
               "unable to read certificate-authority", "missing.crt for clu due to No such file");
  refuses_text(minimal(SERVER ", certificate-authority: none", ""),
               "certificate-authority of cluster \"clu\"", "holds no PEM certificate");
  refuses_text(minimal(SERVER ", certificate-authority-data: SECRETMARK!", ""),
               "certificate-authority-data of cluster \"clu\"", "is not base64");
  refuses_text(minimal(SERVER ", certificate-authority-data: U0VDUkVUTUFSSw==", ""),
               "certificate-authority of cluster \"clu\"", "holds no PEM certificate");
  snprintf(cluster, sizeof cluster,
           SERVER ", insecure-skip-tls-verify: true, certificate-authority-data: %s",
           base64(one.cert));
  refuses_text(minimal(cluster, ""), "cluster \"clu\"", "insecure flag is not allowed");
  refuses_text(minimal(SERVER, "client-certificate: one.crt"),
               "client-key-data or client-key must be",
               "specified for usr to use the clientCert authentication method");
  refuses_text(minimal(SERVER, "client-key: one.key"), "client-certificate must be specified",
               "for usr to use its client-key");
  refuses_text(minimal(SERVER, "client-certificate: one.crt, client-key: two.key"),
               "client-key of user \"usr\"", "does not belong to");
  refuses_text(minimal(SERVER, "client-certificate: one.crt, client-key: enc.key"),
               "client-key of user \"usr\"", "is encrypted");
  refuses_text(minimal(SERVER, "client-certificate: one.crt, client-key: none"),
               "client-key of user \"usr\"", "holds no PEM private key");
  refuses_text(minimal(SERVER, "client-certificate: none, client-key: one.key"),
               "client-certificate of user \"usr\"", "holds no PEM certificate");
  snprintf(user, sizeof user, "client-certificate: one.crt, client-key-data: SECRETMARK-%s",
           base64(one.key));
  refuses_text(minimal(SERVER, user), "client-key-data of user \"usr\"", "is not base64");
  refuses_text(minimal(SERVER, "client-certificate: one.crt, client-key: ."),
               "unable to read client-key", "for usr due to Is a directory");
}

/* ---- who we are ---- */

static void identities(void) {
  static const struct {
    const char *user, *authorization;
  } cases[] = {
      {"", NULL},
      {"token: SECRETMARK", "Authorization: Bearer SECRETMARK"},
      {"token: ' SECRETMARK '", "Authorization: Bearer SECRETMARK"},
      {"tokenFile: token", "Authorization: Bearer SECRETMARK-file"},
      {"token: SECRETMARK, tokenFile: missing", "Authorization: Bearer SECRETMARK"},
      {"token: '', tokenFile: token", "Authorization: Bearer SECRETMARK-file"},
      {"username: me, password: SECRETMARK", "Authorization: Basic bWU6U0VDUkVUTUFSSw=="},
      {"username: me", "Authorization: Basic bWU6"},
      {"password: SECRETMARK", NULL},
      {"exec: null, auth-provider: null, token: SECRETMARK", "Authorization: Bearer SECRETMARK"},
  };
  write_file("token", "\n SECRETMARK-file\r\n");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_config *config;
    check_about = cases[i].user;
    config = load(write_file("who", minimal(SERVER, cases[i].user)));
    same(config->authorization, cases[i].authorization);
    kube_config_free(config);
  }
}

static void bad_identities(void) {
  write_file("empty", " \n");
  write_file("lines", "SECRETMARK\nX-Evil: SECRETMARK\n");
  refuses_text(minimal(SERVER, "tokenFile: missing"), "unable to read tokenFile",
               "missing for usr due to No such");
  refuses_text(minimal(SERVER, "tokenFile: empty"), "user \"usr\"", "the token is empty");
  refuses_text(minimal(SERVER, "tokenFile: lines"), "user \"usr\"", "the token holds");
  refuses_text(minimal(SERVER, "token: \"SECRETMARK\\r\\nX-Evil: y\""), "user \"usr\"",
               "the token holds");
  refuses_text(minimal(SERVER, "token: 123"), "token of user \"usr\"", "is not a string");
  refuses_text(minimal(SERVER, "token: ' '"), "user \"usr\"", "the token is empty");
  refuses_text(minimal(SERVER, "token: SECRETMARK, username: me, password: SECRETMARK"), "usr",
               "only one is allowed");
}

static void remove_all(void) {
  static const char *const names[] = {"a",     "b",       "c",       "bad",     "bare",   "data",
                                      "empty", "enc.key", "files",   "good",    "json",   "lines",
                                      "none",  "minimal", "one.crt", "one.key", "server", "several",
                                      "token", "two.key", "who"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(path_of(names[i]));
  CHECK(rmdir(directory) == 0);
}

int main(void) {
  static const char *const variables[] = {"KUBECONFIG", "HOME", "KUBERNETES_SERVICE_HOST",
                                          "KUBERNETES_SERVICE_PORT", "POD_NAMESPACE"};
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) unsetenv(variables[i]);
  files_begin();
  make_identity(&one);
  make_identity(&two);
  kube_config_free(NULL);
  RUN(the_current_context_is_used);
  RUN(options_go_before_the_file);
  RUN(wrong_names_are_told_with_those_there_are);
  RUN(the_first_file_to_name_a_thing_wins_it_whole);
  RUN(a_broken_file_of_the_list_is_told);
  RUN(home_is_the_last_file_looked_for);
  RUN(odd_files);
  RUN(broken_texts);
  RUN(json_is_a_kubeconfig_too);
  RUN(servers);
  RUN(a_bare_host_with_a_root_is_https);
  RUN(files_are_beside_the_kubeconfig);
  RUN(bad_certificates_are_named);
  RUN(identities);
  RUN(bad_identities);
  RUN(remove_all);
  return check_report();
}
