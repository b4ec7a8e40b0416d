# kube: client-go for Lua.
#
#   make demo     a tour, on an API server in memory    make            the C library and the Lua module
#   make demo-openresty    a live web page of pods, in nginx, on an API server in memory
#   make test     everything, with all set-up           make install    both, to PREFIX (/usr/local)
#   make deps     what it needs, from Debian            make env        how to run a script on this tree
#   make lint     format and warnings                   make cluster    a control plane to play with
#   make bench    times and memory, beside others       make bench-compare A= B=
#   make docs     docs/reference.md, from the comments
#   make sanitize the tests under sanitizers and valgrind
#
# LUA=lua5.4 (the default), luajit or lua5.1 chooses the Lua.

LUA ?= lua5.4
CC ?= cc
BUILD ?= build
CFLAGS ?= -O2 -g
WERROR ?=# -Werror in our own checks, not on every compiler to come
WARN = -Wall -Wextra $(WERROR)
ALL_CFLAGS = -std=gnu11 -fPIC -fvisibility=hidden $(WARN) $(CFLAGS)
PKG_CONFIG ?= pkg-config
comma = ,
LIBRARIES = libcurl libcjson yaml-0.1 openssl
LUA_CFLAGS = $$($(PKG_CONFIG) --cflags $(LUA))
VERSION = $$(sed -n 's/^\#define KUBE_VERSION "\(.*\)"/\1/p' csrc/kube.h)

# Where things are installed: the Lua module goes where this Lua looks by itself.
PREFIX = /usr/local
LIBDIR = $(PREFIX)/lib
LUA_VERSION = $(if $(findstring jit,$(LUA)),5.1,$(LUA:lua%=%))
LUA_DIR = $(PREFIX)/share/lua/$(LUA_VERSION)
LUA_LIBDIR = $(PREFIX)/lib/lua/$(LUA_VERSION)

MODULE_FILES = $(sort $(patsubst lua/%,%,$(shell find lua/kube -name '*.lua')))

CORE = $(wildcard csrc/core/*.c)
CLIENT = $(wildcard csrc/client/*.c)
BINDING = $(wildcard csrc/lua/*.c)
HEADERS = $(wildcard csrc/*.h csrc/*/*.h)
CORE_O = $(CORE:csrc/%.c=$(BUILD)/obj/%.o)
CLIENT_O = $(CLIENT:csrc/%.c=$(BUILD)/obj/%.o)
BINDING_O = $(BINDING:csrc/lua/%.c=$(BUILD)/obj/$(LUA)/%.o)
MODULE = $(BUILD)/$(LUA)/kube/core.so
C_TESTS = $(patsubst spec/%.c,$(BUILD)/spec/%,$(wildcard spec/core/*_test.c spec/client/*_test.c))

LUA_PACKAGES_lua5.4 = lua5.4 liblua5.4-dev
LUA_PACKAGES_luajit = luajit2 libluajit2-5.1-dev
LUA_PACKAGES_lua5.1 = lua5.1 liblua5.1-0-dev
PACKAGES = gcc make pkg-config ca-certificates $(LUA_PACKAGES_$(LUA)) lua-luv \
  libcurl4-openssl-dev libcjson-dev libyaml-dev libssl-dev
TEST_PACKAGES = $(PACKAGES) $(LUA_PACKAGES_lua5.4) $(LUA_PACKAGES_luajit) $(LUA_PACKAGES_lua5.1) \
  openssl lua-busted lua-check luarocks clang-format valgrind python3 python3-pip util-linux \
  curl procps $(NGINX_PACKAGES) libnghttp2-dev chromium chromium-driver neovim lua-cqueues wrk

.PHONY: all help lib module install install-lua uninstall rock demo demo-openresty test check spec \
  lint format docs deps nginx-deps test-deps env cluster c-tests example clean
.DELETE_ON_ERROR:

all: lib module

help:
	@sed -n '/^# kube/,/^$$/s/^# \{0,1\}//p' Makefile

# ---- the C library: the compiler checks that arrows point down (core sees no client, both no Lua) ----

lib: $(BUILD)/libkube.a $(BUILD)/libkube.so $(BUILD)/kube.pc

# What everything was compiled with: where that is another, it is compiled again. (WERROR, which
# changes no code, does not count.)
.PHONY: always
$(BUILD)/flags: export FLAGS = $(CC) $(CFLAGS) $(PKG_CONFIG)
$(BUILD)/flags: always
	@mkdir -p $(@D)
	@echo "$$FLAGS" | cmp -s - $@ || echo "$$FLAGS" > $@

$(BUILD)/obj/core/%.o: csrc/core/%.c $(HEADERS) $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Icsrc/core -c $< -o $@

$(BUILD)/obj/client/%.o: csrc/client/%.c $(HEADERS) $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Icsrc -c $< -o $@

$(BUILD)/libkube.a: $(CORE_O) $(CLIENT_O)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/libkube.so: $(CORE_O) $(CLIENT_O)
	$(CC) -shared -Wl,-soname,libkube.so.0 -Wl,-z,defs -o $@ $^ $$($(PKG_CONFIG) --libs $(LIBRARIES)) $(LDFLAGS)
	ln -sf libkube.so $(BUILD)/libkube.so.0

# What pkg-config says of us: call write-pc,INCLUDE DIR,LIBRARY DIR,FURTHER LINKER FLAGS
define write-pc
@{ echo 'Name: kube'; echo 'Description: client-go for C and Lua'; echo "Version: $(VERSION)"; \
  echo 'Requires.private: $(LIBRARIES)'; echo 'Cflags: -I$(1)'; echo 'Libs: -L$(2) -lkube$(3)'; } > $@
endef

# For programs built on the tree in place: PKG_CONFIG_PATH=build pkg-config --cflags --libs kube
$(BUILD)/kube.pc: Makefile csrc/kube.h
	@mkdir -p $(@D)
	$(call write-pc,$(CURDIR)/csrc,$(abspath $(BUILD)), -Wl$(comma)-rpath$(comma)$(abspath $(BUILD)))

# ---- the Lua module, one for each Lua ----

module: $(MODULE)

$(BUILD)/obj/$(LUA)/%.o: csrc/lua/%.c $(HEADERS) $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) -c $< -o $@

# -z nodelete: a host that closes its Lua (nginx on reload) must not lose code that OpenSSL still knows
$(MODULE): $(BINDING_O) $(BUILD)/libkube.a
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-z,nodelete -o $@ $(BINDING_O) $(BUILD)/libkube.a $$($(PKG_CONFIG) --libs $(LIBRARIES)) $(LDFLAGS)

# eval "$(make -s env)" and any script runs on the tree in place
env:
	@echo 'export LUA_PATH="$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;;"'
	@echo 'export LUA_CPATH="$(abspath $(BUILD))/$(LUA)/?.so;;"'

# ---- installing ----

# To /usr/local unless PREFIX says otherwise; below DESTDIR for packages. One Lua at a time: LUA=
install: lib install-lua
	install -d "$(DESTDIR)$(PREFIX)/include" "$(DESTDIR)$(LIBDIR)/pkgconfig"
	install -m 644 csrc/kube.h "$(DESTDIR)$(PREFIX)/include"
	install -m 644 $(BUILD)/libkube.a "$(DESTDIR)$(LIBDIR)"
	install -m 755 $(BUILD)/libkube.so "$(DESTDIR)$(LIBDIR)/libkube.so.0"
	ln -sf libkube.so.0 "$(DESTDIR)$(LIBDIR)/libkube.so"
	install -m 644 $(BUILD)/install/kube.pc "$(DESTDIR)$(LIBDIR)/pkgconfig"
	@case "$(DESTDIR)$(LIBDIR)" in /usr/lib*|/usr/local/lib*) ldconfig || true;; esac

install: $(BUILD)/install/kube.pc

.PHONY: $(BUILD)/install/kube.pc # PREFIX may be another than last time
$(BUILD)/install/kube.pc:
	@mkdir -p $(@D)
	$(call write-pc,$(PREFIX)/include,$(LIBDIR))

install-lua: module
	@for file in $(MODULE_FILES); do \
	  install -D -m 644 lua/$$file "$(DESTDIR)$(LUA_DIR)/$$file" || exit 1; done
	install -D -m 755 $(MODULE) "$(DESTDIR)$(LUA_LIBDIR)/kube/core.so"

# Takes away what install put there, with the same PREFIX, LUA and DESTDIR.
uninstall:
	@for file in $(MODULE_FILES); do rm -f "$(DESTDIR)$(LUA_DIR)/$$file"; done
	@for file in $(MODULE_FILES); do echo "$${file%/*}"; done | sort -ru | while read -r directory; do \
	  rmdir "$(DESTDIR)$(LUA_DIR)/$$directory" 2>/dev/null || true; done
	@rm -f "$(DESTDIR)$(LUA_LIBDIR)/kube/core.so"
	@rmdir "$(DESTDIR)$(LUA_LIBDIR)/kube" 2>/dev/null || true
	@rm -f "$(DESTDIR)$(PREFIX)/include/kube.h" "$(DESTDIR)$(LIBDIR)/libkube.a" \
	  "$(DESTDIR)$(LIBDIR)/libkube.so" "$(DESTDIR)$(LIBDIR)/libkube.so.0" \
	  "$(DESTDIR)$(LIBDIR)/pkgconfig/kube.pc"

# For LuaRocks, which says what Lua it is for, in a build directory of its own (see the rockspec):
# nothing of another Lua's build may be left.
rock:
	rm -rf $(BUILD)/obj/$(LUA) $(BUILD)/$(LUA)
	@$(MAKE) --no-print-directory module

# ---- the demo ----

# The tour of examples/tour.lua on kube.fake; with KUBECONFIG=path (of the command line: the
# environment does not count) on that cluster, in a namespace of its own.
DEMO_CLUSTER = $(if $(filter command%,$(origin KUBECONFIG)),'$(KUBECONFIG)')
demo:
	@$(MAKE) --no-print-directory -s deps
	@$(MAKE) --no-print-directory -s module >/dev/null
	@eval "$$($(MAKE) -s env)"; exec $(LUA) examples/tour.lua $(DEMO_CLUSTER)

# The live page of examples/openresty in an nginx of its own, on kube.fake, until Ctrl-C.
NGINX_PACKAGES = nginx libnginx-mod-http-lua
demo-openresty: LUA = luajit
demo-openresty:
	@$(MAKE) --no-print-directory -s nginx-deps LUA=$(LUA)
	@$(MAKE) --no-print-directory -s module LUA=$(LUA) >/dev/null
	@eval "$$($(MAKE) -s env LUA=$(LUA))"; exec $(LUA) examples/openresty/demo.lua

# ---- tests ----

# The one command: what is missing is installed, then every suite runs; the last line sums them up.
test:
	@$(MAKE) --no-print-directory -s test-deps
	@$(MAKE) --no-print-directory check

check: export WERROR = -Werror
check: lib
	@$(MAKE) --no-print-directory -s module LUA=lua5.4
	@$(MAKE) --no-print-directory -s module LUA=luajit
	@$(MAKE) --no-print-directory -s module LUA=lua5.1
	@$(MAKE) --no-print-directory -s c-tests example sanitized
	@BUILD=$(BUILD) spec/run.sh

# One spec file: make spec LUA=luajit SPEC=spec/json_spec.lua
spec: lib module example
	@BUILD=$(BUILD) spec/run.sh $(LUA) $(SPEC)

c-tests: $(C_TESTS)

# malloc and its siblings, as libkube.a calls them, are that test's own
SCARCE = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup
$(BUILD)/spec/%memory_test: WRAP = $(SCARCE)

# and the calls of the system that write files are this one's
$(BUILD)/spec/%crash_test: WRAP = -Wl,--wrap=open,--wrap=write,--wrap=rename,--wrap=unlink,--wrap=fsync,--wrap=fchmod,--wrap=flock,--wrap=linkat

$(BUILD)/spec/%: spec/%.c $(wildcard spec/support/*.h) $(HEADERS) $(BUILD)/libkube.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Icsrc -Icsrc/core -Ispec/support $< -o $@ $(BUILD)/libkube.a $$($(PKG_CONFIG) --libs $(LIBRARIES) libnghttp2) -lpthread -lm $(WRAP) $(LDFLAGS)

include spec/sanitize/sanitize.mk
include spec/bench/bench.mk

example: $(BUILD)/list_pods

$(BUILD)/list_pods: examples/list_pods.c $(BUILD)/libkube.so $(BUILD)/kube.pc
	$(CC) $(WARN) $(CFLAGS) $< -o $@ $$(PKG_CONFIG_PATH=$(BUILD) $(PKG_CONFIG) --cflags --libs kube)

lint: all c-tests example
	@spec/lint.sh

format:
	clang-format -i csrc/*.h csrc/*/*.c csrc/*/*.h spec/*/*.c spec/*/*.h spec/bench/clients/*.c examples/*.c

# The reference is written from the comments; spec/docs_spec.lua says when it must be again.
docs:
	$(LUA) docs/reference.lua

cluster:
	@spec/cluster/cluster.sh

# Installs what is missing as root or through sudo; else prints the list and fails.
define install-packages
@missing=; for p in $(1); do \
  [ "$$(dpkg-query -W -f '$${db:Status-Abbrev}' $$p 2>/dev/null)" = 'ii ' ] || missing="$$missing $$p"; done; \
[ -z "$$missing" ] && exit 0; \
if [ "$$(id -u)" = 0 ]; then as=; \
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as=sudo; \
else echo "missing packages; as root: apt-get install$$missing" >&2; exit 1; fi; \
echo "installing:$$missing"; \
$$as apt-get update -qq && $$as env DEBIAN_FRONTEND=noninteractive \
  $(QUIETLY) apt-get install -y -qq --no-install-recommends $$missing >/dev/null
endef

deps:
	$(call install-packages,$(PACKAGES))

nginx-deps test-deps: QUIETLY = spec/no_service.sh
nginx-deps:
	$(call install-packages,$(PACKAGES) $(NGINX_PACKAGES))

test-deps:
	$(call install-packages,$(TEST_PACKAGES))

clean:
	rm -rf $(BUILD)
