--- Objects one by one: the items of a list, the events of a watch.
--
--   for object in stream do print(object.metadata.name) end -- throws what goes wrong
--   local object, err = stream:next(5)                      -- nil at the end | nil, err
--
-- One task reads a stream. Leaving its `for` early does not close it: stream:close does, in Lua 5.4
-- a variable that is `<close>`, at last the garbage collector.
local driver = require("kube.driver")
local errors = require("kube.api.errors")
local host = require("kube.driver.host")
local lines = require("kube.driver.lines")
local observe = require("kube.client.observe")
local options = require("kube.api.options")
local yields = require("kube.driver.yields")

local stream = {}

local Stream = {}
Stream.__index = Stream

local SLICE = 0.00025 -- seconds of work after which the neighbours may run

--- A stream of the call that open starts when the first object is asked for.
-- @param open  function () -> call, read, following | nil, err; with
--   read = function (call) -> object | false, none yet | nil at the end | nil, err, and
--   following = such a function, for the call whose objects come when this one's have ended, or nil
-- @param lasts  whether it has no end of its own: a watch
function stream.new(open, lasts) return setmetatable({ _open = open, _lasts = lasts }, Stream) end

--- It came to its end, or is about to be closed: once.
local function tell_end(self, err)
  if self._told then return end
  self._told = true
  observe.ended(self._call, err)
end

--- Ends its call.
local function finish(self)
  tell_end(self)
  self._call:close()
  lines.drain()
end

--- Starts now instead of at the first object, and looks up which resource it is: true | nil, err.
-- Does not wait for objects.
function Stream:open()
  if self._call or self._closed then return true end
  local call, read, following = self._open()
  if not call then return nil, read end
  self._call, self._read, self._open = call, read, following
  if self._closed then finish(self) end -- by another task, while it was looked up what it is of
  return true
end

--- A fast server must not starve the others: after a slice of work they get a turn.
-- @return true | nil, err (canceled, or out of time)
local function share(self)
  if driver.current().in_place or host.used() < SLICE then return true end
  return driver.yield(self:request())
end

--- What was read is told, where it may be news: after a wait there may be an answer.
local function tell(self, object, err)
  if object == false then
    self._waited = true
    return
  end
  if self._waited or object == nil then
    self._waited = false
    observe.answered(self._call)
  end
  if self._closed then return end -- by who was told
  if object == nil and (not err or self._call:ended()) then tell_end(self, err) end
end

--- Goes on with the call that follows the one that ended: true | false, there is none | nil, err.
local function go_on(self)
  if not self._open then return false end
  self._call:close()
  self._call, self._told, self._waited = nil, nil, nil
  return self:open()
end

--- Waits for the next object: object | nil at the end | nil, err.
-- @param timeout  seconds, or nil for ever; then nil and an error (reason Timeout), and the stream
--   goes on
function Stream:next(timeout)
  if getmetatable(self) ~= Stream then error("call it with a colon: stream:next()", 2) end
  if timeout ~= nil then options.check_type(timeout, "number", "stream:next: the timeout") end
  local deadline = timeout and driver.current().now() + timeout
  local ok, err = self:open()
  if not ok then return nil, err end
  while not self._closed do
    ok, err = share(self)
    if not ok then return nil, err end
    if self._closed then break end -- by one of those who ran
    local object, problem = self._read(self._call)
    tell(self, object, problem)
    if object then return object end
    if object == nil then
      if problem then return nil, problem end
      ok, err = go_on(self)
      if not ok then return nil, err or nil end
    else
      ok, err = host.await(driver.current(), self._call:id(), deadline, self._lasts)
      if not ok then return nil, errors.from_wait(err, self:request()) end
    end
  end
  return nil
end

--- The call under way; nil before the stream was started, and when it is closed.
local function open_call(self) return not self._closed and self._call or nil end

--- What is asked for, for messages: "GET https://host/path".
function Stream:request()
  local call = open_call(self)
  if call then return call:request() end
  return self._closed and "a closed stream" or "a stream that was not started"
end

--- Of a list that came to its end: { apiVersion =, kind = "PodList",
-- metadata = { resourceVersion =, continue = } }; nil before the stream was started, and of one
-- that is closed.
function Stream:list_head()
  local call = open_call(self)
  return call and call:list_head()
end

--- HTTP's view of the last answer: { code =, http_version = 11 or 20, connects = connections that
-- were made for it, and of all its requests bytes = of bodies received, bytes_sent =, retries = how
-- often one was sent again after a rest, throttle_seconds = that they waited because of the option
-- qps, seconds = since the first was made }; nil before the stream was started, and of one that is
-- closed.
function Stream:info()
  local call = open_call(self)
  return call and call:info()
end

--- Ends it at any moment, from any task; who waits for it gets nil. May be called twice.
function Stream:close()
  if self._closed then return end
  self._closed = true
  if not self._call then return end
  host.disturb(self._call:id())
  finish(self)
end

Stream.__close = Stream.close

--- For `for`: the next object, nil at the end. What goes wrong is thrown.
function Stream:__call()
  if not yields and not driver.current().in_place then
    error("this Lua cannot wait in a for loop inside kube.run: call stream:next() there", 2)
  end
  local object, err = self:next()
  if object == nil and err then error(err, 0) end
  return object
end

--- The stream itself, for a watch to read well: `for event in watch:events() do`.
function Stream:events() return self end

return stream
