/* What a Location means; the rest of redirects is in spec/redirect_spec.lua. */
#include "client/redirect.h"

#include "check.h"

/* RFC 3986, section 5.4, as far as http has it, and what servers send. */
static void resolves(void) {
  static const struct {
    const char *from, *location, *origin, *path;
  } cases[] = {
      {"http://a/b/c/d;p?q", "g", "http://a:80", "/b/c/g"},
      {"http://a/b/c/d;p?q", "./g", "http://a:80", "/b/c/g"},
      {"http://a/b/c/d;p?q", "g/", "http://a:80", "/b/c/g/"},
      {"http://a/b/c/d;p?q", "/g", "http://a:80", "/g"},
      {"http://a/b/c/d;p?q", "//g", "http://g:80", "/"},
      {"http://a/b/c/d;p?q", "?y", "http://a:80", "/b/c/d;p?y"},
      {"http://a/b/c/d;p?q", "g?y", "http://a:80", "/b/c/g?y"},
      {"http://a/b/c/d;p?q", "g?y#s", "http://a:80", "/b/c/g?y"},
      {"http://a/b/c/d;p?q", "..", "http://a:80", "/b/"},
      {"http://a/b/c/d;p?q", "../../g", "http://a:80", "/g"},
      {"https://A.b:443/x", "https://a.B/y", "https://a.b:443", "/y"},
      {"https://a/x", "HTTPS://a:6443", "https://a:6443", "/"},
      {"https://[::1]:6443/x", "/y%20z", "https://[::1]:6443", "/y%20z"},
      {"https://a/x?watch=true&labelSelector=a%3Db", "/api/", "https://a:443", "/api/"},
      {"https://a/x", "/y z", "https://a:443", "/y%20z"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_place place;
    check_about = cases[i].location;
    if (!CHECK(kube_place_resolve(cases[i].from, cases[i].location, &place, NULL) == KUBE_OK))
      continue;
    CHECK_STRING(place.origin, cases[i].origin);
    CHECK_STRING(place.path, cases[i].path);
    kube_place_clear(&place);
  }
}

static void refuses(void) {
  static const struct {
    const char *location, *words;
  } cases[] = {
      {"ftp://a/", "unsupported protocol scheme \"ftp\""},
      {"javascript://a/", "unsupported protocol scheme"},
      {"https://user@a/", "holds credentials"},
      {"https://user:s3cr3t@a/", "holds credentials"},
      {"//user:s3cr3t@a/", "holds credentials"},
      {"https://a:99999/", "failed to parse Location header"},
      {"/a\r\nb", "failed to parse Location header"},
      {"/a\x7f", "failed to parse Location header"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_place place;
    kube_error err = {0};
    check_about = cases[i].location;
    CHECK(kube_place_resolve("https://b/x", cases[i].location, &place, &err) == KUBE_EAPI);
    if (!CHECK(strstr(err.message, cases[i].words) != NULL)) printf("  %s\n", err.message);
    CHECK(strstr(err.message, "s3cr3t") == NULL);
    CHECK(place.origin == NULL && place.path == NULL);
  }
}

static void is_one(void) {
  static const int codes[] = {301, 302, 303, 307, 308}, others[] = {200, 300, 304, 305, 401, 503};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    CHECK(kube_redirect_is_one(codes[i], "/x"));
    CHECK(!kube_redirect_is_one(codes[i], NULL));
    CHECK(!kube_redirect_is_one(codes[i], ""));
    CHECK(!kube_redirect_is_one(codes[i], "\r"));
  }
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    CHECK(!kube_redirect_is_one(others[i], "/x"));
}

int main(void) {
  RUN(resolves);
  RUN(refuses);
  RUN(is_one);
  return check_report();
}
