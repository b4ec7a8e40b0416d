/* What libcurl's failures are; the contract is in curl_error.h. */
#include "curl_error.h"

#include <stdbool.h>
#include <string.h>

enum { TOO_LARGE = 100 /* CURLE_TOO_LARGE, since libcurl 8.6 */ };

/* A peer that went away in the handshake says nothing of TLS: libcurl's and OpenSSL's words for it. */
static bool is_hang_up(const char *detail) {
  return strstr(detail, "SSL_ERROR_SYSCALL") || strstr(detail, "reset by peer") ||
         strstr(detail, "Broken pipe") || strstr(detail, "unexpected eof");
}

kube_status kube_curl_status(CURLcode code, const char *detail) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return KUBE_EDNS;
    case CURLE_COULDNT_CONNECT: return KUBE_ECONNECT;
    case CURLE_OPERATION_TIMEDOUT: return KUBE_ETIMEOUT;
    case CURLE_SSL_CONNECT_ERROR: return is_hang_up(detail) ? KUBE_ENETWORK : KUBE_ETLS;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return KUBE_ETLS;
    case CURLE_OUT_OF_MEMORY: return KUBE_ENOMEM;
    case CURLE_UNSUPPORTED_PROTOCOL: /* the answer's: HTTP/0.9, or none of HTTP */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: return KUBE_EDECODE;
    case CURLE_URL_MALFORMAT: return KUBE_ECONFIG;
    default:
      if ((int)code == TOO_LARGE || strncmp(detail, "Too large response headers", 26) == 0)
        return KUBE_ETOOLARGE;
      /* TLS 1.3 tells a client that its certificate is refused only when it reads. */
      return strstr(detail, "alert") ? KUBE_ETLS : KUBE_ENETWORK;
  }
}
