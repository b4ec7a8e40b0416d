-- Whatever a template is, there is a result or an error, and the same one each time.
local json = require("kube.json")
local errors = require("kube.api.errors")
local jsonpath = require("kube.api.jsonpath").adopt(json)

local OBJECT = assert(json.decode [==[
  {"n": null, "e": {}, "l": [], "s": "h\u00e9y", "x": 8, "f": 2.5, "big": 9007199254740993,
   "t": true, "items": [
     {"a": 1, "name": "one", "c": [{"p": 1}, {"p": 2}], "z": 1}, {"a": 2, "name": "two", "c": []},
     {"a": 1.5, "name": "three", "c": [{"p": 3, "q": null}], "y": null}, null,
     {"a": "s", "name": "x", "m": {"k.io/h": "v", "b": [1, 2, [3, 4]]}}],
   "names": ["a", "b", "c", "d"], "nested": [[1, 2], [3], []]}
]==])

local function pick(list) return list[math.random(#list)] end

--- As many pieces as chance will have, one after the other.
local function some(most, piece)
  local texts = {}
  for i = 1, math.random(0, most) do texts[i] = piece() end
  return table.concat(texts)
end

-- ---- the grammar: name -> function () -> text ----

local make = {}

local NAMES = { "n", "e", "l", "s", "x", "f", "big", "t", "items", "a", "name", "c", "p", "m",
  "names", "nested", "nope", "k\\.io/h", "*", "" }
local BOUNDS = { "", "-1", "0", "1", "2", "-", "7", "99999999999999999999" }

local function name() return pick(NAMES) end

local function index() return tostring(math.random(-5, 5)) end

local function slice()
  return pick(BOUNDS) .. ":" .. pick(BOUNDS) .. pick { "", ":", ":2", ":0", ":-1" }
end

local function literal()
  return pick { "1", "-2.5", "true", "false", "'one'", '"x"', '"\\""', "'\\u00e9'", "null", "" }
end

local function filter(depth)
  if depth > 2 then return "[?(@)]" end
  local left = "@" .. make.path(depth + 1)
  local operator = pick { "==", "!=", "<", "<=", ">", ">=", " == ", "=", "<>", "" }
  return "[?(" .. left .. operator .. pick { literal(), "@" .. make.path(depth + 1) } .. ")]"
end

local function step(depth)
  local kind = math.random(8)
  if kind <= 3 then return "." .. name() end
  if kind == 4 then return pick { "[*]", ".*", "..", "[]" } end
  if kind == 5 then return "[" .. pick { index(), slice() } .. "]" end
  if kind == 6 then return "['" .. name() .. "']" end
  if kind == 7 then return "['" .. name() .. "', " .. pick { index(), "*", "?(@.a)" } .. "]" end
  return filter(depth)
end

function make.path(depth)
  return some(4, function() return step(depth) end)
end

function make.action()
  local kind = math.random(8)
  if kind == 1 then return "{" .. literal() .. "}" end
  if kind == 2 then return "{range " .. make.path(1) .. "}" end
  if kind == 3 then return "{end}" end
  if kind == 4 then return pick { "text", "}", "\n", ", " } end
  return "{" .. pick { "", "@", "$", " " } .. make.path(1) .. "}"
end

local PARTS = { "{", "}", "[", "]", "(", ")", "[?(", ")]", "..", ".", "@", "$", "*", "'", '"', "\\",
  ",", ":", "-", "1", "range ", "end", "a", " ", "==", "<", "\n", "\t", "\0", "\195\169", "\255" }

-- ---- the property ----

--- Checks one template; returns whether it had a result.
local function check(template)
  local path, err = jsonpath.parse(template)
  if not path then
    assert.is_true(errors.is(err))
    assert.same({ template, "BadRequest" }, { template, err.reason })
    return false
  end
  local given = { allow_missing_keys = math.random(2) == 1 }
  local found
  found, err = path:find(OBJECT, given)
  assert.same({ template, found, err }, { template, path:find(OBJECT, given) })
  if not found then
    assert.is_true(errors.is(err))
    assert.same({ template, "string" }, { template, type(err.message) })
    return false
  end
  assert.same({ template, "string" }, { template, type(assert(path:print(OBJECT, given))) })
  given.json = true
  local text
  text, err = path:print(OBJECT, given)
  if text then
    assert.equal(#found, select(2, ("\n" .. text):gsub("\n%[", "")), template)
  else
    assert.truthy(err.message:find("a string that is not UTF-8", 1, true), err.message)
  end
  return true
end

describe("a random template", function()
  it("of the grammar has a result or an error", function()
    math.randomseed(11)
    local results = 0
    for _ = 1, 3000 do
      if check(some(5, make.action)) then results = results + 1 end
    end
    assert.is_true(results > 300, results .. " results are too few to mean much")
  end)

  it("of pieces of the grammar has a result or an error", function()
    math.randomseed(12)
    for _ = 1, 3000 do
      check("{" .. some(12, function() return pick(PARTS) end) .. pick { "}", "" })
    end
  end)

  it("of any bytes has a result or an error", function()
    math.randomseed(13)
    for _ = 1, 3000 do
      check(pick { "", "{", "{.a[?(", "{'" } .. some(20, function()
        return string.char(math.random(0, 255))
      end))
    end
  end)

  it("that is damaged has a result or an error", function()
    math.randomseed(14)
    for _ = 1, 2000 do
      local template = some(4, make.action)
      local at = math.random(0, #template)
      check(template:sub(1, at) .. pick(PARTS) .. template:sub(at + math.random(1, 2)))
    end
  end)

  it("that is long and nested is read and done", function()
    for _, template in ipairs { ("{.a}"):rep(5000), "{" .. (".a"):rep(20000) .. "}",
        "{" .. ("[0]"):rep(20000) .. "}", ("{range .items[*]}"):rep(6) .. ("{end}"):rep(6),
        "{" .. ("[?("):rep(5000) .. "}", "{" .. ("['"):rep(5000) .. "}", ("{"):rep(5000),
        "{'" .. ("\\'"):rep(5000) .. "'}", "{" .. ("1 "):rep(5000) .. "}" } do
      check(template)
    end
  end)
end)
