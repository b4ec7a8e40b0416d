/* Which proxy a request goes through. */
#include "proxy.h"

#include <stdlib.h>

#include "check.h"

static void check_proxy(const kube_proxy_environment *e, const char *url, const char *want,
                        const char *words) {
  kube_buffer proxy = {0};
  kube_error err = {0};
  kube_status status = kube_proxy_choose(e, url, &proxy, &err);
  check_about = url;
  CHECK(status == (words ? KUBE_ECONFIG : KUBE_OK));
  CHECK_TEXT(kube_buffer_bytes(&proxy), kube_buffer_length(&proxy), want);
  if (words) CHECK(strstr(err.message, words) != NULL);
  kube_buffer_clear(&proxy);
}

/* golang.org/x/net http/httpproxy/proxy_test.go, proxyForURLTests; "": none. */
static void as_go_for_urls(void) {
  static const struct {
    kube_proxy_environment e;
    const char *url, *want, *words;
  } cases[] = {
      {{.http_proxy = "127.0.0.1:8080"}, NULL, "http://127.0.0.1:8080", NULL},
      {{.http_proxy = "cache.corp.example.com:1234"},
       NULL,
       "http://cache.corp.example.com:1234",
       NULL},
      {{.http_proxy = "cache.corp.example.com"}, NULL, "http://cache.corp.example.com", NULL},
      {{.http_proxy = "localhost"}, NULL, "http://localhost", NULL},
      {{.http_proxy = "https://cache.corp.example.com"},
       NULL,
       "https://cache.corp.example.com",
       NULL},
      {{.http_proxy = "http://127.0.0.1:8080"}, NULL, "http://127.0.0.1:8080", NULL},
      {{.http_proxy = "https://127.0.0.1:8080"}, NULL, "https://127.0.0.1:8080", NULL},
      {{.http_proxy = "socks5://127.0.0.1"}, NULL, "socks5://127.0.0.1", NULL},
      {{.http_proxy = "foo://host"}, NULL, "foo://host", NULL},
      {{.http_proxy = "http.proxy.tld", .https_proxy = "secure.proxy.tld"},
       "http://insecure.tld/",
       "http://http.proxy.tld",
       NULL},
      {{.http_proxy = "http.proxy.tld", .https_proxy = "secure.proxy.tld"},
       "https://secure.tld/",
       "http://secure.proxy.tld",
       NULL},
      {{.http_proxy = "http.proxy.tld", .https_proxy = "https://secure.proxy.tld"},
       "https://secure.tld/",
       "https://secure.proxy.tld",
       NULL},
      {{.http_proxy = "http.proxy.tld"}, "https://secure.tld/", "", NULL},
      {{.http_proxy = "http.proxy.tld"}, "ftp://insecure.tld/", "", NULL},
      {{.http_proxy = "http://10.1.2.3:8080", .cgi = true},
       NULL,
       "",
       "refusing to use HTTP_PROXY value in CGI environment; see golang.org/s/cgihttpproxy"},
      {{.https_proxy = "https://secure.proxy.tld", .cgi = true},
       "https://secure.tld/",
       "https://secure.proxy.tld",
       NULL},
      {{0}, NULL, "", NULL},
      {{.no_proxy = "example.com", .http_proxy = "proxy"}, "http://example.com/", "", NULL},
      {{.no_proxy = ".example.com", .http_proxy = "proxy"},
       "http://example.com/",
       "http://proxy",
       NULL},
      {{.no_proxy = "ample.com", .http_proxy = "proxy"},
       "http://example.com/",
       "http://proxy",
       NULL},
      {{.no_proxy = "example.com", .http_proxy = "proxy"}, "http://foo.example.com/", "", NULL},
      {{.no_proxy = ".foo.com", .http_proxy = "proxy"},
       "http://example.com/",
       "http://proxy",
       NULL},
      {{.no_proxy = ".示例.com", .http_proxy = "proxy"}, "http://www.示例.com", "", NULL},
      /* Go takes these two for the same name: see the table in proxy.h */
      {{.no_proxy = "xn--fsq092h.com", .http_proxy = "proxy"},
       "http://www.示例.com",
       "http://proxy",
       NULL},
      {{.no_proxy = "示例.com", .http_proxy = "proxy"},
       "http://www.xn--fsq092h.com",
       "http://proxy",
       NULL},
      {{.no_proxy = "example.com", .http_proxy = "proxy"},
       "http://[1000::%25.example.com]:123",
       "http://proxy",
       NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    check_proxy(&cases[i].e, cases[i].url ? cases[i].url : "http://example.com", cases[i].want,
                cases[i].words);
}

static const struct host_case {
  const char *host;
  bool proxied;
} hosts[] = {
    {"localhost", false},
    {"127.0.0.1", false},
    {"127.0.0.2", false},
    {"[::1]", false},
    {"[::2]", true},
    {"192.168.1.1", false},
    {"192.168.1.2", true},
    {"192.168.1.3", false},
    {"192.168.1.4", true},
    {"10.0.0.2", false},
    {"[2001:db8::52:0:1]", false},
    {"[2001:db8::52:0:2]", true},
    {"[2001:db8::52:0:3]", false},
    {"[2002:db8:a::123]", false},
    {"[fe80::424b:c8be:1643:a1b6]", true},
    {"barbaz.net", true},
    {"www.barbaz.net", false},
    {"foobar.com", false},
    {"www.foobar.com", false},
    {"foofoobar.com", true},
    {"baz.com", true},
    {"localhost.net", true},
    {"local.localhost", true},
    {"barbarbaz.net", true},
    {"wildcard.io", true},
    {"nested.wildcard.io", false},
    {"awildcard.io", true},
};

static void check_host(const char *no_proxy, const char *host, bool proxied) {
  const kube_proxy_environment e = {.http_proxy = "http://p:1", .no_proxy = no_proxy};
  char url[128];
  snprintf(url, sizeof url, "http://%s:80", host);
  check_proxy(&e, url, proxied ? "http://p:1" : "", NULL);
}

/* The same file: UseProxyTests, TestAllNoProxy, TestInvalidNoProxy. */
static void as_go_for_hosts(void) {
  const char *list =
      "foobar.com, .barbaz.net, *.wildcard.io, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, "
      "10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, "
      "2002:db8:a::45/64";
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    check_host(list, hosts[i].host, hosts[i].proxied);
    check_host("*", hosts[i].host, false);
    check_host("foo, *", hosts[i].host, false);
  }
  check_host(":1", "example.com", true);
}

/* apimachinery pkg/util/net/http_test.go, TestProxierWithNoProxyCIDR: "delegated" is proxied here. */
static void as_apimachinery(void) {
  static const struct {
    const char *no_proxy, *url;
    bool proxied;
  } cases[] = {
      {NULL, "https://192.168.143.1/api", true},
      {"192.168.63.1", "https://192.168.143.1/api", true},
      {"192.168.63.0/24,192.168.143.0/24", "https://my-hostname/api", true},
      {"192.168.63.0/24,192.168.143.0/24", "https://192.168.143.1/api", false},
      {"192.168.63.0/24,192.168.143.0/24", "https://192.168.143.1:8443/api", false},
      {"2001:db8::/48", "https://[2001:db8::1]/api", false},
      {"2001:db8::/48", "https://[2001:db8::1]:8443/api", false},
      {"2001:db8::/48", "https://[2001:db8:1::1]/api", true},
      {"2001:db8::/48", "https://[2001:db8:1::1]:8443/api", true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_proxy_environment e = {.https_proxy = "http://p:1", .no_proxy = cases[i].no_proxy};
    check_proxy(&e, cases[i].url, cases[i].proxied ? "http://p:1" : "", NULL);
  }
}

/* Ours: odd entries, and what lies beside them. */
static void odd_entries(void) {
  static const struct {
    const char *no_proxy, *host;
    bool proxied;
  } cases[] = {
      {"10.0.0.0/33", "10.0.0.1", true},
      {"10.0.0.0/", "10.0.0.1", true},
      {"/8", "10.0.0.1", true},
      {"0.0.0.0/0", "10.0.0.1", false},
      {"::/0", "10.0.0.1", true},
      {"0.0.0.0/0", "[2001:db8::1]", true},
      {"10.1.2.3/32", "10.1.2.3", false},
      {"10.1.2.2/32", "10.1.2.3", true},
      {"10.1.2.2/31", "10.1.2.3", false},
      {"::ffff:10.1.2.3", "10.1.2.3", false},
      {"[]:80", "example.com", true},
      {"[", "example.com", true},
      {":", "example.com", true},
      {"]:80", "example.com", true},
      {"*.", "example.com", true},
      {" EXAMPLE.com\t", "example.com", false},
      {"example.com:80", "a.Example.com", false},
      {"example.com:81", "a.example.com", true},
      {"example.com:", "a.example.com", false},
      {",,example.com,", "example.com", false},
      {".com", "example.com", false},
      {".168.1.1", "192.168.1.1", true},
      {"fe80::/10", "[fe80::1%25eth0]", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *exact = check_exact(cases[i].no_proxy, strlen(cases[i].no_proxy) + 1);
    check_host(exact, cases[i].host, cases[i].proxied);
    free(exact);
  }
}

/* client-go tools/clientcmd/client_config_test.go, TestProxyURL, and more. */
static void checks(void) {
  static const struct {
    const char *proxy, *words; /* NULL: fine */
  } cases[] = {
      {NULL, NULL},
      {"socks5://example.com", NULL},
      {"https://example.com", NULL},
      {"http://example.com", NULL},
      {"socks5h://example.com:1", NULL},
      {"HTTP://user:s3cr3t@[::1]:3128/", NULL},
      {"socks6://example.com", "unsupported scheme \"socks6\", must be http, https, or socks5"},
      {"example.com", "unsupported scheme \"\", must be http, https, or socks5"},
      {"chewbacca@example.com", "unsupported scheme \"\""},
      {"user:s3cr3t@://x", "unsupported scheme \"user\""},
      {"http://user:s3cr3t@host:port", "the proxy's address is not one that can be used"},
      {"http://user:s3cr3t@", "the proxy's address is not one that can be used"},
      {"http://user:s3cr3t@a b", "the proxy's address is not one that can be used"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_error err = {0};
    check_about = cases[i].proxy ? cases[i].proxy : "none";
    CHECK(kube_proxy_check(cases[i].proxy, &err) == (cases[i].words ? KUBE_ECONFIG : KUBE_OK));
    CHECK(strstr(err.message, cases[i].words ? cases[i].words : "") != NULL);
    CHECK(strstr(err.message, "s3cr3t") == NULL);
  }
}

/* What libcurl is given, and what messages show. */
static void names(void) {
  static const struct {
    const char *proxy, *curl, *name;
    bool http;
  } cases[] = {
      {"http://p", "http://p:80/", "http://p:80", true},
      {"https://p", "https://p:443/", "https://p:443", true},
      {"socks5://p", "socks5h://p:1080/", "socks5://p:1080", false},
      {"socks5h://p:9", "socks5h://p:9/", "socks5://p:9", false},
      {"http://u:p%40w@[::1]:3128/x?y#z", "http://u:p%40w@[::1]:3128/", "http://[::1]:3128", true},
      {"socks5://u:w@localhost/tmp/sock", "socks5h://u:w@localhost:1080/",
       "socks5://localhost:1080", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    kube_buffer proxy = {0}, name = {0};
    check_about = cases[i].proxy;
    CHECK(kube_proxy_for("http://localhost", cases[i].proxy, &proxy, NULL) == KUBE_OK);
    CHECK_STRING(kube_buffer_text(&proxy, NULL), cases[i].curl);
    CHECK(kube_proxy_name(kube_buffer_bytes(&proxy), &name, NULL) == KUBE_OK);
    CHECK_STRING(kube_buffer_text(&name, NULL), cases[i].name);
    CHECK(kube_proxy_is_http(kube_buffer_bytes(&proxy)) == cases[i].http);
    kube_buffer_clear(&proxy);
    kube_buffer_clear(&name);
  }
}

static void clear_environment(void) {
  static const char *const names[] = {"HTTP_PROXY",  "http_proxy", "HTTPS_PROXY",
                                      "https_proxy", "NO_PROXY",   "no_proxy",
                                      "ALL_PROXY",   "all_proxy",  "REQUEST_METHOD"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unsetenv(names[i]);
}

static void check_for(const char *url, const char *configured, const char *want) {
  kube_buffer proxy = {0};
  check_about = url;
  CHECK(kube_proxy_for(url, configured, &proxy, NULL) == KUBE_OK);
  CHECK_TEXT(kube_buffer_bytes(&proxy), kube_buffer_length(&proxy), want);
  kube_buffer_clear(&proxy);
}

/* The same Go file, TestFromEnvironment*, and who wins. */
static void environment(void) {
  kube_error err = {0};
  kube_buffer proxy = {0};
  clear_environment();
  setenv("ALL_PROXY", "all", 1);
  check_for("https://a.b", NULL, "");
  setenv("http_proxy", "lower", 1);
  setenv("https_proxy", "slower", 1);
  check_for("http://a.b", NULL, "http://lower:80/");
  check_for("https://a.b", NULL, "http://slower:80/");
  setenv("HTTP_PROXY", "upper:1", 1);
  setenv("HTTPS_PROXY", "", 1);
  setenv("NO_PROXY", "", 1);
  setenv("no_proxy", "c.d,*", 1);
  check_for("http://a.b", NULL, "");
  setenv("NO_PROXY", "c.d", 1);
  check_for("http://a.b", NULL, "http://upper:1/");
  check_for("https://a.b", NULL, "http://slower:80/");
  check_for("https://c.d", NULL, "");
  check_for("https://c.d", "http://mine:2", "http://mine:2/");
  check_for("https://localhost", "http://mine:2", "http://mine:2/");
  setenv("HTTPS_PROXY", "foo://user:s3cr3t@host", 1);
  check_about = "a proxy of the environment that is of no use";
  CHECK(kube_proxy_for("https://a.b", NULL, &proxy, &err) == KUBE_ECONFIG);
  CHECK(strstr(err.message, "HTTPS_PROXY") && strstr(err.message, "unsupported scheme \"foo\""));
  CHECK(strstr(err.message, "s3cr3t") == NULL);
  setenv("REQUEST_METHOD", "GET", 1);
  CHECK(kube_proxy_for("http://a.b", NULL, &proxy, &err) == KUBE_ECONFIG);
  check_for("http://a.b", "http://mine:2", "http://mine:2/");
  clear_environment();
  kube_buffer_clear(&proxy);
}

int main(void) {
  RUN(as_go_for_urls);
  RUN(as_go_for_hosts);
  RUN(as_apimachinery);
  RUN(odd_entries);
  RUN(checks);
  RUN(names);
  RUN(environment);
  return check_report();
}
