# The benchmarks (see README.md beside this). In both Luas, or in one:
#   make bench LUA=luajit BENCH=list,watch BENCH_ROUNDS=1 BENCH_PODS=1000
#   make bench-compare A=HEAD B=. BENCH=get

BENCH_PACKAGES = $(PACKAGES) $(LUA_PACKAGES_lua5.4) $(LUA_PACKAGES_luajit) openssl python3 \
  python3-pip util-linux nginx libnginx-mod-http-lua lua-cjson lua-sec lua-socket lua-curl
BENCH_LUA = $(if $(filter file,$(origin LUA)),lua5.4 luajit,$(LUA))
BENCH_PROGRAMS = $(addprefix $(BUILD)/bench/,bare_libcurl many_calls neighbour \
  $(LUA)/only_libcurl.so)

.PHONY: bench bench-compare bench-deps bench-modules bench-programs

bench: bench-modules
	@BUILD=$(BUILD) BENCH_LUA="$(BENCH_LUA)" python3 -B spec/bench/run.py

# A and B: commits, "." for the tree as it is, or two files that make bench wrote
bench-compare: bench-modules
	@BUILD=$(BUILD) BENCH_LUA="$(BENCH_LUA)" python3 -B spec/bench/compare.py $(A) $(B)

bench-modules: bench-deps
	@for lua in luajit $(filter-out luajit,$(BENCH_LUA)); do \
	  $(MAKE) --no-print-directory -s module bench-programs LUA=$$lua || exit 1; done

bench-programs: $(BENCH_PROGRAMS)

$(BUILD)/bench/bare_libcurl: spec/bench/clients/bare_libcurl.c
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) $< -o $@ $$($(PKG_CONFIG) --cflags --libs libcurl) $(LDFLAGS)

$(BUILD)/bench/neighbour: spec/bench/clients/neighbour.c
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) $< -o $@

$(BUILD)/bench/many_calls: spec/bench/clients/many_calls.c $(BUILD)/libkube.a csrc/kube.h
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) -Icsrc $< -o $@ $(BUILD)/libkube.a \
	  $$($(PKG_CONFIG) --libs $(LIBRARIES)) $(LDFLAGS)

$(BUILD)/bench/$(LUA)/only_libcurl.so: spec/bench/clients/only_libcurl.c
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) -shared -fPIC $(LUA_CFLAGS) $< -o $@ \
	  $$($(PKG_CONFIG) --libs libcurl) $(LDFLAGS)

bench-deps: QUIETLY = spec/no_service.sh
bench-deps:
	$(call install-packages,$(BENCH_PACKAGES))
