/*
** Which proxy a request goes through, as Go decides it. Pure, but for kube_proxy_for, which reads the
** environment. A proxy's address may hold a password: it is wiped by who holds it, and messages get
** kube_proxy_name.
** Rules: golang.org/x/net http/httpproxy; client-go tools/clientcmd/helpers.go parseProxyURL;
** apimachinery util/net/http.go NewProxierWithNoProxyCIDR.
**
** | case                               | client-go                | here                          |
** | HTTP_PROXY cannot be understood    | goes without a proxy     | KUBE_ECONFIG                  |
** | HTTP_PROXY of another scheme       | taken for http           | KUBE_ECONFIG                  |
** | socks5h as a proxy-url             | refused                  | the same as socks5            |
** | a name in Unicode and in punycode  | the same                 | two names                     |
** | 010.0.0.0/8 in NO_PROXY            | 10.0.0.0/8               | is no network: passed over    |
** | whom an https proxy is trusted by  | the cluster's CA         | the system's roots            |
** | our certificate, to an https proxy | shown                    | not shown                     |
*/
#ifndef KUBE_CORE_PROXY_H
#define KUBE_CORE_PROXY_H

#include "buffer.h"

/* What the environment says; NULL or "" where it says nothing. */
typedef struct kube_proxy_environment {
  const char *http_proxy, *https_proxy, *no_proxy;
  bool cgi; /* a web server started us: HTTP_PROXY may be a header of its client's */
} kube_proxy_environment;

/* KUBE_ECONFIG, with client-go's words, for what is no address of a proxy. NULL is none, and fine. */
kube_status kube_proxy_check(const char *proxy, kube_error *err);

/*
** Appends the proxy for a URL (http or https), as the environment has it, with a scheme; nothing when
** there is none. KUBE_ECONFIG where Go refuses too: HTTP_PROXY of a CGI program.
*/
kube_status kube_proxy_choose(const kube_proxy_environment *environment, const char *url,
                              kube_buffer *proxy, kube_error *err);

/*
** Appends the proxy for a URL in the form that libcurl is given: the configured one whatever the URL
** is, else (NULL) that of the environment; nothing when there is none. The port is always there, and
** socks5 is socks5h: names are looked up by the proxy, as Go does. KUBE_ECONFIG for one that is of no
** use.
*/
kube_status kube_proxy_for(const char *url, const char *configured, kube_buffer *proxy,
                           kube_error *err);

/* Appends what messages call a proxy that kube_proxy_for gave: no name, no password. */
kube_status kube_proxy_name(const char *proxy, kube_buffer *name, kube_error *err);

/* Whether it is spoken to in HTTP: then requests without TLS are its own, not a server's. */
bool kube_proxy_is_http(const char *proxy);

#endif
