-- The live page of examples/openresty in a real browser, on the real API server.
local browser = require("spec.support.browser")
local cluster = require("spec.support.cluster")
local control = require("spec.support.control")
local kube = require("kube")
local nginx = require("spec.support.nginx")
local openresty = require("spec.support.openresty")
local process = require("spec.support.process")

local PICTURE = assert(os.getenv("KUBE_SPEC_BUILD")) .. "/live-pods.png"

-- What stands in the table, a row a line, without the last column: an age.
local TABLE = [[
  return [...document.querySelectorAll("tbody tr:not(.gone)")]
    .map((row) => [...row.cells].slice(0, -1).map((cell) => cell.textContent).join(" ")).join("\n")
]]
local CONNECTION = [[return document.querySelector("#connection").textContent]]

local WATCH = "/api/v1/namespaces/%s/pods?*watch=true"

describe("the live page", function()
  local k = cluster.connect("admin")
  local namespace = cluster.namespace("live")
  local server, page

  local function create(name, annotations)
    assert(k:create {
      apiVersion = "v1", kind = "Pod",
      metadata = { name = name, namespace = namespace, annotations = annotations },
      spec = { containers = { { name = "app", image = "nginx:1.27" } } },
    })
  end

  local function delete(name)
    assert(k:delete("pod", name, { namespace = namespace, gracePeriodSeconds = 0 }))
  end

  --- Waits until the page has a row that begins so, or none.
  local function shows(pattern)
    local last
    local ok = pcall(cluster.eventually, function()
      last = page:script(TABLE)
      return ("\n" .. last):find("\n" .. pattern)
    end, 20)
    assert(ok, "no " .. pattern .. " in:\n" .. tostring(last))
  end

  local function hides(name)
    cluster.eventually(function() return not page:script(TABLE):find(name, 1, true) end, 20)
  end

  local function says(text)
    cluster.eventually(function() return page:script(CONNECTION):find(text, 1, true) end, 20)
  end

  setup(function()
    server = openresty(cluster.kubeconfig("admin"), namespace, { workers = 2 })
    page = browser.start()
    page:open(server.url .. "/")
  end)

  teardown(function()
    if page then page:close() end
    server:stop()
  end)

  it("shows pods as they come, change and go, without being loaded again", function()
    says("live")
    assert.equal("Pods in " .. namespace, page:script("return document.title"))
    assert.is_false(page:script("return document.querySelector('#empty').hidden"))
    page:script("window.stillTheSame = true")
    create("web-0", { kubelet = "off" })
    shows("web%-0 Pending –")
    create("web-1")
    shows("web%-1 Running 1/1 0 node%-%l 198%.")
    assert(k:patch("pod", "web-0", { status = { phase = "Running", containerStatuses = { {
      name = "app", image = "nginx:1.27", imageID = "", ready = false, restartCount = 4,
      state = { waiting = { reason = "CrashLoopBackOff" } },
    } } } }, { namespace = namespace, subresource = "status" }))
    shows("web%-0 CrashLoopBackOff 0/1 4")
    delete("web-1")
    hides("web-1")
    assert.is_true(page:script("return window.stillTheSame"))
  end)

  it("shows names and states as text, whatever stands in them", function()
    local evil = "<img src=x onerror=alert(1)>"
    assert(k:patch("pod", "web-0", { status = { containerStatuses = { {
      name = "app", image = "nginx:1.27", imageID = "", ready = false, restartCount = 4,
      state = { waiting = { reason = evil } },
    } } } }, { namespace = namespace, subresource = "status" }))
    shows("web%-0 <img src=x onerror=alert%(1%)> 0/1 4")
    assert.equal(0, page:script("return document.querySelectorAll('tbody img').length"))
  end)

  it("is the same on all pages, which share one watch a worker", function()
    local alone = openresty(cluster.kubeconfig("admin"), namespace, { workers = 1 })
    control.faults { { path = WATCH:format(namespace) } }
    local readers = {}
    for i = 1, 5 do
      readers[i] = io.popen("exec curl -sN -m 6 " .. alone.url .. "/events")
    end
    cluster.eventually(function() return control.seen() > 0 end)
    create("shared")
    for _, reader in ipairs(readers) do
      local text = reader:read("*a") -- until curl gives up
      assert.matches("^retry: 1000\n\n", text)
      local _, times = text:gsub('\nevent: pod[^\n]*\ndata: [^\n]*"shared"', "")
      assert.is_true(times >= 1, text)
    end
    assert.equal(1, control.seen())
    control.faults {}
    alone:stop()
  end)

  it("ends the watch with the last page", function()
    local alone = openresty(cluster.kubeconfig("admin"), namespace, { workers = 1 })
    control.faults { { path = WATCH:format(namespace) } }
    local worker = alone:workers()[1]
    local function look() process.run("curl -sSN -m 0.5 " .. alone.url .. "/events") end
    look()
    assert.equal(1, control.seen())
    local quiet = nginx.descriptors(worker)
    for i = 2, 4 do
      look()
      assert.equal(i, control.seen())
    end
    assert.is_true(nginx.descriptors(worker) <= quiet + 1)
    control.faults {}
    alone:stop()
  end)

  it("does not keep a worker that is to quit", function()
    local alone = openresty(cluster.kubeconfig("admin"), namespace, { workers = 1 })
    local reader = io.popen("curl -sSN -m 20 " .. alone.url .. "/events; echo \"ended $?\"")
    reader:read("*l")
    alone:quit(3)
    assert.matches("\nended 0\n$", reader:read("*a"))
    reader:close()
    alone:stop()
  end)

  it("goes on after the API server was away, and says so meanwhile", function()
    create("before")
    shows("before Running")
    control.without_apiserver(function()
      says("does not answer")
      shows("before Running")
    end)
    says("live")
    delete("before")
    hides("before")
  end)

  it("goes on after a reload, and after a worker was killed", function()
    server:reload()
    create("after-reload")
    shows("after%-reload Running")
    cluster.eventually(function() return #server:leaving() == 0 end, 5)
    for _, pid in ipairs(server:workers()) do server:kill(pid) end
    create("after-kill")
    shows("after%-kill Running")
    says("live")
  end)

  it("goes on after its events were refused, which browsers take for the end", function()
    local file = assert(io.open(server.prefix .. "/nginx.conf"))
    local text = file:read("*a")
    file:close()
    server:configure((text:gsub("location = /events {", "%0 return 503;")))
    server:reload()
    says("connecting again")
    kube.sleep(2.5) -- it was refused by now
    server:configure(text)
    server:reload()
    says("live")
    create("after-refusal")
    shows("after%-refusal Running")
  end)

  it("breaks no rule of its own strict security policy", function()
    for _, entry in ipairs(page:console()) do
      assert.is_nil(entry.message:find("Content Security Policy", 1, true), entry.message)
      assert.is_nil(entry.message:find("Uncaught", 1, true), entry.message)
    end
    local _, head = server:curl("/", { "-i" })
    assert.matches("Content%-Security%-Policy: default%-src 'none'; script%-src 'self';", head)
    assert.is_nil(head:match("unsafe"))
  end)

  it("can be looked at", function()
    page:screenshot(PICTURE)
    local file = assert(io.open(PICTURE, "rb"))
    assert.equal("\137PNG", file:read(4))
    file:close()
  end)
end)
