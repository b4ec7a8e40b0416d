-- Loaded by busted before the specs.
require("kube")
