-- The tables are those of client-go v0.36.3: util/jsonpath/parser_test.go.
local jsonpath = require("kube.api.jsonpath").adopt(require("kube.json"))

--- How a node is told here: "field price", "array 1:3:", ...
local TOLD = {
  array = function(node)
    return string.format("array %s:%s:%s%s", node.from or "", node.to or "", node.step or "",
      node.single and " single" or "")
  end,
  filter = function(node) return "filter " .. node.operator end,
}

--- All nodes below one, each before what is in it.
local function collect(node, into)
  into = into or {}
  local told = TOLD[node.kind]
  into[#into + 1] = told and told(node)
    or node.kind .. (node.value ~= nil and " " .. tostring(node.value) or "")
  if node.kind == "filter" then
    collect(node.left, into)
    collect(node.right, into)
  end
  for _, one in ipairs(node) do collect(one, into) end
  return into
end

local function nodes_of(template)
  local nodes = collect(assert(jsonpath.parse(template)).root)
  table.remove(nodes, 1) -- the template itself
  return nodes
end

--- The nodes of a comparison of .status.nodeInfo.osImage with a text.
local function image_is(text)
  return { "list", "filter ==", "list", "field status", "field nodeInfo", "field osImage", "list",
    "text " .. text }
end

local TREES = {
  ["hello jsonpath"] = { "text hello jsonpath" },
  ["hello {.jsonpath}"] = { "text hello ", "list", "field jsonpath" },
  ["hello {['jsonpath']}"] = { "text hello ", "list", "field jsonpath" },
  ['{"{"}'] = { "list", "text {" },
  ["{[1:3]}"] = { "list", "array 1:3:" },
  ["{.book[*].author}"] = { "list", "field book", "array ::", "field author" },
  ["{.bicycle.*}"] = { "list", "field bicycle", "wildcard" },
  ["{[?(@.price<3)]}"] = { "list", "filter <", "list", "field price", "list", "int 3" },
  ["{..}"] = { "list", "recursive" },
  ["{..price}"] = { "list", "recursive", "field price" },
  ["{['book.price']}"] = { "list", "field book", "field price" },
  ["{['bicycle.price', 3, 'book.price']}"] = { "list", "union",
    "list", "field bicycle", "field price", "list", "array 3:4: single",
    "list", "field book", "field price" },
  ["{range .items}{.name},{end}"] = { "list", "identifier range", "field items",
    "list", "field name", "text ,", "list", "identifier end" },
  ['{[?(@.status.nodeInfo.osImage == "()")]}'] = image_is("()"),
  [ [[{[?(@.status.nodeInfo.osImage == "(\"\")")]}]] ] = image_is('("")'),
  ['{[?(@.test == "())(")]}'] = { "list", "filter ==", "list", "field test", "list", "text ())(" },
  ["{[?(@.status.nodeInfo.osImage == 'Linux')]}"] = image_is("Linux"),
  ['{[?(@.status.nodeInfo.osImage == "{[()]}")]}'] = image_is("{[()]}"),
  ["{[?(@.status.nodeInfo.osImage == \"''\")]}"] = image_is("''"),
  ["{[?(@.status.nodeInfo.osImage == '\"\"')]}"] = image_is('""'),
  [ [[{[?(@.status.nodeInfo.osImage == '\\\'')]}]] ] = image_is("\\'"),
  ["{[-5:]}"] = { "list", "array -5::" },
  ["{[-1]}"] = { "list", "array -1:0: single" },
  ["{[1:-1]}"] = { "list", "array 1:-1:" },
  -- Not there: the rest of the nodes.
  ["{true}{-7}{1.5}"] = { "list", "bool true", "list", "int -7", "list", "float 1.5" },
  ["{[?(@.a)]}"] = { "list", "filter exists", "list", "field a", "list" },
  ["{[::2]}"] = { "list", "array ::2" },
}

describe("a template is parsed", function()
  it("into client-go's nodes", function()
    for template, expected in pairs(TREES) do assert.same(expected, nodes_of(template)) end
  end)

  it("or not, for client-go's reasons", function()
    for template, message in pairs {
      ["{.hello"] = "unclosed action",
      ["{*}"] = "unrecognized character in action: U+002A '*'",
      ["{+12.3.0}"] = "cannot parse number +12.3.0",
      ["{[1}"] = "unterminated array",
      ["{[?(.price]}"] = "unterminated filter",
      ["{........}"] = "invalid multiple recursive descent",
      ["{.hello\n}"] = "unclosed action",
      ["{.hello\r}"] = "unclosed action",
      [ [[{\\\}]] ] = [[unrecognized character in action: U+005C '\']],
    } do
      local path, err = jsonpath.parse(template)
      assert.is_nil(path)
      assert.same({ "BadRequest", message }, { err.reason, err.message })
    end
  end)

  it("with Go's escapes in quotes", function()
    for quoted, text in pairs {
      [ [["\a\b\f\n\r\t\v\\."]] ] = "\a\b\f\n\r\t\v\\.",
      [ [['\'"']] ] = "'\"",
      [ [["\x41\101\u00e9\U0001F600"]] ] = "AA\195\169\240\159\152\128",
      [ [["\xff\377"]] ] = "\255\255",
      [ [["\u20ac"]] ] = "\226\130\172",
      ['"\195\169"'] = "\195\169",
      ['"\\n\255"'] = "\n\239\191\189", -- beside an escape, what is no UTF-8 is mended
      ['"\255"'] = "\255",
    } do
      assert.same({ "list", "text " .. text }, nodes_of("{" .. quoted .. "}"))
    end
    for _, quoted in ipairs { [["\q"]], [["\'"]], [["\x4"]], [["\u12"]], [["\ud800"]],
        [["\U00110000"]], [["\400"]], [["\18"]], [['\"']], [["a\\"b"]] } do
      local path, err = jsonpath.parse("{" .. quoted .. "}")
      assert.is_nil(path)
      assert.equal("unquote string " .. quoted .. " error invalid syntax", err.message)
    end
  end)

  it("with characters told as Go tells them", function()
    for bytes, told in pairs {
      ["!"] = "U+0021 '!'", ["\1"] = "U+0001", ["\127"] = "U+007F", ["\194\128"] = "U+0080",
      ["\194\161"] = "U+00A1 '\194\161'", ["\226\128\156"] = "U+201C '\226\128\156'",
    } do
      assert.equal("unrecognized character in action: " .. told,
        select(2, jsonpath.parse("{" .. bytes .. "}")).message)
    end
    for _, bytes in ipairs { "\255", "\128", "\193\129", "\195", "\195(", "\224\128\128",
        "\237\160\128", "\240\128\128\128", "\244\144\128\128", "\226\130" } do
      assert.equal("unrecognized character in action: U+FFFD '\239\191\189'",
        select(2, jsonpath.parse("{" .. bytes .. "}")).message)
    end
    for _, letter in ipairs { "\195\169", "\223\191", "\224\160\128", "\240\144\128\128",
        "\244\143\191\191", "_" } do
      assert.same({ "list", "identifier " .. letter }, nodes_of("{" .. letter .. "}"))
    end
  end)

  it("into a path that tells its template, and nothing else is one", function()
    assert.equal("{.a}-{.b}", tostring(jsonpath.parse("{.a}-{.b}")))
    for message, call in pairs {
      ["jsonpath.parse: the template must be a string, not nil"] = function() jsonpath.parse() end,
      ["jsonpath.find: the template must be a string, not a table"] = function()
        jsonpath.find({}, {})
      end,
      ["path:find: unknown option"] = function()
        assert(jsonpath.parse("{.a}")):find({}, { allow_missing_key = true })
      end,
    } do
      local good, why = pcall(call)
      assert.is_false(good)
      assert.truthy(why:find("jsonpath_parse_spec.lua:%d+: " .. message), why)
    end
  end)
end)
