--- kubectl's JSONPath on kube's objects: kube.api.jsonpath, which knows JSON by this.
return require("kube.api.jsonpath").adopt(require("kube.json"))
