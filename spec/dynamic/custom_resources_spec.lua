local cluster = require("spec.support.cluster")
local json = require("kube.json")
local kube = require("kube")
local refused = require("spec.support.things").refused

local k = cluster.connect()
local namespace = cluster.namespace("dynamic-custom-resources")
local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("admin") })

local IN = { namespace = namespace }

local function encode(value) return assert(json.encode(value, { sort_keys = true })) end

describe("a custom resource", function()
  local group = cluster.unique("values") .. ".example.com"
  local things

  setup(function()
    assert(k:create {
      apiVersion = "apiextensions.k8s.io/v1", kind = "CustomResourceDefinition",
      metadata = { name = "things." .. group },
      spec = {
        group = group, scope = "Namespaced", names = { plural = "things", kind = "Thing" },
        versions = { {
          name = "v1", served = true, storage = true,
          schema = { openAPIV3Schema = {
            type = "object",
            properties = { spec = {
              type = "object", ["x-kubernetes-preserve-unknown-fields"] = true,
            } },
          } },
        } },
      },
    })
    things = kube.dynamic(config):resource { group = group, version = "v1", resource = "things" }
      :namespace(namespace)
    cluster.eventually(function() return (things:list()) end)
  end)

  local function thing(name, spec)
    return { apiVersion = group .. "/v1", kind = "Thing", metadata = { name = name }, spec = spec }
  end

  it("goes through get, update and get without a change", function()
    assert(things:create(thing("same", assert(json.decode([=[{
      "int": 42, "negative": -1, "big": 4503599627370497, "float": 1.5, "whole": 1.0,
      "tiny": 1e-7, "huge": 1e300, "zero": 0,
      "empty_list": [], "empty_object": {}, "lists": [[], [[]], {}, [{}]],
      "null": null, "nested": {"null": null, "list": [null, 1, null]},
      "true": true, "false": false, "empty": "", "digits": "0123",
      "unicode": "\u00e9\ud83d\ude00"
    }]=])))))
    local first = assert(things:get("same"))
    local spec = encode(first.spec)
    for _, piece in ipairs { '"empty_list":[]', '"empty_object":{}', '"lists":[[],[[]],{},[{}]]',
      '"int":42', '"big":4503599627370497', '"digits":"0123"', '"float":1.5', '"null":null',
      '"list":[null,1,null]' } do
      assert.truthy(spec:find(piece, 1, true), piece .. " is not in " .. spec)
    end
    local updated = assert(things:update(first))
    assert.equal(first.metadata.generation, updated.metadata.generation)
    assert.equal(first.metadata.resourceVersion, updated.metadata.resourceVersion)
    assert.equal(spec, encode(assert(things:get("same")).spec))
  end)

  local exact = encode(assert(json.decode("9007199254740993"))) == "9007199254740993"
  if exact then
    it("keeps integers above 2^53 exact, where this Lua can", function()
      local text = '{"max":9223372036854775807,"min":-9223372036854775808,'
        .. '"odd":9007199254740993}'
      assert(things:create(thing("exact", assert(json.decode(text)))))
      local read = assert(things:get("exact"))
      assert.equal(text, encode(read.spec))
      read.spec.seen = true
      assert(things:update(read))
      assert.equal(text:sub(1, -2) .. ',"seen":true}', encode(assert(things:get("exact")).spec))
    end)
  end

  it("may be applied, listed and deleted by its kind", function()
    local mine = thing("mine", { a = 1 })
    mine.metadata.namespace = namespace
    assert.equal(1, assert(k:apply(mine)).spec.a)
    local list = assert(k:list("things." .. group, IN))
    assert.equal("ThingList", list.kind)
    assert.truthy(list.items[1].spec)
    assert(k:delete(mine))
    refused("NotFound", things:get("mine"))
  end)

  it("that nobody serves is NoMatch by kind, and NotFound by the dynamic client", function()
    local stranger = { apiVersion = "nobody.example.com/v1", kind = "Stranger",
      metadata = { name = "x", namespace = namespace } }
    for _, verb in ipairs { "create", "update", "update_status", "apply", "delete" } do
      local err = refused("NoMatch", k[verb](k, stranger))
      assert.is_true(kube.is_no_match(err))
      assert.equal('no matches for kind "Stranger" in version "nobody.example.com/v1": '
        .. "is its CRD installed?", err.message)
    end
    refused("NotFound", kube.dynamic(config):resource {
      group = "nobody.example.com", version = "v1", resource = "strangers",
    }:namespace(namespace):get("x"))
  end)
end)
