--- Objects one by one: the items of a list, the events of a watch.
--
--   for object in stream do ... end       throws what goes wrong: it is never taken for the end
--   local object, err = stream:next(5)    nil at the end | nil, err
local driver = require("kube.driver")
local errors = require("kube.api.errors")
local host = require("kube.driver.host")

local stream = {}

local Stream = {}
Stream.__index = Stream

local SLICE = 0.001 -- seconds of decoding after which the neighbours may run

--- A stream of the call that open starts when the first object is asked for.
-- @param open  function () -> call, read | nil, err; with
--   read = function (call) -> object | false when there is none yet | nil at the end | nil, err
function stream.new(open) return setmetatable({ _open = open }, Stream) end

--- Opens now instead of at the first object: true | nil, err. Does not wait for the server.
function Stream:open()
  if self._call or self._closed then return true end
  local call, read = self._open()
  if not call then return nil, read end
  self._call, self._read, self._id, self._open = call, read, call:id(), nil
  return true
end

--- A fast server must not starve the others: after a slice of work they get a turn.
local function share(self)
  local current = driver.current()
  if current.name == "blocking" then return end
  local now = current.now()
  if not self._slice then
    self._slice = now
  elseif now - self._slice > SLICE then
    current.yield()
    self._slice = current.now()
  end
end

--- Waits for the next object: object | nil at the end | nil, err.
-- @param timeout  seconds; then nil and an error with reason Timeout, and the stream goes on
function Stream:next(timeout)
  if getmetatable(self) ~= Stream then error("call it with a colon: stream:next()", 2) end
  local deadline = timeout and driver.current().now() + timeout
  local ok, err = self:open()
  if not ok then return nil, err end
  while not self._closed do
    local object, problem = self._read(self._call)
    if object then
      share(self)
      return object
    elseif object == nil then
      if not problem then self._ended = true end
      return nil, problem
    end
    local awake, why = host.await(driver.current(), self._id, deadline)
    self._slice = nil
    if not awake then return nil, errors.from_wait(why, self:request()) end
  end
  return nil
end

--- What is asked for: "GET https://host/path".
function Stream:request()
  return self._call and not self._closed and self._call:request() or "a closed stream"
end

--- Of a list that came to its end: { apiVersion =, kind =, metadata = { resourceVersion = } }.
function Stream:list_head() return self._call and self._call:list_head() end

--- HTTP's view of the last answer: { code =, http_version =, connects =, bytes = }.
function Stream:info() return self._call and self._call:info() end

--- Ends it at any moment, from any task; who waits for it gets nil. May be called twice.
function Stream:close()
  if self._closed then return end
  self._closed = true
  if not self._call then return end
  host.disturb(self._id)
  self._call:close()
end

Stream.__close = Stream.close

--- For `for`: the next object, nil at the end. What goes wrong is thrown.
function Stream:__call()
  local object, err = self:next()
  if object == nil and err then error(err, 0) end
  return object
end

--- The same for a watch: `for event in watch:events() do`.
function Stream:events() return self end

return stream
