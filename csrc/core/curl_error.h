/* What libcurl's failures are to us. Pure. */
#ifndef KUBE_CORE_CURL_ERROR_H
#define KUBE_CORE_CURL_ERROR_H

#include <curl/curl.h>

#include "error.h"

/* Which kind of failure a code is, with the words that libcurl, or OpenSSL, has for it. */
kube_status kube_curl_status(CURLcode code, const char *detail);

#endif
