# The tests once more, watched: under gcc's sanitizers, under valgrind, and with memory that runs out.
# The Makefile includes this; make sanitize runs it alone.

SANITIZERS = -fsanitize=address,undefined,float-cast-overflow
SANITIZED = $(BUILD)/sanitize
WATCHED = $(patsubst spec/%.c,$(BUILD)/spec/%,$(wildcard spec/sanitize/*_test.c)) \
  $(BUILD)/spec/sanitize/bytes_plain_test

.PHONY: sanitize sanitized watched

sanitize: lib
	@$(MAKE) --no-print-directory -s module LUA=lua5.4
	@$(MAKE) --no-print-directory -s c-tests sanitized
	@BUILD=$(BUILD) spec/run.sh sanitize

# Everything in a build directory of its own
sanitized: $(BUILD)/planted.so
	@$(MAKE) --no-print-directory -s BUILD=$(SANITIZED) LUA=lua5.4 WERROR=-Werror LDFLAGS='$(SANITIZERS)' \
	  CFLAGS='-O1 -g -fno-omit-frame-pointer $(SANITIZERS) -fno-sanitize-recover=all' \
	  lib module c-tests example watched

watched: $(WATCHED) $(BUILD)/planted.so $(BUILD)/under/alone.so $(BUILD)/under/libasan.so \
  $(BUILD)/under/sanitizers/lua5.4 $(BUILD)/under/valgrind/lua5.4

# These have a Lua in them, with kube.core and libyaml as archives: --wrap reaches that too
$(BUILD)/spec/sanitize/%: spec/sanitize/%.c $(wildcard spec/support/*.h spec/sanitize/*.h) $(HEADERS) \
    $(BINDING_O) $(BUILD)/libkube.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) -Icsrc -Icsrc/core -Icsrc/lua -Ispec/support $< -o $@ \
	  $(BINDING_O) $(BUILD)/libkube.a -Wl,-Bstatic -lyaml -Wl,-Bdynamic \
	  $$($(PKG_CONFIG) --libs $(LUA) libcurl libcjson openssl) -lpthread -lm $(WRAP) $(LDFLAGS)

# The same without SSE2: what is compiled here is not taken from the archive
$(BUILD)/spec/sanitize/bytes_plain_test: spec/sanitize/bytes_test.c $(wildcard spec/support/*.h) \
    $(HEADERS) $(BINDING) $(BUILD)/libkube.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) -DKUBE_JSON_PLAIN -Icsrc -Icsrc/core -Icsrc/lua -Ispec/support $< \
	  csrc/core/json*.c csrc/core/frame.c $(BINDING) -o $@ $(BUILD)/libkube.a \
	  $$($(PKG_CONFIG) --libs $(LUA) $(LIBRARIES)) -lm $(LDFLAGS)

$(BUILD)/planted.so: spec/sanitize/planted.c
	@mkdir -p $(@D)
	$(CC) -shared $(ALL_CFLAGS) -fvisibility=default $< -o $@ $(LDFLAGS)

$(BUILD)/under/alone.so: spec/sanitize/alone.c
	@mkdir -p $(@D)
	$(CC) -shared -fPIC -O2 $(WARN) $< -o $@

$(BUILD)/under/libasan.so:
	@mkdir -p $(@D)
	ln -sf "$$($(CC) -print-file-name=libasan.so)" $@

# Each in a directory for PATH: whoever starts lua5.4 gets it
$(BUILD)/under/%/lua5.4: spec/sanitize/%.sh
	@mkdir -p $(@D)
	sed -e "s|@LUA@|$$(command -v lua5.4)|" -e 's|@BUILD@|$(abspath $(BUILD))|g' $< > $@
	chmod 755 $@
