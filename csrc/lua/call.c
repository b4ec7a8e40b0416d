/* A call as a Lua handle: its objects, decoded where they lie. */
#include <string.h>
#include <strings.h>

#include "module.h"

static kube_call *check_call(lua_State *L) { return kube_box_check(L, 1, KUBE_LUA_CALL); }

static int call_close(lua_State *L) {
  void **box = kube_box_at(L, 1, KUBE_LUA_CALL);
  kube_call *call = *box;
  *box = NULL;
  kube_call_free(call);
  return 0;
}

/*
** What a kube_error has no room for, often the cause at its end, the Status on the stack has
** whole: if it is that message, and not what stands for one that never came.
*/
static void set_whole_message(lua_State *L, const kube_error *err) {
  const char *whole;
  if (strlen(err->message) < sizeof err->message - 8) return;
  lua_getfield(L, -1, "message");
  whole = lua_tostring(L, -1);
  if (whole && strncmp(whole, err->message, 64) == 0) {
    lua_setfield(L, -3, "message");
    return;
  }
  lua_pop(L, 1);
}

/* nil, err: with the Status, if the server sent one. */
static int push_call_error(lua_State *L, const kube_call *call, const kube_error *err) {
  kube_slice status = kube_call_status(call);
  kube_push_error(L, err);
  if (err->status == KUBE_EAPI && status.length &&
      kube_json_push(L, status.bytes, status.length, NULL, NULL)) {
    set_whole_message(L, err);
    lua_setfield(L, -2, "status");
  }
  return 2;
}

static bool is_json(const char *type) {
  return type == NULL || strncasecmp(type, "application/json", 16) == 0;
}

/* What is no JSON is named with the request that it answers. */
static void say_request(const kube_call *call, kube_error *err) {
  const char *type = kube_call_header(call, "Content-Type");
  char request[512];
  if (!is_json(type)) kube_error_prefix(err, "the answer is %.64s, not JSON", type);
  kube_call_request(call, request, sizeof request);
  kube_error_prefix(err, "%s", request);
}

/* A bare false, which is JSON too, would say that there is none yet, and nobody would come. */
static bool is_false(lua_State *L, kube_error *err) {
  if (lua_type(L, -1) != LUA_TBOOLEAN || lua_toboolean(L, -1)) return false;
  kube_fail(err, KUBE_EDECODE, "there is false where an object should be");
  return true;
}

/* Pushes the object of a frame as options want it, and in a watch the event's type. */
static int push_frame(lua_State *L, const kube_frame *frame, kube_error *err) {
  kube_json_options options = {0};
  kube_json_check_options(L, 2, &options); /* pushes an anchor */
  if (frame->event == NULL) {
    options.api_version = frame->api_version;
    options.kind = frame->kind;
  }
  if (!kube_json_push(L, frame->object.bytes, frame->object.length, &options, err)) return 0;
  if (is_false(L, err)) return 0;
  if (frame->event == NULL) return 1;
  lua_pushstring(L, frame->event);
  return 2;
}

/*
** call:next([json options]) -> object [, event] | false when there is none yet | nil at the end |
** nil, err
*/
static int push_next(lua_State *L) {
  kube_error err = {0};
  kube_frame frame; /* a view into the call's buffer, until it is taken */
  kube_call *call = lua_touserdata(L, 1);
  int n;
  switch (kube_call_peek(call, &frame, &err)) {
    case KUBE_OK:
      n = push_frame(L, &frame, &err);
      kube_call_take(call); /* pushing may throw, so take afterwards */
      if (n > 0) return n;
      say_request(call, &err);
      return kube_push_error(L, &err);
    case KUBE_AGAIN: lua_pushboolean(L, 0); return 1;
    case KUBE_EOF: lua_pushnil(L); return 1;
    default: return push_call_error(L, call, &err);
  }
}

static int call_next(lua_State *L) { return kube_box_lend(L, KUBE_LUA_CALL, push_next); }

/* call:text() -> the same as next, but the body as it is */
static int push_text(lua_State *L) {
  kube_error err = {0};
  kube_frame frame;
  kube_call *call = lua_touserdata(L, 1);
  switch (kube_call_peek(call, &frame, &err)) {
    case KUBE_OK:
      lua_pushlstring(L, frame.object.bytes, frame.object.length);
      kube_call_take(call);
      return 1;
    case KUBE_AGAIN: lua_pushboolean(L, 0); return 1;
    case KUBE_EOF: lua_pushnil(L); return 1;
    default: return push_call_error(L, call, &err);
  }
}

static int call_text(lua_State *L) { return kube_box_lend(L, KUBE_LUA_CALL, push_text); }

/* call:content([json options]) -> as next where the answer is JSON, else as text */
static int push_content(lua_State *L) {
  const kube_call *call = lua_touserdata(L, 1);
  const char *type = kube_call_header(call, "Content-Type");
  kube_call_info info;
  kube_call_info_get(call, &info);
  return info.code != 0 && !is_json(type) ? push_text(L) : push_next(L);
}

static int call_content(lua_State *L) { return kube_box_lend(L, KUBE_LUA_CALL, push_content); }

/* call:header(name) -> text | nil */
static int call_header(lua_State *L) {
  lua_pushstring(L, kube_call_header(check_call(L), luaL_checkstring(L, 2)));
  return 1;
}

/* call:id() -> the number that engine:next_ready() gives */
static int call_id(lua_State *L) {
  lua_pushnumber(L, (lua_Number)kube_call_id(check_call(L)));
  return 1;
}

static void set_slice(lua_State *L, const char *field, kube_slice text) {
  if (text.length == 0) return;
  lua_pushlstring(L, text.bytes, text.length);
  lua_setfield(L, -2, field);
}

/*
** call:list_head() -> { apiVersion =, kind =, metadata = {} [, columnDefinitions = {} of a Table] }
** of a list, whole at its end
*/
static int push_list_head(lua_State *L) {
  kube_list_head head;
  kube_call_list_head(lua_touserdata(L, 1), &head);
  lua_createtable(L, 0, 4);
  set_slice(L, "apiVersion", head.api_version);
  set_slice(L, "kind", head.kind);
  if (!head.metadata.length ||
      !kube_json_push(L, head.metadata.bytes, head.metadata.length, NULL, NULL))
    lua_newtable(L);
  lua_setfield(L, -2, "metadata");
  if (head.columns.length && kube_json_push(L, head.columns.bytes, head.columns.length, NULL, NULL))
    lua_setfield(L, -2, "columnDefinitions");
  return 1;
}

static int call_list_head(lua_State *L) { return kube_box_lend(L, KUBE_LUA_CALL, push_list_head); }

static void set_integer(lua_State *L, const char *field, int value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, field);
}

static void set_number(lua_State *L, const char *field, lua_Number value) {
  lua_pushnumber(L, value);
  lua_setfield(L, -2, field);
}

static void push_info(lua_State *L, const kube_call_info *info) {
  lua_createtable(L, 0, 10);
  set_integer(L, "code", info->code);
  set_integer(L, "http_version", info->http_version);
  set_integer(L, "connects", info->connects);
  set_integer(L, "retries", info->retries);
  set_number(L, "bytes", (lua_Number)info->bytes);
  set_number(L, "bytes_sent", (lua_Number)info->bytes_sent);
  set_number(L, "throttle_seconds", (lua_Number)info->throttled / 1000);
  set_number(L, "seconds", info->seconds);
}

/*
** call:info() -> { code =, http_version =, connects = } of the last answer, { bytes =, bytes_sent =,
** retries =, throttle_seconds =, seconds = } of all of them
*/
static int call_info(lua_State *L) {
  kube_call_info info;
  kube_call_info_get(check_call(L), &info);
  push_info(L, &info);
  return 1;
}

/* call:ended() -> whether nothing comes any more, and why it failed, if it did */
static int call_ended(lua_State *L) {
  kube_call_info info;
  kube_call_info_get(check_call(L), &info);
  lua_pushboolean(L, info.ended);
  if (info.reason == NULL) return 1;
  lua_pushstring(L, info.reason);
  return 2;
}

/* call:warning() -> code, agent, text of one that nobody took yet | nil */
static int push_warning(lua_State *L) {
  kube_warning warning;
  if (!kube_call_next_warning(lua_touserdata(L, 1), &warning)) return 0;
  lua_pushinteger(L, warning.code);
  lua_pushstring(L, warning.agent);
  lua_pushstring(L, warning.text);
  return 3;
}

static int call_warning(lua_State *L) {
  return kube_call_has_warning(check_call(L)) ? kube_box_lend(L, KUBE_LUA_CALL, push_warning) : 0;
}

/* call:request() -> "GET https://host/path" */
static int call_request(lua_State *L) {
  char request[512];
  kube_call_request(check_call(L), request, sizeof request);
  lua_pushstring(L, request);
  return 1;
}

static const luaL_Reg call_methods[] = {{"next", call_next},
                                        {"text", call_text},
                                        {"id", call_id},
                                        {"list_head", call_list_head},
                                        {"info", call_info},
                                        {"request", call_request},
                                        {"content", call_content},
                                        {"header", call_header},
                                        {"ended", call_ended},
                                        {"warning", call_warning},
                                        {NULL, NULL}};

void kube_lua_open_call(lua_State *L) { kube_box_type(L, KUBE_LUA_CALL, call_methods, call_close); }
