-- kube.fake gives the same answers as the real API server: the rules of names.
local json = require("kube.json")
local same = require("spec.support.same")

local answers = same.namespace("names")
local told, invalid, config_map = same.told, same.invalid, same.config_map

teardown(same.close)

local SUBDOMAIN = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
  .. "characters, '-' or '.', and must start and end with an alphanumeric character (e.g. "
  .. "'example.com', regex used for validation is "
  .. "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
local LABEL = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or "
  .. "'-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
  .. "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
local LABEL_VALUE, QUALIFIED = same.LABEL_VALUE, same.QUALIFIED

describe("a name", function()
  --- An object of a kind with a name that does not stand elsewhere in it.
  local function named(kind, name)
    local object = same.kinds[kind].make("x")
    object.metadata.name = name
    return object
  end

  local function bad(value, why) return string.format('Invalid value: "%s": %s', value, why) end

  --- What each kind says of names: true, or why not.
  local RULES = {
    ["Bad_Name"] = {
      ConfigMap = SUBDOMAIN, Pod = SUBDOMAIN, ["Deployment.apps"] = SUBDOMAIN,
      Service = LABEL, Namespace = LABEL,
    },
    ["-x"] = {
      ConfigMap = SUBDOMAIN, Pod = SUBDOMAIN, ["Deployment.apps"] = SUBDOMAIN, Service = LABEL,
    },
    ["a..b"] = { ConfigMap = SUBDOMAIN, Pod = SUBDOMAIN, ["Deployment.apps"] = SUBDOMAIN },
    ["a.b"] = {
      ConfigMap = true, Pod = true, ["Deployment.apps"] = true,
      Service = "must not contain dots", Namespace = "must not contain dots",
    },
    ["1web"] = { ConfigMap = true, Pod = true, ["Deployment.apps"] = true, Service = true },
    [("x"):rep(64)] = { ConfigMap = true, Service = "must be no more than 63 characters" },
    [("x"):rep(254)] = {
      ConfigMap = "must be no more than 253 characters",
      Pod = "must be no more than 253 characters",
      ["Deployment.apps"] = "must be no more than 253 characters",
      Service = "must be no more than 63 characters",
    },
  }

  for name, kinds in pairs(RULES) do
    for kind, why in pairs(kinds) do
      local short = #name > 20 and #name .. " letters" or name
      it(string.format("of a %s may%s be %s", kind, why == true and "" or " not", short),
        answers(function(k)
          local made, err = k:create(named(kind:match("^%a+"), name))
          return made and made.metadata.name or told(made, err)
        end, why == true and name or invalid(kind, name, { { "metadata.name", bad(name, why) } })))
    end
  end

  for _, kind in ipairs { "ConfigMap", "Pod", "Namespace", "Deployment.apps" } do
    it("must be there: " .. kind, answers(function(k)
      return told(k:create(named(kind:match("^%a+"))))
    end, invalid(kind, "", { { "metadata.name",
      "Required value: name or generateName is required" } })))
  end

  it("and the prefix of one must be good", answers(function(k)
    local object = config_map()
    object.metadata.generateName = "Made-"
    local answer = told(k:create(object))
    local name = answer.error.details.name
    local text = assert(json.encode(answer)):gsub(name:gsub("%-", "%%-"), "Made-xxxxx")
    return assert(json.decode(text))
  end, invalid("ConfigMap", "Made-xxxxx", {
    { "metadata.generateName", bad("Made-", SUBDOMAIN) },
    { "metadata.name", bad("Made-xxxxx", SUBDOMAIN) },
  })))

  for kind, body in pairs(same.of_each_kind(answers, "x", function(k, object)
    object.metadata.name = "x"
    object.metadata.labels = { ["a/b/c"] = "not good!" }
    object.metadata.annotations = { ["-a"] = "x" }
    object.metadata.finalizers = { "nofinal" }
    return told(k:create(object))
  end, function(kind, _, facts)
    return invalid(kind .. (facts.group and ".apps" or ""), "x", {
      { "metadata.labels", bad("a/b/c", "a valid label key " .. QUALIFIED
        .. " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')") },
      { "metadata.labels", bad("not good!", LABEL_VALUE) },
      { "metadata.annotations", bad("-a", "name part " .. QUALIFIED) },
      { "metadata.finalizers[0]",
        bad("nofinal", "name is neither a standard finalizer name nor is it fully qualified") },
    })
  end)) do
    it("of a label, an annotation or a finalizer has its rules: " .. kind, body)
  end

  it("of an owner must be whole", answers(function(k)
    local object = config_map("x")
    object.metadata.ownerReferences = { { apiVersion = "", kind = "", name = "", uid = "" } }
    return told(k:create(object))
  end, invalid("ConfigMap", "x", {
    { "metadata.ownerReferences.apiVersion", bad("", "version must not be empty") },
    { "metadata.ownerReferences.kind", bad("", "must not be empty") },
    { "metadata.ownerReferences.name", bad("", "must not be empty") },
    { "metadata.ownerReferences.uid", bad("", "must not be empty") },
  })))

  it("of a finalizer must not be empty", answers(function(k)
    local object = config_map("x")
    object.metadata.finalizers = { "" }
    return told(k:create(object))
  end, invalid("ConfigMap", "x", {
    { "metadata.finalizers", bad("", "name part must be non-empty") },
    { "metadata.finalizers", bad("", "name part " .. QUALIFIED) },
    { "metadata.finalizers[0]",
      bad("", "name is neither a standard finalizer name nor is it fully qualified") },
  })))

  it("of a key of data has its rules", answers(function(k)
    return told(k:create(config_map("x", { ["a b"] = "1" })))
  end, invalid("ConfigMap", "x", { { "data[a b]", bad("a b", "a valid config key must consist of "
    .. "alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    .. "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')") } })))
end)
