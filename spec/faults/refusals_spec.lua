-- Answers that say no, and what an error of them holds: the Status that came, or one that stands
-- for it. (Each code and each shape of a body has its row in spec/client/generic_test.c and
-- status_test.c.)
local faults = require("spec.support.faults")
local failing = require("spec.support.failing")
local kube = require("kube")

local fails, works = failing.fails, failing.works
local POD = failing.POD

local function clients(...)
  local script = faults.script { ... }
  local config = assert(kube.config.load {
    kubeconfig = faults.kubeconfig { server = script.server },
  })
  return kube.dynamic(config):resource { version = "v1", resource = "pods" }:namespace("default"),
    assert(kube.rest(config)), script
end

describe("a refusal that is no Status", function()
  local proxys = { status = 502, body = "<html>no\n</html>",
    headers = { ["Content-Type"] = "text/html" } }

  it("has one that says as much, from each verb", function()
    for verb, method in pairs { get = "get", delete = "delete", list = "get",
      create = "post", update = "put", patch = "patch", apply = "patch" } do
      local pods = clients(proxys, POD)
      local what = (verb == "get" or verb == "delete" or verb == "patch") and "web"
        or verb ~= "list" and faults.object("web", "1") or nil
      local object, err = pods[verb](pods, what, verb == "patch" and {} or nil)
      fails(object, err, "InternalError", "502")
      assert.is_nil(err.message:find("<html>", 1, true)) -- it is shown; the Status is asked
      assert.is_true(kube.is_unexpected_server_error(err))
      assert.is_false(kube.is_internal_error { reason = "", code = 502 })
      local details = err.status.details
      assert.same({ "Failure", 502, "pods" }, { err.status.status, err.status.code, details.kind })
      assert.equal("<html>no\n</html>", details.causes[1].message)
      assert.equal(details.causes[1], kube.status_cause(err, "UnexpectedServerResponse"))
      assert.is_false(kube.has_status_cause(err, "FieldManagerConflict"))
      assert.equal("InternalError", kube.reason_for_error(err))
      assert.is_nil(kube.suggests_client_delay(err))
      local named = verb ~= "list" and verb ~= "create"
      assert.equal(named and "web" or nil, details.name)
      assert.equal('an error on the server ("<html>no\\n</html>") has prevented the request from '
        .. "succeeding (" .. method .. " pods" .. (named and " web)" or ")"), err.status.message)
      works(pods)
    end
  end)

  it("has one in a watch, in bytes and in a stream of them", function()
    local pods, rest = clients(proxys, proxys, proxys, proxys, POD)
    local path = function() return rest:get():resource("pods"):name("web"):subresource("log") end
    for _, err in ipairs {
      (select(2, pods:watch():next(10))), (select(2, path():send())), (select(2, path():raw())),
      (select(2, assert(path():stream()):next(10))),
    } do
      fails(nil, err, "InternalError", "502")
      assert.is_true(kube.is_unexpected_server_error(err))
      assert.equal("pods", err.status.details.kind)
    end
    works(pods)
  end)

  it("is one by its code, and not by a Status that says Success", function()
    local pods = clients(
      { status = 409, body = '{"kind":"Status","status":"Success","reason":"NotFound"}' },
      { status = 400, body = '{"kind":"Status","status":"Failure","code":404}' })
    local _, err = pods:get("web")
    assert.same({ "Conflict", 409 }, { err.reason, err.code })
    assert.is_true(kube.is_unexpected_server_error(err))
    _, err = pods:get("web")
    assert.same({ "NotFound", 404 }, { err.reason, err.code })
    assert.is_false(kube.is_unexpected_server_error(err))
  end)

  it("keeps its URL in a message that is too long", function()
    local pods = clients({ status = 500, body = string.rep("x", 4000),
      headers = { ["Content-Type"] = "text/plain" } })
    local _, err = pods:get(string.rep("n", 1500))
    assert.matches("^GET http", err.message)
    assert.matches("nnn%.%.%.$", err.message)
    assert.truthy(#err.status.message > 3500)
  end)
end)

describe("a success that says no", function()
  local no = faults.status(403, "Forbidden", "not you")
  no.status = 200

  it("is the error that it tells of", function()
    local pods, rest = clients(no, no, no, no, no, POD)
    for _, err in ipairs {
      (select(2, pods:get("web"))), (select(2, pods:get("web", { fields = { "metadata.name" } }))),
      (select(2, pods:create(faults.object("web", "1")))), (select(2, pods:delete("web"))),
      (select(2, rest:get():resource("pods"):send())),
    } do
      fails(nil, err, "Forbidden", "not you")
      assert.same({ 403, "Forbidden" }, { err.code, err.status.reason })
      assert.is_true(kube.is_forbidden(err))
    end
    works(pods)
  end)

  it("is bytes for who asked for bytes", function()
    local _, rest = clients(no, no)
    assert.equal(no.body, rest:get():resource("pods"):raw())
    assert.equal(no.body, assert(rest:get():resource("pods"):stream()):next(10))
  end)

  it("is no list and no watch", function()
    local pods = clients(no, no, POD)
    fails(nil, select(2, pods:list()), "Decode", "Status")
    fails(nil, select(2, pods:watch():next(10)), "Decode", "/pods")
    works(pods)
  end)

  it("may say Success", function()
    local pods = clients('{"kind":"Status","status":"Success"}')
    assert.equal("Success", assert(pods:delete("web")).status)
  end)
end)

describe("a code between 207 and 299", function()
  it("is no success", function()
    local pods = clients({ status = 207, body = POD }, POD)
    local pod, err = pods:get("web")
    fails(pod, err, "Unknown", "207")
    assert.equal(207, err.status.code)
    works(pods)
  end)
end)
