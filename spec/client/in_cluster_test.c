/*
** What a pod is given, and what comes before or instead of it. Cases of client-go (Apache-2.0):
** tools/clientcmd/client_config_test.go TestInClusterClientConfigPrecedence,
** merged_client_builder_test.go, and BuildConfigFromFlags of client_config.go.
*/
#include <sys/stat.h>
#include <unistd.h>

#include "../../csrc/client/config.h"
#include "../support/check.h"
#include "../support/identity.h"
#include "../support/own_files.h"

static identity own, other;

static void be_in_a_pod(const char *host) {
  write_file("ca.crt", own.cert);
  write_file("token", "token-from-cluster\n");
  write_file("namespace", "pod-ns\n");
  setenv("KUBERNETES_SERVICE_HOST", host, 1);
  setenv("KUBERNETES_SERVICE_PORT", "443", 1);
}

static void be_nowhere(void) {
  static const char *const variables[] = {
      "KUBECONFIG",        "HOME",         "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT",
      "KUBERNETES_MASTER", "POD_NAMESPACE"};
  static const char *const files[] = {"ca.crt", "token", "namespace"};
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) unsetenv(variables[i]);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) unlink(path_of(files[i]));
}

static kube_config *ask(kube_config *config, const kube_error *err) {
  if (CHECK(config != NULL)) return config;
  printf("  %s\n", err->message);
  exit(check_report());
}

static kube_config *load(const kube_config_options *options) {
  kube_error err = {0};
  kube_config *config = kube_config_load(options, &err);
  return ask(config, &err);
}

/* The pod's, whatever the files say. */
static kube_config *load_pod(const kube_config_options *options) {
  kube_error err = {0};
  kube_buffer tried = {0};
  kube_config *config = calloc(1, sizeof *config);
  if (config == NULL) abort();
  config->references = 1;
  if (kube_in_cluster_load(config, options, &tried, &err) != KUBE_OK) {
    kube_config_free(config);
    config = NULL;
  }
  kube_buffer_clear(&tried);
  return ask(config, &err);
}

static kube_config *from_flags(const char *master, const char *path) {
  kube_error err = {0};
  kube_config *config = kube_config_from_flags(master, path, &err);
  return ask(config, &err);
}

static void same(const char *have, const char *want) {
  CHECK_STRING(have ? have : "(null)", want ? want : "(null)");
}

static void says(kube_config *config, const kube_error *err, const char *const words[4]) {
  CHECK(config == NULL && err->status == KUBE_ECONFIG);
  for (int i = 0; i < 4 && words[i]; i++)
    if (!CHECK(strstr(err->message, words[i]) != NULL))
      printf("  want: %s\n  have: %s\n", words[i], err->message);
  kube_config_free(config);
}

static void refuses(const kube_config_options *options, const char *const words[4]) {
  kube_error err = {0};
  kube_config *config = kube_config_load(options, &err);
  says(config, &err, words);
}

/* ---- the pod ---- */

static void what_a_pod_has(void) {
  kube_config *config;
  be_in_a_pod("10.0.0.1");
  config = load(NULL);
  same(config->server, "https://10.0.0.1:443");
  same(config->authorization, "Authorization: Bearer token-from-cluster");
  same(config->token_file, path_of("token"));
  same(config->ca_file, path_of("ca.crt"));
  CHECK_TEXT(kube_buffer_bytes(&config->tls.ca), kube_buffer_length(&config->tls.ca), own.cert);
  same(config->ns, "pod-ns");
  same(config->context, "");
  same(config->source, "in-cluster");
  same(config->user, "service account");
  same(kube_config_warnings(config), "");
  kube_config_free(config);
  setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
  setenv("POD_NAMESPACE", "downward", 1);
  config = load(NULL);
  same(config->server, "https://[fd00::1]:443");
  same(config->ns, "downward");
  kube_config_free(config);
  unsetenv("POD_NAMESPACE");
  unlink(path_of("namespace"));
  config = load(NULL);
  same(config->ns, "default");
  kube_config_free(config);
  be_nowhere();
}

/*
** TestInClusterClientConfigPrecedence: each sum of server, token, token file and CA. (Of these a server
** is a configuration in itself: kube_config_load does not come to the pod then, as kubectl does not.)
*/
static void options_go_before_the_pod(void) {
  char ca[256], token_file[256];
  snprintf(ca, sizeof ca, "%s", write_file("other.crt", other.cert));
  snprintf(token_file, sizeof token_file, "%s", write_file("other.token", "from-file"));
  be_in_a_pod("10.0.0.1");
  for (int set = 0; set < 16; set++) {
    const kube_config_options options = {.server = set & 1 ? "https://host-from-overrides" : NULL,
                                         .token = set & 2 ? "from-override" : NULL,
                                         .token_file = set & 4 ? token_file : NULL,
                                         .certificate_authority = set & 8 ? ca : NULL};
    kube_config *config = load_pod(&options);
    same(config->server, set & 1 ? "https://host-from-overrides" : "https://10.0.0.1:443");
    same(config->authorization, set & 2   ? "Authorization: Bearer from-override"
                                : set & 4 ? "Authorization: Bearer from-file"
                                          : "Authorization: Bearer token-from-cluster");
    same(config->token_file, set & 4 ? token_file : set & 2 ? NULL : path_of("token"));
    same(config->ca_file, set & 8 ? ca : path_of("ca.crt"));
    kube_config_free(config);
  }
  be_nowhere();
}

static void more_options_count_in_a_pod(void) {
  const kube_config_options options = {.as = "alice", .ns = "ns/given", .tls_server_name = "name"};
  kube_config *config;
  be_in_a_pod("10.0.0.1");
  config = load(&options);
  same(config->ns, "given");
  same(config->tls_server_name, "name");
  same(config->impersonate ? config->impersonate[0] : NULL, "Impersonate-User: alice");
  kube_config_free(config);
  be_nowhere();
}

/* ---- no pod ---- */

static void why_this_is_no_pod(void) {
  static const kube_config_options none;
  be_in_a_pod("10.0.0.1");
  unlink(path_of("token"));
  refuses(&none, (const char *const[4]){"no configuration has been provided", "in-cluster (",
                                        "/token: No such file or directory)"});
  mkdir(path_of("token"), 0700);
  refuses(&none, (const char *const[4]){"/token: Is a directory)"});
  rmdir(path_of("token"));
  be_nowhere();
  refuses(&none, (const char *const[4]){"in-cluster (KUBERNETES_SERVICE_HOST and "
                                        "KUBERNETES_SERVICE_PORT are not set)"});
  be_in_a_pod("10.0.0.1");
  unsetenv("KUBERNETES_SERVICE_HOST");
  refuses(&none, (const char *const[4]){"though this is a pod: in nginx, add \"env "
                                        "KUBERNETES_SERVICE_HOST; env KUBERNETES_SERVICE_PORT;\" "
                                        "to nginx.conf"});
  be_nowhere();
}

static void a_pod_whose_files_are_broken(void) {
  static const kube_config_options none;
  be_in_a_pod("10.0.0.1");
  write_file("token", "\n");
  refuses(&none, (const char *const[4]){"in-cluster configuration", "the token is empty"});
  write_file("token", "t");
  write_file("ca.crt", "");
  refuses(&none, (const char *const[4]){"in-cluster configuration", "ca.crt", "is empty"});
  unlink(path_of("ca.crt"));
  refuses(&none, (const char *const[4]){"unable to read certificate-authority", "ca.crt",
                                        "due to No such file or directory"});
  be_nowhere();
}

/* ---- which goes first ---- */

#define CLUSTER "clusters: [{name: c, cluster: {server: 'https://file'}}]\n"

/* merged_client_builder_test.go TestInClusterConfig, TestInClusterConfigNamespace */
static void the_file_or_the_pod(void) {
  static const struct {
    const char *file;
    const char *master;
    kube_config_options options;
    const char *server, *ns;
  } cases[] = {
      /* empty in one way or another: the pod */
      {NULL, NULL, {0}, "https://10.0.0.1:443", "pod-ns"},
      {"", NULL, {0}, "https://10.0.0.1:443", "pod-ns"},
      {CLUSTER, NULL, {0}, "https://10.0.0.1:443", "pod-ns"},
      {"", "https://master", {0}, "https://10.0.0.1:443", "pod-ns"},
      {"", NULL, {.ns = "given"}, "https://10.0.0.1:443", "given"},
      /* a server: the file, with the pod's namespace where none is said */
      {"current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n" CLUSTER,
       NULL,
       {0},
       "https://file",
       "pod-ns"},
      {"current-context: x\ncontexts: [{name: x, context: {cluster: c, namespace: "
       "default}}]\n" CLUSTER,
       NULL,
       {0},
       "https://file",
       "default"},
      {"contexts: [{name: x, context: {cluster: c, namespace: ctx-ns}}]\n" CLUSTER,
       NULL,
       {.context = "x"},
       "https://file",
       "ctx-ns"},
      {CLUSTER, NULL, {.cluster = "c"}, "https://file", "pod-ns"},
      {"", NULL, {.server = "https://option"}, "https://option", "pod-ns"},
      /* KUBERNETES_MASTER is the default of kubectl's clusters */
      {"current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n"
       "clusters: [{name: c, cluster: {}}]\n",
       "https://master",
       {0},
       "https://master",
       "pod-ns"},
      {"current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n" CLUSTER,
       "https://master",
       {0},
       "https://file",
       "pod-ns"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_config *config;
    be_in_a_pod("10.0.0.1");
    setenv("KUBECONFIG", path_of("config"), 1);
    unlink(path_of("config"));
    if (cases[i].file) write_file("config", cases[i].file);
    if (cases[i].master) setenv("KUBERNETES_MASTER", cases[i].master, 1);
    check_about = cases[i].file ? cases[i].file : "no file";
    config = load(&cases[i].options);
    same(config->server, cases[i].server);
    same(config->ns, cases[i].ns);
    CHECK((strstr(kube_config_warnings(config), "no file of KUBECONFIG was found") != NULL) ==
          (cases[i].file == NULL));
    kube_config_free(config);
    be_nowhere();
  }
}

static void outside_of_a_pod_a_default_server_is_the_last(void) {
  kube_config *config;
  setenv("KUBERNETES_MASTER", "https://master", 1);
  config = load(NULL);
  same(config->server, "https://master");
  same(config->ns, "default");
  same(config->source, "options");
  kube_config_free(config);
  be_nowhere();
}

static void a_wrong_file_is_not_made_up_for_by_the_pod(void) {
  static const kube_config_options none, named = {.context = "x"};
  be_in_a_pod("10.0.0.1");
  setenv("KUBECONFIG", write_file("config", "clusters: 1\n"), 1);
  refuses(&none, (const char *const[4]){"error loading config file"});
  write_file("config", "current-context: x\n");
  refuses(&none, (const char *const[4]){"context was not found for specified context: x"});
  write_file("config", "");
  refuses(&named, (const char *const[4]){"context \"x\" does not exist"});
  be_nowhere();
}

/* ---- BuildConfigFromFlags ---- */

static void flags(void) {
  kube_config *config;
  kube_error err = {0};
  const char *file = write_file("config", "current-context: x\ncontexts: [{name: x, context: "
                                          "{cluster: c, namespace: n1}}]\n" CLUSTER);
  setenv("KUBECONFIG", file, 1); /* not looked at, and nor is KUBERNETES_MASTER */
  setenv("KUBERNETES_MASTER", "https://master", 1);
  config = kube_config_from_flags("", NULL, &err);
  says(config, &err, (const char *const[4]){"no configuration has been provided", "in-cluster ("});
  be_in_a_pod("10.0.0.1");
  config = from_flags(NULL, "");
  same(config->server, "https://10.0.0.1:443");
  kube_config_free(config);
  config = from_flags("http://given:1", NULL);
  same(config->server, "http://given:1");
  same(config->authorization, NULL);
  kube_config_free(config);
  config = from_flags(NULL, file);
  same(config->server, "https://file");
  same(config->ns, "n1");
  kube_config_free(config);
  config = from_flags("https://given", file);
  same(config->server, "https://given");
  same(config->context, "x");
  kube_config_free(config);
  config = kube_config_from_flags(NULL, path_of("nowhere"), &err);
  says(config, &err, (const char *const[4]){"nowhere", "No such file"});
  be_nowhere();
}

static void remove_all(void) {
  static const char *const names[] = {"config", "other.crt", "other.token"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(path_of(names[i]));
  CHECK(rmdir(directory) == 0);
}

int main(void) {
  files_begin();
  kube_service_account = directory;
  make_identity(&own);
  make_identity(&other);
  be_nowhere();
  RUN(what_a_pod_has);
  RUN(options_go_before_the_pod);
  RUN(more_options_count_in_a_pod);
  RUN(why_this_is_no_pod);
  RUN(a_pod_whose_files_are_broken);
  RUN(the_file_or_the_pod);
  RUN(outside_of_a_pod_a_default_server_is_the_last);
  RUN(a_wrong_file_is_not_made_up_for_by_the_pod);
  RUN(flags);
  RUN(remove_all);
  return check_report();
}
