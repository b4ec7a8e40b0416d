-- The tables are those of apimachinery v0.36: pkg/labels/selector_test.go, pkg/fields/
-- selector_test.go, api/validate/content; the messages those of kube-apiserver v1.36.
local selector = require("kube.api.selector")

local function requirement(key, operator, ...)
  return { key = key, operator = operator, values = { ... } }
end

describe("a label selector", function()
  it("prints as it is read", function()
    for _, text in ipairs { "x=a,y=b,z=c", "", "x!=a,y=b", "x=", "x= ", "x=,z= ", "x= ,z= ", "!x",
        "x>1", "x>1,z<5" } do
      assert.equal((text:gsub(" ", "")), tostring(assert(selector.parse(text))))
    end
    for _, text in ipairs { "x in (abc,def),y notin (jkl),z", "x notin (abc,def),y!=jkl,!z",
        "x notin (abc),y in (jkl,mno),z notin ()", "x=abc,y==jkl,z!=a,z", "x>2,y<8,z" } do
      assert.equal(text, tostring(assert(selector.parse(text))))
    end
  end)

  it("is read whatever its spaces, keywords and empty values", function()
    for text, expected in pairs {
      [""] = {},
      ["\rx"] = { requirement("x", "exists") },
      ["a "] = { requirement("a", "exists") },
      ["this-is-a-dns.domain.com/key-with-dash"] = {
        requirement("this-is-a-dns.domain.com/key-with-dash", "exists") },
      ["this-is-another-dns.domain.com/key-with-dash in (so,what)"] = {
        requirement("this-is-another-dns.domain.com/key-with-dash", "in", "so", "what") },
      ["0.1.2.domain/99 notin (10.10.100.1, tick.tack.clock)"] = {
        requirement("0.1.2.domain/99", "notin", "10.10.100.1", "tick.tack.clock") },
      ["foo  in\t (abc)"] = { requirement("foo", "in", "abc") },
      ["x notin\n (abc)"] = { requirement("x", "notin", "abc") },
      ["x  notin\t\t(abc,def)"] = { requirement("x", "notin", "abc", "def") },
      ["x in (abc,)"] = { requirement("x", "in", "", "abc") },
      ["x in (abc,abc)"] = { requirement("x", "in", "abc") },
      ["x in ()"] = { requirement("x", "in", "") },
      ["x,y in (a)"] = { requirement("x", "exists"), requirement("y", "in", "a") },
      ["x in (abc,def)"] = { requirement("x", "in", "abc", "def") },
      ["x in (a,,,)"] = { requirement("x", "in", "", "a") },
      ["x in (a,,,,,,)"] = { requirement("x", "in", "", "a") },
      ["x=a"] = { requirement("x", "=", "a") },
      ["x=a,y!=b"] = { requirement("x", "=", "a"), requirement("y", "!=", "b") },
      ["x>1"] = { requirement("x", "gt", "1") },
      ["x<7"] = { requirement("x", "lt", "7") },
      ["x in (,)"] = { requirement("x", "in", "") },
      ["x in (a,,)"] = { requirement("x", "in", "", "a") },
      ["x in (a,,a,,a,,a,,)"] = { requirement("x", "in", "", "a") },
      ["x notin ( )"] = { requirement("x", "notin", "") },
      ["x notin (, a)"] = { requirement("x", "notin", "", "a") },
      ["a in (x,y,notin, z,in)"] = { requirement("a", "in", "in", "notin", "x", "y", "z") },
      ["x=a,y!=b,z in (h,i,j)"] = { requirement("x", "=", "a"), requirement("y", "!=", "b"),
        requirement("z", "in", "h", "i", "j") },
    } do
      assert.same(expected, assert(selector.parse(text)):requirements())
    end
  end)

  it("has its requirements in the order of their keys", function()
    assert.same({ requirement("bar", "exists"), requirement("w", "exists"),
      requirement("x", "notin", "", "abc", "def"), requirement("z", "in", "") },
      assert(selector.parse("x notin (abc,,def),bar,z in (),w")):requirements())
    assert.equal(tostring(selector.parse("a=x,x=a")), tostring(selector.parse("x=a,a=x")))
    assert.equal("x=abc,z!=a,z", tostring(selector.parse("z!=a,x=abc,z")))
  end)

  local KEY = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start "
    .. "and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex "
    .. "used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
  local VALUE = "a valid label must be an empty string or consist of alphanumeric characters, '-', "
    .. "'_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "
    .. "'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?"
    .. "[A-Za-z0-9])?')"
  local FAULTY = "unable to parse requirement: "

  it("says what is wrong as the server does", function()
    for text, message in pairs {
      ["a b"] = FAULTY .. "found 'b', expected: in, notin, =, ==, !=, gt, lt",
      ["a in (x"] = FAULTY .. "found '', expected: ',' or ')'",
      ["a in (xyz abc)"] = FAULTY .. "found 'abc', expected: ',' or ')'",
      ["a in b"] = FAULTY .. "found 'b' expected: '('",
      ["a notin("] = FAULTY .. "found '', expected: ',', ')' or identifier",
      ["a in (b,=)"] = FAULTY .. "found '=', expected: ',', or identifier",
      ["a=("] = FAULTY .. "found '(', expected: identifier",
      ["a=x y"] = "found 'y', expected: ',' or 'end of string'",
      ["!x=a"] = "found '=', expected: ',' or 'end of string'",
      ["x==a==b"] = "found '==', expected: ',' or 'end of string'",
      ["a in (xyz)b notin ()"] = "found 'b', expected: ',' or 'end of string'",
      ["a in (xyz),"] = "found '', expected: identifier after ','",
      ["x,,y"] = "found ',', expected: identifier after ','",
      [",x,y"] = "found ',', expected: !, identifier, or 'end of string'",
      ["("] = "found '(', expected: !, identifier, or 'end of string'",
      ["!"] = FAULTY .. "found '', expected: identifier",
      ["-a"] = FAULTY .. '<nil>: Invalid value: "-a": ' .. KEY,
      ["a/b/c"] = FAULTY .. '<nil>: Invalid value: "a/b/c": a valid label key ' .. KEY:sub(11)
        .. " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
      ["/a"] = FAULTY .. '<nil>: Invalid value: "/a": prefix part must be non-empty',
      ["x=a||y=b"] = FAULTY .. 'values[0][x]: Invalid value: "a||y": ' .. VALUE,
      ["a>-1"] = FAULTY .. 'values[0][a]: Invalid value: "-1": ' .. VALUE,
      ["x<a"] = FAULTY .. 'values[0]: Invalid value: "a": for \'Gt\', \'Lt\' operators, the value '
        .. "must be an integer",
    } do
      local parsed, why = selector.parse(text)
      assert.is_nil(parsed)
      assert.equal(message, why.message)
    end
    for _, text in ipairs { "x nott in (y)", "a (", ("a"):rep(64), "x=" .. ("a"):rep(64), "a/",
        "A/b", "a>9223372036854775808", ("a"):rep(254) .. "/b" } do
      assert.is_nil((selector.parse(text)))
    end
  end)

  it("chooses by equality, by sets, by presence and by number", function()
    local both = { foo = "bar", baz = "blah" }
    for _, case in ipairs {
      { "", { x = "y" }, true }, { "x=y", { x = "y" }, true },
      { "x=y,z=w", { x = "y", z = "w" }, true }, { "x!=y,z!=w", { x = "z", z = "a" }, true },
      { "notin=in", { notin = "in" }, true }, { "x", { x = "z" }, true },
      { "!x", { y = "z" }, true }, { "x>1", { x = "2" }, true }, { "x<1", { x = "0" }, true },
      { "x=z", {}, false }, { "x=y", { x = "z" }, false },
      { "x=y,z=w", { x = "w", z = "w" }, false }, { "x!=y,z!=w", { x = "z", z = "w" }, false },
      { "x", { y = "z" }, false }, { "!x", { x = "z" }, false }, { "x>1", { x = "0" }, false },
      { "x<1", { x = "2" }, false }, { "foo=bar,baz=blah", both, true },
      { "foo=bar,foobar=bar,baz=blah", both, false },
      { "x in (foo),y notin (alpha)", { x = "foo", y = "baz" }, true },
      { "x in (foo),y in (alpha)", { x = "foo", y = "baz" }, false },
      { "x notin (),y", { y = "" }, true }, { "!x,y", { y = "" }, true },
      { "x notin (),!y", { y = "" }, false }, { "x in ()", { y = "baz" }, false },
      { "z>1", { z = "2" }, true }, { "z>1", { z = "v2" }, false }, { "z>1", {}, false },
      { "z>9", { z = "10" }, true }, { "z>007", { z = "8" }, true }, { "z<0", { z = "-3" }, true },
      { "z>9007199254740992", { z = "9007199254740993" }, true },
      { "z<5", { z = "99999999999999999999" }, false }, { "x", nil, false }, { "!x", nil, true },
    } do
      local chosen = assert(selector.parse(case[1]))
      assert.equal(case[3], chosen:matches(case[2]), case[1])
    end
  end)

  it("knows whether it chooses everything", function()
    assert.is_true(selector.parse(""):empty())
    assert.is_true(selector.parse(" "):empty())
    assert.is_false(selector.parse("a"):empty())
  end)
end)
