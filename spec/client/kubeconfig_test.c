/*
** What kubeconfigs mean. Inputs and what is expected of them are those of client-go (Apache-2.0):
** tools/clientcmd/validation_test.go, client_config_test.go, overrides_test.go, loader_test.go;
** rest/exec_test.go (ConfigToExecCluster), transport/round_trippers_test.go (impersonation). Where
** theirs have an apiVersion that is none, v1 stands here: we refuse those when they are loaded.
*/
#include <sys/stat.h>
#include <unistd.h>

#include "../../csrc/client/config.h"
#include "../../csrc/core/text.h"
#include "../support/check.h"
#include "../support/identity.h"

static char directory[] = "/tmp/kubeconfig_test.XXXXXX";
static identity one, two;

static const char *path_of(const char *name) {
  static char paths[8][256];
  static int turn;
  char *path = paths[turn++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", directory, name);
  return path;
}

static const char *write_file(const char *name, const char *text) {
  const char *path = path_of(name);
  FILE *file = fopen(path, "w");
  if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) abort();
  return path;
}

/* A kubeconfig with one cluster, user and context; the stanzas' bodies in flow style. */
static const char *kubeconfig(const char *cluster, const char *user) {
  static char text[16384];
  snprintf(text, sizeof text,
           "current-context: ctx\n"
           "contexts: [{name: ctx, context: {cluster: clu, user: usr}}]\n"
           "clusters: [{name: clu, cluster: {%s}}]\n"
           "users: [{name: usr, user: {%s}}]\n",
           cluster, user);
  return write_file("kubeconfig", text);
}

#define SERVER "server: 'https://h:6443'"
#define EXEC   "apiVersion: client.authentication.k8s.io/v1, command: /bin/example"

static kube_config *load(const kube_config_options *options) {
  kube_error err = {0};
  kube_config *config = kube_config_load(options, &err);
  if (CHECK(config != NULL)) return config;
  printf("  %s\n", err.message);
  exit(check_report());
}

static kube_config *load_user(const char *user) {
  const kube_config_options options = {.kubeconfig = kubeconfig(SERVER, user)};
  check_about = user;
  return load(&options);
}

static void same(const char *have, const char *want) {
  CHECK_STRING(have ? have : "(null)", want ? want : "(null)");
}

/* Fails with each of the words (up to three), and no secret. */
static void refuses(const kube_config_options *options, const char *const words[3]) {
  kube_error err = {0};
  kube_config *config = kube_config_load(options, &err);
  CHECK(config == NULL && err.status == KUBE_ECONFIG);
  for (int i = 0; i < 3 && words[i]; i++)
    if (!CHECK(strstr(err.message, words[i]) != NULL))
      printf("  want: %s\n  have: %s\n", words[i], err.message);
  if (!CHECK(strstr(err.message, "SECRETMARK") == NULL)) printf("  have: %s\n", err.message);
  kube_config_free(config);
}

/* ---- validation ---- */

static void validation(void) {
  static const struct {
    const char *cluster, *user;
    const char *words[3]; /* none: it is fine */
  } cases[] = {
      /* users */
      {SERVER, "", {0}},
      {SERVER, "token: any-value", {0}},
      {SERVER,
       "client-certificate: missing, client-key: missing",
       {"unable to read client-certificate", "unable to read client-key", "No such file"}},
      {SERVER,
       "client-certificate: one.crt, client-certificate-data: eA==, client-key: one.key, "
       "client-key-data: eA==",
       {"client-cert-data and client-cert are both specified for usr",
        "client-key-data and client-key are both specified for usr"}},
      {SERVER, "client-certificate: one.crt, client-key: one.key", {0}},
      {SERVER,
       "token: SECRETMARK, username: username",
       {"invalid configuration: more than one authentication method found for usr; found [token "
        "basicAuth], only one is allowed (in "}},
      {SERVER, "token: SECRETMARK, password: SECRETMARK", {"more than one authentication method"}},
      {SERVER, "tokenFile: token, username: a", {"may be set, but not both, for usr"}},
      /* exec */
      {SERVER,
       "exec: {" EXEC ", args: [hello, world], env: [{name: foo, value: bar}], "
       "interactiveMode: IfAvailable}",
       {0}},
      {SERVER,
       "exec: {command: /bin/example, interactiveMode: IfAvailable}",
       {"apiVersion must be specified for usr to use exec authentication plugin"}},
      {SERVER,
       "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}",
       {"command must be specified for usr to use exec authentication plugin"}},
      {SERVER,
       "auth-provider: {name: oidc}, exec: {" EXEC ", interactiveMode: IfAvailable}",
       {"authProvider cannot be provided in combination with an exec plugin for usr"}},
      {SERVER,
       "exec: {" EXEC ", env: [{name: foo, value: ''}], interactiveMode: IfAvailable}",
       {0}},
      {SERVER,
       "exec: {" EXEC ", env: [{value: SECRETMARK}], interactiveMode: IfAvailable}",
       {"env variable name must be specified for usr to use exec authentication plugin"}},
      {SERVER,
       "exec: {" EXEC ", env: [{name: a=b, value: SECRETMARK}], interactiveMode: Never}",
       {"env variable name of usr"}},
      {SERVER,
       "exec: {" EXEC "}",
       {"interactiveMode must be specified for usr to use exec authentication plugin"}},
      {SERVER,
       "exec: {" EXEC ", interactiveMode: invalid}",
       {"invalid interactiveMode for usr: \"invalid\""}},
      {SERVER, "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x}", {0}},
      {SERVER,
       "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}",
       {"invalid configuration: exec plugin: invalid apiVersion "
        "\"client.authentication.k8s.io/v1alpha1\" for usr (must be "}},
      {SERVER,
       "exec: {}",
       {"command must be specified", "apiVersion must be specified", "interactiveMode must be"}},
      {SERVER,
       "exec: {" EXEC ", interactiveMode: Never, args: [1]}",
       {"args of exec of user \"usr\" is not a list of strings"}},
      {SERVER,
       "exec: {" EXEC ", interactiveMode: Never, env: [{name: a, value: n}]}",
       {"value of env of user \"usr\" is not a string"}},
      {SERVER, "exec: SECRETMARK", {"exec of user \"usr\" is not a map"}},
      {SERVER,
       "auth-provider: {name: gcp}",
       {"The gcp auth plugin has been removed", "gke-gcloud-auth-plugin"}},
      {SERVER,
       "auth-provider: {name: azure}",
       {"The azure auth plugin has been removed", "kubelogin"}},
      {SERVER, "auth-provider: {name: x}", {"no Auth Provider found for name \"x\""}},
      {SERVER, "auth-provider: {}", {"no Auth Provider found for name \"\""}},
      /* impersonation */
      {SERVER, "as: user", {0}},
      {SERVER,
       "as: user, as-uid: abc123, as-groups: [group-1, group-2], as-user-extra: {key: [val1, "
       "val2]}",
       {0}},
      {SERVER,
       "as-groups: [group-1, group-2]",
       {"requesting uid, groups or user-extra for usr without impersonating a user"}},
      {SERVER,
       "as-user-extra: {key: [val1, val2]}",
       {"requesting uid, groups or user-extra for usr without impersonating a user"}},
      {SERVER,
       "as-uid: abc123",
       {"requesting uid, groups or user-extra for usr without impersonating a user"}},
      {SERVER, "as: \"a\\nX-Evil: SECRETMARK\"", {"whom usr impersonates holds a line break"}},
      {SERVER, "as: a, as-groups: [\"a\\nSECRETMARK\"]", {"holds a line break"}},
      {SERVER, "as: a, as-user-extra: {a: [\"a\\rSECRETMARK\"]}", {"holds a line break"}},
      {SERVER, "as: a, as-user-extra: {a: b}", {"as-user-extra of user \"usr\" is not a map of"}},
      {SERVER, "as: a, as-groups: b", {"as-groups of user \"usr\" is not a list of strings"}},
      {SERVER, "as: 1", {"as of user \"usr\" is not a string"}},
      {SERVER, "username: n, password: SECRETMARK", {"username of user \"usr\" is not a string"}},
      /* clusters */
      {"", "", {"no server found for cluster \"clu\" (in "}},
      {SERVER ", certificate-authority: missing",
       "",
       {"unable to read certificate-authority", "/missing for clu due to No such file"}},
      {SERVER ", certificate-authority: one.crt", "", {0}},
      {SERVER ", certificate-authority: one.crt, certificate-authority-data: eA==",
       "",
       {"certificate-authority-data and certificate-authority are both specified for clu"}},
      {SERVER ", certificate-authority: one.crt, insecure-skip-tls-verify: true",
       "",
       {"specifying a root certificates file with the insecure flag is not allowed"}},
      {SERVER ", insecure-skip-tls-verify: 'true'",
       "",
       {"insecure-skip-tls-verify of cluster \"clu\" is not a boolean"}},
      /* TestProxyURL */
      {SERVER ", proxy-url: ''", "", {0}},
      {SERVER ", proxy-url: 'socks5://example.com'", "", {0}},
      {SERVER ", proxy-url: 'https://example.com'", "", {0}},
      {SERVER ", proxy-url: 'http://example.com'", "", {0}},
      {SERVER ", proxy-url: 'socks6://u:SECRETMARK@example.com'",
       "",
       {"invalid 'proxy-url' for cluster \"clu\"", "unsupported scheme \"socks6\""}},
      {SERVER ", proxy-url: example.com", "", {"invalid 'proxy-url'"}},
      {SERVER ", proxy-url: 'chewbacca:SECRETMARK@example.com'", "", {"invalid 'proxy-url'"}},
      /* all at once: TestConfirmUsableBadInfoConfig */
      {"server: anything, certificate-authority: missing",
       "username: anything, token: SECRETMARK",
       {"invalid configuration: [more than one authentication method found for usr",
        ", unable to read certificate-authority", "] (in "}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_config_options options = {.kubeconfig = kubeconfig(cases[i].cluster, cases[i].user)};
    check_about = *cases[i].user ? cases[i].user : cases[i].cluster;
    if (cases[i].words[0])
      refuses(&options, cases[i].words);
    else
      kube_config_free(load(&options));
  }
}

/* TestConfirmUsableMissingObjects, TestValidateMissingReferencesConfig, TestValidateEmptyContext */
static void contexts_that_name_nothing(void) {
  static const struct {
    const char *context, *current;
    const char *words[3];
  } cases[] = {
      {"cluster: clu, user: garbage",
       "ctx",
       {"user \"garbage\" was not found for context \"ctx\" (there are: usr)"}},
      {"cluster: garbage, user: usr",
       "ctx",
       {"cluster \"garbage\" was not found for context \"ctx\" (there are: clu)"}},
      {"cluster: missing, user: missing",
       "ctx",
       {"[cluster \"missing\" was not found", "user \"missing\" was not found", "] (in "}},
      {"", "ctx", {"cluster was not specified for context \"ctx\""}},
      {"cluster: clu",
       "not-present",
       {"context was not found for specified context: not-present (there are: ctx)"}},
      {"cluster: 5, user: usr", "ctx", {"cluster of context \"ctx\" is not a string"}},
      {"cluster: clu, namespace: Not_A_Label",
       "ctx",
       {"namespace \"Not_A_Label\" for context \"ctx\" does not conform to the kubernetes "
        "DNS_LABEL rules"}},
  };
  char text[1024];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_config_options options = {0};
    snprintf(text, sizeof text,
             "current-context: %s\ncontexts: [{name: ctx, context: {%s}}]\n"
             "clusters: [{name: clu, cluster: {" SERVER "}}]\nusers: [{name: usr, user: {}}]\n",
             cases[i].current, cases[i].context);
    check_about = cases[i].context;
    options.kubeconfig = write_file("kubeconfig", text);
    refuses(&options, cases[i].words);
  }
}

/* ---- options ---- */

static const bool yes = true, no = false;

static const char *data_of(const char *field, const char *text) {
  static char out[4][4096];
  static int turn;
  char *to = out[turn++ % 4];
  kube_buffer data = {0};
  kube_text_base64_encode(&data, text, strlen(text), NULL);
  snprintf(to, sizeof out[0], "%s-data: %s", field, kube_buffer_text(&data, NULL));
  kube_buffer_clear(&data);
  return to;
}

static void is_pem(const kube_buffer *have, const char *want) {
  CHECK_TEXT(kube_buffer_length(have) ? kube_buffer_bytes(have) : "", kube_buffer_length(have),
             want);
}

/* TestInsecureOverridesCA, TestCAOverridesCAData, TestTLSServerName and the like. */
static void options_of_the_cluster(void) {
  char cluster[8192], path[256];
  kube_config_options options = {0};
  kube_config *config;
  snprintf(path, sizeof path, "%s", path_of("two.crt"));
  snprintf(cluster, sizeof cluster,
           SERVER ", tls-server-name: name, proxy-url: 'http://p', disable-compression: true, %s",
           data_of("certificate-authority", one.cert));
  options.kubeconfig = kubeconfig(cluster, "");
  config = load(&options);
  is_pem(&config->tls.ca, one.cert);
  same(config->ca_file, NULL);
  same(config->tls_server_name, "name");
  CHECK(!config->tls.insecure && config->disable_compression);
  kube_config_free(config);

  options.insecure_skip_tls_verify = &yes;
  config = load(&options);
  is_pem(&config->tls.ca, "");
  CHECK(config->tls.insecure);
  kube_config_free(config);

  options.insecure_skip_tls_verify = &no;
  options.certificate_authority = path;
  options.proxy_url = "socks5://q";
  options.disable_compression = &no;
  config = load(&options);
  is_pem(&config->tls.ca, two.cert);
  same(config->ca_file, path);
  same(config->proxy, "socks5://q");
  CHECK(!config->tls.insecure && !config->disable_compression);
  kube_config_free(config);

  options.server = "https://other";
  config = load(&options);
  same(config->tls_server_name, NULL);
  same(config->server, "https://other");
  kube_config_free(config);
  options.tls_server_name = "overridden";
  config = load(&options);
  same(config->tls_server_name, "overridden");
  kube_config_free(config);
}

static void an_option_verifies_where_the_file_does_not(void) {
  kube_config_options options = {.kubeconfig =
                                     kubeconfig(SERVER ", insecure-skip-tls-verify: true", ""),
                                 .insecure_skip_tls_verify = &no};
  kube_config *config = load(&options);
  CHECK(!config->tls.insecure);
  kube_config_free(config);
  options.insecure_skip_tls_verify = NULL;
  config = load(&options);
  CHECK(config->tls.insecure);
  kube_config_free(config);
  options.certificate_authority = path_of("one.crt"); /* a CA is there to be looked at */
  config = load(&options);
  CHECK(!config->tls.insecure);
  kube_config_free(config);
}

/* TestClientCertOverrideData; and which ways to be known go together. */
static void options_of_the_user(void) {
  char user[8192], crt[256], key[256], token[256];
  kube_config_options options = {0};
  kube_config *config;
  snprintf(crt, sizeof crt, "%s", path_of("two.crt"));
  snprintf(key, sizeof key, "%s", path_of("two.key"));
  snprintf(token, sizeof token, "%s", path_of("token"));
  snprintf(user, sizeof user, "%s, %s", data_of("client-certificate", one.cert),
           data_of("client-key", one.key));
  options.kubeconfig = kubeconfig(SERVER, user);
  options.client_certificate = crt;
  options.client_key = key;
  config = load(&options);
  is_pem(&config->tls.cert, two.cert);
  is_pem(&config->tls.key, two.key);
  same(config->cert_file, crt);
  same(config->key_file, key);
  kube_config_free(config);

  options.token = "given"; /* over a certificate: both are shown */
  options.token_file = token;
  config = load(&options);
  same(config->authorization, "Authorization: Bearer given");
  same(config->token_file, token);
  is_pem(&config->tls.cert, two.cert);
  kube_config_free(config);

  options = (kube_config_options){.kubeconfig = kubeconfig(SERVER, "username: a, password: b"),
                                  .token = "SECRETMARK"};
  refuses(&options, (const char *const[3]){"more than one authentication method found for usr"});
  options = (kube_config_options){
      .kubeconfig = kubeconfig(SERVER, "token: old"), .token = "new", .token_file = token};
  config = load(&options);
  same(config->authorization, "Authorization: Bearer new");
  kube_config_free(config);
  options =
      (kube_config_options){.kubeconfig = kubeconfig(SERVER, "token: old"), .token_file = token};
  config = load(&options); /* the old one until the file is read again */
  same(config->authorization, "Authorization: Bearer old");
  same(config->token_file, token);
  kube_config_free(config);
}

static void names_of_options_must_exist(void) {
  kube_config_options options = {.kubeconfig = kubeconfig(SERVER, ""), .user = "x"};
  refuses(&options, (const char *const[3]){"auth info \"x\" does not exist (there are: usr)"});
  options = (kube_config_options){.kubeconfig = options.kubeconfig, .cluster = "x"};
  refuses(&options, (const char *const[3]){"cluster \"x\" does not exist (there are: clu)"});
  options = (kube_config_options){.kubeconfig = options.kubeconfig, .context = "x"};
  refuses(&options, (const char *const[3]){"context \"x\" does not exist (there are: ctx)"});
  options = (kube_config_options){.kubeconfig = options.kubeconfig, .cluster = "x", .user = "y"};
  refuses(&options,
          (const char *const[3]){"[cluster \"x\" does not exist", "auth info \"y\" does"});
}

/* overrides_test.go TestNamespacePrefixStrip; the last three are no names of a namespace. */
static void prefixes_of_namespaces(void) {
  static const struct {
    const char *given, *want;
  } cases[] = {{"namespaces/foo", "foo"},
               {"NAMESPACES/foo", "foo"},
               {"NameSpaces/foo", "foo"},
               {"namespace/foo", "foo"},
               {"NAMESPACE/foo", "foo"},
               {"nameSpace/foo", "foo"},
               {"ns/foo", "foo"},
               {"NS/foo", "foo"},
               {"namespaces/", NULL},
               {"namespace/", NULL},
               {"ns/", NULL},
               {"foo", "foo"},
               {"", "default"},
               {"-a", NULL},
               {"a.b", NULL}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_config_options options = {.kubeconfig = kubeconfig(SERVER, ""),
                                         .ns = cases[i].given};
    check_about = cases[i].given;
    if (cases[i].want == NULL) {
      refuses(&options,
              (const char *const[3]){"does not conform to the kubernetes DNS_LABEL rules"});
    } else {
      kube_config *config = load(&options);
      same(config->ns, cases[i].want);
      kube_config_free(config);
    }
  }
}

/* ---- impersonation ---- */

static void lines(char **have, const char *const *want) {
  size_t i;
  for (i = 0; want[i] && have && have[i]; i++) same(have[i], want[i]);
  CHECK(want[i] == NULL && (have == NULL || have[i] == NULL));
}

static void impersonation(void) {
  static const char *const groups[] = {"g1", "g2", NULL};
  static const char *const extra[] = {"b", "new", "Example.com/\xE3\x83\xAD", "1", NULL};
  kube_config_options options = {0};
  kube_config *config =
      load_user("as: alice, as-uid: abc123, as-groups: [group-1, group-2], "
                "as-user-extra: {Some-Key: [v1, v2], 'percent%20encoded': [a], \"@=:\": [b], "
                "\"abc123!#$+.-_*\\\\^`~|'\": [c]}");
  lines(config->impersonate,
        (const char *const[]){
            "Impersonate-User: alice", "Impersonate-Uid: abc123", "Impersonate-Group: group-1",
            "Impersonate-Group: group-2", "Impersonate-Extra-some-key: v1",
            "Impersonate-Extra-some-key: v2", "Impersonate-Extra-percent%2520encoded: a",
            "Impersonate-Extra-%40%3D%3A: b", "Impersonate-Extra-abc123!#$+.-_*%5C^`~|': c", NULL});
  kube_config_free(config);
  options.kubeconfig =
      kubeconfig(SERVER, "as: alice, as-groups: [old], as-user-extra: {a: [kept], b: [old]}");
  options.as = "bob";
  options.as_groups = groups;
  options.as_user_extra = extra;
  config = load(&options);
  lines(config->impersonate,
        (const char *const[]){"Impersonate-User: bob", "Impersonate-Group: g1",
                              "Impersonate-Group: g2", "Impersonate-Extra-a: kept",
                              "Impersonate-Extra-b: new",
                              "Impersonate-Extra-example.com%2F%E3%83%AD: 1", NULL});
  kube_config_free(config);
}

/* ---- plugins ---- */

static void a_plugin_as_it_stands(void) {
  char want[512];
  kube_config *config = load_user(
      "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: bin/plugin, args: [a, b], "
      "env: [{name: A, value: '1'}, {name: B}], installHint: \"some install hint with "
      "\\e[1mcontrol chars\\e[0m\\nand a newline\"}, token: kept");
  const kube_exec *exec = &config->exec;
  snprintf(want, sizeof want, "%s/bin/plugin", directory);
  same(exec->command, want);
  lines(exec->arguments, (const char *const[]){"a", "b", NULL});
  lines(exec->environment, (const char *const[]){"A=1", "B=", NULL});
  same(exec->api_version, "client.authentication.k8s.io/v1beta1");
  same(exec->install_hint, "some install hint with U+001B[1mcontrol charsU+001B[0m\nand a newline");
  same(exec->cluster, NULL);
  same(config->authorization, "Authorization: Bearer kept");
  CHECK(exec->interactive == KUBE_INTERACTIVE_IF_AVAILABLE);
  kube_config_free(config);
  config = load_user("exec: {apiVersion: client.authentication.k8s.io/v1, command: plugin, "
                     "interactiveMode: Always}");
  same(config->exec.command, "plugin"); /* looked up in PATH */
  CHECK(config->exec.interactive == KUBE_INTERACTIVE_ALWAYS);
  CHECK(config->exec.arguments == NULL && config->exec.environment == NULL);
  kube_config_free(config);
}

/* client_config_test.go TestCleanANSIEscapeCodes; YAML's escapes in place of Go's. */
static void install_hints(void) {
  static const struct {
    const char *in, *out; /* out NULL: as the text below */
  } cases[] = {
      {"\\e[1mbold tuna\\e[0m, fish, \\e[1mbold marlin\\e[0m",
       "U+001B[1mbold tunaU+001B[0m, fish, U+001B[1mbold marlinU+001B[0m"},
      {"\\e[2Aup up, \\e[2Cright right", "U+001B[2Aup up, U+001B[2Cright right"},
      {"clear: \\e[2J", "clear: U+001B[2J"},
      {"tuna\\nfish\\r\\nmarlin\\t\\r\\ntuna\\vfish\\fmarlin",
       "tuna\nfish\r\nmarlin\t\r\ntuna\vfish\fmarlin"},
      {"alpha: \\u03b1, beta: \\u03b2", "alpha: \xCE\xB1, beta: \xCE\xB2"},
      {"tu\\u0301na, fi\\u0302sh, ma\\u030Arlin", "tu\xCC\x81na, fi\xCC\x82sh, ma\xCC\x8Arlin"},
      {"t1na, f2sh, m567n", "t1na, f2sh, m567n"},
      {"\\\"here's a sentence; with! some...punctuation ;)\\\"",
       "\"here's a sentence; with! some...punctuation ;)\""},
      {"\\u222b\\u2081\\u207F f(x) dx \\u2248",
       "\xE2\x88\xAB\xE2\x82\x81\xE2\x81\xBF f(x) dx \xE2\x89\x88"},
      {"paragraph separator\\u2029and here\\u2003are", "paragraph separator\xE2\x80\xA9"
                                                       "and here\xE2\x80\x83"
                                                       "are"},
      {"\\u200e\\ufeff\\x9b\\U000E0001", "U+200EU+FEFFU+009BU+E0001"},
  };
  char user[512];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_config *config;
    snprintf(user, sizeof user, "exec: {" EXEC ", interactiveMode: Never, installHint: \"%s\"}",
             cases[i].in);
    config = load_user(user);
    same(config->exec.install_hint, cases[i].out);
    kube_config_free(config);
  }
}

/* rest/exec_test.go TestConfigToExecCluster, TestAuthConfigMerge; a CA from memory and from a file. */
static void what_a_plugin_is_told_of_the_cluster(void) {
  static const char user[] = "exec: {" EXEC ", interactiveMode: Never, provideClusterInfo: true}";
  static const struct {
    const char *cluster, *want; /* %s: the CA in base64 */
  } cases[] = {
      {"server: some-host, tls-server-name: some-server-name, insecure-skip-tls-verify: true, "
       "proxy-url: 'https://some-proxy-url.com/tuna/fish', extensions: [{name: "
       "client.authentication.k8s.io/exec, extension: {audience: foo, other: 1.5}}]",
       "{\"server\":\"some-host\",\"tls-server-name\":\"some-server-name\","
       "\"insecure-skip-tls-verify\":true,\"proxy-url\":\"https://some-proxy-url.com/tuna/fish\","
       "\"config\":{\"audience\":\"foo\",\"other\":1.5}}"},
      {"server: 'https://h/p?q=1', certificate-authority: one.crt",
       "{\"server\":\"https://h/p\",\"certificate-authority-data\":\"%s\"}"},
      {"server: 'https://h', disable-compression: true, certificate-authority-data: %s",
       "{\"server\":\"https://"
       "h\",\"certificate-authority-data\":\"%s\",\"disable-compression\":true}"},
      {"server: 'https://h', extensions: [{name: other, extension: {a: b}}]",
       "{\"server\":\"https://h\"}"},
  };
  const char *ca = data_of("", one.cert) + strlen("-data: ");
  char cluster[4096], want[4096];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_config_options options = {0};
    kube_config *config;
    snprintf(cluster, sizeof cluster, cases[i].cluster, ca);
    snprintf(want, sizeof want, cases[i].want, ca);
    check_about = cases[i].cluster;
    options.kubeconfig = kubeconfig(cluster, user);
    config = load(&options);
    same(config->exec.cluster, want);
    kube_config_free(config);
  }
}

static void an_auth_provider_as_it_stands(void) {
  kube_config *config =
      load_user("auth-provider: {name: oidc, config: {client-id: a, refresh-token: SECRETMARK}}");
  same(config->auth_provider.name, "oidc");
  lines(config->auth_provider.fields,
        (const char *const[]){"client-id", "a", "refresh-token", "SECRETMARK", NULL});
  same(config->auth_provider.file, path_of("kubeconfig"));
  kube_config_free(config);
}

/* ---- files ---- */

static void paths_are_absolute_once_loaded(void) {
  char here[1024], want[256];
  kube_config_options options = {.kubeconfig = "kubeconfig"};
  kube_config *config;
  kubeconfig(SERVER ", certificate-authority: one.crt",
             "client-certificate: one.crt, client-key: one.key, tokenFile: token");
  if (getcwd(here, sizeof here) == NULL || chdir(directory) != 0) abort();
  config = load(&options);
  if (chdir(here) != 0) abort();
  snprintf(want, sizeof want, "%s/one.crt", directory);
  same(config->ca_file, want);
  same(config->cert_file, want);
  same(config->key_file, path_of("one.key"));
  same(config->token_file, path_of("token"));
  same(config->authorization, "Authorization: Bearer from-a-file");
  kube_config_free(config);
}

static void all_broken_files_are_told(void) {
  static const kube_config_options none;
  char list[600], first[300], second[300];
  snprintf(first, sizeof first, "error loading config file \"%s\": clusters is not a list",
           write_file("a", "clusters: {a: 1}\n"));
  snprintf(second, sizeof second,
           "error loading config file \"%s\": duplicate name \"x\" in list users",
           write_file("b", "users: [{name: x, user: {token: SECRETMARK}}, {name: x}]\n"));
  snprintf(list, sizeof list, "%s:%s:%s", path_of("a"), path_of("nowhere"), path_of("b"));
  setenv("KUBECONFIG", list, 1);
  refuses(&none, (const char *const[3]){first, second, "["});
  unsetenv("KUBECONFIG");
}

static void duplicates_are_refused_in_each_list(void) {
  static const char *const lists[] = {"clusters", "contexts", "users"};
  char text[256], want[64];
  for (int i = 0; i < 3; i++) {
    kube_config_options options = {0};
    snprintf(text, sizeof text, "%s: [{name: a}, {name: b}, {name: a}]\n", lists[i]);
    snprintf(want, sizeof want, "duplicate name \"a\" in list %s", lists[i]);
    options.kubeconfig = write_file("kubeconfig", text);
    refuses(&options, (const char *const[3]){want, options.kubeconfig});
  }
}

/* ---- warnings ---- */

static void credentials_that_are_not_sent_are_told_of(void) {
  static const struct {
    const char *cluster, *user, *warning;
  } cases[] = {{"server: 'http://h'", "token: SECRETMARK", "credentials of user \"usr\""},
               {"server: 'h:1'", "username: a, password: SECRETMARK", "http://h:1 is not reached"},
               {"server: h", "exec: {" EXEC ", interactiveMode: Never}", "credentials of"},
               {"server: h", "as: somebody", ""},
               {"server: h", "", ""},
               {SERVER, "token: SECRETMARK", ""}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_config_options options = {.kubeconfig = kubeconfig(cases[i].cluster, cases[i].user)};
    kube_config *config = load(&options);
    check_about = cases[i].cluster;
    if (*cases[i].warning)
      CHECK(strstr(kube_config_warnings(config), cases[i].warning) != NULL);
    else
      same(kube_config_warnings(config), "");
    CHECK(strstr(kube_config_warnings(config), "SECRETMARK") == NULL);
    kube_config_free(config);
  }
}

/* ---- contexts ---- */

static void contexts_of_all_files(void) {
  static const kube_context want[] = {
      {"x", "cx", "ux", "nx", false}, {"w", "cw", "", "", true}, {"z", "cz", "uz", "", false}};
  char list[600];
  kube_contexts *all;
  kube_error err = {0};
  size_t i;
  write_file("a", "contexts: [{name: x, context: {cluster: cx, user: ux, namespace: nx}}, "
                  "{name: w, context: {cluster: cw}}]\n");
  write_file("b", "current-context: w\ncontexts: [{name: x, context: {cluster: lost}}, "
                  "{name: z, context: {cluster: cz, user: uz}}]\n");
  snprintf(list, sizeof list, "%s:%s:%s", path_of("a"), path_of("nowhere"), path_of("b"));
  setenv("KUBECONFIG", list, 1);
  all = kube_contexts_load(NULL, &err);
  same(err.message, "");
  for (i = 0; i < 3 && CHECK(all && kube_contexts_at(all, i)); i++) {
    const kube_context *have = kube_contexts_at(all, i);
    same(have->name, want[i].name);
    same(have->cluster, want[i].cluster);
    same(have->user, want[i].user);
    same(have->ns, want[i].ns);
    CHECK(have->current == want[i].current);
  }
  CHECK(all && kube_contexts_at(all, 3) == NULL);
  kube_contexts_free(all);
  kube_contexts_free(NULL);
  unsetenv("KUBECONFIG");
}

static void remove_all(void) {
  static const char *const names[] = {"a",       "b",       "kubeconfig", "one.crt",
                                      "one.key", "two.crt", "two.key",    "token"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(path_of(names[i]));
  CHECK(rmdir(directory) == 0);
}

int main(void) {
  static const char *const variables[] = {
      "KUBECONFIG",        "HOME",         "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT",
      "KUBERNETES_MASTER", "POD_NAMESPACE"};
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) unsetenv(variables[i]);
  if (mkdtemp(directory) == NULL) abort();
  make_identity(&one);
  make_identity(&two);
  write_file("one.crt", one.cert);
  write_file("one.key", one.key);
  write_file("two.crt", two.cert);
  write_file("two.key", two.key);
  write_file("token", "from-a-file\n");
  RUN(validation);
  RUN(contexts_that_name_nothing);
  RUN(options_of_the_cluster);
  RUN(an_option_verifies_where_the_file_does_not);
  RUN(options_of_the_user);
  RUN(names_of_options_must_exist);
  RUN(prefixes_of_namespaces);
  RUN(impersonation);
  RUN(a_plugin_as_it_stands);
  RUN(install_hints);
  RUN(what_a_plugin_is_told_of_the_cluster);
  RUN(an_auth_provider_as_it_stands);
  RUN(paths_are_absolute_once_loaded);
  RUN(all_broken_files_are_told);
  RUN(duplicates_are_refused_in_each_list);
  RUN(credentials_that_are_not_sent_are_told_of);
  RUN(contexts_of_all_files);
  RUN(remove_all);
  return check_report();
}
