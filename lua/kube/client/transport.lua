--- What all clients of a configuration share: the core's client on this process's engine, and how
-- an answer is waited for.
local core = require("kube.core")
local driver = require("kube.driver")
local errors = require("kube.api.errors")
local host = require("kube.driver.host")
local lines = require("kube.driver.lines")
local observe = require("kube.client.observe")

local transport = {}

local Transport = {}
Transport.__index = Transport

--- The transport of a configuration: one for all its clients.
function transport.of(config)
  if not config._transport then
    rawset(config, "_transport", setmetatable({ config = config }, Transport)) -- it is read-only
  end
  return config._transport
end

--- The core's client, made when it is first needed, and anew in a child process.
local function client_of(self)
  local engine, err = host.engine()
  if not engine then return nil, err end
  if self._engine ~= engine then
    local client, why = core.client(engine, self.config._handle)
    if not client then return nil, why end
    self._engine, self._client = engine, client
  end
  return self._client
end

--- Starts a call: verb is a method of the core's client. call | nil, err
function Transport:start(verb, ...)
  local ok, why = driver.can_wait()
  if not ok then return nil, why end
  local client, err = client_of(self)
  if not client then return nil, err end
  local call, problem = client[verb](client, ...)
  if call then observe.started(call, self.config) end
  return call, problem
end

--- Waits for a call that has one object, and closes it: object | nil, err.
-- @param read  function (call) -> object | false when there is none yet | nil, err
function transport.finish(call, read)
  local object, err = read(call)
  while object == false do
    local ok, why = host.await(driver.current(), call:id())
    if not ok then
      object, err = nil, errors.from_wait(why, call:request())
      break
    end
    object, err = read(call)
  end
  observe.ended(call, err)
  call:close()
  lines.drain()
  if object == nil then return nil, err end
  return object -- and nothing beside it: who prints it sees no nil
end

return transport
