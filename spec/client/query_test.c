/* The query of a URL. */
#include "../../csrc/client/query.h"

#include "../support/check.h"

static void written_is(const kube_query *query, const char *want) {
  kube_buffer url = {0};
  kube_buffer_add_text(&url, "/p", NULL);
  CHECK(kube_query_write(query, &url, NULL) == KUBE_OK);
  kube_buffer_take(&url, 2);
  CHECK_TEXT(kube_buffer_bytes(&url), kube_buffer_length(&url), want);
  kube_buffer_clear(&url);
}

static void an_empty_query_is_nothing(void) {
  kube_query query = {0};
  written_is(&query, "");
  CHECK(kube_query_get(&query, "a") == NULL);
  CHECK(kube_query_set(&query, "a", NULL, NULL) == KUBE_OK);
  CHECK(kube_query_set(&query, "a", "", NULL) == KUBE_OK);
  written_is(&query, "");
  kube_query_clear(&query);
  kube_query_clear(&query);
}

static void names_are_in_order_however_they_were_set(void) {
  static const char *const names[] = {"watch", "limit", "continue", "labelSelector", "dryRun"};
  for (int first = 0; first < 5; first++) {
    kube_query query = {0};
    for (int i = 0; i < 5; i++) kube_query_set(&query, names[(first + i * 2) % 5], "1", NULL);
    written_is(&query, "?continue=1&dryRun=1&labelSelector=1&limit=1&watch=1");
    kube_query_clear(&query);
  }
}

static void a_value_is_copied_replaced_and_removed(void) {
  kube_query query = {0};
  char value[] = "one";
  kube_query_set(&query, "b", value, NULL);
  kube_query_set(&query, "a", "first", NULL);
  kube_query_set(&query, "c", "last", NULL);
  value[0] = 'x';
  CHECK_TEXT(kube_query_get(&query, "b"), 3, "one");
  kube_query_set(&query, "b", "two", NULL);
  written_is(&query, "?a=first&b=two&c=last");
  kube_query_set(&query, "b", NULL, NULL);
  written_is(&query, "?a=first&c=last");
  CHECK(kube_query_get(&query, "b") == NULL);
  kube_query_set(&query, "a", "", NULL);
  kube_query_set(&query, "c", "", NULL);
  written_is(&query, "");
  kube_query_clear(&query);
}

/* A value is data: it never becomes another parameter, or another line. */
static void values_are_escaped(void) {
  kube_query query = {0};
  kube_query_set(&query, "labelSelector", "app=web,tier in (a, b)", NULL);
  kube_query_set(&query, "fieldSelector", "x&watch=true#\r\nHost: y", NULL);
  written_is(&query, "?fieldSelector=x%26watch%3Dtrue%23%0D%0AHost%3A%20y"
                     "&labelSelector=app%3Dweb%2Ctier%20in%20%28a%2C%20b%29");
  kube_query_clear(&query);
}

static void integers(void) {
  kube_query query = {0};
  kube_query_set_integer(&query, "limit", 500, NULL);
  kube_query_set_integer(&query, "most", INT64_MAX, NULL);
  kube_query_set_integer(&query, "least", INT64_MIN, NULL);
  written_is(&query, "?least=-9223372036854775808&limit=500&most=9223372036854775807");
  kube_query_clear(&query);
}

int main(void) {
  RUN(an_empty_query_is_nothing);
  RUN(names_are_in_order_however_they_were_set);
  RUN(a_value_is_copied_replaced_and_removed);
  RUN(values_are_escaped);
  RUN(integers);
  return check_report();
}
