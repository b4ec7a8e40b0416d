/*
** Preloaded into a program, it makes its libraries look as on another machine: each word in OTHER_HOST
** is one thing that is different.
**   openssl1    OpenSSL 1.1.1
**   blocking    a libcurl that looks names up blocking
**   gnutls      a libcurl on GnuTLS
**   slow        whoever looks up the name "slow" waits three seconds
*/
#define _GNU_SOURCE
#include <curl/curl.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int differs(const char *what) {
  const char *list = getenv("OTHER_HOST");
  return list != NULL && strstr(list, what) != NULL;
}

static void *next(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  /* where libcurl was loaded by kube alone, it is in nobody else's scope */
  return found ? found : dlsym(dlopen("libcurl.so.4", RTLD_NOW), name);
}

unsigned long OpenSSL_version_num(void) {
  unsigned long (*real)(void);
  if (differs("openssl1")) return 0x1010117fL;
  *(void **)&real = next("OpenSSL_version_num");
  return real();
}

const char *OpenSSL_version(int what) {
  const char *(*real)(int);
  if (differs("openssl1")) return "OpenSSL 1.1.1w  11 Sep 2023";
  *(void **)&real = next("OpenSSL_version");
  return real(what);
}

curl_version_info_data *curl_version_info(CURLversion age) {
  static curl_version_info_data info;
  curl_version_info_data *(*real)(CURLversion);
  *(void **)&real = next("curl_version_info");
  info = *real(age);
  if (differs("blocking")) info.features &= ~CURL_VERSION_ASYNCHDNS;
  if (differs("gnutls")) info.ssl_version = "GnuTLS/3.7.9";
  return &info;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
  int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  *(void **)&real = next("getaddrinfo");
  if (differs("slow") && name != NULL && strcmp(name, "slow") == 0) {
    sleep(3);
    name = "127.0.0.1";
  }
  return real(name, service, hints, found);
}
