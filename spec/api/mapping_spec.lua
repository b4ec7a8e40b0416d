-- The tables are those of apimachinery api/meta/{restmapper,priority,errors}_test.go and client-go
-- restmapper/{discovery,shortcut,category_expansion}_test.go: their inputs and outputs.
local kube = require("kube")
local mapping = require("kube.api.mapping")
local schema = require("kube.api.schema")

-- ---- what the tables are written in ----

--- "group/version" in its parts.
local function gv(text) return schema.parse_group_version(text) end

--- "group/version Resource" as { group =, version =, [field] = }; "-" is an empty one.
local function parts(text, field)
  local where, name = text:match("^(%S+) (%S+)$")
  local group, version = where:match("^(.*)/(.*)$")
  local function told(part) return part == "-" and "" or part end
  return { group = told(group), version = told(version), [field] = name }
end

local function resource_of(text) return parts(text, "resource") end

--- Resources as the default mapper would make them of kinds, in the order of the group-versions.
local function registered(order, kinds)
  local list = {}
  for _, where in ipairs(order) do
    for _, text in ipairs(kinds) do
      local one = parts(text, "kind")
      if one.group == gv(where).group and one.version == gv(where).version then
        one.resource, one.singular = mapping.guess(one.kind)
        one.namespaced = true
        list[#list + 1] = one
      end
    end
  end
  return mapping.index(list)
end

local function texts_of(list, field)
  local texts = {}
  for i, one in ipairs(list) do
    local group = one.group == "" and "-" or one.group
    texts[i] = string.format("%s/%s %s", group, one.version, one[field])
  end
  return texts
end

--- What a list without priorities says to several: they are ambiguous.
local function single(list, field)
  return mapping.choose(list, {}, field)
end

-- ---- names to kinds ----

describe("the kind of a resource", function()
  it("is found by singular and plural", function()
    local index = registered({ "test.group/test" }, { "test.group/test InternalObject" })
    for _, name in ipairs { "internalobject", "internalobjects", "InternalObject" } do
      assert.same({ group = "test.group", version = "test", kind = "InternalObject" },
        index:kind_for { resource = name })
    end
    for _, name in ipairs { "internalobjec", "internalObjec" } do
      local found, err = index:kind_for { resource = name }
      assert.is_nil(found)
      assert.is_true(kube.is_no_match(err))
    end
  end)

  it("has its group", function()
    for _, row in ipairs {
      { "myObject", "testapi", true }, { "myobject", "testapi2", true },
      { "myObje", "testapi", false }, { "myobje", "testapi", false },
    } do
      local index = registered({ row[2] .. "/test" }, { row[2] .. "/test MyObject" })
      local found = index:kind_for { resource = row[1] }
      assert.equal(row[3] and row[2] or nil, found and found.group)
    end
  end)
end)

-- What is registered, in which order, what is asked for, and what it is.
local TWO_KINDS = {
  "first-group/first-version my-kind", "first-group/first-version your-kind",
  "second-group/first-version my-kind", "second-group/first-version your-kind",
}
local FIRST, SECOND = "first-group/first-version", "second-group/first-version"
local PLACES = {
  {
    "an exact group", { "first-group-1/first-version", FIRST },
    { "first-group-1/first-version my-kind", FIRST .. " my-kind" }, "first-group/-", { FIRST },
  },
  {
    "the beginning of a group", { SECOND, FIRST }, { FIRST .. " my-kind", SECOND .. " my-kind" },
    "first/-", { FIRST },
  },
  {
    "an ambiguous beginning", { "first-group-1/first-version", FIRST },
    { "first-group-1/first-version my-kind", FIRST .. " my-kind" },
    "first/-", { "first-group-1/first-version", FIRST },
  },
  {
    "ambiguous groups, in their order", { SECOND, FIRST }, TWO_KINDS, "-/-", { SECOND, FIRST },
  },
  {
    "ambiguous groups, and a group", { SECOND, FIRST }, TWO_KINDS, "first-group/-", { FIRST },
  },
  {
    "ambiguous groups, and a version", { FIRST, SECOND }, TWO_KINDS, "-/first-version",
    { FIRST, SECOND },
  },
}

describe("a partial resource", function()
  for _, row in ipairs(PLACES) do
    it("means its kinds and resources: " .. row[1], function()
      local index = registered(row[2], row[3])
      for _, name in ipairs { "my-kind", "my-kinds" } do
        local partial = resource_of(row[4] .. " " .. name)
        local kinds, resources = {}, {}
        for i, where in ipairs(row[5]) do
          kinds[i], resources[i] = where .. " my-kind", where .. " my-kinds"
        end
        local found_kinds, found = index:kinds_for(partial), index:resources_for(partial)
        assert.same(kinds, texts_of(found_kinds, "kind"))
        assert.same(resources, texts_of(found, "resource"))
        -- without priorities, several are ambiguous; with those of a server, the first one wins
        assert.equal(#kinds == 1, single(found_kinds, "kind") ~= nil)
        assert.equal(#kinds == 1, single(found, "resource") ~= nil)
        assert.equal(kinds[1], texts_of({ (index:kind_for(partial)) }, "kind")[1])
        assert.equal(resources[1], texts_of({ (index:resource_for(partial)) }, "resource")[1])
      end
    end)
  end

  it("is exact where group and version are told", function()
    local index = registered({ "networking.k8s.io/v1" }, { "networking.k8s.io/v1 Ingress" })
    assert.truthy(index:resource_for { group = "networking", resource = "ingresses" })
    assert.truthy(index:resource_for(resource_of("networking.k8s.io/v1 ingress")))
    assert.is_nil(index:resource_for(resource_of("networking/v1 ingresses")))
    assert.is_nil(index:resource_for(resource_of("networking.k8s.io/v2 ingresses")))
  end)

  it("that fits two of one version is ambiguous, and all that fit are told", function()
    local index = mapping.index {
      { group = "g", version = "v1", resource = "fish", singular = "x", kind = "Fish" },
      { group = "g", version = "v1", resource = "x", singular = "y", kind = "X" },
    }
    local found, err = index:resource_for { resource = "x" }
    assert.is_nil(found)
    assert.equal("AmbiguousMatch", err.reason)
    assert.is_true(kube.is_ambiguous_match(err))
    assert.equal("/, Resource=x matches multiple resources [g/v1, Resource=fish g/v1, Resource=x]",
      err.message)
    found, err = index:kind_for { group = "g", resource = "x" }
    assert.is_nil(found)
    assert.equal("g/, Resource=x matches multiple kinds [g/v1, Kind=Fish g/v1, Kind=X]",
      err.message)
  end)

  it("that is nowhere is told as it was asked, with what may have been meant", function()
    local index = registered({ "apps/v1" }, { "apps/v1 Deployment" })
    local _, err = index:resource_for { resource = "xyz" }
    assert.equal("no matches for /, Resource=xyz", err.message)
    _, err = index:kind_for { group = "apps", version = "v1", resource = "deploymets" }
    assert.equal('no matches for apps/v1, Resource=deploymets; did you mean "deployments"?',
      err.message)
  end)
end)

-- ---- guesses ----

describe("a kind's guessed resource", function()
  for kind, expected in pairs {
    Pod = "pods pod", ReplicationController = "replicationcontrollers replicationcontroller",
    ImageRepository = "imagerepositories imagerepository", miss = "misses miss",
    lowercase = "lowercases lowercase", Status = "statuses status",
    lowercases = "lowercaseses lowercases", Endpoints = "endpoints endpoints", [""] = " ",
  } do
    it("is " .. expected, function()
      assert.equal(expected, table.concat({ mapping.guess(kind) }, " "))
      if kind == "" then return end
      local index = registered({ "tgroup/test" }, { "tgroup/test " .. kind })
      assert.equal(expected:match(" (.*)"), index:singular_for(expected:match("^[^ ]*")))
    end)
  end

  it("stands in where a server does not tell the singular", function()
    local index = mapping.index {
      { group = "", version = "v1", resource = "pods", singular = "", kind = "Pod" },
    }
    assert.equal("pod", index:singular_for("pods"))
    assert.equal("pods", index:resource_for({ resource = "pod" }).resource)
    local found, err = index:singular_for("nothings")
    assert.is_nil(found)
    assert.equal("no matches for /, Resource=nothings", err.message)
  end)
end)

-- ---- kinds to resources ----

describe("the mapping of a kind", function()
  local tgroup = { group = "tgroup", kind = "InternalObject" }

  it("is where it lives", function()
    local index = registered({ "tgroup/test" }, { "tgroup/test InternalObject" })
    for _, versions in ipairs { { "test" }, {}, { "" } } do
      local found = index:mapping(tgroup, versions)
      assert.same({ "tgroup/test internalobjects" }, texts_of({ found.resource }, "resource"))
      assert.same({ group = "tgroup", version = "test", kind = "InternalObject" }, found.kind)
      assert.equal("namespace", found.scope)
    end
    assert.equal("InternalObject",
      index:mapping({ group = "tgroup", kind = "internalobject" }).kind.kind)
    for _, kind in ipairs { "Unknown", "internalObject" } do
      assert.is_nil((index:mapping({ group = "tgroup", kind = kind })))
    end
    assert.is_nil((registered({}, {}):mapping(tgroup)))
    assert.is_nil((index:mapping({ kind = "InternalObject" })))
  end)

  it("is in the version that is named", function()
    local index = registered({ "tgroup/test1", "tgroup/test2" },
      { "tgroup/test1 InternalObject", "tgroup/test2 OtherObject" })
    local other = { group = "tgroup", kind = "OtherObject" }
    assert.equal("test2", index:mapping(other).kind.version)
    assert.equal("test1", index:mapping(tgroup).kind.version)
    for _, row in ipairs {
      { tgroup, { "test2" } }, { other, { "test1" } }, { other, { "test3" } },
      { other, { "test3", "test1" } }, { tgroup, { "test3" } },
    } do
      assert.is_nil((index:mapping(row[1], row[2])))
    end
    assert.equal("otherobjects", index:mapping(other, { "test3", "test2" }).resource.resource)
  end)

  it("may be several", function()
    local function mappings(kinds, versions)
      local order = { "tgroup/v1", "tgroup/v2" }
      local found, list = registered(order, kinds):mappings(tgroup, versions), {}
      for i, one in ipairs(found) do list[i] = one.kind.version end
      return table.concat(list, " ")
    end
    local v1, v2 = "tgroup/v1 InternalObject", "tgroup/v2 InternalObject"
    assert.equal("", mappings({}, {}))
    assert.equal("", mappings({ v1 }, { "v2" }))
    assert.equal("v2", mappings({ v2 }, { "v2" }))
    assert.equal("v2", mappings({ v2 }, { "v3", "v2" }))
    assert.equal("v1 v2", mappings({ v1, v2 }, {}))
    assert.equal("v1 v2", mappings({ v1, v2 }, { "v2", "v1" }))
  end)

  it("prefers the versions that the user names, in their order", function()
    local index = registered({ "Bar/v2alpha1", "Bar/v1" }, { "Bar/v2alpha1 Foo", "Bar/v1 Foo" })
    local foo = { group = "Bar", kind = "Foo" }
    for _, row in ipairs {
      { {}, "v2alpha1" }, { { "v1" }, "v1" }, { { "v2alpha1" }, "v2alpha1" },
      { { "v1", "v2alpha1" }, "v1" }, { { "v9", "v1" }, "v1" },
    } do
      assert.equal(row[2], index:mapping(foo, row[1]).kind.version)
    end
  end)

  it("is an error where it is nowhere, which says where it was looked for", function()
    local index = registered({ "apps/v1" }, { "apps/v1 Deployment" })
    for _, row in ipairs {
      { { kind = "Foo" }, {}, 'no matches for kind "Foo" in group "": is its CRD installed?' },
      { { group = "apps", kind = "Deploymet" }, {},
        'no matches for kind "Deploymet" in group "apps"; did you mean "Deployment"?' },
      { { group = "apps", kind = "Deployment" }, { "v1beta1" },
        'no matches for kind "Deployment" in version "apps/v1beta1"; apps/v1 has it' },
      { { kind = "Deployment" }, { "v1" },
        'no matches for kind "Deployment" in version "v1"; apps/v1 has it' },
      { { kind = "Foo" }, { "v2", "v1beta", "v2" },
        'no matches for kind "Foo" in versions ["v1beta" "v2"]: is its CRD installed?' },
    } do
      local found, err = index:mapping(row[1], row[2])
      assert.is_nil(found)
      assert.equal(row[3], err.message)
      assert.is_true(kube.is_no_match(err))
    end
  end)

  it("is ambiguous where two of one version have it", function()
    local index = mapping.index {
      { group = "g", version = "v1", resource = "a", kind = "Foo" },
      { group = "g", version = "v1", resource = "b", kind = "Foo" },
    }
    local found, err = index:mapping { group = "g", kind = "Foo" }
    assert.is_nil(found)
    assert.equal("g/, Kind=Foo matches multiple kinds [g/v1, Kind=Foo g/v1, Kind=Foo]",
      err.message)
  end)
end)

-- ---- priorities ----

describe("priorities", function()
  local TWO = { "one/a first", "two/b second" }

  local function choose(field, candidates, patterns)
    local list, rules = {}, {}
    for i, text in ipairs(candidates) do list[i] = parts(text, field) end
    for i, text in ipairs(patterns) do rules[i] = parts(text, field) end
    local found = mapping.choose(list, rules, field)
    return found and texts_of({ found }, field)[1]
  end

  for _, field in ipairs { "resource", "kind" } do
    for name, row in pairs {
      ["nothing"] = { {}, {}, nil },
      ["a single hit"] = { { "-/- single-hit" }, {}, "-/ single-hit" },
      ["a single hit, whatever the patterns"] =
        { { "-/- single-hit" }, { "one/* *" }, "-/ single-hit" },
      ["an ambiguous match"] = { TWO, {}, nil },
      ["a group"] = { TWO, { "one/* *" }, "one/a first" },
      ["a pattern that fits nothing, and one that fits"] =
        { TWO, { "fail/* *", "one/* *" }, "one/a first" },
      ["a group, then a version"] = {
        { "one/a first", "two/b second", "one/c third" }, { "one/* *", "*/a *" }, "one/a first",
      },
      ["a name"] = { { "one/a first", "one/a second" }, { "*/* second" }, "one/a second" },
      ["a version of the core group"] = {
        { "-/v1alpha1 Foo", "-/v1 Foo", "other/v1 Foo" }, { "-/v1 *", "-/v1alpha1 *" }, "-/v1 Foo",
      },
      ["a version of any group, then a group"] = {
        { "-/v1alpha1 Foo", "-/v1 Foo", "other/v1 Foo" }, { "*/v1 *", "other/* *" }, "other/v1 Foo",
      },
    } do
      it("choose by " .. name .. ", of " .. field .. "s", function()
        assert.equal(row[3], choose(field, row[1], row[2]))
      end)
    end
  end
end)

-- ---- a whole server ----

describe("a server's index", function()
  local function of(where, resource, kind)
    local one = gv(where)
    one.resource, one.kind, one.namespaced = resource, kind, true
    return one
  end

  local index = mapping.index {
    of("extensions/v1beta", "jobs", "Job"), of("extensions/v1beta", "pods", "Pod"),
    of("v1", "pods", "Pod"), of("v2", "pods", "Pod"),
    of("unpreferred/v1", "broccoli", "Broccoli"), of("unpreferred/v2beta1", "broccoli", "Broccoli"),
    of("unpreferred/v2beta1", "peas", "Pea"), of("unpreferred/v2alpha1", "broccoli", "Broccoli"),
    of("unpreferred/v2alpha1", "peas", "Pea"),
  }

  it("has v1 of the core group first, and then its own order", function()
    for _, row in ipairs {
      { "-/- pods", "-/v1 Pod" }, { "-/v1 pods", "-/v1 Pod" }, { "-/v2 pods", "-/v2 Pod" },
      { "-/- jobs", "extensions/v1beta Job" }, { "-/- peas", "unpreferred/v2beta1 Pea" },
      { "-/- broccoli", "unpreferred/v1 Broccoli" }, { "ext/- pods", "extensions/v1beta Pod" },
    } do
      local partial = resource_of(row[1])
      assert.equal(row[2], texts_of({ (index:kind_for(partial)) }, "kind")[1])
      local resource = index:resource_for(partial)
      assert.equal(row[2]:match("^%S+"), texts_of({ resource }, "resource")[1]:match("^%S+"))
    end
  end)
end)

-- ---- short names ----

local function served(rows)
  local list = {}
  for i, row in ipairs(rows) do
    local one = gv(row[1])
    one.resource, one.singular = row[2], row.singular or ""
    one.kind, one.shortNames, one.categories = row.kind or "", row.short or {}, row.categories
    list[i] = one
  end
  return mapping.index(list)
end

local HPAS = {
  { "autoscaling/v1", "superhorizontalpodautoscalers", short = { "hpa" } },
  { "autoscaling/v1", "horizontalpodautoscalers", short = { "hpa" } },
}
local POODLES = { "acme.com/v1", "poddlers", short = { "pods", "pod" } }
local MANY = {
  { "autoscaling/v1alphav1", "horizontalpodautoscalers", short = { "hpa" } },
  { "autoscaling/v1", "horizontalpodautoscalers", short = { "hpa" } },
}

describe("a short name", function()
  for name, row in pairs {
    ["that nothing has stays as it is"] = { "storageclasses", "storageclasses", {}, {} },
    ["of two resources of a version is the first's"] = {
      "hpa", "superhorizontalpodautoscalers.autoscaling", HPAS,
      { 'short name "hpa" could also match lower priority resource '
        .. "horizontalpodautoscalers.autoscaling" },
    },
    ["may be that of a resource whose name others have"] = {
      "dpl", "deployments.foo", {
        { "foo/v1", "deployments", short = { "dpl" } },
        { "extension/v1beta1", "deployments", short = { "deploy" } },
      }, {},
    },
    ["that is somebody's plural stays as it is"] =
      { "pods", "pods", { { "v1", "pods", singular = "pod" }, POODLES }, {} },
    ["that is somebody's singular stays as it is"] =
      { "pod", "pod", { { "v1", "pods", singular = "pod" }, POODLES }, {} },
    ["of the core group warns of others"] = {
      "po", "pods", {
        { "v1", "pods", singular = "pod", short = { "po" } },
        { "acme.com/v1", "poddlers", short = { "po" } },
      }, { 'short name "po" could also match lower priority resource poddlers.acme.com' },
    },
    ["warns once of one that has several versions"] = {
      "po", "pods", {
        { "v1", "pods", singular = "pod", short = { "po" } },
        { "acme.com/v1", "poddlers", short = { "po" } },
        { "acme.com/v1beta1", "poddlers", short = { "po" } },
      }, { 'short name "po" could also match lower priority resource poddlers.acme.com' },
    },
    ["of several versions is not ambiguous"] =
      { "hpa", "horizontalpodautoscalers.autoscaling", MANY, {} },
    ["warns of each other resource"] = {
      "hpa", "horizontalpodautoscalers.autoscaling",
      { MANY[1], MANY[2], { "foo/v1", "foo", short = { "hpa" } },
        { "foo/v1beta1", "foo", short = { "hpa" } }, { "bar/v1", "bar", short = { "hpa" } } },
      { 'short name "hpa" could also match lower priority resource foo.foo',
        'short name "hpa" could also match lower priority resource bar.bar' },
    },
    ["in its group is found"] = {
      "sc.storage.k8s.io", "storageclasses.storage.k8s.io",
      { { "storage.k8s.io/v1", "storageclasses", short = { "sc" } } }, {},
    },
    ["without its group is found"] = {
      "sc", "storageclasses.storage.k8s.io",
      { { "storage.k8s.io/v1", "storageclasses", short = { "sc" } } }, {},
    },
    ["in the beginning of its group is found"] = {
      "sc.storage", "storageclasses.storage.k8s.io",
      { { "storage.k8s.io/v1", "storageclasses", short = { "sc" } } }, {},
    },
  } do
    it(name, function()
      local full, warnings = served(row[3]):expand_shortcut(schema.parse_group_resource(row[1]))
      assert.equal(row[2], schema.group_resource_text(full))
      assert.same(row[4], warnings)
    end)
  end

  it("leads to a kind", function()
    local index = served { { "a/v1", "storageclasses", short = { "sc" }, kind = "StorageClass" } }
    assert.same({ group = "a", version = "v1", kind = "StorageClass" },
      index:kind_for { group = "a", resource = "sc" })
    assert.equal("storageclass", index:singular_for("sc"))
    assert.is_nil(index:kind_for { group = "a", version = "v2", resource = "sc" })
  end)
end)

-- ---- categories ----

describe("a category", function()
  local function expand(rows, category)
    local found = served(rows):expand(category)
    return found and texts_of(found, "resource")
  end

  it("has its resources", function()
    local jobs = { { "batch/v1", "jobs", short = { "jz" }, categories = { "all" } } }
    assert.same({ "batch/v1 jobs" }, expand(jobs, "all"))
    assert.is_nil(expand(jobs, "targaryens"))
    assert.is_nil(expand({ { "batch/v1", "jobs", short = { "jz" } } }, "all"))
  end)

  it("has them in order, each once", function()
    assert.same({ "-/v1 one", "-/v1 two", "alpha/v2 three", "bravo/v1 four" }, expand({
      { "v1", "one", categories = { "all" } }, { "v1", "two", categories = { "all", "x" } },
      { "alpha/v2", "three", categories = { "all" } },
      { "alpha/v1", "three", categories = { "all" } }, { "bravo/v1", "none" },
      { "bravo/v1", "four", categories = { "all" } },
    }, "all"))
  end)
end)
