/*
** What kubeconfigs mean. Inputs and what is expected of them are those of client-go (Apache-2.0):
** tools/clientcmd/validation_test.go, client_config_test.go, overrides_test.go, loader_test.go. Where
** theirs have an apiVersion that is none, v1 stands here: we refuse those when they are loaded.
*/
#include "../support/kubeconfig.h"

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
       "client-certificate: '-----BEGIN SECRETMARK', client-key: \"-----BEGIN\\nSECRETMARK\"",
       {"user \"usr\": client-certificate is a path, and this is a PEM text: use "
        "client-certificate-data",
        "user \"usr\": client-key is a path, and this is a PEM text: use client-key-data"}},
      {SERVER, "tokenFile: \"SECRETMARK\\nb\"", {"tokenFile is a path, and this is none"}},
      {SERVER, "token: a, tokenFile: \"SECRETMARK\\nb\"", {"tokenFile is a path"}},
      {SERVER ", certificate-authority: '-----BEGIN SECRETMARK'",
       "",
       {"cluster \"clu\": certificate-authority is a path", "use certificate-authority-data"}},
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
      {SERVER, "as: \" \\t \"", {"whom usr impersonates has a blank name"}},
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
  options = (kube_config_options){.kubeconfig = kubeconfig(SERVER, "tokenFile: token"),
                                  .token = "new"}; /* and stays it when files are read again */
  config = load(&options);
  same(config->authorization, "Authorization: Bearer new");
  CHECK(config->token_file == NULL);
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

int main(void) {
  kubeconfig_begin();
  RUN(validation);
  RUN(contexts_that_name_nothing);
  RUN(options_of_the_cluster);
  RUN(an_option_verifies_where_the_file_does_not);
  RUN(options_of_the_user);
  RUN(names_of_options_must_exist);
  RUN(prefixes_of_namespaces);
  RUN(paths_are_absolute_once_loaded);
  RUN(all_broken_files_are_told);
  RUN(duplicates_are_refused_in_each_list);
  RUN(credentials_that_are_not_sent_are_told_of);
  RUN(contexts_of_all_files);
  RUN(kubeconfig_end);
  return check_report();
}
