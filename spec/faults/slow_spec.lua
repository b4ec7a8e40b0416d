-- Servers that are slow, or stop: time-outs come in time, the connection is closed at once, and
-- nobody else waits.
local eventually = require("spec.support.eventually")
local faults = require("spec.support.faults")
local kube = require("kube")
local ways = require("spec.support.ways")

local function whole(body)
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " .. #body
    .. "\r\n\r\n" .. body
end

--- Where the answer stands still, by the way it is read.
local STOPS = {
  ["before the answer"] = function() return { raw = "", ["then"] = "hang" } end,
  ["in the status line"] = function() return { raw = "HTTP/1.1 20", ["then"] = "hang" } end,
  ["in the headers"] = function(body)
    return { raw = whole(body):sub(1, 40), ["then"] = "hang" }
  end,
  ["behind the headers"] = function(body)
    return { raw = (whole(body):gsub("\r\n\r\n.*", "\r\n\r\n")), ["then"] = "hang" }
  end,
  ["in the body"] = function(body) return { raw = whole(body):sub(1, -5), ["then"] = "hang" } end,
  ["between two bytes, all the time"] = function(body)
    return { raw = whole(body), drip = 1, delay = 0.02 }
  end,
  ["in a refusal"] = function()
    return { raw = "HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\nno", ["then"] = "hang" }
  end,
}

describe("an answer that stops", function()
  --- Reads it with a time-out; then a good one, with the same client.
  local function given_up(way, step)
    local script = faults.script { step, way.body }
    local client = way.client(script)
    local before = kube.now()
    local value, err = way.read(client, 0.3)
    local took = kube.now() - before
    assert.is_nil(value)
    assert.is_nil(faults.flaw(err, "Timeout", { "GET " .. script.server }))
    assert.truthy(took > 0.29 and took < 3, took)
    eventually(function() return script.left() == 1 end, 2)
    assert.equal(way.want, (way.read(client)))
  end

  for where, step in pairs(STOPS) do
    it(where .. ", is given up in time, and its connection is closed", function()
      local done = 0
      kube.run(function()
        for _, name in ipairs { "get", "list", "raw", "stream" } do
          kube.spawn(function()
            given_up(ways[name], step(ways[name].body))
            done = done + 1
          end)
        end
      end)
      assert.equal(4, done)
    end)
  end

  it("does not hold up the others", function()
    local slow, fast = faults.script { STOPS["in the body"](ways.get.body) },
      faults.script { ways.get.body }
    local order = {}
    kube.run(function()
      for _ = 1, 3 do
        kube.spawn(function()
          local _, err = ways.get.read(ways.get.client(slow), 0.3)
          assert.is_true(kube.is_timeout(err))
          order[#order + 1] = "slow"
        end)
      end
      for _ = 1, 3 do
        assert.equal("web", (ways.get.read(ways.get.client(fast))))
        order[#order + 1] = "fast"
      end
    end)
    assert.same({ "fast", "fast", "fast", "slow", "slow", "slow" }, order)
    eventually(function() return slow.left() == 3 end, 2)
  end)
end)

describe("an answer that is slow", function()
  it("is whole all the same", function()
    for name, way in pairs(ways) do
      local script = faults.script { { raw = whole(way.body), drip = 7, delay = 0.002 } }
      assert.equal(way.want, (way.read(way.client(script))), name)
    end
  end)

  it("is left when its task is canceled, or its stream is closed", function()
    for _, name in ipairs { "get", "list", "watch", "raw", "stream" } do
      local way = ways[name]
      local script = faults.script { { raw = whole(way.body):sub(1, -5), ["then"] = "hang" } }
      local client = way.client(script)
      kube.run(function()
        local task = kube.spawn(way.read, client)
        repeat kube.sleep(0.01) until #script.requests() == 1
        kube.sleep(0.02)
        task:cancel()
        task:join(5)
      end)
      collectgarbage()
      collectgarbage()
      eventually(function() return script.left() == 1 end, 2)
    end
  end)
end)
