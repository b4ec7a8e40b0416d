/*
** Warning headers. Cases: apimachinery pkg/util/net/http_test.go TestParseWarningHeader (24),
** TestParseWarningHeaders; encoded words: Go mime/encodedword_test.go TestDecodeHeader.
*/
#include "../../csrc/client/warning.h"

#include "../support/check.h"

#define TEXT "299 - \"text\\\"\\\\\\a\\b\\c\""
#define DATE "\"Tue, 15 Nov 1994 08:12:31 GMT"

typedef struct row {
  const char *header;
  size_t length; /* 0: that of the text */
  int code;      /* 0: it fails */
  const char *text, *rest;
  const char *words; /* of the failure */
} row;

static const row rows[] = {
    {"", 0, 0, "", "", "fewer than 3 segments"},
    {"A B", 0, 0, "", "", "fewer than 3 segments"},
    {"1 - \"text\"", 0, 0, "", "", "not 3 digits"},
    {"A - \"text\"", 0, 0, "", "", "not 3 digits"},
    {"  " TEXT "  " DATE " ", 0, 0, "", "", "unterminated date segment"},
    {"  " TEXT "  " DATE "\" other", 0, 0, "", "", "unexpected token after warn-date"},
    {"  299 agent\0name \"text\"", 23, 0, "", "", "invalid agent"},
    {"  299 agent\xc5name \"text\"", 0, 0, "", "", "invalid agent"},
    {"  299 - \"text\0\"content", 22, 0, "", "", "invalid text"},
    {"  299 - \"text\xc5\"content", 0, 0, "", "", "invalid text"},
    {"299 - \"text\"", 0, 299, "text", "", ""},
    {TEXT, 0, 299, "text\"\\abc", "", ""},
    {"321 - \"text\"", 0, 321, "text", "", ""},
    {"299 - \"=?iso-8859-1?q?this=20is=20some=20text?=\"", 0, 299, "this is some text", "", ""},
    {"299 - \"=?UTF-8?B?VGhpcyBpcyBhIGhvcnNleTog8J+Qjg==?= And "
     "=?UTF-8?B?VGhpcyBpcyBhIGhvcnNleTog8J+Qjg==?=\"",
     0, 299, "This is a horsey: \xF0\x9F\x90\x8E And This is a horsey: \xF0\x9F\x90\x8E", "", ""},
    {"299 - \"=?UTF-8?Q?This is a \\\"horsey\\\": =F0=9F=90=8E?=\"", 0, 299,
     "This is a \"horsey\": \xF0\x9F\x90\x8E", "", ""},
    {"299 - \"=?UTF-9?Q?This is a horsey: =F0=9F=90=8E?=\"", 0, 299,
     "=?UTF-9?Q?This is a horsey: =F0=9F=90=8E?=", "", ""},
    {"  " TEXT "  ", 0, 299, "text\"\\abc", "", ""},
    {"  " TEXT "  " DATE "\" ", 0, 299, "text\"\\abc", "", ""},
    {"  " TEXT "  " DATE "\" , ", 0, 299, "text\"\\abc", "", ""},
    {"  " TEXT "  , ", 0, 299, "text\"\\abc", "", ""},
    {"  " TEXT "  " DATE "\" , remainder ", 0, 299, "text\"\\abc", "remainder", ""},
    {"  " TEXT "  ,remainder text,second remainder", 0, 299, "text\"\\abc",
     "remainder text,second remainder", ""},
    {" 299 - \"Test of I\u00f1t\u00ebrn\u00e2ti\u00f4n\u00e0liz\u00e6ti\u00f8n,\U0001F49D\" ", 0,
     299, "Test of I\u00f1t\u00ebrn\u00e2ti\u00f4n\u00e0liz\u00e6ti\u00f8n,\U0001F49D", "", ""},
    /* ours */
    {"299  \"text\"", 0, 0, "", "", "empty agent"},
    {"299 - text", 0, 0, "", "", "missing initial quote"},
    {"299 - \"text\\", 0, 0, "", "", "missing closing quote"},
    {"299 - \"\"", 0, 299, "", "", ""},
    {"299 - \"\x1b[31mred\"", 0, 0, "", "", "invalid text"},
    {"299 - \"\xc2\x85\"", 0, 0, "", "", "invalid text"},
    {"299 - \"=?utf-8?q?=0A?=\"", 0, 0, "", "", "invalid text"},
};

static void each_row(void) {
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    const row *r = &rows[i];
    const size_t n = r->length ? r->length : strlen(r->header);
    char *exact = check_exact(r->header, n);
    kube_slice header = {exact, n};
    kube_warning_text warning;
    kube_error err = {0};
    const kube_status status = kube_warning_parse(&header, &warning, &err);
    check_about = r->header;
    CHECK(status == (r->code ? KUBE_OK : KUBE_EDECODE));
    CHECK(strstr(err.message, r->words) != NULL);
    CHECK(warning.code == r->code);
    if (status == KUBE_OK) {
      CHECK_STRING(warning.agent, "-");
      CHECK_STRING(warning.text, r->text);
      CHECK_TEXT(header.bytes, header.length, r->rest);
    }
    kube_warning_text_clear(&warning);
    free(exact);
  }
}

static void encoded_words(void) {
  static const struct {
    const char *text, *want; /* NULL: the charset is not known */
  } cases[] = {
      {"=?UTF-8?Q?=C2=A1Hola,_se=C3=B1or!?=", "\u00a1Hola, se\u00f1or!"},
      {"=?UTF-8?Q?Fran=C3=A7ois-J=C3=A9r=C3=B4me?=", "Fran\u00e7ois-J\u00e9r\u00f4me"},
      {"=?UTF-8?q?ascii?=", "ascii"},
      {"=?utf-8?B?QW5kcsOp?=", "Andr\u00e9"},
      {"=?ISO-8859-1?Q?Rapha=EBl_Dupont?=", "Rapha\u00ebl Dupont"},
      {"=?utf-8?b?IkFudG9uaW8gSm9zw6kiIDxqb3NlQGV4YW1wbGUub3JnPg==?=",
       "\"Antonio Jos\u00e9\" <jose@example.org>"},
      {"=?UTF-8?A?Test?=", "=?UTF-8?A?Test?="},
      {"=?UTF-8?Q?A=B?=", "=?UTF-8?Q?A=B?="},
      {"=?UTF-8?Q?=A?=", "=?UTF-8?Q?=A?="},
      {"=?UTF-8?A?A?=", "=?UTF-8?A?A?="},
      {"=?", "=?"},
      {"=?UTF-8?", "=?UTF-8?"},
      {"=?UTF-8?=", "=?UTF-8?="},
      {"=?UTF-8?Q", "=?UTF-8?Q"},
      {"=?UTF-8?Q?", "=?UTF-8?Q?"},
      {"=?UTF-8?Q?=", "=?UTF-8?Q?="},
      {"=?UTF-8?Q?A", "=?UTF-8?Q?A"},
      {"=?UTF-8?Q?A?", "=?UTF-8?Q?A?"},
      {"=?ISO-8859-1?Q?a?=", "a"},
      {"=?ISO-8859-1?Q?a?= b", "a b"},
      {"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
      {"=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"},
      {"=?ISO-8859-1?Q?a?= \r\n\t =?ISO-8859-1?Q?b?=", "ab"},
      {"=?ISO-8859-1?Q?a_b?=", "a b"},
      {"=?us-ascii?Q?=80?=", "\uFFFD"},
      {"=?koi8-r?Q?a?=", NULL},
  };
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *exact = check_exact(cases[i].text, strlen(cases[i].text));
    kube_buffer out = {0};
    const kube_status status =
        kube_words_decode(&out, (kube_slice){exact, strlen(cases[i].text)}, NULL);
    check_about = cases[i].text;
    CHECK(status == (cases[i].want ? KUBE_OK : KUBE_EDECODE));
    if (cases[i].want)
      CHECK_TEXT(kube_buffer_slice(&out).bytes, kube_buffer_length(&out), cases[i].want);
    kube_buffer_clear(&out);
    free(exact);
  }
}

static void several_headers(void) {
  static const char *const want[] = {"warning 1.1", "warning 1.2", "warning 2", "warning 3.1",
                                     "warning 3.2"};
  kube_warnings all = {0};
  kube_warning one;
  size_t i;
  kube_warnings_add(&all, "299 - \"warning 1.1\",299 - \"warning 1.2\"");
  kube_warnings_add(&all, "299 - \"warning 2\", 299 - \"warning unquoted");
  kube_warnings_add(&all, " 299 - \"warning 3.1\" ,  299 - \"warning 3.2\" ");
  kube_warnings_add(&all, "199 - \"not this code\", 299 - \"\"");
  for (i = 0; i < 5 && CHECK(kube_warnings_take(&all, &one)); i++)
    CHECK(one.code == 299), CHECK_STRING(one.text, want[i]);
  CHECK(!kube_warnings_take(&all, &one));
  CHECK(!kube_warnings_take(&all, &one));
  kube_warnings_clear(&all);
  kube_warnings_clear(&all);
}

/* Nobody takes them: the last ones stay. */
static void no_more_than_are_kept(void) {
  kube_warnings all = {0};
  kube_warning one;
  char header[64];
  int i;
  for (i = 0; i < 100; i++) {
    snprintf(header, sizeof header, "299 - \"%d\"", i);
    kube_warnings_add(&all, header);
  }
  for (i = 100 - KUBE_WARNINGS_KEPT; i < 100; i++)
    if (CHECK(kube_warnings_take(&all, &one))) CHECK(atoi(one.text) == i);
  CHECK(!kube_warnings_take(&all, &one));
  kube_warnings_clear(&all);
}

static void a_header_that_no_server_sends(void) {
  static char header[KUBE_WARNING_LONGEST + 2];
  kube_warnings all = {0};
  kube_warning one;
  for (int more = 0; more < 2; more++) {
    const size_t n = KUBE_WARNING_LONGEST + (size_t)more;
    memset(header, 'x', n);
    memcpy(header, "299 - \"", 7);
    header[n - 1] = '"';
    kube_warnings_add(&all, header);
    CHECK(kube_warnings_take(&all, &one) == (more == 0));
  }
  kube_warnings_clear(&all);
}

int main(void) {
  RUN(each_row);
  RUN(encoded_words);
  RUN(several_headers);
  RUN(no_more_than_are_kept);
  RUN(a_header_that_no_server_sends);
  return check_report();
}
