-- The request parser of kube.fake: whatever comes, in whatever pieces.
local http = require("kube.fake.http")

--- All requests of a text that comes in the given pieces, and the failure that ended it.
local function parse(pieces, limits)
  local parser, requests = http.parser(limits), {}
  for _, piece in ipairs(pieces) do
    parser:feed(piece)
    repeat
      local request, failure = parser:next()
      if failure then return requests, failure end
      requests[#requests + 1] = request
    until not request
  end
  return requests, nil, parser
end

local STREAM = "GET /api?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"
  .. "POST /b HTTP/1.1\r\nhost: a\r\nContent-Length: 5\r\nX-A: 1\r\nx-a:  2 \r\n\r\nhello"
  .. "\r\nPUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
  .. "3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n"
  .. "DELETE /d HTTP/1.0\nConnection: keep-alive\n\n"
  .. "GET /e HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

local function summary(requests)
  local lines = {}
  for i, r in ipairs(requests) do
    lines[i] = table.concat({ r.method, r.target, r.version, r.body, r.headers["x-a"] or "",
      r.close and "close" or "keep" }, "|")
  end
  return lines
end

local EXPECTED = {
  "GET|/api?x=1|1.1|||keep", "POST|/b|1.1|hello|1, 2|keep", "PUT|/c|1.1|abcdefg||keep",
  "DELETE|/d|1.0|||keep", "GET|/e|1.1|||close",
}

describe("the request parser", function()
  it("gives the same requests wherever the bytes are cut", function()
    assert.same(EXPECTED, summary((parse { STREAM })))
    for cut = 0, #STREAM do
      assert.same(EXPECTED, summary((parse { STREAM:sub(1, cut), STREAM:sub(cut + 1) })))
    end
  end)

  it("gives the same requests when bytes come one by one", function()
    local bytes = {}
    for i = 1, #STREAM do bytes[i] = STREAM:sub(i, i) end
    assert.same(EXPECTED, summary((parse(bytes))))
  end)

  it("refuses what is no request", function()
    local ok = " HTTP/1.1\r\nHost: a\r\n"
    for text, code in pairs {
      ["\0\1\2\r\n\r\n"] = 400, ["GET\r\n\r\n"] = 400, ["GET /\r\n\r\n"] = 400,
      ["GET / HTTP/2.0\r\nHost: a\r\n\r\n"] = 505, ["GET / HTTP/1.1\r\n\r\n"] = 400,
      ["GET /" .. ok .. "no colon\r\n\r\n"] = 400, ["GET /" .. ok .. " a: b\r\n\r\n"] = 400,
      ["GET /" .. ok .. "a\1: b\r\n\r\n"] = 400, ["GET /" .. ok .. "a: b\0c\r\n\r\n"] = 400,
      ["G@T /" .. ok .. "\r\n"] = 400, ["GET  /" .. ok .. "\r\n"] = 400,
      ["GET /" .. ok .. "Content-Length: x\r\n\r\n"] = 400,
      ["GET /" .. ok .. "Content-Length: -1\r\n\r\n"] = 400,
      ["GET /" .. ok .. "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"] = 400,
      ["GET /" .. ok .. "Host: b\r\n\r\n"] = 400,
      ["GET /" .. ok .. "Transfer-Encoding: gzip\r\n\r\n"] = 501,
      ["GET /" .. ok .. "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"] = 400,
      ["GET /" .. ok .. "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"] = 400,
      ["GET /" .. ok .. "Transfer-Encoding: chunked\r\n\r\n1\r\nabc"] = 400,
      ["GET /" .. ok .. "Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n"] = 400,
      ["\22\3\1\2\0\1\0\1\252\3\3\r\n\r\n"] = 400, -- TLS
    } do
      for cut = 0, #text do
        local requests, failure = parse { text:sub(1, cut), text:sub(cut + 1) }
        assert.same({}, requests, text)
        assert.equal(code, failure and failure.code, text)
      end
    end
  end)

  it("reads nothing after a failure", function()
    local parser = http.parser()
    parser:feed("nonsense\r\n\r\n" .. STREAM)
    assert.is_nil((parser:next()))
    parser:feed(STREAM)
    assert.is_nil((parser:next()))
    assert.equal(0, parser:waiting())
  end)

  it("has ceilings for heads, chunk lines, trailers and bodies", function()
    local limits, host = { head = 100, body = 10 }, " HTTP/1.1\r\nHost: a\r\n"
    local function code(text)
      local _, failure = parse({ text }, limits)
      return failure and failure.code
    end
    assert.equal(431, code("GET /" .. ("x"):rep(100)))
    assert.equal(431, code("GET /" .. host .. "A: " .. ("x"):rep(100) .. "\r\n\r\n"))
    assert.is_nil(code("GET /" .. host .. "A: " .. ("x"):rep(40) .. "\r\n\r\n"))
    assert.equal(413, code("PUT /" .. host .. "Content-Length: 11\r\n\r\n"))
    assert.is_nil(code("PUT /" .. host .. "Content-Length: 10\r\n\r\n0123456789"))
    local chunked = "PUT /" .. host .. "Transfer-Encoding: chunked\r\n\r\n"
    assert.equal(413, code(chunked .. "b\r\n"))
    assert.equal(413, code(chunked .. "a\r\n0123456789\r\n1\r\n"))
    assert.equal(431, code(chunked .. "0\r\n" .. ("A: b\r\n"):rep(50)))
    assert.equal(431, code(chunked .. ("1"):rep(2000)))
  end)

  it("takes time that grows with the bytes and no faster", function()
    local host, million = " HTTP/1.1\r\nHost: a\r\n", 1000 * 1000
    local blanks = (" "):rep(million)
    local started = os.clock()
    for text, value in pairs { ["1" .. blanks .. "2"] = "1" .. blanks .. "2", [blanks] = "",
      [blanks .. "1" .. "\t "] = "1", ["\t1" .. blanks] = "1" } do
      local requests = parse { "GET /" .. host .. "X-A:" .. text .. "\r\n\r\n" }
      assert.is_true(value == requests[1].headers["x-a"])
    end
    local requests = parse { ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"):rep(80000) }
    assert.equal(80000, #requests)
    assert.is_true(os.clock() - started < 10) -- it is under 1; squares of these numbers are hours
  end)

  it("joins equal headers, of which there may be a thousand in all", function()
    local function ask(n)
      local requests, failure = parse { "GET / HTTP/1.1\r\nHost: a\r\n"
        .. ("a:b\r\n"):rep(n) .. "\r\n" }
      return requests[1] and requests[1].headers.a, failure and failure.code
    end
    assert.same({ ("b, "):rep(998) .. "b" }, { ask(999) })
    assert.same({ nil, 431 }, { ask(1000) })
    assert.same({ nil, 431 }, { ask(190000) })
  end)

  it("tells once that the client waits to send its body", function()
    local parser = http.parser()
    parser:feed("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
    assert.is_nil((parser:next()))
    assert.is_true(parser:wants_body())
    assert.is_false(parser:wants_body())
    parser:feed("ab")
    assert.equal("ab", parser:next().body)
    assert.is_false(parser:wants_body())
  end)
end)

describe("a target", function()
  it("becomes segments and a query", function()
    local segments, query = http.target("/api/v1/a%2fb?x=1&y=a%3Db%20c+d&x=2&z&=q")
    assert.same({ "api", "v1", "a/b" }, segments)
    assert.same({ x = "1", y = "a=b c d", z = "", [""] = "q" }, query)
    assert.same({ "api", "" }, (http.target("/api/")))
    assert.same({ "" }, (http.target("/")))
    assert.same({ "a" }, (http.target("http://host:80/a")))
  end)

  it("is refused when it is none", function()
    for _, target in ipairs { "", "*", "a", "/a%zz", "/a%2", "http://host" } do
      assert.is_nil((http.target(target)), target)
    end
  end)
end)
