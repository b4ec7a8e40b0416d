--- The sockets: connections over luv, each with its parser, one request at a time.
--
-- What is served is a host: { respond = function (request) -> response, which may throw, limits =
-- the ceilings of requests (see kube.fake.http) }; both may change between two requests.
local handler = require("kube.fake.handler")
local http = require("kube.fake.http")
local status = require("kube.fake.status")
local uv = require("luv")

local server = {}

local LINGER = 2000 -- ms that a client has to read the last answer
local CEILING = 64 * 1024 * 1024 -- bytes that may wait for a client that does not read
local AHEAD = 4 * 1024 * 1024 -- bytes of requests that may wait for a watch to end

local Connection = {}
Connection.__index = Connection

local function report(message) io.stderr:write("kube.fake: ", tostring(message), "\n") end

--- fn, whose errors are told and go no further. (PUC 5.1's xpcall passes no arguments on.)
local function guarded(fn)
  return function(a, b)
    local ok, message = xpcall(function() fn(a, b) end, debug.traceback)
    if not ok then report(message) end
  end
end

server.guarded = guarded

function Connection:close()
  if self._closed then return end
  self._closed = true
  for _, fn in ipairs(self._on_close) do fn() end
  self._on_close = {}
  if self._linger then self._linger:close() end
  if not self._socket:is_closing() then self._socket:close() end
end

--- Ends our side and waits for the client to end its own: closed at once, with bytes unread, the
-- client would be reset and lose what it has not read yet.
function Connection:_finish()
  self._finished = true
  self._socket:shutdown()
  self._linger = uv.new_timer()
  self._linger:start(LINGER, 0, guarded(function() self:close() end))
end

--- Sends; with `last` the connection ends when all is sent.
function Connection:send(pieces, last)
  if self._closed then return end
  self._socket:write(pieces, guarded(function(err)
    if err then return self:close() end
    if last and not self._closed then self:_finish() end
  end))
  if self._socket:get_write_queue_size() > CEILING then self:close() end
end

local function date() return { "Date", os.date("!%a, %d %b %Y %H:%M:%S GMT") } end

--- The headers of an answer, with those that every one has.
local function with_common(headers, request, own)
  headers[#headers + 1] = date()
  headers[#headers + 1] = own
  if request.close then headers[#headers + 1] = { "Connection", "close" } end
  return headers
end

--- The side of a stream that a watch writes to.
function Connection:_out(request)
  local chunked, ended = request.version == "1.1", false
  local out = {}
  function out.write(text)
    if not ended then self:send(chunked and http.chunk(text) or text) end
  end
  function out.close()
    if ended then return end
    ended = true
    for _, fn in ipairs(self._on_close) do fn() end
    self._on_close, self._busy = {}, false
    self:send(chunked and http.LAST_CHUNK or "", request.close)
    if not request.close then self:_work() end
  end
  function out.on_close(fn)
    if ended or self._closed then fn() else self._on_close[#self._on_close + 1] = fn end
  end
  return out
end

function Connection:_stream(request, response)
  self._busy = true
  if request.version == "1.0" then request.close = true end
  local own = request.version == "1.1" and { "Transfer-Encoding", "chunked" } or nil
  self:send(http.head(response.code, with_common(response.headers, request, own)))
  response.stream(self:_out(request))
end

function Connection:_answer(request, response)
  if response.stream then return self:_stream(request, response) end
  local length = { "Content-Length", string.format("%d", #response.body) }
  local head = http.head(response.code, with_common(response.headers, request, length))
  local body = request.method == "HEAD" and "" or response.body
  self:send({ head, body }, request.close)
end

--- The response to a request, whatever happens.
local function respond(host, request)
  local ok, response = xpcall(function() return host.respond(request) end, debug.traceback)
  if ok then return response end
  report(response)
  return handler.failed(status.internal("kube.fake failed; its stderr says where"))
end

--- The response to what is no request: it ends the connection.
local function refusal(failure, limits)
  if failure.code == 413 then return handler.failed(status.too_large(limits.body)) end
  return handler.failed(status.failure(failure.code, nil, failure.message))
end

--- Answers the next request, if it is there: whether there may be more.
function Connection:_step()
  local request, failure = self._parser:next()
  if failure then
    self:_answer({ close = true, version = "1.1" }, refusal(failure, self._host.limits))
    return false
  end
  if self._parser:wants_body() then self:send(http.CONTINUE) end
  if not request then return false end
  self:_answer(request, respond(self._host, request))
  return not request.close
end

--- Answers what has come so far. An error, which only a stream can have that has begun, ends the
-- connection: the client would wait for ever.
function Connection:_work()
  if self._working then return end -- a stream that ends at once comes back here
  self._working = true
  local ok, message = xpcall(function()
    while not self._busy and not self._closed and self:_step() do end
  end, debug.traceback)
  self._working = false
  if ok then return end
  report(message)
  self:close()
end

function Connection:_read(bytes)
  if not bytes then return self:close() end
  if self._finished then return end
  self._parser:feed(bytes)
  self:_work()
  if self._parser:waiting() > AHEAD then self:close() end
end

local function accept(host, listener)
  local socket = uv.new_tcp()
  listener:accept(socket)
  socket:nodelay(true)
  local connection = setmetatable({
    _host = host, _socket = socket, _parser = http.parser(host.limits), _on_close = {},
  }, Connection)
  socket:read_start(guarded(function(err, bytes)
    if err then return connection:close() end
    connection:_read(bytes)
  end))
end

--- Serves a host on a free port of 127.0.0.1: the port | nil, message.
function server.listen(host)
  local listener = uv.new_tcp()
  local ok, message = listener:bind("127.0.0.1", 0)
  if not ok then return nil, message end
  ok, message = listener:listen(128, guarded(function(err)
    if not err then accept(host, listener) end
  end))
  if not ok then return nil, message end
  return listener:getsockname().port
end

return server
