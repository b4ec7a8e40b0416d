/*
** Prints namespace, name and phase of every pod. Needs nothing but kube.h:
**   cc list_pods.c -o list_pods $(pkg-config --cflags --libs kube)
** (on the tree in place: with PKG_CONFIG_PATH=build)
*/
#include <kube.h>
#include <stdio.h>

static void print(kube_slice pod, const char *path, char end) {
  kube_json value = kube_json_find(pod, path);
  printf("%.*s%c", (int)value.length, value.length ? value.bytes : "", end);
}

static int list(kube_engine *engine, kube_config *config, kube_error *err) {
  kube_client *client = kube_client_new(engine, config, err);
  kube_call *call = client ? kube_dynamic_list(client, &KUBE_PODS, NULL, NULL, err) : NULL;
  kube_frame pod;
  while (call && kube_call_next(call, &pod, KUBE_FOREVER, err) == KUBE_OK) {
    print(pod.object, "metadata.namespace", '\t');
    print(pod.object, "metadata.name", '\t');
    print(pod.object, "status.phase", '\n');
    kube_call_take(call);
  }
  kube_call_free(call);
  kube_client_free(client);
  return err->status == KUBE_OK;
}

int main(void) {
  kube_error err = {0};
  kube_config *config = kube_config_load(NULL, &err);
  kube_engine *engine = config ? kube_engine_new(&err) : NULL;
  int done = engine && list(engine, config, &err);
  if (!done) fprintf(stderr, "list_pods: %s\n", err.message);
  kube_engine_free(engine);
  kube_config_free(config);
  return done ? 0 : 1;
}
