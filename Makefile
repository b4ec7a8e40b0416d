# kube: client-go for Lua.
#
#   make test     everything, with all set-up          make            the C library and the Lua module
#   make deps     what it needs, from Debian           make env        how to run a script on this tree
#   make lint     format and warnings                  make cluster    a control plane to play with
#
# LUA=lua5.4 (the default), luajit or lua5.1 chooses the Lua.

LUA ?= lua5.4
CC ?= cc
BUILD ?= build
CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Werror
ALL_CFLAGS = -std=gnu11 -fPIC -fvisibility=hidden $(WARN) $(CFLAGS)
PKG_CONFIG ?= pkg-config
LIBRARIES = libcurl libcjson yaml-0.1 openssl

CORE = $(wildcard csrc/core/*.c)
CLIENT = $(wildcard csrc/client/*.c)
BINDING = $(wildcard csrc/lua/*.c)
HEADERS = $(wildcard csrc/*.h csrc/*/*.h)
CORE_O = $(CORE:csrc/%.c=$(BUILD)/obj/%.o)
CLIENT_O = $(CLIENT:csrc/%.c=$(BUILD)/obj/%.o)
BINDING_O = $(BINDING:csrc/lua/%.c=$(BUILD)/obj/$(LUA)/%.o)
MODULE = $(BUILD)/$(LUA)/kube/core.so
C_TESTS = $(patsubst spec/%.c,$(BUILD)/spec/%,$(wildcard spec/core/*_test.c spec/client/*_test.c))

PACKAGES = gcc make pkg-config lua5.4 liblua5.4-dev luajit2 libluajit2-5.1-dev lua5.1 liblua5.1-0-dev \
  libcurl4-openssl-dev libcjson-dev libyaml-dev libssl-dev openssl lua-busted lua-check clang-format \
  valgrind python3 python3-pip ca-certificates util-linux

.PHONY: all lib module test check spec lint format deps env cluster c-tests example clean
.DELETE_ON_ERROR:

all: lib module

# ---- the C library: the compiler checks that arrows point down (core sees no client, both no Lua) ----

lib: $(BUILD)/libkube.a $(BUILD)/libkube.so $(BUILD)/kube.pc

$(BUILD)/obj/core/%.o: csrc/core/%.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Icsrc/core -c $< -o $@

$(BUILD)/obj/client/%.o: csrc/client/%.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Icsrc -c $< -o $@

$(BUILD)/libkube.a: $(CORE_O) $(CLIENT_O)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/libkube.so: $(CORE_O) $(CLIENT_O)
	$(CC) -shared -Wl,-soname,libkube.so.0 -Wl,-z,defs -o $@ $^ $$($(PKG_CONFIG) --libs $(LIBRARIES)) $(LDFLAGS)
	ln -sf libkube.so $(BUILD)/libkube.so.0

# For programs built on the tree in place: PKG_CONFIG_PATH=build pkg-config --cflags --libs kube
$(BUILD)/kube.pc: Makefile csrc/kube.h
	@mkdir -p $(@D)
	@{ echo 'Name: kube'; echo 'Description: client-go for C and Lua'; \
	  echo "Version: $$(sed -n 's/^#define KUBE_VERSION "\(.*\)"/\1/p' csrc/kube.h)"; \
	  echo 'Cflags: -I$(CURDIR)/csrc'; \
	  echo 'Libs: -L$(abspath $(BUILD)) -lkube -Wl,-rpath,$(abspath $(BUILD))'; } > $@

# ---- the Lua module, one for each Lua ----

module: $(MODULE)

$(BUILD)/obj/$(LUA)/%.o: csrc/lua/%.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $$($(PKG_CONFIG) --cflags $(LUA)) -c $< -o $@

# -z nodelete: a host that closes its Lua (nginx on reload) must not lose code that OpenSSL still knows
$(MODULE): $(BINDING_O) $(BUILD)/libkube.a
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-z,nodelete -o $@ $(BINDING_O) $(BUILD)/libkube.a $$($(PKG_CONFIG) --libs $(LIBRARIES)) $(LDFLAGS)

# eval "$(make -s env)" and any script runs on the tree in place
env:
	@echo 'export LUA_PATH="$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;;"'
	@echo 'export LUA_CPATH="$(abspath $(BUILD))/$(LUA)/?.so;;"'

# ---- tests ----

# The one command: what is missing is installed, then every suite runs; the last line sums them up.
test:
	@$(MAKE) --no-print-directory -s deps
	@$(MAKE) --no-print-directory check

check: lib
	@$(MAKE) --no-print-directory -s module LUA=lua5.4
	@$(MAKE) --no-print-directory -s module LUA=luajit
	@$(MAKE) --no-print-directory -s module LUA=lua5.1
	@$(MAKE) --no-print-directory -s c-tests example
	@BUILD=$(BUILD) spec/run.sh

# One spec file: make spec LUA=luajit SPEC=spec/json_spec.lua
spec: lib module example
	@BUILD=$(BUILD) spec/run.sh $(LUA) $(SPEC)

c-tests: $(C_TESTS)

# malloc and its siblings, as libkube.a calls them, are that test's own
$(BUILD)/spec/client/memory_test: WRAP = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup

$(BUILD)/spec/%: spec/%.c $(wildcard spec/support/*.h) $(HEADERS) $(BUILD)/libkube.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Icsrc -Icsrc/core -Ispec/support $< -o $@ $(BUILD)/libkube.a $$($(PKG_CONFIG) --libs $(LIBRARIES)) -lpthread -lm $(WRAP) $(LDFLAGS)

example: $(BUILD)/list_pods

$(BUILD)/list_pods: examples/list_pods.c lib
	$(CC) $(WARN) $(CFLAGS) $< -o $@ $$(PKG_CONFIG_PATH=$(BUILD) $(PKG_CONFIG) --cflags --libs kube)

lint: all c-tests example
	@spec/lint.sh

format:
	clang-format -i csrc/*.h csrc/*/*.c csrc/*/*.h spec/*/*.c spec/*/*.h examples/*.c

cluster:
	@spec/cluster/cluster.sh

# Installs what is missing as root or through sudo; else prints the list and fails.
deps:
	@missing=; for p in $(PACKAGES); do \
	  [ "$$(dpkg-query -W -f '$${db:Status-Abbrev}' $$p 2>/dev/null)" = 'ii ' ] || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ]; then as=; \
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as=sudo; \
	else echo "missing packages; as root: apt-get install$$missing" >&2; exit 1; fi; \
	echo "installing:$$missing"; \
	$$as apt-get update -qq && $$as env DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -qq --no-install-recommends $$missing >/dev/null

clean:
	rm -rf $(BUILD)
