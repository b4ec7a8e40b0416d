--- From a request to its response.
--
-- A response is { code =, headers = list of { name, value }, body = text } or, for a watch,
-- { code = 200, headers =, stream = function (out) }.
local discovery = require("kube.fake.discovery")
local encoding = require("kube.fake.encoding")
local http = require("kube.fake.http")
local json = require("kube.json")
local parameters = require("kube.fake.parameters")
local patches = require("kube.fake.patches")
local read = require("kube.fake.read")
local removal = require("kube.fake.removal")
local request = require("kube.fake.request")
local status = require("kube.fake.status")
local watch = require("kube.fake.watch")
local write = require("kube.fake.write")

local handler = {}

local JSON = "application/json"

local function response(code, body, kind, headers)
  local all = { { "Content-Type", kind or JSON }, { "Cache-Control", "no-cache, private" } }
  for _, header in ipairs(headers or {}) do all[#all + 1] = header end
  return { code = code, headers = all, body = body }
end

--- A copy of a failure in which all texts are UTF-8: they quote what came from outside.
local function readable(value)
  if type(value) == "string" then return encoding.utf8(value) end
  if type(value) ~= "table" then return value end
  local copy = {}
  for name, member in pairs(value) do copy[name] = readable(member) end
  return copy
end

--- The response that a value is.
function handler.answer(code, value)
  return response(code, assert(json.encode(value, { sort_keys = true })) .. "\n", JSON)
end

--- The response that a failure is.
function handler.failed(failure)
  local text = assert(json.encode(readable(failure), { sort_keys = true })) .. "\n"
  local wait = failure.details and failure.details.retryAfterSeconds
  return response(failure.code, text, JSON,
    wait and { { "Retry-After", string.format("%d", wait) } } or nil)
end

-- ---- what the client takes ----

--- The media ranges of Accept, in order: { kind =, as =, version = }.
local function ranges(accept)
  local found = {}
  if (accept or "") == "" then accept = "*/*" end
  for range in accept:gmatch("[^,]+") do
    local kind = range:match("^%s*([^;%s]*)"):lower()
    found[#found + 1] = {
      kind = kind, as = range:match(";%s*as=([^;%s]*)"),
      version = range:match(";%s*v=([^;%s]*)"),
    }
  end
  return found
end

local PLAIN = { ["application/json"] = true, ["*/*"] = true }

--- How to answer: "plain" or "aggregated" | nil, failure.
local function negotiate(accept, is_discovery)
  local refused
  for _, range in ipairs(ranges(accept)) do
    if PLAIN[range.kind] and not range.as then return "plain" end
    if is_discovery and range.as == "APIGroupDiscoveryList" and range.version == "v2" then
      return "aggregated"
    end
    if not is_discovery and range.as then
      refused = "the representation " .. range.as
    elseif range.kind == "application/vnd.kubernetes.protobuf" then
      refused = "protobuf"
    end
  end
  if refused then
    return nil, status.not_implemented(refused, "add application/json to Accept")
  end
  return nil, status.not_acceptable()
end

-- ---- documents ----

local function document(world, asked, how)
  if asked.document == "none" then
    return response(404, "404 page not found\n", "text/plain; charset=utf-8")
  elseif asked.document == "health" then
    return response(200, "ok", "text/plain; charset=utf-8")
  elseif how == "aggregated" then
    local value = discovery.aggregated(world.catalog, asked.document)
    return response(200, assert(json.encode(value, { sort_keys = true })) .. "\n",
      discovery.AGGREGATED, { { "Vary", "Accept" } })
  end
  local value = discovery.document(world.catalog, asked, world.address)
  return response(200, assert(json.encode(value, { sort_keys = true })) .. "\n")
end

-- ---- verbs: each gives code, text, headers | nil, failure ----

local VERBS = {
  get = function(world, asked, query)
    local text, failure = read.get(world, asked, query)
    return text and 200, text or failure
  end,
  list = function(world, asked, query)
    local text, failure = read.list(world, asked, query)
    return text and 200, text or failure
  end,
  create = write.create,
  update = write.update,
  patch = patches.patch,
  delete = removal.delete,
  delete_collection = removal.delete_collection,
}

local function run_watch(world, asked, query)
  local stream, failure = watch.open(world, asked, query)
  if not stream then return handler.failed(failure) end
  local answer = response(200, nil)
  answer.stream = stream
  return answer
end

local function run(world, given, asked, query)
  if asked.verb == "list" and parameters.flag(query, "watch") then
    return run_watch(world, asked, query)
  end
  local code, text, headers = VERBS[asked.verb](world, asked, query, given)
  if not code then return handler.failed(text) end
  return response(code, text .. "\n", JSON, headers)
end

local AGGREGATES = { api = true, apis = true }
local TEXTS = { none = true, health = true }

--- The response to a request (see kube.fake.http).
function handler.handle(world, given)
  local segments, query = http.target(given.target)
  if not segments then
    return response(400, "400 Bad Request", "text/plain; charset=utf-8")
  end
  local asked, failure = request.read(given.method, segments, world.catalog)
  if not asked then return handler.failed(failure) end
  if TEXTS[asked.document] then return document(world, asked) end
  local how
  how, failure = negotiate(given.headers.accept, AGGREGATES[asked.document])
  if not how then return handler.failed(failure) end
  if asked.document then return document(world, asked, how) end
  return run(world, given, asked, query)
end

return handler
