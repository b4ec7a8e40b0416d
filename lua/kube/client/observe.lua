--- What is told of calls besides what they give: warnings of the server, and what they took, for
-- metrics.
--
--   kube.set_warning_handler(function(warning) print(warning.text) end)
--   kube.on_request(function(request) count(request.verb, request.code, request.seconds) end)
--
-- | case                        | client-go                      | kube                           |
-- |-----------------------------|--------------------------------|--------------------------------|
-- | a warning comes again       | is logged again (kubectl: not) | each text once a process       |
-- | codes other than 299        | reach a handler                | are passed over                |
-- | the handler                 | per configuration, or global   | the same                       |
-- | the metrics of requests     | seven interfaces, set once     | a function, a table for a call |
-- | when they are told          | headers are there              | a call is over                 |
-- | the URL of a latency        | {namespace}, {name} for names  | the path as it is              |
-- Source: client-go rest/warnings.go, tools/metrics/metrics.go.
local lines = require("kube.driver.lines")
local options = require("kube.api.options")

local observe = {}

--- What users see as kube.set_warning_handler and kube.on_request.
local public = {}
observe.public = public

local MOST = 1000 -- texts that are remembered

local warning_handler -- nil: the log; false: nobody
local on_request

-- call -> its configuration, where that has functions of its own
local owners = setmetatable({}, { __mode = "k" })

-- ---- warnings ----

local seen, count = {}, 0

--- Each text once; who has too many begins anew.
local function log_once(warning)
  local text = warning.text
  if seen[text] then return end
  if count == MOST then seen, count = {}, 0 end
  seen[text], count = true, count + 1
  lines.say("Warning: " .. text, true)
end

local function or_else(own, common)
  if own ~= nil then return own end
  return common
end

--- All that came, first: a handler may close what it is told of.
local function warnings_of(call, code, agent, text)
  local list, request = {}, call:request()
  while code do
    list[#list + 1] = { code = code, agent = agent, text = text, request = request }
    code, agent, text = call:warning()
  end
  return list
end

local function hand_over(owner, warning)
  local handler = or_else(owner and owner._warning_handler, warning_handler)
  if handler then
    lines.call("the warning handler", handler, warning)
  elseif handler == nil then
    log_once(warning)
  end
end

--- Sets who gets the Warning headers of answers, of all configurations that have no warning_handler
-- of their own (kube.config.load).
-- @param handler  function (warning), with warning = { code = 299, agent = "-" or who warns,
--   text =, request = "GET https://host/path" }; it is called while the answer is read, and must
--   not wait; what it throws is said once. false: nobody. nil: as at first, each text is logged
--   once ("Warning: ...", kube.log)
function public.set_warning_handler(handler)
  if handler ~= nil and handler ~= false then
    options.check_type(handler, "function", "kube.set_warning_handler: the handler")
  end
  warning_handler = handler
end

-- ---- what a call took ----

--- Sets who hears of each call that is over, of all configurations; a configuration's own
-- on_request is called too. A list is one call, with all its pages; a watch is one, until it is
-- closed. Of a stream that is neither read to its end nor closed nothing is told.
-- @param fn  function (request), with request = { verb = "GET", host = "host:port", path =, code =
--   (nil: there was no answer), reason = of the error (nil: there was none), seconds = all of it
--   (waiting for its turn, retries, and until its end was read), bytes_sent =, bytes_received = (of
--   bodies, the latter as they were on the wire), retries =, throttle_seconds = }; it must not
--   wait; what it throws is said once. nil: nobody
function public.on_request(fn)
  if fn ~= nil then options.check_type(fn, "function", "kube.on_request: the function") end
  on_request = fn
end

local function record_of(call, err)
  local info, _, reason = call:info(), call:ended()
  local verb, host, path = call:request():match("^(%S+) %a+://([^/]+)(.*)$")
  return {
    verb = verb, host = host, path = path,
    code = info.code ~= 0 and info.code or nil,
    reason = err and err.reason or reason,
    seconds = info.seconds, bytes_sent = info.bytes_sent, bytes_received = info.bytes,
    retries = info.retries, throttle_seconds = info.throttle_seconds,
  }
end

local function tell(call, err)
  local owner = owners[call]
  local own = owner and owner._on_request
  if not own and not on_request then return end
  local record = record_of(call, err)
  if own then lines.call("on_request", own, record) end
  if on_request then lines.call("kube.on_request", on_request, record) end
end

-- ---- for who reads calls ----

--- A call was started for a configuration.
function observe.started(call, config)
  if config._observed then owners[call] = config end
end

--- Something was read of it: its warnings, if there are any.
function observe.answered(call)
  local code, agent, text = call:warning()
  if not code then return end
  local owner = owners[call]
  for _, warning in ipairs(warnings_of(call, code, agent, text)) do hand_over(owner, warning) end
end

--- It is about to be closed, or came to its end; once.
-- @param err  why it failed; nil: it did not
function observe.ended(call, err)
  observe.answered(call)
  tell(call, err)
end

return observe
