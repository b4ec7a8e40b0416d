package main

import (
	"context"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/component-base/version"
)

// nodeNames are our nodes. Pods on others are left alone.
var nodeNames = []string{"node-a", "node-b"}

// kubelet plays both nodes and the scheduler: it watches all pods, binds those without a node, says
// of those with one that they run, and lets go of those that are deleted. There are no processes.
type kubelet struct {
	client kubernetes.Interface
	pods   corelisters.PodLister
	nodes  corelisters.NodeLister
	queue  workqueue.TypedRateLimitingInterface[cache.ObjectName]
	ips    podIPs
	turn   atomic.Uint32 // whose turn it is among the nodes that fit
}

const kubeletWorkers = 8

// dying is how long a pod takes to end. If a StatefulSet's pod were replaced within milliseconds,
// "kubectl delete" would miss it and wait for ever.
const dying = 200 * time.Millisecond

func newClient(kubeconfig string) *kubernetes.Clientset {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	check(err)
	config.QPS = -1 // no limit
	config.ContentType = runtime.ContentTypeProtobuf
	client, err := kubernetes.NewForConfig(config)
	check(err)
	return client
}

func startKubelet(ctx context.Context, client kubernetes.Interface) {
	for _, name := range nodeNames {
		_, err := client.CoreV1().Nodes().Create(ctx, newNode(name), metav1.CreateOptions{})
		check(err)
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods, nodes := factory.Core().V1().Pods(), factory.Core().V1().Nodes()
	retries := workqueue.NewTypedItemExponentialFailureRateLimiter[cache.ObjectName](
		20*time.Millisecond, 5*time.Second)
	k := &kubelet{
		client: client,
		pods:   pods.Lister(),
		nodes:  nodes.Lister(),
		queue:  workqueue.NewTypedRateLimitingQueue(retries),
	}
	pods.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    k.enqueue,
		UpdateFunc: func(_, pod any) { k.enqueue(pod) },
	})
	nodes.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { k.enqueueUnbound() },
		UpdateFunc: func(_, _ any) { k.enqueueUnbound() },
	})
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	for range kubeletWorkers {
		go k.work(ctx)
	}
}

// enqueue has pods looked at: at once, or, when they are to go, after the time that it takes to end.
func (k *kubelet) enqueue(object any) {
	pod := object.(*corev1.Pod)
	delay := time.Duration(0)
	if pod.DeletionTimestamp != nil {
		delay = dying
	}
	k.queue.AddAfter(cache.MetaObjectToName(pod), delay)
}

// enqueueUnbound gives pods that fitted no node another chance.
func (k *kubelet) enqueueUnbound() {
	pods, _ := k.pods.List(labels.Everything())
	for _, pod := range pods {
		if pod.Spec.NodeName == "" {
			k.enqueue(pod)
		}
	}
}

// work takes pods from the queue. A conflict, or a pod that is gone, is no failure: news of it is on
// its way.
func (k *kubelet) work(ctx context.Context) {
	for {
		name, over := k.queue.Get()
		if over {
			return
		}
		switch err := k.sync(ctx, name); {
		case err == nil, apierrors.IsNotFound(err), apierrors.IsConflict(err):
			k.queue.Forget(name)
		default:
			k.queue.AddRateLimited(name)
		}
		k.queue.Done(name)
	}
}

func (k *kubelet) sync(ctx context.Context, name cache.ObjectName) error {
	pod, err := k.pods.Pods(name.Namespace).Get(name.Name)
	if err != nil {
		return err
	}
	switch {
	case pod.Spec.NodeName == "":
		return k.schedule(ctx, pod)
	case !ours(pod.Spec.NodeName), pod.Annotations["kubelet"] == "off":
		return nil
	case pod.DeletionTimestamp != nil:
		return k.remove(ctx, pod)
	default:
		_, err := k.report(ctx, pod)
		return err
	}
}

// report writes the pod's status if it is not what it should be.
func (k *kubelet) report(ctx context.Context, pod *corev1.Pod) (*corev1.Pod, error) {
	status := podStatus(pod, &k.ips, metav1.Now())
	if equality.Semantic.DeepEqual(pod.Status, status) {
		return pod, nil
	}
	pod = pod.DeepCopy()
	pod.Status = status
	return k.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, pod, metav1.UpdateOptions{})
}

// remove ends the pod's containers and then the pod. One with finalizers stays, its grace period
// spent, until those who put them there take them off.
func (k *kubelet) remove(ctx context.Context, pod *corev1.Pod) error {
	if _, err := k.report(ctx, pod); err != nil {
		return err
	}
	if grace := pod.DeletionGracePeriodSeconds; len(pod.Finalizers) > 0 && grace != nil && *grace == 0 {
		return nil
	}
	options := metav1.NewDeleteOptions(0)
	options.Preconditions = metav1.NewUIDPreconditions(string(pod.UID))
	return k.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, *options)
}

func ours(node string) bool {
	for _, name := range nodeNames {
		if name == node {
			return true
		}
	}
	return false
}

func newNode(name string) *corev1.Node {
	now := metav1.Now()
	room := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("64"),
		corev1.ResourceMemory: resource.MustParse("256Gi"),
		corev1.ResourcePods:   resource.MustParse("20000"),
	}
	condition := func(kind corev1.NodeConditionType, is corev1.ConditionStatus, why string) corev1.NodeCondition {
		return corev1.NodeCondition{
			Type: kind, Status: is, Reason: why, LastHeartbeatTime: now, LastTransitionTime: now,
		}
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			corev1.LabelHostname: name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64",
		}},
		Status: corev1.NodeStatus{
			Capacity:    room,
			Allocatable: room,
			Addresses:   []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: hostIP}},
			Conditions: []corev1.NodeCondition{
				condition(corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory"),
				condition(corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure"),
				condition(corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID"),
				condition(corev1.NodeReady, corev1.ConditionTrue, "KubeletReady"),
			},
			NodeInfo: corev1.NodeSystemInfo{
				KubeletVersion:          version.Get().GitVersion,
				ContainerRuntimeVersion: "containerd://2.0.0",
				OSImage:                 "none",
				KernelVersion:           "6.1.0",
				OperatingSystem:         "linux",
				Architecture:            "amd64",
			},
		},
	}
}
