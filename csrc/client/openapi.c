/*
** The server's version, and what it says of its objects: OpenAPI documents. The contracts are in
** kube.h.
**
** | case           | client-go | kube                                              |
** | OpenAPI v2, v3 | protobuf  | JSON: the same content, which Lua can be shown    |
*/
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "discovery.h"
#include "retry.h"

static const char index_path[] = "/openapi/v3";

enum { CEILING = 64 << 20 /* bytes of a document */ };

static kube_call *get(kube_client *client, const char *path, bool from_root, kube_error *err) {
  kube_request request = {
      .method = "GET", .from_root = from_root, .max_retries = KUBE_MOST_RETRIES};
  kube_call *call;
  request.path = strdup(path);
  if (request.path == NULL) {
    kube_fail_memory(err, "a path");
    return NULL;
  }
  call = kube_call_new(client, &kube_document_mode, &request, KUBE_DISCOVERY_TIMEOUT, err);
  if (call) call->ceiling = CEILING;
  return call;
}

kube_call *kube_discovery_version(kube_client *client, kube_error *err) {
  return get(client, "/version", false, err);
}

kube_call *kube_openapi_v2(kube_client *client, kube_error *err) {
  return get(client, "/openapi/v2", false, err);
}

kube_call *kube_openapi_v3(kube_client *client, kube_error *err) {
  return get(client, index_path, false, err);
}

static bool is_clean(const char *url) {
  const char *p;
  for (p = url; *p; p++)
    if ((unsigned char)*p <= ' ' || *p == 127 || *p == '#') return false;
  return *url == '/' && url[1] != '/';
}

/*
** A URL below /openapi/v3 is below the server's own path, whether the index says that path or not;
** another one is where it says. Of that nothing is cut off: what does not begin with '/' would be a
** part of the server's name, and "@host" there makes that a user's.
*/
kube_call *kube_openapi_v3_schema(kube_client *client, const char *url, kube_error *err) {
  const char *server = client->config->server, *own = server + kube_origin_length(server);
  const char *below = strncmp(url, own, strlen(own)) == 0 ? url + strlen(own) : url;
  if (!is_clean(url)) {
    kube_fail(err, KUBE_EDECODE, "openapi: the server's index has a URL that is none");
    return NULL;
  }
  if (strncmp(below, index_path, sizeof index_path - 1) == 0) return get(client, below, false, err);
  return get(client, url, true, err);
}
