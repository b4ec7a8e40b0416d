/* Which proxy a request goes through; the contract is in proxy.h. */
#include "proxy.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- addresses ---- */

/* An IP address; those of version 4 are mapped into version 6 (::ffff:1.2.3.4). */
typedef struct address {
  unsigned char bytes[16];
} address;

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const address *ip) { return memcmp(ip->bytes, mapped, sizeof mapped) == 0; }

static bool parse_ip(const char *text, size_t n, address *ip) {
  char copy[INET6_ADDRSTRLEN];
  if (n >= sizeof copy) return false;
  memcpy(copy, text, n);
  copy[n] = '\0';
  memcpy(ip->bytes, mapped, sizeof mapped);
  return inet_pton(AF_INET, copy, ip->bytes + sizeof mapped) == 1 ||
         inet_pton(AF_INET6, copy, ip->bytes) == 1;
}

static bool is_loopback(const address *ip) {
  static const address one = {.bytes = {[15] = 1}};
  if (is_v4(ip)) return ip->bytes[12] == 127;
  return memcmp(ip, &one, sizeof one) == 0;
}

static bool has_prefix(const address *ip, const address *net, int bits) {
  const int whole = bits / 8, rest = bits % 8;
  if (is_v4(ip) != is_v4(net) || memcmp(ip->bytes, net->bytes, (size_t)whole) != 0) return false;
  return rest == 0 || ((ip->bytes[whole] ^ net->bytes[whole]) >> (8 - rest)) == 0;
}

/* "10.0.0.0/8", "2001:db8::/32": the address and how many bits of its mapped form count. */
static bool parse_cidr(const char *text, size_t n, address *net, int *bits) {
  const char *slash = memchr(text, '/', n), *p;
  int most;
  if (slash == NULL || !parse_ip(text, (size_t)(slash - text), net)) return false;
  if (slash + 1 == text + n || n - (size_t)(slash - text) > 4) return false;
  for (*bits = 0, p = slash + 1; p < text + n; p++) {
    if (!isdigit((unsigned char)*p)) return false;
    *bits = *bits * 10 + (*p - '0');
  }
  most = memchr(text, ':', (size_t)(slash - text)) ? 128 : 32;
  if (*bits > most) return false;
  *bits += 128 - most;
  return true;
}

/* ---- NO_PROXY ---- */

static const char *last(const char *text, size_t n, char c) {
  while (n > 0 && text[n - 1] != c) n--;
  return n > 0 ? text + n - 1 : NULL;
}

/* Where a request goes. */
typedef struct target {
  char *scheme, *host, *port; /* libcurl's; the host without brackets */
  bool is_ip;
  address ip;
} target;

/* One entry of the list: a view of its text, without white space around. */
typedef struct entry {
  const char *text;
  size_t length;
} entry;

static bool ends_in(const char *host, const char *end, size_t n) {
  const size_t length = strlen(host);
  return length >= n && strncasecmp(host + length - n, end, n) == 0;
}

/* "example.com" is that name and all below it, ".example.com" and "*.example.com" the latter only. */
static bool matches_name(const target *to, const char *name, size_t n) {
  const size_t length = strlen(to->host);
  if (n > 1 && name[0] == '*' && name[1] == '.') name++, n--;
  if (name[0] == '.') return ends_in(to->host, name, n);
  if (!ends_in(to->host, name, n)) return false;
  return length == n || to->host[length - n - 1] == '.';
}

/*
** Takes ":port" off an entry, and the brackets of "[IPv6]:port"; no port where there is none. As Go's
** net.SplitHostPort: an IPv6 address without brackets is all host.
*/
static entry split_port(entry *e) {
  const char *colon = last(e->text, e->length, ':'), *end = e->text + e->length;
  const bool bracket = e->length > 0 && e->text[0] == '[';
  entry port = {0};
  if (colon == NULL) return port;
  if (bracket ? colon == e->text || colon[-1] != ']' : memchr(e->text, ':', e->length) != colon)
    return port;
  port = (entry){colon + 1, (size_t)(end - colon - 1)};
  e->length = (size_t)(colon - e->text);
  if (bracket) e->text++, e->length -= 2;
  return port;
}

static bool matches(const target *to, entry e) {
  address net;
  int bits;
  entry port;
  if (e.length == 1 && *e.text == '*') return true;
  if (parse_cidr(e.text, e.length, &net, &bits))
    return to->is_ip && has_prefix(&to->ip, &net, bits);
  port = split_port(&e);
  if (e.length == 0) return false;
  if (port.length && (strlen(to->port) != port.length || strncmp(to->port, port.text, port.length)))
    return false;
  if (parse_ip(e.text, e.length, &net)) return to->is_ip && has_prefix(&to->ip, &net, 128);
  return !to->is_ip && matches_name(to, e.text, e.length);
}

static bool is_excluded(const target *to, const char *list) {
  while (*list) {
    entry e = {list, strcspn(list, ",")};
    list += e.length + (list[e.length] == ',');
    while (e.length && isspace((unsigned char)*e.text)) e.text++, e.length--;
    while (e.length && isspace((unsigned char)e.text[e.length - 1])) e.length--;
    if (e.length && matches(to, e)) return true;
  }
  return false;
}

/* What is on this machine is never asked through the environment's proxy. */
static bool is_here(const target *to) {
  return strcasecmp(to->host, "localhost") == 0 || (to->is_ip && is_loopback(&to->ip));
}

/* ---- reading a URL ---- */

static void clear_target(target *to) {
  curl_free(to->scheme);
  curl_free(to->host);
  curl_free(to->port);
}

static void strip_brackets(char *host) {
  const size_t n = strlen(host);
  if (host[0] != '[' || host[n - 1] != ']') return;
  memmove(host, host + 1, n - 2);
  host[n - 2] = '\0';
}

static kube_status fail_to_read(CURLUcode code, const char *what, kube_error *err) {
  if (code == CURLUE_OUT_OF_MEMORY) return kube_fail_memory(err, "a URL");
  return kube_fail(err, KUBE_ECONFIG, "%s is not one that can be used (%s)", what,
                   curl_url_strerror(code));
}

static kube_status read_target(const char *url, target *to, kube_error *err) {
  CURLU *u = curl_url();
  CURLUcode code = u ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
  if (!code) code = curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
  if (!code) code = curl_url_get(u, CURLUPART_SCHEME, &to->scheme, 0);
  if (!code) code = curl_url_get(u, CURLUPART_HOST, &to->host, 0);
  if (!code) code = curl_url_get(u, CURLUPART_PORT, &to->port, CURLU_DEFAULT_PORT);
  curl_url_cleanup(u);
  if (code) return fail_to_read(code, "the URL", err);
  strip_brackets(to->host);
  to->is_ip = parse_ip(to->host, strcspn(to->host, "%"), &to->ip);
  return KUBE_OK;
}

/* ---- choosing ---- */

/* "host:port" is an HTTP proxy. */
static kube_status add_scheme(const char *value, kube_buffer *proxy, kube_error *err) {
  kube_status status = KUBE_OK;
  if (strstr(value, "://") == NULL) status = kube_buffer_add_text(proxy, "http://", err);
  return status == KUBE_OK ? kube_buffer_add_text(proxy, value, err) : status;
}

static kube_status choose(const kube_proxy_environment *e, const target *to, kube_buffer *proxy,
                          kube_error *err) {
  const bool http = strcmp(to->scheme, "http") == 0;
  const char *value = http                               ? e->http_proxy
                      : strcmp(to->scheme, "https") == 0 ? e->https_proxy
                                                         : NULL;
  if (value == NULL || *value == '\0') return KUBE_OK;
  if (http && e->cgi)
    return kube_fail(err, KUBE_ECONFIG,
                     "refusing to use HTTP_PROXY value in CGI environment; see "
                     "golang.org/s/cgihttpproxy");
  if (is_here(to) || is_excluded(to, e->no_proxy ? e->no_proxy : "")) return KUBE_OK;
  return add_scheme(value, proxy, err);
}

kube_status kube_proxy_choose(const kube_proxy_environment *environment, const char *url,
                              kube_buffer *proxy, kube_error *err) {
  target to = {0};
  kube_status status = read_target(url, &to, err);
  if (status == KUBE_OK) status = choose(environment, &to, proxy, err);
  clear_target(&to);
  return status;
}

static const char *variable(const char *upper, const char *lower) {
  const char *value = getenv(upper);
  return value && *value ? value : getenv(lower);
}

static kube_status choose_by_environment(const char *url, kube_buffer *proxy, kube_error *err) {
  const char *method = getenv("REQUEST_METHOD");
  const kube_proxy_environment environment = {
      .http_proxy = variable("HTTP_PROXY", "http_proxy"),
      .https_proxy = variable("HTTPS_PROXY", "https_proxy"),
      .no_proxy = variable("NO_PROXY", "no_proxy"),
      .cgi = method && *method,
  };
  return kube_proxy_choose(&environment, url, proxy, err);
}

/* ---- an address of a proxy ---- */

static const struct kind {
  const char *scheme, *port, *curl; /* what libcurl calls it */
} kinds[] = {{"http", "80", "http"},
             {"https", "443", "https"},
             {"socks5", "1080", "socks5h"},
             {"socks5h", "1080", "socks5h"}};

static const struct kind *kind_of(const char *proxy) {
  const char *end = strstr(proxy, "://");
  size_t i;
  for (i = 0; end && i < sizeof kinds / sizeof *kinds; i++)
    if (strlen(kinds[i].scheme) == (size_t)(end - proxy) &&
        strncasecmp(proxy, kinds[i].scheme, (size_t)(end - proxy)) == 0)
      return &kinds[i];
  return NULL;
}

/* Reads it and makes it what libcurl is given. */
static CURLUcode read_proxy(CURLU *u, const char *proxy, const struct kind *kind) {
  char *port = NULL;
  CURLUcode code = curl_url_set(u, CURLUPART_URL, proxy, CURLU_NON_SUPPORT_SCHEME);
  if (!code) code = curl_url_set(u, CURLUPART_SCHEME, kind->curl, CURLU_NON_SUPPORT_SCHEME);
  if (!code && curl_url_get(u, CURLUPART_PORT, &port, 0) == CURLUE_NO_PORT)
    code = curl_url_set(u, CURLUPART_PORT, kind->port, 0);
  curl_free(port);
  /* of a SOCKS proxy on localhost, libcurl would take the path for that of a socket */
  if (!code) code = curl_url_set(u, CURLUPART_PATH, "/", 0);
  if (!code) code = curl_url_set(u, CURLUPART_QUERY, NULL, 0);
  if (!code) code = curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
  return code;
}

/* A URL of libcurl's, wiped when it is freed: it may hold a password. */
static void free_secret(char *text) {
  if (text) OPENSSL_cleanse(text, strlen(text));
  curl_free(text);
}

static kube_status unsupported(const char *proxy, kube_error *err) {
  const char *end = strstr(proxy, "://"); /* before it there is no password yet */
  const int n = end ? (int)strcspn(proxy, ":/@") : 0;
  return kube_fail(err, KUBE_ECONFIG, "unsupported scheme \"%.*s\", must be http, https, or socks5",
                   n, proxy);
}

/* Appends it as libcurl is given it; out may be NULL. */
static kube_status normalize(const char *proxy, kube_buffer *out, kube_error *err) {
  const struct kind *kind = kind_of(proxy);
  CURLU *u;
  CURLUcode code = CURLUE_OUT_OF_MEMORY;
  char *text = NULL;
  kube_status status = KUBE_OK;
  if (kind == NULL) return unsupported(proxy, err);
  u = curl_url();
  if (u) code = read_proxy(u, proxy, kind);
  if (!code) code = curl_url_get(u, CURLUPART_URL, &text, CURLU_NON_SUPPORT_SCHEME);
  curl_url_cleanup(u);
  if (code) status = fail_to_read(code, "the proxy's address", err);
  if (status == KUBE_OK && out) status = kube_buffer_add_text(out, text, err);
  free_secret(text);
  return status;
}

kube_status kube_proxy_check(const char *proxy, kube_error *err) {
  return proxy ? normalize(proxy, NULL, err) : KUBE_OK;
}

kube_status kube_proxy_for(const char *url, const char *configured, kube_buffer *proxy,
                           kube_error *err) {
  kube_buffer chosen = {0};
  const char *text = configured;
  kube_status status = KUBE_OK;
  if (configured == NULL) {
    status = choose_by_environment(url, &chosen, err);
    if (status == KUBE_OK && kube_buffer_length(&chosen) == 0) return status;
    if (status == KUBE_OK && (text = kube_buffer_text(&chosen, err)) == NULL) status = KUBE_ENOMEM;
  }
  if (status == KUBE_OK) status = normalize(text, proxy, err);
  if (status == KUBE_ECONFIG && configured == NULL)
    kube_error_prefix(err, "the proxy of the environment (HTTPS_PROXY, HTTP_PROXY)");
  kube_buffer_clear_secret(&chosen);
  return status;
}

/* As given by kube_proxy_for: "scheme://[user[:password]@]host:port/". */
kube_status kube_proxy_name(const char *proxy, kube_buffer *name, kube_error *err) {
  const struct kind *kind = kind_of(proxy);
  const char *authority = strstr(proxy, "://") + 3, *at;
  size_t n = strcspn(authority, "/");
  at = last(authority, n, '@');
  if (at) n -= (size_t)(at + 1 - authority), authority = at + 1;
  return kube_buffer_printf(name, err, "%s://%.*s",
                            kube_proxy_is_http(proxy) ? kind->scheme : "socks5", (int)n, authority);
}

bool kube_proxy_is_http(const char *proxy) { return strncmp(proxy, "http", 4) == 0; }
