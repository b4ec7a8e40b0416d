-- kube is installed as its users do, and used from a directory that is not the checkout.
local cluster = require("spec.support.cluster")
local process = require("spec.support.process")

local top = assert(os.getenv("KUBE_SPEC_TOP"))
local build = assert(os.getenv("KUBE_SPEC_BUILD"))
local is_54 = _VERSION == "Lua 5.4"
local version = is_54 and "5.4" or "5.1"

local function sh(text, ...)
  local output, code = process.run(text:format(...), { MAKEFLAGS = false, MAKELEVEL = false })
  assert(code == 0, output)
  return output
end

local function make(words) return sh("make -C '%s' BUILD='%s' %s", top, build, words) end

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

local SCRIPT = [[
  local kube = require("kube")
  print(assert(assert(kube.connect()):get("namespace/default")).metadata.name)
]]

-- What a program prints that stands in / and looks nowhere but in this tree.
local function run_from(tree)
  local output, code = process.run(
    string.format("cd / && %s -e '%s'", process.lua, SCRIPT:gsub("\n", " ")), {
      KUBECONFIG = cluster.kubeconfig("admin"),
      LUA_PATH = string.format("%s/share/lua/%s/?.lua;%s/share/lua/%s/?/init.lua", tree, version,
        tree, version),
      LUA_CPATH = string.format("%s/lib/lua/%s/?.so", tree, version),
    })
  assert(code == 0, output)
  return output
end

local function files_in(tree)
  return (process.run(string.format("cd '%s' && find . -type f | sort", tree)))
end

describe("installing", function()
  local place

  setup(function() place = sh("mktemp -d"):match("%S+") end)
  teardown(function() sh("rm -rf '%s'", place) end)

  it("luarocks make builds a rock that works, and removes it", function()
    local tree = place .. "/rocks"
    sh("cd '%s' && luarocks --lua-version=%s --tree='%s' make rockspec/kube-scm-1.rockspec", top,
      version, tree)
    assert.equal("default\n", run_from(tree))
    sh("luarocks --lua-version=%s --tree='%s' remove kube", version, tree)
    assert.is_nil(files_in(tree):match("kube/"))
  end)

  it("make install puts the module where this Lua looks, and uninstall takes it away", function()
    local tree = place .. "/prefix"
    make(string.format("install PREFIX='%s' LUA=%s", tree, process.lua))
    assert.equal("default\n", run_from(tree))
    local installed = files_in(tree)
    for _, file in ipairs { "include/kube.h", "lib/libkube.a", "lib/libkube.so.0",
      "lib/pkgconfig/kube.pc", "lib/lua/" .. version .. "/kube/core.so",
      "share/lua/" .. version .. "/kube/init.lua" } do
      assert.matches("./" .. file, installed, 1, true)
    end
    make(string.format("uninstall PREFIX='%s' LUA=%s", tree, process.lua))
    assert.equal("", files_in(tree))
    assert.is_nil(process.run(string.format("find '%s' -name kube", tree)):match("kube"))
  end)

  it("DESTDIR stands before every path, and in no file", function()
    local stage = place .. "/stage"
    make(string.format("install PREFIX=/opt/kube DESTDIR='%s' LUA=%s", stage, process.lua))
    local pc = sh("cat '%s/opt/kube/lib/pkgconfig/kube.pc'", stage)
    assert.matches("Cflags: -I/opt/kube/include\n", pc, 1, true)
    assert.is_nil(pc:find(stage, 1, true))
  end)

  it("takes paths with blanks, and takes away nothing else", function()
    local stage = place .. "/a stage"
    sh("mkdir -p '%s' && echo precious > '%s/a'", place, place)
    local where = string.format("PREFIX='/opt/my kube' DESTDIR='%s' LUA=%s", stage, process.lua)
    make("install " .. where)
    assert.is_true(exists(stage .. "/opt/my kube/lib/libkube.so.0"))
    assert.is_true(exists(stage .. "/opt/my kube/share/lua/" .. version .. "/kube/api/errors.lua"))
    make("uninstall " .. where)
    assert.equal("", files_in(stage))
    assert.is_true(exists(place .. "/a"))
  end)

  it("fails where it cannot write", function()
    local output, code = process.run(string.format("make -C '%s' BUILD='%s' install-lua LUA=%s "
      .. "LUA_DIR=/dev/null/x LUA_LIBDIR=/dev/null/y", top, build, process.lua),
      { MAKEFLAGS = false, MAKELEVEL = false })
    assert(code ~= 0, output)
  end)

  it("a C program finds the library by pkg-config, shared or (libkube.a) not", function()
    local tree = place .. "/c"
    make(string.format("install PREFIX='%s' LUA=%s", tree, process.lua))
    local compile = "cd / && cc '%s/examples/list_pods.c' -o '%s/list_pods' "
      .. "$(PKG_CONFIG_PATH='%s/lib/pkgconfig' pkg-config %s)"
    local function run() -- the program fails unless the API server answered
      sh("KUBECONFIG='%s' LD_LIBRARY_PATH='%s/lib' '%s/list_pods'", cluster.kubeconfig("admin"),
        tree, place)
      return sh("LD_LIBRARY_PATH='%s/lib' ldd '%s/list_pods'", tree, place)
    end
    sh(compile, top, place, tree, "--cflags --libs kube")
    assert.matches(tree .. "/lib/libkube.so.0", run(), 1, true)
    sh("rm '%s/lib/libkube.so' '%s/lib/libkube.so.0'", tree, tree)
    sh(compile, top, place, tree, "--cflags --libs kube libcurl libcjson yaml-0.1 openssl")
    assert.is_nil(run():find("libkube", 1, true))
  end)
end)
