/* Lists, page after page, as a C program sees them. */
#include "../support/place.h"

static void pages(server_connection *c, void *arg) {
  const char *more = strstr(c->target, "continue=");
  (void)arg;
  if (more == NULL) {
    CHECK(strstr(c->target, "limit=2") && strstr(c->target, "resourceVersion=7"));
    server_json(
        c, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"a/\\\"b\","
           "\"resourceVersion\":\"9\"},\"items\":[{\"n\":1},{\"n\":2}]}");
  } else if (strcmp(more, "continue=a%2F%22b&limit=2") == 0) { /* no resourceVersion beside it */
    server_json(c, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"c\"},"
                   "\"items\":[]}");
  } else {
    server_json(c, "{\"items\":[{\"n\":3}],\"kind\":\"PodList\",\"apiVersion\":\"v1\","
                   "\"metadata\":{\"continue\":\"\",\"resourceVersion\":\"9\"}}");
  }
}

static void a_list_goes_on_page_after_page(void) {
  const kube_list_options options = {.limit = 2, .resource_version = "7"};
  place p;
  kube_call *call;
  kube_list_head head;
  kube_frame frame;
  open_place(&p, pages, NULL);
  call = list(&p, &options);
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
  CHECK_TEXT(frame.kind.bytes, frame.kind.length, "Pod");
  CHECK_TEXT(frame.api_version.bytes, frame.api_version.length, "v1");
  CHECK(frame.event == NULL);
  next_is(call, "{\"n\":1}");
  next_is(call, "{\"n\":2}");
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
  CHECK(frame.kind.length == 0); /* it had not come yet */
  next_is(call, "{\"n\":3}");
  ends(call, KUBE_EOF);
  kube_call_list_head(call, &head);
  CHECK_TEXT(head.kind.bytes, head.kind.length, "PodList");
  CHECK_TEXT(head.api_version.bytes, head.api_version.length, "v1");
  CHECK_TEXT(head.metadata.bytes, head.metadata.length,
             "{\"continue\":\"\",\"resourceVersion\":\"9\"}");
  CHECK(server_requests(&p.s) == 3);
  kube_call_free(call);
  close_place(&p);
}

static void one_page_is_one_page(void) {
  const kube_list_options options = {.limit = 2, .resource_version = "7", .one_page = true};
  place p;
  kube_call *call;
  kube_list_head head;
  kube_json token;
  char text[16];
  open_place(&p, pages, NULL);
  call = list(&p, &options);
  kube_call_list_head(call, &head);
  CHECK(head.kind.length == 0 && head.metadata.length == 0);
  next_is(call, "{\"n\":1}");
  next_is(call, "{\"n\":2}");
  ends(call, KUBE_EOF);
  kube_call_list_head(call, &head);
  token = kube_json_find(head.metadata, "continue");
  kube_json_text(token, text, sizeof text);
  CHECK(strcmp(text, "a/\"b") == 0);
  CHECK(server_requests(&p.s) == 1);
  kube_call_free(call);
  close_place(&p);
}

/* Two items, and behind them what the arg says. */
static void then_arg(server_connection *c, void *arg) {
  if (strstr(c->target, "continue=t") == NULL)
    server_json(c, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"t\"},"
                   "\"items\":[{\"n\":1},{\"n\":2}]}");
  else if (strstr(arg, "\"Status\""))
    server_answer(c, 403, "application/json", arg);
  else
    server_json(c, arg);
}

/* Lets the engine work until the server was asked so often: the reader does nothing meanwhile. */
static void await_requests(place *p, int n) {
  int patience = PATIENCE / 50;
  while (server_requests(&p->s) < n && patience-- > 0) kube_engine_wait(p->engine, 50, NULL);
  CHECK(server_requests(&p->s) == n);
}

/* What the next page brings, a failure too, is told behind the items of this one. */
static void the_next_page_is_asked_for_ahead(void) {
  static const char *const seconds[] = {
      "{\"kind\":\"PodList\",\"items\":[{\"n\":3}],\"metadata\":{}}",
      "{\"kind\":\"Status\",\"message\":\"no\",\"reason\":\"Forbidden\"}", "<html>"};
  static const kube_status ends_with[] = {KUBE_EOF, KUBE_EAPI, KUBE_EDECODE};
  for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
    place p;
    kube_call *call;
    kube_frame frame;
    kube_call_info info;
    open_place(&p, then_arg, (void *)(uintptr_t)seconds[i]);
    call = list(&p, NULL);
    CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
    await_requests(&p, 2);
    CHECK_TEXT(frame.object.bytes, frame.object.length, "{\"n\":1}");
    next_is(call, "{\"n\":1}");
    next_is(call, "{\"n\":2}");
    if (i == 0) next_is(call, "{\"n\":3}");
    ends(call, ends_with[i]);
    kube_call_info_get(call, &info);
    CHECK(info.code == (i == 1 ? 403 : 200));
    CHECK(server_requests(&p.s) == 2);
    kube_call_free(call);
    close_place(&p);
  }
}

/* Whoever leaves in the middle takes back what was sent ahead, before it is answered and behind. */
static void what_was_sent_ahead_is_taken_back(void) {
  for (int wait = 0; wait < 3; wait++) {
    place p;
    kube_call *call;
    kube_frame frame;
    open_place(&p, then_arg, (void *)(uintptr_t) "{\"items\":[{\"n\":3}]}");
    call = list(&p, NULL);
    CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
    if (wait > 0) await_requests(&p, 2);
    if (wait > 1) kube_engine_wait(p.engine, 50, NULL);
    kube_call_free(call);
    call = get(&p, "/after", 0);
    CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
    kube_call_free(call);
    close_place(&p);
  }
}

/* Its answer may be there before it is its turn: of that the log shows the beginning, too. */
static void what_was_sent_ahead_is_told_whole(void) {
  static const char second[] = "{\"kind\":\"PodList\",\"items\":[{\"n\":3}],\"metadata\":{}}";
  bool told = false;
  place p;
  kube_call *call;
  kube_frame frame;
  char *line;
  open_place(&p, then_arg, (void *)(uintptr_t)second);
  kube_engine_keep_log(p.engine, true);
  kube_log_set_level(8);
  call = list(&p, NULL);
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
  await_requests(&p, 2);
  for (int i = 0; i < 5; i++) kube_engine_wait(p.engine, 20, NULL); /* its answer comes */
  next_is(call, "{\"n\":1}");
  next_is(call, "{\"n\":2}");
  next_is(call, "{\"n\":3}");
  ends(call, KUBE_EOF);
  kube_call_free(call);
  kube_log_set_level(0);
  while ((line = kube_engine_take_log(p.engine)) != NULL) {
    told = told || (strstr(line, "Response Body") && strstr(line, second));
    kube_text_free(line);
  }
  CHECK(told);
  close_place(&p);
}

/* Of two tokens in one page the last one counts, whatever was sent meanwhile. */
static void two_tokens(server_connection *c, void *arg) {
  (void)arg;
  if (strstr(c->target, "continue=b"))
    server_json(c, "{\"items\":[{\"n\":3}]}");
  else if (strstr(c->target, "continue=a"))
    server_json(c, "{\"items\":[{\"n\":0}]}");
  else
    server_json(c, "{\"metadata\":{\"continue\":\"a\"},\"items\":[{\"n\":1},{\"n\":2}],"
                   "\"metadata\":{\"continue\":\"b\"}}");
}

static void the_last_token_counts(void) {
  place p;
  kube_call *call;
  open_place(&p, two_tokens, NULL);
  call = list(&p, NULL);
  next_is(call, "{\"n\":1}");
  next_is(call, "{\"n\":2}");
  next_is(call, "{\"n\":3}");
  ends(call, KUBE_EOF);
  kube_call_free(call);
  close_place(&p);
}

/* An item that ends just behind the mark of a transfer, more behind it, and another page. */
static void past_the_mark(server_connection *c, void *arg) {
  const size_t length = *(const size_t *)arg, behind = 1 << 20;
  char *body = malloc(length + behind + 128);
  size_t n;
  if (strstr(c->target, "continue=t")) {
    free(body);
    server_json(c, "{\"items\":[]}");
    return;
  }
  n = (size_t)sprintf(body, "{\"metadata\":{\"continue\":\"t\"},\"items\":[\"");
  memset(body + n, 'x', length);
  n += length + (size_t)sprintf(body + n + length, "\",\"");
  memset(body + n, 'y', behind);
  strcpy(body + n + behind, "\"]}");
  server_json(c, body);
  free(body);
}

/* Asking for the next page lets libcurl work: the item at hand must not move meanwhile. */
static void an_item_stays_while_the_next_page_is_asked_for(void) {
  for (size_t length = 1 << 19; length < (1 << 19) + (48 << 10); length += 4 << 10) {
    kube_status status = KUBE_AGAIN;
    place p;
    kube_call *call;
    kube_frame frame;
    open_place(&p, past_the_mark, &length);
    call = list(&p, NULL);
    while (status == KUBE_AGAIN && kube_engine_wait(p.engine, PATIENCE, NULL) <= KUBE_AGAIN) {
      status = kube_call_peek(call, &frame, NULL); /* it goes on past the mark, and comes at once */
      if (status == KUBE_AGAIN) status = kube_call_peek(call, &frame, NULL);
    }
    CHECK(status == KUBE_OK && frame.object.length == length + 2);
    CHECK(status == KUBE_OK && frame.object.bytes[length] == 'x' && frame.object.bytes[0] == '"');
    kube_call_free(call);
    close_place(&p);
  }
}

/* What it decodes to is no text: nothing could be asked for with it. */
static void a_token_with_a_nul_byte_is_none(void) {
  static const char *const pages[] = {
      "{\"metadata\":{\"continue\":\"\\u0000a\"},\"items\":[1]}",
      "{\"metadata\":{\"continue\":\"a\\u0000\"},\"items\":[1]}",
      "{\"metadata\":{\"continue\":\"a\"},\"items\":[1],\"metadata\":{\"continue\":\"\\u0000\"}}"};
  for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
    place p;
    kube_error err;
    kube_call *call;
    open_place(&p, answer_arg, (void *)(uintptr_t)pages[i]);
    call = list(&p, NULL);
    next_is(call, "1");
    err = ends(call, KUBE_EDECODE);
    CHECK(strstr(err.message, "continue token") && strstr(err.message, "/namespaces/ns/pods"));
    kube_call_free(call);
    close_place(&p);
  }
}

static void columns_and_rows(server_connection *c, void *arg) {
  (void)arg;
  CHECK(
      strstr(c->head, "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json\r\n"));
  CHECK(strstr(c->target, "includeObject=None"));
  server_json(c, "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{},"
                 "\"columnDefinitions\":[{\"name\":\"Name\"}],\"rows\":[{\"cells\":[\"a\"]},"
                 "{\"cells\":[\"b\"]}]}");
}

static void a_table_is_a_list_of_rows(void) {
  const kube_list_options options = {.as = "Table", .include_object = "None"};
  const kube_list_options wrong = {.as = "Chair"};
  place p;
  kube_call *call;
  kube_frame frame;
  kube_list_head head;
  kube_error err = {0};
  open_place(&p, columns_and_rows, NULL);
  call = list(&p, &options);
  CHECK(kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK);
  CHECK(frame.kind.length == 0 && frame.api_version.length == 0);
  next_is(call, "{\"cells\":[\"a\"]}");
  next_is(call, "{\"cells\":[\"b\"]}");
  ends(call, KUBE_EOF);
  kube_call_list_head(call, &head);
  CHECK_TEXT(head.kind.bytes, head.kind.length, "Table");
  CHECK_TEXT(head.columns.bytes, head.columns.length, "[{\"name\":\"Name\"}]");
  kube_call_free(call);
  CHECK(kube_dynamic_list(p.client, &KUBE_PODS, "ns", &wrong, &err) == NULL);
  CHECK(err.status == KUBE_EUSAGE && strstr(err.message, "no such representation"));
  close_place(&p);
}

/* The script's arg is the body. */
static void lists_that_are_none(void) {
  static const struct {
    const char *body, *words;
  } cases[] = {{"{\"kind\":\"Pod\"}", "not a list: a Pod came"},
               {"{}", "not a list"},
               {"[]", "bad JSON"},
               {"", "without a body (200)"},
               {"{\"items\":{}}", "items that are not an array"},
               {"{\"items\":[{}", "truncated"},
               {"<html>SECRETMARK", "bad JSON"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    place p;
    kube_error err;
    kube_call *call;
    kube_frame frame;
    open_place(&p, answer_arg, (void *)(uintptr_t)cases[i].body);
    call = list(&p, NULL);
    check_about = cases[i].body;
    if (kube_call_next(call, &frame, PATIENCE, NULL) == KUBE_OK) kube_call_take(call);
    err = ends(call, KUBE_EDECODE);
    if (!CHECK(strstr(err.message, cases[i].words) && strstr(err.message, "/namespaces/ns/pods")))
      puts(err.message);
    kube_call_free(call);
    close_place(&p);
  }
}

static void many_items(server_connection *c, void *arg) {
  (void)arg;
  server_text(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  server_chunk(c, "{\"kind\":\"PodList\",\"items\":[{\"n\":0}");
  for (int i = 1; i < 2000; i++) {
    char item[32];
    snprintf(item, sizeof item, ",{\"n\":%d}", i);
    server_chunk(c, item);
  }
  server_chunk(c, "]}");
  server_chunk(c, "");
}

/* Both are read in turns, by peek and the engine alone. */
static void two_lists_at_once(void) {
  place p;
  kube_call *call[2];
  int64_t seen[2] = {0, 0};
  int open = 2;
  bool in_order = true;
  open_place(&p, many_items, NULL);
  call[0] = list(&p, NULL);
  call[1] = list(&p, NULL);
  while (open > 0 && kube_engine_wait(p.engine, PATIENCE, NULL) <= KUBE_AGAIN) {
    kube_call *moved;
    while ((moved = kube_engine_next_ready(p.engine)) != NULL) {
      const int which = moved == call[1];
      kube_frame frame;
      kube_status status;
      CHECK(moved == call[which]);
      while ((status = kube_call_peek(moved, &frame, NULL)) == KUBE_OK) {
        int64_t n = -1;
        kube_json_integer(kube_json_find(frame.object, "n"), &n);
        in_order = in_order && n == seen[which];
        seen[which]++;
        kube_call_take(moved);
        if (seen[which] % 100 == 0) {
          kube_call_wake(moved); /* the other one's turn */
          break;
        }
      }
      if (status == KUBE_EOF)
        open--;
      else
        CHECK(status <= KUBE_AGAIN);
    }
  }
  CHECK(seen[0] == 2000 && seen[1] == 2000 && in_order);
  kube_call_free(call[1]);
  kube_call_free(call[0]);
  close_place(&p);
}

int main(void) {
  RUN(a_list_goes_on_page_after_page);
  RUN(one_page_is_one_page);
  RUN(the_next_page_is_asked_for_ahead);
  RUN(what_was_sent_ahead_is_taken_back);
  RUN(what_was_sent_ahead_is_told_whole);
  RUN(the_last_token_counts);
  RUN(an_item_stays_while_the_next_page_is_asked_for);
  RUN(a_token_with_a_nul_byte_is_none);
  RUN(a_table_is_a_list_of_rows);
  RUN(lists_that_are_none);
  RUN(two_lists_at_once);
  return check_report();
}
