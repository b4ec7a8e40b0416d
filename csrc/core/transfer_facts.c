/* What libcurl knows of an exchange; the contract is in transfer_facts.h. */
#include "transfer_facts.h"

#include <string.h>

/* "Name: value", "Name;" for one without a value; "Name:" keeps libcurl from sending one. */
static bool split(const char *line, kube_transfer_header_view *header) {
  const size_t n = strcspn(line, ":;");
  const char *value = line + n + (line[n] != '\0');
  value += strspn(value, " \t");
  header->name = (kube_slice){line, n};
  header->value = (kube_slice){value, strlen(value)};
  return *value || line[n] == ';';
}

bool kube_transfer_next_sent(const kube_transfer *t, kube_transfer_header_view *header) {
  const struct curl_slist *before = header->at;
  const struct curl_slist *line = before ? before->next : kube_transfer_headers(t);
  for (; line; line = line->next) {
    header->at = line;
    if (split(line->data, header)) return true;
  }
  return false;
}

bool kube_transfer_next_answered(const kube_transfer *t, kube_transfer_header_view *header) {
  struct curl_header *before = (struct curl_header *)header->at;
  const struct curl_header *next =
      curl_easy_nextheader(kube_transfer_easy(t), CURLH_HEADER, -1, before);
  if (next == NULL) return false;
  header->at = next;
  header->name = (kube_slice){next->name, strlen(next->name)};
  header->value = (kube_slice){next->value, strlen(next->value)};
  return true;
}

const char *kube_transfer_answer_header_at(const kube_transfer *t, const char *name, size_t i) {
  struct curl_header *header;
  if (curl_easy_header(kube_transfer_easy(t), name, i, CURLH_HEADER, -1, &header) != CURLHE_OK)
    return NULL;
  return header->value;
}

static long long ms_of(const kube_transfer *t, CURLINFO what) {
  curl_off_t us = 0;
  curl_easy_getinfo(kube_transfer_easy(t), what, &us);
  return us / 1000;
}

static long long between(long long from, long long to) { return to > from ? to - from : 0; }

void kube_transfer_times_get(const kube_transfer *t, kube_transfer_times *times) {
  const long long name = ms_of(t, CURLINFO_NAMELOOKUP_TIME_T);
  const long long dial = ms_of(t, CURLINFO_CONNECT_TIME_T);
  const long long tls = ms_of(t, CURLINFO_APPCONNECT_TIME_T);
  const long long ready = ms_of(t, CURLINFO_PRETRANSFER_TIME_T);
  kube_transfer_info info;
  kube_transfer_info_get(t, &info);
  *times = (kube_transfer_times){.reused = info.connects == 0,
                                 .name = name,
                                 .dial = between(name, dial),
                                 .tls = between(dial, tls),
                                 .connection = ready,
                                 .server = between(ready, ms_of(t, CURLINFO_STARTTRANSFER_TIME_T))};
}
