--- HTTP/1.1 without sockets: bytes to requests, and responses to bytes. Pure.
--
-- A parser is fed whatever came, in any pieces, and asked for requests until it has none:
--   parser:feed(bytes)
--   parser:next()          request | nil: feed more | nil, failure, after which nothing comes
--   parser:wants_body()    whether the client waits for "100 Continue", told once
-- A request is { method =, target =, version = "1.0" | "1.1", headers = { [lower case] = value },
-- body =, close = whether the connection ends with it }. A failure is { code =, message = }.
-- States: head -> length | size -> chunk -> ... -> trailers -> head; failed.
local http = {}

local Parser = {}
Parser.__index = Parser

--- Ceilings in bytes: of the head of a request, and of its body (kube-apiserver's).
http.LIMITS = { head = 1024 * 1024, body = 3 * 1024 * 1024 }

local MAX_HEADERS = 1000

-- What a client sends decides nothing but how much work is done: patterns here and in what reads
-- headers must be linear. "%s+$" and "(.-)%s*$" are not.

--- @param limits  ceilings; they may change between two requests
function http.parser(limits)
  return setmetatable({
    _limits = limits or http.LIMITS, _state = "head",
    _buffer = "", _at = 1, -- the first byte that is not taken yet
  }, Parser)
end

function Parser:feed(bytes)
  if self._state == "failed" then return end
  self._buffer, self._at = self._buffer:sub(self._at) .. bytes, 1
end

--- How many bytes wait to be read.
function Parser:waiting() return #self._buffer - self._at + 1 end

local function fail(self, code, message)
  self._state, self._buffer, self._at = "failed", "", 1
  return nil, { code = code, message = message }
end

local function too_many(self) return fail(self, 431, "Request Header Fields Too Large") end

--- Takes the next n bytes, or what there is of them.
local function take(self, n)
  local bytes = self._buffer:sub(self._at, self._at + n - 1)
  self._at = self._at + #bytes
  return bytes
end

--- Takes a line of at most `limit` bytes: line | nil | nil, failure.
local function take_line(self, limit)
  local last = self._buffer:find("\n", self._at, true)
  local size = last and last - self._at + 1 or self:waiting()
  if size > limit then return too_many(self) end
  if not last then return nil end
  return (take(self, size):gsub("\r?\n$", ""))
end

-- ---- heads ----

local TOKEN = "^[!#$%%&'*+.^_`|~%w-]+$"

--- A text without the blanks around it.
local function trimmed(text)
  local first = text:find("[^ \t]")
  return first and text:match("^.*[^ \t]", first) or ""
end

--- Adds a header line to { [name] = list of values }: true | nil, why.
local function add_header(headers, line)
  local name, value = line:match("^([^:]*):(.*)$")
  if not name or not name:find(TOKEN) or value:find("[%z\1-\8\10-\31\127]") then
    return nil, "400 Bad Request: a malformed header"
  end
  name, value = name:lower(), trimmed(value)
  local values = headers[name]
  if values and (name == "content-length" or name == "host") then
    if values[1] ~= value then return nil, "400 Bad Request: two headers " .. name end
    return true
  end
  values = values or {}
  headers[name], values[#values + 1] = values, value
  return true
end

--- The headers in some lines, as a table | nil, why.
local function parse_headers(text)
  local lists, count, headers = {}, 0, {}
  for line in text:gmatch("([^\n]*)\n") do
    count = count + 1
    if count > MAX_HEADERS then return nil, "431 Request Header Fields Too Large" end
    line = line:gsub("\r$", "")
    local ok, why = add_header(lists, line)
    if not ok then return nil, why end
  end
  for name, values in pairs(lists) do headers[name] = table.concat(values, ", ") end
  return headers
end

local function parse_head(text)
  local first, rest = text:match("^([^\n]*)\n(.*)$")
  local method, target, version = first:gsub("\r$", ""):match("^(%S+) (%S+) HTTP/(%d%.%d)$")
  if not method or not method:find(TOKEN) then return nil, "400 Bad Request" end
  if version ~= "1.1" and version ~= "1.0" then return nil, "505 HTTP Version Not Supported" end
  local headers, why = parse_headers(rest)
  if not headers then return nil, why end
  local request = { method = method, target = target, version = version, headers = headers }
  if version == "1.1" and not request.headers.host then
    return nil, "400 Bad Request: missing required Host header"
  end
  local connection = (request.headers.connection or ""):lower()
  request.close = connection:find("close", 1, true) ~= nil
    or version == "1.0" and not connection:find("keep-alive", 1, true)
  return request
end

--- How long the head is that begins at a place | nil.
local function head_size(buffer, at)
  local _, last = buffer:find("\n\r?\n", at)
  return last and last - at + 1
end

--- How the body of a request comes: state, bytes | nil, failure.
local function framing(self, headers)
  local coding, length = headers["transfer-encoding"], headers["content-length"]
  if coding then
    if coding:lower() ~= "chunked" then return fail(self, 501, "Unsupported transfer encoding") end
    if length then return fail(self, 400, "400 Bad Request: two lengths") end
    return "size"
  end
  if not length then return "length", 0 end
  if not length:find("^%d+$") or #length > 15 then
    return fail(self, 400, "400 Bad Request: bad Content-Length")
  end
  if tonumber(length) > self._limits.body then return fail(self, 413, "too large") end
  return "length", tonumber(length)
end

-- ---- states: each goes on as far as it can; true: look again | nil | nil, failure ----

local STATES = {}

function STATES.head(self)
  -- RFC 9112 2.2: empty lines before a request
  self._at = self._buffer:find("[^\r\n]", self._at) or #self._buffer + 1
  local size = head_size(self._buffer, self._at)
  if (size or self:waiting()) > self._limits.head then return too_many(self) end
  if not size then return nil end
  local request, why = parse_head((take(self, size):gsub("\r?\n$", "")))
  if not request then return fail(self, tonumber(why:match("^%d+")), why) end
  local state, length = framing(self, request.headers)
  if not state then return nil, length end
  self._request, self._state, self._left = request, state, length
  self._parts, self._size = {}, 0
  local expect = (request.headers.expect or ""):lower()
  self._continue = expect == "100-continue" and (state == "size" or length > 0)
  return true
end

local function add_part(self, bytes)
  self._parts[#self._parts + 1] = bytes
  self._size = self._size + #bytes
end

function STATES.length(self)
  local bytes = take(self, self._left)
  self._left = self._left - #bytes
  add_part(self, bytes)
  if self._left > 0 then return nil end
  self._state = "done"
  return true
end

function STATES.size(self)
  local line, failure = take_line(self, 1024)
  if not line then return nil, failure end
  local size = line:match("^(%x+)[ \t]*$") or line:match("^(%x+)[ \t]*;.*$")
  if not size or #size > 8 then return fail(self, 400, "400 Bad Request: bad chunk size") end
  self._left = tonumber(size, 16)
  if self._size + self._left > self._limits.body then return fail(self, 413, "too large") end
  self._state = self._left > 0 and "chunk" or "trailers"
  return true
end

function STATES.chunk(self)
  if self._left > 0 then
    local bytes = take(self, self._left)
    self._left = self._left - #bytes
    add_part(self, bytes)
    if self._left > 0 then return nil end
  end
  local last = self._buffer:match("^\r?\n", self._at)
  if not last and self:waiting() < 2 then return nil end
  if not last then return fail(self, 400, "400 Bad Request: bad chunk") end
  take(self, #last)
  self._state = "size"
  return true
end

function STATES.trailers(self)
  local line, failure = take_line(self, self._limits.head)
  if not line then return nil, failure end
  self._trailers = (self._trailers or 0) + #line
  if self._trailers > self._limits.head then return too_many(self) end
  if line == "" then self._state, self._trailers = "done", nil end
  return true
end

--- The next request | nil: feed more | nil, failure.
function Parser:next()
  while self._state ~= "done" do
    if self._state == "failed" then return nil end
    local again, failure = STATES[self._state](self)
    if not again then return nil, failure end
  end
  local request = self._request
  request.body = table.concat(self._parts)
  self._state, self._request, self._parts, self._continue = "head", nil, nil, false
  return request
end

--- Whether the client waits to be told to send the body; true once a request.
function Parser:wants_body()
  local wants = self._continue == true
  self._continue = false
  return wants
end

-- ---- responses ----

local REASONS = {
  [100] = "Continue", [200] = "OK", [201] = "Created", [400] = "Bad Request", [403] = "Forbidden",
  [404] = "Not Found", [405] = "Method Not Allowed", [406] = "Not Acceptable", [409] = "Conflict",
  [410] = "Gone", [413] = "Request Entity Too Large", [415] = "Unsupported Media Type",
  [422] = "Unprocessable Entity", [431] = "Request Header Fields Too Large",
  [500] = "Internal Server Error", [501] = "Not Implemented", [503] = "Service Unavailable",
  [504] = "Gateway Timeout", [505] = "HTTP Version Not Supported",
}

http.CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n"

--- The head of a response.
-- @param headers  a list of { name, value }
function http.head(code, headers)
  local lines = { string.format("HTTP/1.1 %d %s", code, REASONS[code] or "Unknown") }
  for _, header in ipairs(headers) do
    lines[#lines + 1] = header[1] .. ": " .. header[2]:gsub("[\r\n]", " ")
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

--- A piece of a body of unknown length.
function http.chunk(bytes) return string.format("%x\r\n%s\r\n", #bytes, bytes) end

http.LAST_CHUNK = "0\r\n\r\n"

-- ---- targets ----

local function unescape(text)
  if text:gsub("%%%x%x", ""):find("%", 1, true) then return nil end
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

--- The segments of a path, unescaped one by one, and the query as a table | nil when it is no
-- target. A name that comes twice counts with its first value, as in Go.
function http.target(target)
  local path, search = target:match("^([^?]*)%??(.*)$")
  if path:sub(1, 1) ~= "/" then path = path:match("^https?://[^/]*(/.*)$") or "" end
  if path == "" then return nil end
  local segments, query = {}, {}
  for segment in path:gmatch("/([^/]*)") do
    segments[#segments + 1] = unescape(segment)
    if not segments[1] or unescape(segment) == nil then return nil end
  end
  for pair in search:gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    name, value = unescape((name:gsub("%+", " "))), unescape((value:gsub("%+", " ")))
    if name and value and query[name] == nil then query[name] = value end
  end
  return segments, query
end

return http
