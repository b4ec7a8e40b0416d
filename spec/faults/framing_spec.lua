-- HTTP that is cut, miscounted or none: one clear error in each way to read, nothing lost and
-- nothing made up, and the client is of use afterwards.
local eventually = require("spec.support.eventually")
local faults = require("spec.support.faults")
local kube = require("kube")
local ways = require("spec.support.ways")

local function whole(more, body)
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" .. more .. "\r\n" .. body
end

local function counted(length, body) return whole("Content-Length: " .. length .. "\r\n", body) end

local function chunked(text) return whole("Transfer-Encoding: chunked\r\n", text) end

local function chunk(text) return string.format("%x\r\n%s\r\n", #text, text) end

local function ending(raw, how) return { raw = raw, ["then"] = how or "close" } end

--- Reads a faulty answer, then a good one with the same client: value, err.
local function try(way, step, timeout)
  local script = faults.script { step, way.body }
  local client = way.client(script)
  local value, err = way.read(client, timeout)
  assert.equal(way.want, (way.read(client)), "afterwards")
  return value, err, script
end

describe("an answer whose framing is wrong", function()
  -- what is wrong; the answer for a body; the reason and the words of the error
  local BAD = {
    { "it ends before its length", function(b) return ending(counted(#b + 10, b)) end,
      "Connection", "cut off" },
    { "two lengths differ", function(b)
      return ending(counted(#b .. "\r\nContent-Length: " .. #b - 10, b))
    end, "Decode", "two lengths" },
    { "two lengths differ in one header", function(b)
      return ending(counted(#b .. ", " .. #b - 10, b))
    end, "Decode", "two lengths" },
    { "its length is no number", function(b) return ending(counted("five", b)) end, "Decode",
      "ength" },
    { "its length is below 0", function(b) return ending(counted("-5", b)) end, "Decode",
      "ength" },
    { "its length is more than there is", function(b)
      return ending(counted("99999999999999999999", b))
    end, "Decode", "ength" },
    { "a chunk's size is no number", function(b) return ending(chunked("zz\r\n" .. b)) end,
      "Connection", "chunked" },
    { "a chunk's size is below 0", function(b) return ending(chunked("-5\r\n" .. b)) end,
      "Connection", "chunked" },
    { "a chunk's size is beyond all", function(b)
      return ending(chunked(string.rep("f", 20) .. "\r\n" .. b))
    end, "Connection", "chunked" },
    { "a chunk is longer than its size", function(b)
      return ending(chunked(("%x\r\n%sXX0\r\n\r\n"):format(#b, b)))
    end, "Connection", "chunked" },
    { "the last chunk is missing", function(b) return ending(chunked(chunk(b))) end, "Connection",
      "cut off" },
    { "a chunk is not all there", function(b)
      return ending(chunked(chunk(b):sub(1, -8)))
    end, "Connection", "cut off" },
    { "its transfer encoding is unknown", function(b)
      return ending(whole("Transfer-Encoding: brr\r\n", b))
    end, "Decode", "encoding" },
    { "it is no HTTP", function(b) return ending(b) end, "Decode", "HTTP" },
    { "it is an SSH server's", function() return ending("SSH-2.0-OpenSSH_9.2\r\n") end,
      "Decode", "HTTP" },
    { "it is TLS", function()
      return { raw_base64 = "FQMBAAICUA==", ["then"] = "close" } -- an alert
    end, "Decode", "HTTP" },
    { "its version is unknown", function(b) return ending("HTTP/9.9 200 OK\r\n\r\n" .. b) end,
      "Decode", "HTTP version" },
    { "its code is no number", function(b) return ending("HTTP/1.1 abc\r\n\r\n" .. b) end,
      "Decode", "HTTP" },
    { "its code has four digits", function(b) return ending("HTTP/1.1 2000 OK\r\n\r\n" .. b) end,
      "Decode", "code" },
    { "a header has no colon", function(b)
      return ending("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n" .. b)
    end, "Decode", "colon" },
    { "a header holds a NUL", function()
      return { raw_base64 = "SFRUUC8xLjEgMjAwIE9LDQpBOiBiAGMNCg0Ke30=", ["then"] = "close" }
    end, "Decode", "header" },
  }

  for _, row in ipairs(BAD) do
    it("since " .. row[1] .. ", is one clear error", function()
      for name, way in pairs(ways) do
        local value, err, script = try(way, row[2](way.body))
        assert.is_nil(value, name)
        assert.is_nil(faults.flaw(err, row[3], { "GET " .. script.server, row[4] }), name)
      end
    end)
  end

  it("since it never came, is one clear error", function() -- and nothing is sent again, as asked
    for _, raw in ipairs { "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n{}",
    } do
      for _, name in ipairs { "raw", "stream" } do
        local value, err, script = try(ways[name], ending(raw))
        assert.is_nil(value)
        assert.is_nil(faults.flaw(err, "Connection", { "GET " .. script.server }), raw)
      end
    end
  end)

  it("since more came than its length, is cut there, and the rest is nobody's answer", function()
    for name, way in pairs(ways) do
      local step = ending(counted(#way.body - 10, way.body), "keep")
      local value, err = try(way, step)
      if name == "get" or name == "list" then
        assert.is_nil(value, name)
        assert.is_nil(faults.flaw(err, "Decode", { "offset" }), name)
      elseif name == "watch" then
        assert.equal("ADDED a", value) -- what was cut off comes again, on a connection more
      else
        assert.equal(way.body:sub(1, -11), value, name)
      end
    end
  end)
end)

describe("an answer whose framing is odd", function()
  for what, answer in pairs {
    ["two lengths that are the same"] = function(b)
      return { raw = counted(#b .. "\r\nContent-Length: " .. #b, b) }
    end,
    ["a length, and chunks, which go before it"] = function(b)
      return { raw = whole("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        chunk(b) .. "0\r\n\r\n") }
    end,
    ["bytes behind its last chunk"] = function(b)
      return { raw = chunked(chunk(b) .. "0\r\n\r\nHTTP/1.1 500 No\r\n\r\n") }
    end,
    ["a body as long as its connection"] = function(b) return ending(whole("", b)) end,
    ["chunks with extensions, and trailers"] = function(b)
      return { raw = chunked(("%x;a=b\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n"):format(#b, b)) }
    end,
    ["1xx before it"] = function(b)
      return { raw = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nA: b\r\n\r\n"
        .. "HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\nLink: x\r\n\r\n" .. counted(#b, b) }
    end,
    ["version 1.0"] = function(b)
      return ending((whole("", b):gsub("^HTTP/1.1", "HTTP/1.0")))
    end,
    ["lines that end in a line feed alone"] = function(b)
      return { raw = (counted(#b, ""):gsub("\r", "")) .. b }
    end,
  } do
    it("has " .. what .. ", is whole", function()
      for name, way in pairs(ways) do assert.equal(way.want, (try(way, answer(way.body))), name) end
    end)
  end
end)

describe("an answer that comes in two pieces", function()
  --- Reads it with one cut at each byte, many at once.
  local function cut_everywhere(way, raw)
    local steps = {}
    for cut = 1, #raw - 1 do steps[cut] = { raw = raw, cut = cut, delay = 0.05 } end
    local client = way.client(faults.script(steps))
    local good = 0
    kube.run(function()
      for _ = 1, #steps do
        kube.spawn(function()
          local value, err = way.read(client)
          assert.equal(way.want, value, tostring(err))
          good = good + 1
        end)
      end
    end)
    assert.equal(#raw - 1, good)
  end

  for name, way in pairs(ways) do
    it("is the same wherever it is cut, read by " .. name, function()
      local half = math.floor(#way.body / 2)
      cut_everywhere(way, chunked(chunk(way.body:sub(1, half)) .. chunk(way.body:sub(half + 1))
        .. "0\r\n\r\n"))
    end)
  end
end)

describe("headers", function()
  local function endless(head, filler)
    return { raw = head, filler = filler, times = 1000000 }
  end

  for what, row in pairs {
    ["without an end"] = {
      endless("HTTP/1.1 200 OK\r\n", ("X-A: " .. ("y"):rep(1000) .. "\r\n"):rep(100)), "TooLarge" },
    ["of 1xx without an end"] = {
      endless("", ("HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"):rep(1000)), "TooLarge" },
    ["of one line without an end"] = {
      endless("HTTP/1.1 200 OK\r\nX: ", ("y"):rep(100000)), nil, "longer than 100 kB" },
  } do
    it(what .. " are an error, and the connection is closed", function()
      for name, way in pairs(ways) do
        local value, err, script = try(way, row[1])
        assert.is_nil(value, name)
        assert.is_nil(faults.flaw(err, row[2] or err.reason, { "GET " .. script.server, row[3] }))
        assert.truthy(err.reason == "TooLarge" or err.reason == "OutOfMemory", err.reason)
        eventually(function() return script.left() == 1 end)
      end
    end)
  end
end)
