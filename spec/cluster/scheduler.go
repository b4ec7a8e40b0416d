package main

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	schedulinghelpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/klog/v2"
)

// schedule binds a pod to one of the nodes that it fits, each in turn. One that fits none stays
// Pending; it is tried again when a node changes.
func (k *kubelet) schedule(ctx context.Context, pod *corev1.Pod) error {
	spec := &pod.Spec
	if pod.DeletionTimestamp != nil || len(spec.SchedulingGates) > 0 || spec.SchedulerName != corev1.DefaultSchedulerName {
		return nil
	}
	nodes, err := k.nodes.List(labels.Everything())
	if err != nil {
		return err
	}
	nodes = slices.DeleteFunc(nodes, func(node *corev1.Node) bool { return !fits(pod, node) })
	if len(nodes) == 0 {
		return nil
	}
	slices.SortFunc(nodes, func(a, b *corev1.Node) int { return strings.Compare(a.Name, b.Name) })
	node := nodes[int(k.turn.Add(1))%len(nodes)]
	return k.client.CoreV1().Pods(pod.Namespace).Bind(ctx, &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: node.Name},
	}, metav1.CreateOptions{})
}

// fits looks at node selectors, affinity and taints; a cordon is a taint (DaemonSets tolerate it).
func fits(pod *corev1.Pod, node *corev1.Node) bool {
	taints := node.Spec.Taints
	if node.Spec.Unschedulable {
		cordon := corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}
		taints = append(slices.Clone(taints), cordon)
	}
	binding := func(taint *corev1.Taint) bool { return taint.Effect != corev1.TaintEffectPreferNoSchedule }
	_, refused := schedulinghelpers.FindMatchingUntoleratedTaint(
		klog.Background(), taints, pod.Spec.Tolerations, binding, false)
	if refused {
		return false
	}
	match, err := nodeaffinity.GetRequiredNodeAffinity(pod).Match(node)
	return match && err == nil
}
