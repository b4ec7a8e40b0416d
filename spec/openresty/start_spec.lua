-- How examples/openresty starts: as it stands, with a bad kubeconfig, and by make demo-openresty.
local eventually = require("spec.support.eventually")
local nginx = require("spec.support.nginx")
local openresty = require("spec.support.openresty")
local process = require("spec.support.process")
local uv = require("luv")

local build = assert(os.getenv("KUBE_SPEC_BUILD"))

describe("the example configuration", function()
  it("is complete as it stands in its file", function()
    local file = assert(io.open("examples/openresty/nginx.conf"))
    local text = file:read("*a")
    file:close()
    local server = openresty("/nowhere", "default", {
      conf = text:gsub("init_by_lua_block.-\n  }\n", ""):gsub(":8080", ":@PORT@"), workers = 2,
    })
    assert.equal(200, (server:curl("/")))
    assert.equal(404, (server:curl("/nginx.conf")))
    assert.equal(404, (server:curl("/access.lua")))
    server:stop()
  end)

  it("says what is wrong with a kubeconfig, and does not start", function()
    local ok, problem = pcall(openresty, "/nowhere/config", "default")
    assert.is_false(ok)
    assert.matches("init_by_lua error: .*/nowhere/config", problem)
  end)
end)

describe("make demo-openresty", function()
  it("shows pods that change, and leaves nothing behind", function()
    local make = io.popen(string.format("echo $$; exec env -u MAKEFLAGS -u MAKELEVEL make -s "
      .. "--no-print-directory BUILD=%s demo-openresty 2>&1", process.quote(build)))
    local pid, url, kubeconfig = tonumber(make:read("*l")), nil, nil
    for line in make:lines() do
      url = url or line:match("http://127%.0%.0%.1:%d+/")
      kubeconfig = kubeconfig or line:match("%-%-kubeconfig (%S+)")
      if line:find("Ctrl-C", 1, true) then break end
    end
    local port = url:match(":(%d+)/")
    local page = process.run("curl -sS --retry 20 --retry-connrefused --retry-delay 1 " .. url)
    assert.matches("<title>Pods</title>", page, 1, true)
    assert.equal("Hello from a ConfigMap\n", process.run("curl -sS " .. url .. "greeting"))
    local events = process.run("curl -sN -m 7 " .. url .. "events")
    assert.matches("\nevent: pods\ndata: {\"namespace\":\"default\",\"pods\":%[{", events)
    assert.matches("\nevent: pod\ndata: {", events)

    uv.kill(pid, "sigterm")
    make:read("*a")
    make:close()
    eventually(function() return not nginx.is_alive(pid) end)
    assert.is_nil(io.open(kubeconfig))
    local _, refused = process.run("curl -sS http://127.0.0.1:" .. port .. "/")
    assert.equal(7, refused)
  end)
end)
