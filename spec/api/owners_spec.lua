-- After controller-runtime pkg/controller/controllerutil/controllerutil_test.go and apimachinery
-- pkg/apis/meta/v1/controller_ref_test.go.
local errors = require("kube.api.errors")
local json = require("kube.json")
local owners = require("kube.api.owners")

local function deployment(fields)
  local metadata = { name = "foo", uid = "foo-uid" }
  for name, value in pairs(fields or {}) do metadata[name] = value end
  return { apiVersion = "extensions/v1beta1", kind = "Deployment", metadata = metadata }
end

local function reference(fields)
  local one = { name = "foo", kind = "Deployment", apiVersion = "extensions/v1beta1",
    uid = "foo-uid" }
  for name, value in pairs(fields or {}) do one[name] = value end
  return one
end

local CONTROLLER = { controller = true, blockOwnerDeletion = true }

local function replicaset(...)
  return { metadata = { name = "foo", namespace = "default", ownerReferences = { ... } } }
end

local function refused(reason, message, ok, err)
  assert.is_nil(ok)
  assert.is_true(errors.is(err))
  assert.same({ reason, message }, { err.reason, err.message })
end

describe("a reference to an owner", function()
  it("is made of its kind, name and uid", function()
    assert.same(reference(), owners.owner_reference(deployment()))
    assert.same(reference(CONTROLLER), owners.owner_reference(deployment(), CONTROLLER))
    assert.same(reference { controller = false },
      owners.owner_reference(deployment(), { controller = false }))
  end)

  it("is set", function()
    for name, case in pairs {
      ["where there is none"] = { {}, nil, true, reference() },
      ["with blockOwnerDeletion"] = { {}, { blockOwnerDeletion = true }, true,
        reference { blockOwnerDeletion = true } },
      ["not twice"] = { replicaset(reference()), nil, false, reference() },
      ["over that of another version and uid"] = { replicaset(reference {
        apiVersion = "extensions/v1alpha1", uid = "foo-uid-1" }), nil, true, reference() },
      ["over that of the controller it was"] = { replicaset(reference(CONTROLLER)), nil, true,
        reference() },
    } do
      local ok, changed = owners.set_owner_reference(deployment(), case[1], case[2])
      assert.is_true(ok)
      assert.equal(case[3], changed, name)
      assert.same({ case[4] }, case[1].metadata.ownerReferences, name)
    end
  end)

  it("stands beside those to others", function()
    local others = { reference { name = "bar" }, reference { kind = "ReplicaSet" },
      reference { apiVersion = "apps/v1beta1" }, reference { apiVersion = "v1beta1" },
      reference { apiVersion = "a/b/c" } }
    local object = replicaset((table.unpack or unpack)(others))
    assert(owners.set_owner_reference(deployment(), object))
    others[6] = reference()
    assert.same(others, object.metadata.ownerReferences)
  end)

  it("is removed", function()
    local object = replicaset(reference { apiVersion = "extensions/v1alpha1", uid = "foo-uid-1" })
    assert(owners.set_owner_reference(deployment { uid = "foo-uid-2" }, object))
    assert.is_true(owners.is_owned_by(object, deployment()))
    assert.is_true(owners.remove_owner_reference(deployment { uid = "foo-uid-2" }, object))
    assert.is_nil(object.metadata.ownerReferences)
    assert.is_false(owners.is_owned_by(object, deployment()))

    assert.is_true(owners.set_controller_reference(deployment(), object))
    assert.is_true(owners.remove_owner_reference(deployment(), object))
    assert.is_nil(object.metadata.ownerReferences)

    for _, without in ipairs { {}, { metadata = {} }, replicaset(), replicaset(reference()) } do
      assert.is_false(owners.remove_owner_reference(deployment { name = "bar" }, without))
    end
  end)

  it("leaves an object that can be sent", function()
    local object = json.decode('{"metadata":{"ownerReferences":[]}}')
    assert(owners.set_owner_reference(deployment(), object))
    assert.equal('{"metadata":{"ownerReferences":[{"apiVersion":"extensions/v1beta1",'
      .. '"kind":"Deployment","name":"foo","uid":"foo-uid"}]}}',
      json.encode(object, { sort_keys = true }))
    assert.is_true(owners.remove_owner_reference(deployment(), object))
    assert.equal('{"metadata":{}}', json.encode(object))
  end)
end)

describe("a reference to a controller", function()
  it("is set", function()
    for name, case in pairs {
      ["where there is none"] = { {}, nil, true, reference(CONTROLLER) },
      ["over one that is not the controller"] = { replicaset(reference { controller = false,
        blockOwnerDeletion = true }), nil, true, reference(CONTROLLER) },
      ["over its own of another version"] = { replicaset(reference { controller = true,
        blockOwnerDeletion = true, apiVersion = "extensions/v1alpha1" }), nil, true,
        reference(CONTROLLER) },
      ["over one of another version"] = { replicaset(reference { controller = false,
        blockOwnerDeletion = true, apiVersion = "extensions/v1alpha1" }), nil, true,
        reference(CONTROLLER) },
      ["not twice"] = { replicaset(reference(CONTROLLER)), nil, false, reference(CONTROLLER) },
      ["without blockOwnerDeletion"] = { {}, { blockOwnerDeletion = false }, true,
        reference { controller = true, blockOwnerDeletion = false } },
    } do
      local ok, changed = owners.set_controller_reference(deployment(), case[1], case[2])
      assert.is_true(ok)
      assert.equal(case[3], changed, name)
      assert.same({ case[4] }, case[1].metadata.ownerReferences, name)
    end
  end)

  it("is refused where another controller owns the object", function()
    local object = replicaset(reference { name = "bar", uid = "bar-uid", controller = true })
    refused("AlreadyOwned",
      "Object default/foo is already owned by another Deployment controller bar",
      owners.set_controller_reference(deployment { namespace = "default" }, object))
    assert.equal(1, #object.metadata.ownerReferences)
    refused("AlreadyOwned", "Object default/foo is already owned by another  controller ",
      owners.set_controller_reference(deployment(), replicaset { controller = true }))
    assert.is_true(owners.set_owner_reference(deployment { namespace = "default" }, object))
    assert.equal(2, #object.metadata.ownerReferences)
  end)

  it("is refused where the namespaces do not fit", function()
    for _, set in ipairs { owners.set_controller_reference, owners.set_owner_reference } do
      refused("BadRequest", "cross-namespace owner references are disallowed, owner's namespace "
        .. "namespace2, obj's namespace default",
        set(deployment { namespace = "namespace2" }, replicaset()))
      refused("BadRequest", "cluster-scoped resource must not have a namespace-scoped owner, "
        .. "owner's namespace default",
        set(deployment { namespace = "default" }, { metadata = { name = "foo" } }))
      assert.is_true(set(deployment { namespace = "" }, replicaset()))
      assert.is_true(set(deployment { namespace = "default" }, replicaset()))
    end
  end)
end)

describe("a controller", function()
  it("is found", function()
    local one = reference(CONTROLLER)
    assert.equal(one, owners.controller_of(replicaset(reference { name = "bar" }, one)))
    assert.is_nil(owners.controller_of(replicaset(reference { controller = false })))
    assert.is_nil(owners.controller_of(replicaset()))
    assert.is_nil(owners.controller_of {})
    assert.is_nil(owners.controller_of { metadata = { ownerReferences = "x" } })
  end)

  it("controls by its uid", function()
    local object = replicaset(reference { uid = "bar-uid" }, reference(CONTROLLER))
    assert.is_true(owners.is_controlled_by(object, deployment()))
    assert.is_true(owners.is_controlled_by(object, deployment { name = "renamed" }))
    assert.is_false(owners.is_controlled_by(object, deployment { uid = "bar-uid" }))
    assert.is_false(owners.is_controlled_by(replicaset(reference()), deployment()))
    assert.is_false(owners.is_controlled_by({}, deployment()))
    assert.is_true(owners.is_controlled_by(object, { metadata = { uid = "foo-uid" } }))
    assert.is_false(owners.is_controlled_by(replicaset { controller = true }, {}))
  end)
end)

describe("an owner", function()
  it("must have been created", function()
    local calls = {
      owner_reference = function(owner) owners.owner_reference(owner) end,
      set_owner_reference = function(owner) owners.set_owner_reference(owner, {}) end,
      set_controller_reference = function(owner) owners.set_controller_reference(owner, {}) end,
    }
    for what, call in pairs(calls) do
      what = "kube.owners." .. what .. ": the owner "
      local kind, new = deployment(), deployment()
      kind.kind, new.metadata.uid = nil, nil
      assert.has_error(function() call(kind) end, what .. "has no kind")
      assert.has_error(function() call(new) end, what .. "has no uid; is it created?")
      assert.has_error(function() call {} end, what .. "has no apiVersion")
      assert.has_error(function() call(nil) end, what .. "must be a table, not nil")
      local _, message = pcall(call, {})
      assert.truthy(message:find("^[^:]*owners_spec.lua:%d+: "), message)
    end
    local new = deployment()
    new.metadata.uid = nil
    assert.is_true(owners.is_owned_by(replicaset(reference()), new))
  end)

  it("takes no options that do not exist", function()
    assert.has_error(function() owners.owner_reference(deployment(), { contoller = true }) end,
      'kube.owners.owner_reference: unknown option "contoller"; did you mean "controller"?')
    assert.has_error(function()
      owners.set_controller_reference(deployment(), {}, { controller = false })
    end)
  end)
end)
