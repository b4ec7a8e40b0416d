/*
** kube.core: the C core as Lua handles. Every file here is thin: arguments in, one core call,
** results out. Nothing yields and nothing calls back; waiting is the work of lua/kube/driver.
** This folder alone includes lua.h.
*/
#ifndef KUBE_LUA_MODULE_H
#define KUBE_LUA_MODULE_H

#include "../kube.h"
#include "box.h"
#include "json.h"
#include "options.h"

#define KUBE_LUA_ENGINE    "kube.engine"
#define KUBE_LUA_CONFIG    "kube.config"
#define KUBE_LUA_CONTEXTS  "kube.contexts"
#define KUBE_LUA_CLIENT    "kube.client"
#define KUBE_LUA_CALL      "kube.call"
#define KUBE_LUA_DISCOVERY "kube.discovery"
#define KUBE_LUA_REST      "kube.rest"

/* Each adds its functions to the table on top of the stack. */
void kube_lua_open_engine(lua_State *L);
void kube_lua_open_config(lua_State *L);
void kube_lua_open_client(lua_State *L);
void kube_lua_open_call(lua_State *L);
void kube_lua_open_discovery(lua_State *L);
void kube_lua_open_yaml(lua_State *L);
void kube_lua_open_kubeconfig(lua_State *L);
void kube_lua_open_certificates(lua_State *L);
void kube_lua_open_nginx(lua_State *L);
void kube_lua_open_rest(lua_State *L);

/*
** Methods of a client: (verb, steps) -> call | nil, err; url -> the URL. Steps are a list of an operation,
** a value and another one, a value and another one, ...: see lua/kube/client/rest.lua.
*/
int kube_lua_rest_send(lua_State *L);
int kube_lua_rest_stream(lua_State *L);
int kube_lua_rest_url(lua_State *L);

/* Methods of a client: ([known [, legacy]]), (group, version) -> discovery | nil, err. */
int kube_lua_discovery_start(lua_State *L);
int kube_lua_discovery_start_version(lua_State *L);

#endif
