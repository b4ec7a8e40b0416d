/*
** Who a kubeconfig says we are, beyond tokens and certificates. Cases of client-go (Apache-2.0):
** rest/exec_test.go (ConfigToExecCluster), transport/round_trippers_test.go (impersonation),
** tools/clientcmd/client_config_test.go (install hints).
*/
#include "../support/kubeconfig.h"

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

int main(void) {
  kubeconfig_begin();
  RUN(impersonation);
  RUN(a_plugin_as_it_stands);
  RUN(install_hints);
  RUN(what_a_plugin_is_told_of_the_cluster);
  RUN(an_auth_provider_as_it_stands);
  RUN(kubeconfig_end);
  return check_report();
}
