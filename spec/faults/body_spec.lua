-- Bodies that are none: garbage, pages of proxies, gzip that is broken, lines without an end. Who
-- wants JSON gets one clear error; who wants bytes gets these; nobody gets a part for the whole.
local eventually = require("spec.support.eventually")
local faults = require("spec.support.faults")
local kube = require("kube")
local process = require("spec.support.process")
local ways = require("spec.support.ways")

local READERS = { "get", "list", "watch" } -- of JSON
local BYTES = { "raw", "stream" }

--- Reads a faulty answer, then a good one with the same client: value, err, script.
local function try(way, step)
  local script = faults.script { step, way.body }
  local client = way.client(script)
  local value, err = way.read(client)
  assert.equal(way.want, (way.read(client)), "afterwards")
  return value, err, script
end

--- Base64 of what Python makes of the bytes b.
local function made_of(body, expression)
  return (faults.sh("printf %%s %s | python3 -c %s", process.quote(body), process.quote(
    "import sys, gzip, zlib, base64; b = sys.stdin.buffer.read(); print(base64.b64encode("
    .. expression .. ").decode())")):gsub("%s+$", ""))
end

describe("a body that is no JSON", function()
  --- To a watch white space is nothing, and half an event comes again; JSON need be no object.
  local function fine(name, what)
    if name == "watch" then return what == "white space" or what == "half of it" end
    return name == "get" and (what == "null" or what == "a number" or what == "a string")
  end

  for what, body in pairs {
    ["HTML"] = "<html><body>Please log in: SECRETMARK</body></html>",
    ["white space"] = "  \r\n\t \n",
    ["binary"] = "\1\2\3\4\5\6\7\127 \14\15",
    ["protobuf"] = "k8s\0\10\6\10",
    ["null"] = "null\n",
    ["a number"] = "5\n",
    ["a string"] = '"web"',
    ["YAML"] = "kind: Pod\nmetadata:\n  name: web\n",
    ["a BOM before it"] = "\239\187\191{}",
    ["nested without an end"] = ("["):rep(100000),
    ["two of them"] = "{}{}",
    ["half of it"] = '{"kind":"Pod","items":[{"metadata":{"na',
  } do
    it("but " .. what .. ", is an error, or bytes", function()
      for _, name in ipairs(READERS) do
        if not fine(name, what) then
          local value, err, script = try(ways[name], { body = body })
          assert.is_nil(value, name)
          assert.is_nil(faults.flaw(err, "Decode", { "GET " .. script.server }), name)
          assert.is_nil(err.message:find("SECRETMARK", 1, true))
        end
      end
      for _, name in ipairs(BYTES) do assert.equal(body, (try(ways[name], { body = body }))) end
    end)
  end

  it("and says so, is named by its type", function()
    for _, name in ipairs(READERS) do
      local page = { body = "<html></html>", headers = { ["Content-Type"] = "text/html" } }
      local _, err = try(ways[name], page)
      assert.is_nil(faults.flaw(err, "Decode", { "text/html, not JSON" }), name)
    end
  end)

  it("but no UTF-8, or with a control character, is an error, or bytes", function()
    for _, bytes in ipairs { "\\xff\\xfe", "\\xc0\\x80", "\\xed\\xa0\\x80", "\\0", "\\n" } do
      for name, way in pairs(ways) do
        local text = made_of(way.body, ('b.replace(b"default", b"%s")'):format(bytes))
        local value, err = try(way, { body_base64 = text })
        if name == "raw" or name == "stream" then
          assert.equal(#way.body - 7 + #bytes:gsub("\\x?%w%w?", "."), #value, bytes)
        else
          assert.is_nil(value, name)
          assert.is_nil(faults.flaw(err, "Decode", { "offset" }), name)
        end
      end
    end
  end)
end)

describe("no body", function()
  it("is an error for who wants an object or a list, and no bytes", function()
    for code, raw in pairs {
      [204] = "HTTP/1.1 204 No Content\r\n\r\n",
      [205] = "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
      [200] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    } do
      for _, name in ipairs { "get", "list" } do
        local value, err = try(ways[name], { raw = raw })
        assert.is_nil(value)
        assert.is_nil(faults.flaw(err, "Decode", { "without a body (" .. code .. ")" }), name)
      end
      for _, name in ipairs(BYTES) do assert.equal("", (try(ways[name], { raw = raw }))) end
    end
  end)

  it("with 304 or 300 is a refusal, and nothing is followed", function()
    for _, code in ipairs { 304, 300 } do
      for name, way in pairs(ways) do
        local value, err, script = try(way, { status = code })
        assert.is_nil(value, name)
        assert.is_nil(faults.flaw(err, "Unknown", { "GET " .. script.server, tostring(code) }))
        assert.equal(code, err.status.code)
        assert.equal(2, #script.requests())
      end
    end
  end)

  it("but a way without an end is an error", function()
    local script = faults.script { { status = 307, headers = { Location = "./web" } } }
    for name, way in pairs(ways) do
      local value, err = way.read(way.client(script))
      assert.is_nil(value, name)
      assert.is_nil(faults.flaw(err, "Unknown", { "stopped after 10 redirects" }), name)
    end
  end)
end)

describe("gzip", function()
  local GZIP = { ["Content-Encoding"] = "gzip" }

  it("is read", function()
    for name, way in pairs(ways) do
      local text = made_of(way.body, "gzip.compress(b)")
      assert.equal(way.want, (try(way, { body_base64 = text, headers = GZIP })), name)
    end
  end)

  it("that is none is an error, whatever it is instead", function()
    for _, encoding in ipairs { "gzip", "br", "zstd", "odd" } do
      for name, way in pairs(ways) do
        local value, err, script = try(way, { body = way.body,
          headers = { ["Content-Encoding"] = encoding } })
        assert.is_nil(value, name)
        assert.is_nil(faults.flaw(err, "Decode", { "GET " .. script.server, "ncoding" }), name)
      end
    end
  end)

  it("that is broken in the middle is an error", function()
    for name, way in pairs(ways) do
      local text = made_of(way.body:rep(100), "(lambda z: z[:40] + bytes(30) + z[70:])"
        .. "(gzip.compress(b + bytes(range(256)) * 9, 1))")
      local value, err = try(way, { body_base64 = text, headers = GZIP })
      assert.is_nil(value, name)
      assert.is_nil(faults.flaw(err, "Decode", {}), name)
    end
  end)

  -- libcurl takes the end of the answer for that of the gzip: bytes of it cannot be told from all
  it("that is cut is an error for who wants JSON", function()
    for _, name in ipairs { "get", "list" } do
      local text = made_of(ways[name].body, "gzip.compress(b)[:-14]")
      local value, err = try(ways[name], { body_base64 = text, headers = GZIP })
      assert.is_nil(value, name)
      assert.is_nil(faults.flaw(err, "Decode", { "offset" }), name)
    end
  end)
end)

describe("a line without an end", function()
  --- Kilobytes of memory that this process has.
  local function resident()
    return tonumber(faults.read("/proc/self/status"):match("VmRSS:%s*(%d+)"))
  end

  --- What comes after `head`: one letter, far more often than anybody reads it.
  local function long(head) return { raw = head, filler = ("x"):rep(1000000), times = 1000 } end

  local HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"

  it("in a watch or in a list is too large, and its memory is given back", function()
    for name, start in pairs {
      watch = HEAD .. '{"type":"ADDED","object":{"metadata":{"name":"',
      list = HEAD .. '{"kind":"PodList","items":[{"metadata":{"name":"',
    } do
      local before
      for round = 1, 3 do -- what the first one leaves may be the allocator's, but not once more
        local value, err, script = try(ways[name], long(start))
        assert.is_nil(value, name)
        assert.is_nil(faults.flaw(err, "TooLarge", { "GET " .. script.server }), name)
        eventually(function() return script.left() == 1 end)
        if round == 1 then before = resident() end
      end
      assert.truthy(resident() - before < 20000, name .. " kept " .. resident() - before .. " kB")
    end
  end)

  it("in a stream of bytes needs little memory", function()
    local script = faults.script { { raw = HEAD, filler = ("x"):rep(1000000), times = 60,
      ["then"] = "close" } }
    local stream = assert(ways.stream.client(script)():stream())
    local before, most, count, bytes = resident(), 0, 0, 0
    local text, err = stream:next(10)
    while text do
      count, bytes = count + 1, bytes + #text
      if count % 50 == 0 then most = math.max(most, resident()) end
      text, err = stream:next(10)
    end
    assert.is_nil(err)
    assert.equal(60000000, bytes)
    assert.truthy(most - before < 20000, (most - before) .. " kB more for 60 MB")
    stream:close()
  end)

  it("in a document is given up where it is more than one may be", function()
    local script = faults.script { { announce = 2147483648, body = "{", ["then"] = "hang" } }
    local value, err = ways.raw.read(ways.raw.client(script))
    assert.is_nil(value)
    assert.is_nil(faults.flaw(err, "TooLarge", { "announces" }))
    eventually(function() return script.left() == 1 end)
  end)

  it("is left as soon as it is closed", function()
    for _, name in ipairs { "watch", "list" } do
      local script = faults.script { {
        raw = HEAD .. '{"kind":"', filler = "x", times = 1000000000,
      } }
      local pods = ways[name].client(script)
      local stream = name == "watch" and pods:watch() or pods:each()
      local _, err = stream:next(0.05)
      assert.is_true(kube.is_timeout(err), tostring(err))
      stream:close()
      eventually(function() return script.left() == 1 end)
    end
  end)
end)
