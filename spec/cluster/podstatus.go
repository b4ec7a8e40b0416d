package main

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The status of a pod on one of our nodes, as a kubelet would write it. A pod runs from the moment
// it has a node; it is over when it is deleted, or at once if it belongs to a Job.
// With the annotation ready=false it runs but is not ready.

const hostIP = "127.0.0.1"

// podStatus makes pod.Status what it should be. What is true already stays as it is, times included,
// so that nothing is written when nothing changed.
func podStatus(pod *corev1.Pod, ips *podIPs, now metav1.Time) corev1.PodStatus {
	s := *pod.Status.DeepCopy()
	if s.Phase == corev1.PodSucceeded || s.Phase == corev1.PodFailed {
		return s
	}
	over := pod.DeletionTimestamp != nil || ofJob(pod)
	ready := !over && pod.Annotations["ready"] != "false"

	s.ObservedGeneration = pod.Generation
	s.Phase = corev1.PodRunning
	if over {
		s.Phase = corev1.PodSucceeded
	}
	if s.StartTime == nil {
		s.StartTime = &now
	}
	if s.PodIP == "" {
		s.HostIP, s.PodIP = hostIP, ips.next()
		if pod.Spec.HostNetwork {
			s.PodIP = hostIP
		}
		s.HostIPs, s.PodIPs = []corev1.HostIP{{IP: hostIP}}, []corev1.PodIP{{IP: s.PodIP}}
	}

	old := slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses)
	s.InitContainerStatuses, s.ContainerStatuses = nil, nil
	for _, c := range pod.Spec.InitContainers {
		sidecar := c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
		status := containerStatus(pod, c, old, over || !sidecar, now)
		status.Ready = !sidecar || ready
		s.InitContainerStatuses = append(s.InitContainerStatuses, status)
	}
	for _, c := range pod.Spec.Containers {
		status := containerStatus(pod, c, old, over, now)
		status.Ready = ready
		s.ContainerStatuses = append(s.ContainerStatuses, status)
	}

	why := "" // why not ready
	if over {
		why = "PodCompleted"
	} else if !ready {
		why = "ContainersNotReady"
	}
	completed := ""
	if over {
		completed = "PodCompleted"
	}
	setCondition(&s, corev1.PodReadyToStartContainers, !over, "", now)
	setCondition(&s, corev1.PodInitialized, true, completed, now)
	setCondition(&s, corev1.PodReady, ready, why, now)
	setCondition(&s, corev1.ContainersReady, ready, why, now)
	setCondition(&s, corev1.PodScheduled, true, "", now)
	return s
}

// containerStatus is that of one container, running or over.
func containerStatus(
	pod *corev1.Pod, c corev1.Container, old []corev1.ContainerStatus, over bool, now metav1.Time,
) corev1.ContainerStatus {
	repository := c.Image
	if colon := strings.LastIndexByte(c.Image, ':'); colon > strings.LastIndexByte(c.Image, '/') {
		repository = c.Image[:colon]
	}
	running := !over
	s := corev1.ContainerStatus{
		Name:        c.Name,
		Image:       c.Image,
		ImageID:     repository + "@sha256:" + hash(c.Image),
		ContainerID: "containerd://" + hash(string(pod.UID), c.Name),
		Started:     &running,
	}
	before := corev1.ContainerState{}
	same := func(o corev1.ContainerStatus) bool { return o.Name == c.Name }
	if i := slices.IndexFunc(old, same); i >= 0 {
		before, s.RestartCount = old[i].State, old[i].RestartCount
	}
	switch {
	case running && before.Running != nil, over && before.Terminated != nil:
		s.State = before
	case running:
		s.State.Running = &corev1.ContainerStateRunning{StartedAt: now}
	default:
		s.State.Terminated = &corev1.ContainerStateTerminated{
			Reason: "Completed", StartedAt: now, FinishedAt: now, ContainerID: s.ContainerID,
		}
		if before.Running != nil {
			s.State.Terminated.StartedAt = before.Running.StartedAt
		}
	}
	return s
}

func setCondition(
	s *corev1.PodStatus, kind corev1.PodConditionType, is bool, reason string, now metav1.Time,
) {
	want := corev1.PodCondition{
		Type:               kind,
		Status:             corev1.ConditionFalse,
		Reason:             reason,
		ObservedGeneration: s.ObservedGeneration,
		LastTransitionTime: now,
	}
	if is {
		want.Status = corev1.ConditionTrue
	}
	i := slices.IndexFunc(s.Conditions, func(c corev1.PodCondition) bool { return c.Type == kind })
	if i < 0 {
		s.Conditions = append(s.Conditions, want)
		return
	}
	if s.Conditions[i].Status == want.Status {
		want.LastTransitionTime = s.Conditions[i].LastTransitionTime
	}
	s.Conditions[i] = want
}

func ofJob(pod *corev1.Pod) bool {
	owner := metav1.GetControllerOf(pod)
	return owner != nil && owner.Kind == "Job"
}

func hash(parts ...string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(parts, "/"))))
}

// podIPs hands out addresses of 198.18.0.0/15, a range for benchmarks that nobody on the Internet has.
type podIPs struct{ last atomic.Uint32 }

func (p *podIPs) next() string {
	n := 1 + (p.last.Add(1)-1)%(1<<17-2)
	return fmt.Sprintf("198.%d.%d.%d", 18+n>>16, n>>8&0xff, n&0xff)
}
