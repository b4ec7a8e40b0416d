"""The pods of the benchmarks: realistic ones, and the same bytes every time.

A pod is 4.6 KB of compact JSON, as a Deployment's pod is after its kubelet reported it; 30 % of
that is managedFields. The random parts come from one generator with seed 1, in the order in which
they are asked for: uid, checksum, owner, first manager, image, container.

    python3 pods.py N FILE      writes a PodList of N pods, as the server sends it
"""
import json
import random
import sys

START = "2026-01-02T03:04:05Z"
READY = "2026-01-02T03:05:05Z"
OWNERS, NAMESPACES, NODES = 300, 50, 100

dot = {".": {}}


def text(value):
    return json.dumps(value, separators=(",", ":"))


def pods(n):
    """The n pods, as the items of a list: without apiVersion and kind."""
    rng = random.Random(1)
    return [pod(i, rng) for i in range(n)]


def pod_list(items, metadata):
    return {"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items}


def pod(i, rng):
    return {"metadata": metadata(i, rng), "spec": spec(i), "status": status(i, rng)}


# ---- metadata ----

def metadata(i, rng):
    app = i % OWNERS
    uid = "%08x-0000-4000-8000-%012x" % (i, rng.getrandbits(48))
    return {
        "name": "web-%x-%05x" % (app, i),
        "generateName": "web-%x-" % app,
        "namespace": "ns-%d" % (i % NAMESPACES),
        "uid": uid,
        "resourceVersion": str(100000 + i),
        "creationTimestamp": START,
        "labels": {
            "app": "web-%d" % app,
            "pod-template-hash": "%x" % app,
            "tier": "front\u00e9",
            "version": "v1.%d" % (i % 7),
        },
        "annotations": {
            "checksum/config": "%064x" % rng.getrandbits(256),
            "prometheus.io/scrape": "true",
            "note": 'line one\nline "two"\t\\ end',
        },
        "ownerReferences": [{
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-%x" % app,
            "uid": "%036x" % rng.getrandbits(128),
            "controller": True, "blockOwnerDeletion": True,
        }],
        "managedFields": [by_controller(rng), by_kubelet()],
    }


def fields(*names, **nested):
    """A set of fields as FieldsV1 writes it."""
    return {"f:" + name: nested.get(name, {}) for name in names}


def managed(manager, time, owned):
    return {"manager": manager, "operation": "Update", "apiVersion": "v1", "time": time,
            "fieldsType": "FieldsV1", "fieldsV1": owned}


def by_controller(rng):
    owner = 'k:{"uid":"%032x"}' % rng.getrandbits(128)
    env = {**dot, 'k:{"name":"A"}': {**dot, **fields("name", "value")}}
    port = 'k:{"containerPort":8080,"protocol":"TCP"}'
    amounts = {**dot, **fields("cpu", "memory")}
    container = {**dot, **fields(
        "env", "image", "imagePullPolicy", "name", "ports", "resources", "terminationMessagePath",
        "terminationMessagePolicy",
        env=env,
        ports={**dot, port: {**dot, **fields("containerPort", "protocol")}},
        resources={**dot, **fields("limits", "requests", limits=amounts, requests=amounts)})}
    return managed("kube-controller-manager", START, fields(
        "metadata", "spec",
        metadata=fields(
            "generateName", "labels", "ownerReferences",
            labels={**dot, **fields("app", "pod-template-hash")},
            ownerReferences={**dot, owner: {}}),
        spec=fields(
            "containers", "dnsPolicy", "enableServiceLinks", "restartPolicy", "schedulerName",
            "securityContext", "terminationGracePeriodSeconds",
            containers={'k:{"name":"app"}': container})))


def by_kubelet():
    ready = {**dot, **fields("lastProbeTime", "lastTransitionTime", "status", "type")}
    entry = managed("kubelet", READY, fields("status", status=fields(
        "conditions", "containerStatuses", "hostIP", "phase", "podIP", "podIPs", "startTime",
        conditions={'k:{"type":"Ready"}': ready},
        podIPs={**dot, 'k:{"ip":"10.1.2.3"}': {**dot, **fields("ip")}})))
    return {**entry, "subresource": "status"}


# ---- spec ----

def spec(i):
    token = "kube-api-access-%05x" % i
    return {
        "volumes": [{"name": token, "projected": {"sources": sources(), "defaultMode": 420}}],
        "containers": [container(i, token)],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": "default",
        "serviceAccount": "default",
        "nodeName": "node-%d" % (i % NODES),
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "tolerations": [{
            "key": "node.kubernetes.io/" + state, "operator": "Exists", "effect": "NoExecute",
            "tolerationSeconds": 300,
        } for state in ("not-ready", "unreachable")],
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
    }


def field_ref(path):
    return {"apiVersion": "v1", "fieldPath": path}


def sources():
    namespace = {"path": "namespace", "fieldRef": field_ref("metadata.namespace")}
    ca = {"key": "ca.crt", "path": "ca.crt"}
    return [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [ca]}},
            {"downwardAPI": {"items": [namespace]}}]


def image(i):
    return "registry.example.com/team/web:1.%d" % (i % 9)


def container(i, token):
    return {
        "name": "app",
        "image": image(i),
        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
        "env": [{"name": "A", "value": "b"},
                {"name": "POD_IP", "valueFrom": {"fieldRef": field_ref("status.podIP")}}],
        "resources": {"limits": {"cpu": "500m", "memory": "256Mi"},
                      "requests": {"cpu": "100m", "memory": "128Mi"}},
        "volumeMounts": [{"name": token, "readOnly": True,
                          "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
        "livenessProbe": {
            "httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"},
            "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1,
            "failureThreshold": 3,
        },
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }


# ---- status ----

def status(i, rng):
    ip = "10.1.%d.%d" % (i // 250 % 250, i % 250)
    return {
        "phase": "Running",
        "conditions": [{
            "type": kind, "status": "True", "lastProbeTime": None,
            "lastTransitionTime": "2026-01-02T03:04:%02dZ" % (i % 60),
        } for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")],
        "hostIP": "10.0.0.%d" % (i % 250),
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "startTime": START,
        "containerStatuses": [{
            "name": "app",
            "state": {"running": {"startedAt": "2026-01-02T03:04:09Z"}},
            "lastState": {},
            "ready": True,
            "restartCount": i % 4,
            "image": image(i),
            "imageID": "registry.example.com/team/web@sha256:%064x" % rng.getrandbits(256),
            "containerID": "containerd://%064x" % rng.getrandbits(256),
            "started": True,
        }],
        "qosClass": "Burstable",
    }


if __name__ == "__main__":
    with open(sys.argv[2], "w", encoding="ascii") as file:
        file.write(text(pod_list(pods(int(sys.argv[1])), {"resourceVersion": "999999"})))
