local options = require("kube.api.options")

local SPEC = {
  namespace = "string", limit = "integer", timeout = "number", force = "boolean", fields = "table",
  anything = "any",
}

local function current_line() return debug.getinfo(2, "l").currentline end

--- What a call throws, without its position.
local function thrown(fn, ...)
  local ok, message = pcall(fn, ...)
  assert.is_false(ok)
  return (tostring(message):gsub("^[^:]+:%d+: ", ""))
end

describe("options.check", function()
  it("gives the table back as it is", function()
    local given = { namespace = "default", limit = 2, timeout = 0.5, force = false, fields = {} }
    assert.equal(given, options.check(given, SPEC, "list"))
  end)

  it("takes nil for no options", function()
    assert.same({}, options.check(nil, SPEC, "list"))
    assert.not_equal(options.check(nil, SPEC, "list"), options.check(nil, SPEC, "list"))
  end)

  it("throws at what is no table", function()
    assert.equal("list: the options must be a table, not a string",
      thrown(options.check, "default", SPEC, "list"))
    assert.equal("list: the options must be a table, not a boolean",
      thrown(options.check, false, SPEC, "list"))
  end)

  it("throws at an unknown name, and says which may have been meant", function()
    assert.equal('list: unknown option "namspace"; did you mean "namespace"?',
      thrown(options.check, { namspace = "default" }, SPEC, "list"))
    assert.equal('list: unknown option "Limit"; did you mean "limit"?',
      thrown(options.check, { Limit = 1 }, SPEC, "list"))
    local all = "; the options are anything, fields, force, limit, namespace, timeout"
    assert.equal('list: unknown option "colour"' .. all,
      thrown(options.check, { colour = 1 }, SPEC, "list"))
    assert.equal('list: unknown option "1"' .. all,
      thrown(options.check, { "default" }, SPEC, "list"))
  end)

  it("throws at a wrong type", function()
    assert.equal("list: the option namespace must be a string, not a number",
      thrown(options.check, { namespace = 1 }, SPEC, "list"))
    assert.equal("list: the option force must be a boolean, not a string",
      thrown(options.check, { force = "true" }, SPEC, "list"))
    assert.equal("list: the option fields must be a table, not a string",
      thrown(options.check, { fields = "metadata.name" }, SPEC, "list"))
  end)

  it("takes whole numbers only where the spec says integer", function()
    for _, whole in ipairs { 0, 1, -1, 500, 2 ^ 40 } do
      assert.equal(whole, options.check({ limit = whole }, SPEC, "list").limit)
    end
    for _, value in ipairs { 0.5, "1", 1 / 0, 0 / 0, {} } do
      assert.truthy(thrown(options.check, { limit = value }, SPEC, "list")
        :find("list: the option limit must be ", 1, true))
    end
  end)

  it("takes any value where the spec says any", function()
    for _, value in ipairs { 1, "a", true, false, {}, print } do
      assert.equal(value, options.check({ anything = value }, SPEC, "list").anything)
    end
  end)

  it("blames the line that called the function that checks", function()
    local function list(given) return (options.check(given, SPEC, "list")) end
    local line
    local ok, message = pcall(function() line = current_line(); list { namspace = "x" } end)
    assert.is_false(ok)
    assert.truthy(message:find("options_spec.lua:" .. line .. ":", 1, true), message)
  end)

  it("blames further up when it is told to", function()
    local function inner(given) return (options.check(given, SPEC, "list", 3)) end
    local function outer(given) return (inner(given)) end
    local line
    local ok, message = pcall(function() line = current_line(); outer { namspace = "x" } end)
    assert.is_false(ok)
    assert.truthy(message:find("options_spec.lua:" .. line .. ":", 1, true), message)
  end)
end)

describe("options.check_type", function()
  it("gives the value back", function()
    assert.equal("pods", options.check_type("pods", "string", "get: the kind"))
    assert.equal(3, options.check_type(3, "integer", "scale: replicas"))
  end)

  it("throws with what was wanted and what was given", function()
    assert.equal("get: the kind must be a string, not nil",
      thrown(options.check_type, nil, "string", "get: the kind"))
    assert.equal("get: the kind must be a string, not a table",
      thrown(options.check_type, {}, "string", "get: the kind"))
  end)

  it("blames the line that called the function that checks", function()
    local function get(kind) return (options.check_type(kind, "string", "get: the kind")) end
    local line
    local ok, message = pcall(function() line = current_line(); get(1) end)
    assert.is_false(ok)
    assert.truthy(message:find("options_spec.lua:" .. line .. ":", 1, true), message)
  end)
end)

describe("options.merge", function()
  it("has the names of all specs, and the later one decides", function()
    local a, b = { x = "string", y = "string" }, { y = "integer", z = "table" }
    assert.same({ x = "string", y = "integer", z = "table" }, options.merge(a, b))
    assert.same({ x = "string", y = "string" }, a)
    assert.same({}, options.merge())
  end)
end)
