-- The tables are those of apimachinery v0.36: pkg/fields/selector_test.go; the messages those of
-- kube-apiserver v1.36.
local fields = require("kube.api.selector").fields

local function requirement(key, operator, ...)
  return { key = key, operator = operator, values = { ... } }
end

describe("a field selector", function()
  it("prints as it is read", function()
    for _, text in ipairs { "x=a,y=b,z=c", "", "x!=a,y=b", [[x=a||y\=b]], [[x=a\=\=b]] } do
      assert.equal(text, tostring(assert(fields.parse(text))))
    end
    assert.equal(tostring(fields.parse("x=a,a=x")), tostring(fields.parse("a=x,x=a")))
    assert.equal("a=b", tostring(fields.parse(",a==b,")))
  end)

  it("says what is wrong as the server does", function()
    for text, message in pairs {
      ["x=a||y=b"] = "invalid field selector: unescaped character in value: 61",
      ["x==a==b"] = "invalid field selector: unescaped character in value: 61",
      ["x=a,b"] = "invalid selector: 'x=a,b'; can't understand 'b'",
      ["x in (a)"] = "invalid selector: 'x in (a)'; can't understand 'x in (a)'",
      ["x in (a,b,c)"] = "invalid selector: 'x in (a,b,c)'; can't understand 'b'",
      ["x"] = "invalid selector: 'x'; can't understand 'x'",
      ["x=\\"] = "invalid field selector: invalid escape sequence: \\",
      ["x=\\\\\\"] = "invalid field selector: invalid escape sequence: \\",
      ["x=\\a"] = "invalid field selector: invalid escape sequence: \\a",
    } do
      local parsed, why = fields.parse(text)
      assert.is_nil(parsed)
      assert.equal(message, why.message)
    end
  end)

  it("splits at commas and the first operator, and keeps spaces", function()
    for text, expected in pairs {
      ["a=avalue,b==bvalue,c!=cvalue"] = { requirement("a", "=", "avalue"),
        requirement("b", "=", "bvalue"), requirement("c", "!=", "cvalue") },
      [ [[k=\,,k2=v2]] ] = { requirement("k2", "=", "v2"), requirement("k", "=", ",") },
      [ [[k=\\,k2=v2]] ] = { requirement("k2", "=", "v2"), requirement("k", "=", "\\") },
      [ [[k=\\\,,k2=v2]] ] = { requirement("k2", "=", "v2"), requirement("k", "=", "\\,") },
      ["함=수,목=록"] = { requirement("목", "=", "록"), requirement("함", "=", "수") },
      [ [[k=\,]] ] = { requirement("k", "=", ",") },
      [ [[k=\=]] ] = { requirement("k", "=", "=") },
      ["a=a,"] = { requirement("a", "=", "a") }, [",a=a"] = { requirement("a", "=", "a") },
      ["a = b "] = { requirement("a ", "=", " b ") },
      ["="] = {}, ["!="] = {},
    } do
      assert.same(expected, assert(fields.parse(text)):requirements())
    end
  end)

  it("escapes and unescapes values", function()
    for plain, escaped in pairs { [""] = "", a = "a", ["="] = "\\=", [","] = "\\,",
        ["\\"] = "\\\\", ["\\=\\,\\"] = "\\\\\\=\\\\\\,\\\\" } do
      assert.equal(escaped, fields.escape(plain))
      assert.equal(plain, fields.unescape(escaped))
    end
    for _, bad in ipairs { "\\", "\\\\\\", "\\a" } do
      local value, err = fields.unescape(bad)
      assert.is_nil(value)
      assert.matches("invalid escape sequence", err.message, 1, true)
    end
  end)

  it("chooses by fields; one that is not there is empty", function()
    local values = { foo = "bar", baz = "blah", complex = "=value\\,\\" }
    for text, expected in pairs { [""] = true, ["foo=bar"] = true, ["foo=bar,baz=blah"] = true,
        [ [[foo=bar,baz=blah,complex=\=value\\\,\\]] ] = true, ["foo=blah"] = false,
        ["foo!=bar"] = false, ["foo=bar,foobar=bar,baz=blah"] = false, ["other="] = true,
        ["other!=x"] = true } do
      assert.equal(expected, fields.parse(text):matches(values), text)
    end
  end)

  it("tells what a field must be", function()
    local chosen = fields.parse("metadata.name=web,spec.nodeName!=a")
    assert.equal("web", chosen:exact("metadata.name"))
    assert.is_nil(chosen:exact("spec.nodeName"))
    assert.is_nil(chosen:exact("status.phase"))
  end)

  it("is made of fields and their values", function()
    local labels = { foo = "bar", baz = "blah" }
    for _, case in ipairs {
      { {}, true }, { { foo = "bar" }, true }, { { baz = "blah" }, true },
      { { foo = "bar", baz = "blah" }, true }, { { foo = "=blah" }, false },
      { { baz = "=bar" }, false }, { { foo = "=bar", foobar = "bar", baz = "blah" }, false },
    } do
      assert.equal(case[2], fields.from_set(case[1]):matches(labels))
    end
    assert.equal("a=1,b=x\\,y", tostring(fields.from_set { b = "x,y", a = "1" }))
    assert.is_true(fields.from_set(nil):empty())
    assert.is_true(fields.term("x", "=", "y"):matches { x = "y" })
    assert.is_false(fields.term("x", "=", "y"):matches { x = "z" })
    assert.is_true(fields.term("x", "!=", "y"):matches { x = "z" })
    assert.has_error(function() fields.term("x", "==", "y") end,
      'kube.selector.fields.term: the operator must be "=" or "!="')
  end)

  it("chooses everything, or nothing", function()
    assert.is_true(fields.everything():matches { x = "y" })
    assert.is_true(fields.everything():empty())
    assert.is_false(fields.nothing():matches { x = "y" })
    assert.is_false(fields.nothing():empty())
    assert.is_true(fields.nothing():is_nothing())
    assert.is_nil(fields.nothing():requirements())
    assert.equal("", tostring(fields.nothing()))
    assert.is_false(fields.nothing() == fields.everything())
    assert.is_true(fields.all_of():empty())
    assert.is_true(fields.all_of(fields.everything(), fields.all_of()):empty())
    assert.is_false(fields.all_of(fields.term("a", "=", "b")):empty())
    assert.is_true(fields.all_of(fields.term("a", "=", "b"), fields.nothing()):is_nothing())
  end)

  it("requires one value exactly", function()
    for _, case in ipairs {
      { fields.from_set {}, nil }, { fields.term("", "=", ""), nil },
      { fields.term("a", "=", "b"), nil }, { fields.term("test", "=", "b"), "b" },
      { fields.term("test", "=", ""), "" }, { fields.term("test", "!=", "b"), nil },
      { fields.term("test", "!=", ""), nil }, { fields.all_of(), nil },
      { fields.all_of(fields.all_of()), nil },
      { fields.all_of(fields.term("test", "=", "b")), "b" },
      { fields.all_of(fields.term("", "=", ""), fields.term("test", "=", "b")), "b" },
    } do
      assert.equal(case[2], case[1]:exact("test"))
    end
  end)

  it("becomes one of other fields", function()
    local function same(field, value) return field, value end
    local function without(name)
      return function(field, value)
        if field == name then return "", "" end
        return field, value
      end
    end
    for _, case in ipairs {
      { "", same, "" }, { "a=b,c=d", same, "a=b,c=d" },
      { "a=b,c=d", function(field, value)
        if field == "a" then return "e", "f" end
        return field, value
      end, "e=f,c=d" },
      { "a=b", without("a"), "" }, { "a=b,c=d,e=f", without("c"), "a=b,e=f" },
    } do
      local changed = assert(fields.parse(case[1]):transform(case[2]))
      assert.equal(case[3], tostring(changed))
      assert.equal(case[3] == "", changed:empty())
    end
    local none, err = fields.parse("a=b"):transform(function() return nil, "no such field" end)
    assert.is_nil(none)
    assert.equal("no such field", err)
  end)

  it("is not changed by who asks it", function()
    local chosen = fields.parse("a=b")
    chosen:requirements()[1].values[1] = "c"
    assert.equal("a=b", tostring(chosen))
  end)
end)
