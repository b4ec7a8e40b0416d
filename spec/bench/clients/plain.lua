--- The plain script of today: lua-cjson on bytes that something else fetches.
local report = require("report")
local cjson = require("cjson")

local plain = {}

local PODS = "/api/v1/pods"
local POD = "/api/v1/namespaces/ns-0/pods/"

local function lengths(items)
  local sum = 0
  for _, pod in ipairs(items) do sum = sum + #pod.metadata.name end
  return sum
end

--- For the pieces of a stream: hands over each whole line.
local function lines(handle)
  local rest = ""
  return function(piece)
    local at = 1
    local stop = piece:find("\n", 1, true)
    while stop do
      handle(rest .. piece:sub(at, stop - 1))
      rest, at = "", stop + 1
      stop = piece:find("\n", at, true)
    end
    rest = rest .. piece:sub(at)
  end
end

--- Gets one after the other, on a connection that the first one made.
local function gets(fetch, length_of)
  local names, sum = report.names(), 0
  fetch(POD .. names[1])
  report.ready()
  for _, name in ipairs(names) do sum = sum + length_of(fetch(POD .. name)) end
  report.done(#names, sum)
end

--- Runs the figure that arg[1] names.
-- @param get    function (path, handle): one request, whose body goes to handle in pieces
-- @param keep   function () -> function (path) -> body, on one connection that stays
function plain.run(get, keep)
  local function fetch(path)
    local pieces = {}
    get(path, function(piece) pieces[#pieces + 1] = piece end)
    return table.concat(pieces)
  end

  local figures = {
    list = function()
      local items = cjson.decode(fetch(PODS)).items
      report.done(#items, lengths(items))
    end,
    each = function()
      local n, sum, token = 0, 0, ""
      repeat
        local page = cjson.decode(fetch(PODS .. "?limit=500&continue=" .. token))
        n, sum, token = n + #page.items, sum + lengths(page.items), page.metadata.continue
      until not token
      report.done(n, sum)
    end,
    watch = function()
      local n, sum = 0, 0
      get(PODS .. "?watch=true", lines(function(line)
        n, sum = n + 1, sum + #cjson.decode(line).object.metadata.name
      end))
      report.done(n, sum)
    end,
    ["get-raw"] = function() gets(keep(), function(body) return #body end) end,
    get = function() gets(keep(), function(body) return #cjson.decode(body).metadata.name end) end,
    first = function()
      local name = cjson.decode(fetch(POD .. os.getenv("BENCH_NAME"))).metadata.name
      report.show(name)
      report.done(1, #name)
    end,
    decode = function()
      local texts, sum = report.texts(), 0
      report.ready()
      for _, text in ipairs(texts) do sum = sum + #cjson.decode(text).metadata.name end
      report.done(#texts, sum)
    end,
  }
  figures[arg[1]]()
end

return plain
