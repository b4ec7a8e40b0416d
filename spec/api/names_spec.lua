-- Tables after apimachinery pkg/util/validation/validation_test.go, pkg/api/validate/content,
-- pkg/api/validation/generic_test.go and apiserver pkg/storage/names/generate_test.go.
local names = require("kube.api.names")

local unpack = table.unpack or unpack

local function a(n, letter) return (letter or "a"):rep(n) end

-- What no label is, whether it may have dots or not.
local NO_LABELS = {
  "", "A", "ABC", "aBc", "A1", "A-1", "1-A", "-", "a-", "-a", "1-", "-1",
  "_", "a_", "_a", "a_b", "1_", "_1", "1_2", ".", "a.", ".a", "1.", ".1",
  " ", "a ", " a", "a b", "1 ", " 1", "1 2",
}

local function with(list, ...)
  local all = {}
  for _, part in ipairs { list, { ... } } do
    for _, name in ipairs(part) do all[#all + 1] = name end
  end
  return all
end

local LABELS = { "a", "ab", "abc", "a1", "a-1", "a--1--2--b" }
local NUMBERED = { "0", "01", "012", "1a", "1-a", "1--a--b--2" }

-- { function, good ones, bad ones }
local CASES = {
  { "is_dns1123_label", with(with(LABELS, a(63)), unpack(NUMBERED)),
    with(NO_LABELS, a(64), "a.b", "1.2") },
  { "is_dns1123_subdomain", with(with(LABELS, a(253)), "0", "01", "012", "1a", "1-a", "1--a--b--2",
    "a.a", "ab.a", "abc.a", "a1.a", "a-1.a", "a--1--2--b.a", "a.1", "ab.1", "abc.1", "a1.1",
    "a-1.1", "a--1--2--b.1", "0.a", "01.a", "012.a", "1a.a", "1-a.a", "1--a--b--2", "0.1", "01.1",
    "012.1", "1a.1", "1-a.1", "1--a--b--2.1", "a.b.c.d.e", "aa.bb.cc.dd.ee", "1.2.3.4.5",
    "11.22.33.44.55"), with(NO_LABELS, "a..b", "1..2", "A.a", "aB.a", "ab.A", "A1.a", "a1.A",
    "A.1", "aB.1", "A1.1", "1A.1", "0.A", "01.A", "012.A", "1A.a", "1a.A", "A.B.C.D.E",
    "AA.BB.CC.DD.EE", "a.B.c.d.e", "aa.bB.cc.dd.ee", "a@b", "a,b", "a_b", "a;b", "a:b", "a%b",
    "a?b", "a$b", a(254)) },
  { "is_dns1035_label", with(LABELS, a(63)),
    with(with(NO_LABELS, a(64), "a.b", "1.2"), unpack(NUMBERED)) },
  { "is_valid_port_num", { 1, 2, 1000, 16384, 32768, 65535 }, { 0, -1, 65536, 100000 } },
  { "is_valid_port_name", { "telnet", "re-mail-ck", "pop3", "a", "a-1", "1-a", "a-1-b-2-c",
    "1-a-2-b-3" }, { "longerthan15characters", "", a(16), "12345", "1-2-3-4", "-begin", "end-",
    "two--hyphens", "whois++" } },
  { "is_qualified_name", { "simple", "now-with-dashes", "1-starts-with-num", "1234",
    "simple/simple", "now-with-dashes/simple", "now-with-dashes/now-with-dashes",
    "now.with.dots/simple", "now-with.dashes-and.dots/simple", "1-num.2-num/3-num", "1234/5678",
    "1.2.3.4/5678", "Uppercase_Is_OK_123", "example.com/Uppercase_Is_OK_123",
    "requests.storage-foo", a(63), a(253) .. "/" .. a(63, "b") }, { "nospecialchars%^=@",
    "cantendwithadash-", "-cantstartwithadash-", "only/one/slash", "Example.com/abc",
    "example_com/abc", "example.com/", "/simple", a(64), a(254) .. "/abc" } },
  { "is_valid_label_value", { "simple", "now-with-dashes", "1-starts-with-num", "end-with-num-1",
    "1234", a(63), "" }, { "nospecialchars%^=@", "Tama-nui-te-rā.is.Māori.sun",
    "\\backslashes\\are\\bad", "-starts-with-dash", "ends-with-dash-", ".starts.with.dot",
    "ends.with.dot.", a(64) } },
  { "is_http_header_name", { "Accept-Encoding", "Host", "If-Modified-Since", "X-Forwarded-For",
    "a", "ab", "abc", "a1", "-a", "a-", "a-b", "a-1", "a--1--2--b", "--abc-123", "A", "AB", "AbC",
    "A1", "-A", "A-", "A-B", "A-1", "A--1--2--B", "--123-ABC" }, { "Host:", "X-Forwarded-For:",
    "X-@Home", "", "_", "a_", "_a", "1_", "1_2", ".", "a.", ".a", "a.b", "1.", ".1", "1.2", " ",
    "a ", " a", "a b", "1 ", " 1", "1 2", "#a#", "^", ",", ";", "=", "<", "?", "@", "{" } },
  { "is_valid_percent", { "0%", "00000%", "1%", "01%", "99%", "100%", "101%" }, { "", "0", "100",
    "0.0%", "99.9%", "hundred", " 1%", "1% ", "-0%", "-1%", "+1%" } },
  { "is_config_map_key", { "a", "good", "good-good", "still.good", "this.is.also.good",
    ".so.is.this", "THIS_IS_GOOD", "so_is_this_17", a(253) }, { ".", "..", "..bad", "b*d",
    "bad!&bad", "", a(254) } },
  { "is_wildcard_dns1123_subdomain", { "*.example.com", "*.bar.com", "*.foo.bar.com" },
    { "*.*.bar.com", "*.foo.*.com", "*bar.com", "f*.bar.com", "*" } },
  { "is_fully_qualified_domain_name", { "a.com", "k8s.io", "dev.k8s.io", "dev.k8s.io.",
    "foo.example.com", "this.is.a.really.long.fqdn", "bbc.co.uk", "10.0.0.1",
    "hyphens-are-good.k8s.io", a(63) .. ".k8s.io",
    a(63) .. "." .. a(63, "b") .. "." .. a(63, "c") .. "." .. a(54, "d") .. ".k8s.io" },
    { ".", "...", ".io", "com", ".com", "Dev.k8s.io", ".foo.example.com", "*.example.com",
      "*.bar.com", "*.foo.bar.com", "underscores_are_bad.k8s.io", "foo@bar.example.com",
      "http://foo.example.com", a(64) .. ".k8s.io", "",
      a(63) .. "." .. a(63, "b") .. "." .. a(63, "c") .. "." .. a(55, "d") .. ".k8s.io" } },
  { "is_fully_qualified_name", { "dev.k8s.io", "foo.example.com", "this.is.a.really.long.fqdn",
    "bbc.co.uk", "10.0.0.1", "hyphens-are-good.k8s.io", a(246) .. ".k8s.io" }, { "...",
    "dev.k8s.io.", ".io", "Dev.k8s.io", "k8s.io", "*.example.com", "*.bar.com", "*.foo.bar.com",
    "underscores_are_bad.k8s.io", "foo@bar.example.com", "http://foo.example.com",
    a(247) .. ".k8s.io" } },
  { "is_relaxed_env_var_name", { "-", ":", "_", "+a", ">a", "<a", "a.", "a..", "*a", "%a", "?a",
    "a:a", "a_a", "aAz", "~a", "|a", "a0a", "a9", "/a", "a ", "#a", "0a", "0 a", "'a", "(a", "@a" },
    { "", "=", "a=", "1=a", "a=b", "#%=&&", "\1abc", "\194\130abc", "Ç ç", "Ä ä", "Ñ ñ", "Ø ø",
      "\127" } },
  -- upstream has no tables for these
  { "is_env_var_name", { "a", "my.env-name", "MY_ENV.NAME", "MyEnvName1", "_", "-", ".a" },
    { "", "1a", "a b", "a=b", ".", "..", "..a", "ä" } },
  { "is_c_identifier", { "a", "_", "my_name", "MY_NAME", "MyName1" }, { "", "1a", "a-b", "a.b" } },
  { "is_path_segment_name", { "", "a", "system:node", "A b", "...", "-" },
    { ".", "..", "a/b", "a%b" } },
}

describe("a name", function()
  for _, case in ipairs(CASES) do
    it("is one for " .. case[1] .. ", or not", function()
      for _, name in ipairs(case[2]) do
        local good, faults = names[case[1]](name)
        assert.is_true(good, name)
        assert.is_nil(faults)
      end
      for _, name in ipairs(case[3]) do
        local good, faults = names[case[1]](name)
        assert.is_false(good, name)
        assert.equal("string", type(faults[1]))
      end
    end)
  end

  it("never ends before its last character", function()
    for _, case in ipairs(CASES) do
      if type(case[2][1]) == "string" and case[1] ~= "is_path_segment_name" then
        assert.is_false((names[case[1]](case[2][1] .. "\n")), case[1])
        assert.is_false((names[case[1]](case[2][1] .. "\0x")), case[1])
      end
    end
  end)

  it("is refused in the server's words", function()
    local form = "a lowercase RFC 1123 %s must consist of lower case alphanumeric characters%s "
      .. "'-'%s"
    local label = form:format("label", " or", ", and must start and end with an alphanumeric "
      .. "character (e.g. 'my-name',  or '123-abc', regex used for validation is "
      .. "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')")
    local subdomain = form:format("subdomain", ",", " or '.', and must start and end with an "
      .. "alphanumeric character (e.g. 'example.com', regex used for validation is "
      .. "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")
    for _, case in ipairs {
      { "is_dns1123_label", "a.b", "must not contain dots" }, { "is_dns1123_label", "a_b", label },
      { "is_dns1123_label", a(64), "must be no more than 63 characters" },
      { "is_dns1123_label", a(300) .. ".b", "must be no more than 63 characters",
        "must not contain dots" },
      { "is_dns1123_label", a(64) .. "_", "must be no more than 63 characters", label },
      { "is_dns1123_subdomain", "a_b", subdomain },
      { "is_dns1123_subdomain", a(254), "must be no more than 253 characters" },
      { "is_dns1035_label", "1a", "a DNS-1035 label must consist of lower case alphanumeric "
        .. "characters or '-', start with an alphabetic character, and end with an alphanumeric "
        .. "character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
        .. "'[a-z]([-a-z0-9]*[a-z0-9])?')" },
      { "is_wildcard_dns1123_subdomain", "*." .. a(252), "must be no more than 253 characters" },
      { "is_valid_port_num", 0, "must be between 1 and 65535, inclusive" },
      { "is_valid_port_name", "-0--0123456789012-", "must be no more than 15 characters",
        "must contain at least one letter (a-z)", "must not contain consecutive hyphens",
        "must not begin or end with a hyphen" },
      { "is_valid_port_name", "", "must contain only alpha-numeric characters (a-z, 0-9), and "
        .. "hyphens (-)", "must contain at least one letter (a-z)" },
      { "is_valid_percent", "1", "a valid percent string must be a numeric string followed by an "
        .. "ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')" },
      { "is_http_header_name", "a_", "a valid HTTP header must consist of alphanumeric characters "
        .. "or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')" },
      { "is_config_map_key", "..", "must not be '..'" }, { "is_config_map_key", ".",
        "must not be '.'" }, { "is_config_map_key", "..a", "must not start with '..'" },
      { "is_config_map_key", "", "a valid config key must consist of alphanumeric characters, '-', "
        .. "'_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation "
        .. "is '[-._a-zA-Z0-9]+')" },
      { "is_env_var_name", "..", "must not be '..'" },
      { "is_relaxed_env_var_name", "", "environment variable name must be non-empty" },
      { "is_qualified_name", "/a", "prefix part must be non-empty" },
      { "is_valid_label_value", a(64), "must be no more than 63 bytes" },
      { "is_fully_qualified_name", "k8s.io", 'Invalid value: "k8s.io": should be a domain with at '
        .. "least three segments separated by dots" },
      { "is_fully_qualified_name", "", "Required value" },
      { "is_fully_qualified_name", "http://foo.k8s.io", 'Invalid value: "http://foo.k8s.io": '
        .. subdomain },
      { "is_fully_qualified_name", "A.B.C", 'Invalid value: "A.B.C": ' .. subdomain },
      { "is_fully_qualified_domain_name", "com", 'Invalid value: "com": should be a domain with at '
        .. "least two segments separated by dots" },
      { "is_fully_qualified_domain_name", ".", 'Invalid value: "": ' .. subdomain },
      { "is_path_segment_name", "..", "may not be '..'" },
      { "is_path_segment_name", "/%", "may not contain '/'", "may not contain '%'" },
    } do
      local good, faults = names[case[1]](case[2])
      assert.is_false(good)
      assert.same({ unpack(case, 3) }, faults)
    end
  end)

  it("may end in a dash while it is a prefix", function()
    for _, name in ipairs { "name_is_dns_subdomain", "name_is_dns_label",
        "name_is_dns1035_label" } do
      for _, case in ipairs {
        { "web", false, true }, { "web-", false, false }, { "web-", true, true }, -- as "wea"
        { "-", true, false }, { "-foo-", true, false }, { "b-", true, true }, { "", true, false },
        { "a--", true, true }, { "a_-", true, true }, { "A", true, false },
        { a(64) .. "-", true, name == "name_is_dns_subdomain" }, { a(63) .. "-", true, true },
      } do
        assert.equal(case[3], (names[name](case[1], case[2])), name .. " " .. case[1])
      end
    end
    assert.is_true(names.is_path_segment_name("..", true))
    assert.is_false((names.is_path_segment_name("a/", true)))
  end)

  it("is a text", function()
    for _, case in ipairs(CASES) do
      local ok, message = pcall(function() names[case[1]]({}) end)
      assert.is_false(ok)
      assert.truthy(message:find("^[^:]*names_spec.lua:%d+: kube%.names%." .. case[1]), message)
    end
  end)
end)

describe("a generated name", function()
  it("is the base and five letters that make no words", function()
    for _ = 1, 200 do
      local name = names.generate("foo")
      assert.truthy(name:find("^foo[bcdfghjklmnpqrstvwxz2456789]+$"), name)
      assert.equal(8, #name)
    end
  end)

  it("is good wherever its base is", function()
    assert.is_true(names.is_dns1123_label(names.generate("web-")))
    assert.equal(a(58) .. "99999", names.generate(a(70), function(n) return n end))
    assert.equal(63, #names.generate(a(58)))
    assert.equal("bbbbb", names.generate("", function() return 1 end))
  end)

  it("comes from the given source", function()
    local at = 0
    local function count(n)
      assert.equal(27, n)
      at = at + 1
      return at
    end
    assert.equal("web-bcdfg", names.generate("web-", count))
    assert.equal("web-hjklm", names.generate("web-", count))
  end)
end)
