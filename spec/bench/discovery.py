"""The aggregated discovery documents of a server without CRDs (Kubernetes 1.36), /api and /apis.

One line a resource: plural, kind, N(amespaced) or C(luster), and what there is of short names
(s=), categories (c=), verbs (v=, else all) and subresources (sub=).
"""
ALL = "create delete deletecollection get list patch update watch".split()

TABLE = """
/v1
  bindings Binding N v=create
  componentstatuses ComponentStatus C s=cs v=get,list
  configmaps ConfigMap N s=cm
  endpoints Endpoints N s=ep
  events Event N s=ev
  limitranges LimitRange N s=limits
  namespaces Namespace C s=ns v=create,delete,get,list,patch,update,watch sub=finalize,status
  nodes Node C s=no sub=proxy,status
  persistentvolumeclaims PersistentVolumeClaim N s=pvc sub=status
  persistentvolumes PersistentVolume C s=pv sub=status
  pods Pod N s=po c=all sub=attach,binding,ephemeralcontainers,eviction,exec,log,portforward,\
proxy,resize,status
  podtemplates PodTemplate N
  replicationcontrollers ReplicationController N s=rc c=all sub=scale,status
  resourcequotas ResourceQuota N s=quota sub=status
  secrets Secret N
  serviceaccounts ServiceAccount N s=sa sub=token
  services Service N s=svc c=all sub=proxy,status
apiregistration.k8s.io/v1
  apiservices APIService C c=api-extensions sub=status
apps/v1
  controllerrevisions ControllerRevision N
  daemonsets DaemonSet N s=ds c=all sub=status
  deployments Deployment N s=deploy c=all sub=scale,status
  replicasets ReplicaSet N s=rs c=all sub=scale,status
  statefulsets StatefulSet N s=sts c=all sub=scale,status
events.k8s.io/v1
  events Event N s=ev
authentication.k8s.io/v1
  selfsubjectreviews SelfSubjectReview C v=create
  tokenreviews TokenReview C v=create
authorization.k8s.io/v1
  localsubjectaccessreviews LocalSubjectAccessReview N v=create
  selfsubjectaccessreviews SelfSubjectAccessReview C v=create
  selfsubjectrulesreviews SelfSubjectRulesReview C v=create
  subjectaccessreviews SubjectAccessReview C v=create
autoscaling/v2
  horizontalpodautoscalers HorizontalPodAutoscaler N s=hpa c=all sub=status
autoscaling/v1
  horizontalpodautoscalers HorizontalPodAutoscaler N s=hpa c=all sub=status
batch/v1
  cronjobs CronJob N s=cj c=all sub=status
  jobs Job N c=all sub=status
certificates.k8s.io/v1
  certificatesigningrequests CertificateSigningRequest C s=csr sub=approval,status
networking.k8s.io/v1
  ingressclasses IngressClass C
  ingresses Ingress N s=ing sub=status
  ipaddresses IPAddress C s=ip
  networkpolicies NetworkPolicy N s=netpol
  servicecidrs ServiceCIDR C sub=status
policy/v1
  poddisruptionbudgets PodDisruptionBudget N s=pdb sub=status
rbac.authorization.k8s.io/v1
  clusterrolebindings ClusterRoleBinding C
  clusterroles ClusterRole C
  rolebindings RoleBinding N
  roles Role N
storage.k8s.io/v1
  csidrivers CSIDriver C
  csinodes CSINode C
  csistoragecapacities CSIStorageCapacity N
  storageclasses StorageClass C s=sc
  volumeattachments VolumeAttachment C sub=status
  volumeattributesclasses VolumeAttributesClass C s=vac
admissionregistration.k8s.io/v1
  mutatingadmissionpolicies MutatingAdmissionPolicy C c=api-extensions
  mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding C c=api-extensions
  mutatingwebhookconfigurations MutatingWebhookConfiguration C c=api-extensions
  validatingadmissionpolicies ValidatingAdmissionPolicy C c=api-extensions sub=status
  validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding C c=api-extensions
  validatingwebhookconfigurations ValidatingWebhookConfiguration C c=api-extensions
apiextensions.k8s.io/v1
  customresourcedefinitions CustomResourceDefinition C s=crd,crds c=api-extensions sub=status
scheduling.k8s.io/v1
  priorityclasses PriorityClass C s=pc
coordination.k8s.io/v1
  leases Lease N
node.k8s.io/v1
  runtimeclasses RuntimeClass C
discovery.k8s.io/v1
  endpointslices EndpointSlice N
resource.k8s.io/v1
  deviceclasses DeviceClass C
  resourceclaims ResourceClaim N sub=status
  resourceclaimtemplates ResourceClaimTemplate N
  resourceslices ResourceSlice C
flowcontrol.apiserver.k8s.io/v1
  flowschemas FlowSchema C sub=status
  prioritylevelconfigurations PriorityLevelConfiguration C sub=status
"""


def resource(line):
    plural, kind, scope, *rest = line.split()
    told = {key: names.split(",") for key, names in (word.split("=") for word in rest)}
    response = {"group": "", "version": "", "kind": kind}
    out = {
        "resource": plural, "responseKind": response,
        "scope": "Namespaced" if scope == "N" else "Cluster",
        "singularResource": kind.lower(), "verbs": told.get("v", ALL),
    }
    if "s" in told:
        out["shortNames"] = told["s"]
    if "c" in told:
        out["categories"] = told["c"]
    if "sub" in told:
        out["subresources"] = [{"subresource": name, "responseKind": response,
                                "verbs": ["get", "patch", "update"]} for name in told["sub"]]
    return out


def documents():
    """The document of the core group, and that of all other groups."""
    groups = {}
    for line in TABLE.strip().splitlines():
        if not line.startswith(" "):
            group, version = line.split("/")
            resources = []
            groups.setdefault(group, []).append(
                {"version": version, "resources": resources, "freshness": "Current"})
        else:
            resources.append(resource(line))
    items = [{"metadata": {"name": name} if name else {}, "versions": versions}
             for name, versions in groups.items()]
    return [{"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2",
             "metadata": {}, "items": some} for some in (items[:1], items[1:])]
