// client-go in the benchmarks (spec/bench): does what the other clients there do, with typed objects
// and with unstructured ones, and talks to the harness as they do (spec/bench/measure.py).
//
//	bench FIGURE typed | dynamic | protobuf [the length of a list]
//
// It lies here because this module has client-go.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/pager"
)

const namespace = "ns-0"

var (
	ctx   = context.Background()
	stdin = bufio.NewReader(os.Stdin)
	where = "" // lists and watches are of this namespace
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func tell(line string) {
	fmt.Println(line)
	_, err := stdin.ReadString('\n')
	check(err)
}

// pods is what the figures need of either client. Of an object only its name is looked at.
type pods interface {
	// list gives the list and what is in it.
	list(metav1.ListOptions) (runtime.Object, []metav1.Object, error)
	watch(metav1.ListOptions) (watch.Interface, error)
	get(name string) (metav1.Object, error)
	raw(name string) ([]byte, error)
}

type typed struct{ *kubernetes.Clientset }

func (c typed) list(options metav1.ListOptions) (runtime.Object, []metav1.Object, error) {
	list, err := c.CoreV1().Pods(where).List(ctx, options)
	if err != nil {
		return nil, nil, err
	}
	items := make([]metav1.Object, len(list.Items))
	for i := range list.Items {
		items[i] = &list.Items[i]
	}
	return list, items, nil
}

func (c typed) watch(options metav1.ListOptions) (watch.Interface, error) {
	return c.CoreV1().Pods("").Watch(ctx, options)
}

func (c typed) get(name string) (metav1.Object, error) {
	return c.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
}

func (c typed) raw(name string) ([]byte, error) {
	return c.CoreV1().RESTClient().Get().Namespace(namespace).Resource("pods").Name(name).DoRaw(ctx)
}

type unstructured struct{ dynamic.Interface }

var resource = corev1.SchemeGroupVersion.WithResource("pods")

func (c unstructured) list(options metav1.ListOptions) (runtime.Object, []metav1.Object, error) {
	list, err := c.Resource(resource).Namespace(where).List(ctx, options)
	if err != nil {
		return nil, nil, err
	}
	items := make([]metav1.Object, len(list.Items))
	for i := range list.Items {
		items[i] = &list.Items[i]
	}
	return list, items, nil
}

func (c unstructured) watch(options metav1.ListOptions) (watch.Interface, error) {
	return c.Resource(resource).Watch(ctx, options)
}

func (c unstructured) get(name string) (metav1.Object, error) {
	return c.Resource(resource).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
}

func (c unstructured) raw(string) ([]byte, error) { panic("the dynamic client has no raw get") }

// load gives the configuration, without the throttle, which would be what is measured.
func load() *rest.Config {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	check(err)
	config.QPS = -1
	return config
}

// connect makes a client as programs do.
func connect(kind string) pods {
	config := load()
	if kind == "protobuf" {
		config.ContentType = runtime.ContentTypeProtobuf
	}
	if kind == "dynamic" {
		client, err := dynamic.NewForConfig(config)
		check(err)
		return unstructured{client}
	}
	client, err := kubernetes.NewForConfig(config)
	check(err)
	return typed{client}
}

// sum counts objects and the lengths of their names.
type sum struct{ count, length int }

func (s *sum) add(object metav1.Object) {
	s.count++
	s.length += len(object.GetName())
}

func (s *sum) done() { tell(fmt.Sprintf("done %d %d", s.count, s.length)) }

func list(client pods) {
	var s sum
	_, items, err := client.list(metav1.ListOptions{})
	check(err)
	for _, item := range items {
		s.add(item)
	}
	s.done()
}

// each goes through the pages without keeping them.
func each(client pods, show func(name string)) {
	var s sum
	page := func(_ context.Context, options metav1.ListOptions) (runtime.Object, error) {
		list, _, err := client.list(options)
		return list, err
	}
	check(pager.New(page).EachListItem(ctx, metav1.ListOptions{}, func(item runtime.Object) error {
		s.add(item.(metav1.Object))
		show(item.(metav1.Object).GetName())
		return nil
	}))
	s.done()
}

// printNames prints them as kubectl's -o name does.
func printNames(client pods) {
	file, err := os.Create(os.Getenv("BENCH_PRINTED"))
	check(err)
	out := bufio.NewWriter(file)
	each(client, func(name string) { fmt.Fprintf(out, "pod/%s\n", name) })
	check(out.Flush())
	check(file.Close())
}

func unseen(string) {}

func watchAll(client pods) {
	var s sum
	watcher, err := client.watch(metav1.ListOptions{})
	check(err)
	for event := range watcher.ResultChan() {
		s.add(event.Object.(metav1.Object))
	}
	s.done()
}

// names are those of the pods to get, as many as there are gets.
func names() []string {
	text, err := os.ReadFile(os.Getenv("BENCH_DATA") + "/names.txt")
	check(err)
	known := strings.Fields(string(text))
	n, err := strconv.Atoi(os.Getenv("BENCH_GETS"))
	check(err)
	names := make([]string, n)
	for i := range names {
		names[i] = known[i%len(known)]
	}
	return names
}

// gets measures one after the other, on a connection that the first one made.
func gets(length func(name string) int) {
	names := names()
	length(names[0])
	tell("ready")
	total := 0
	for _, name := range names {
		total += length(name)
	}
	tell(fmt.Sprintf("done %d %d", len(names), total))
}

// loadConfig measures the current context of a kubeconfig that has many.
func loadConfig() {
	tell("ready")
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("BENCH_BIG_KUBECONFIG"))
	check(err)
	tell(fmt.Sprintf("done 1 %d", len(config.Host)))
}

// discover measures what the server serves, and a name looked up in it. Subresources are not counted.
func discover(connected bool) {
	client, err := discovery.NewDiscoveryClientForConfig(load())
	check(err)
	if connected {
		pod := "/api/v1/namespaces/" + namespace + "/pods/" + os.Getenv("BENCH_NAME")
		check(client.RESTClient().Get().AbsPath(pod).Do(ctx).Error())
	}
	tell("ready")
	groups, err := restmapper.GetAPIGroupResources(client)
	check(err)
	mapper := restmapper.NewDiscoveryRESTMapper(groups)
	_, err = mapper.ResourceFor(schema.GroupVersionResource{Resource: "deployments"})
	check(err)
	var s sum
	for _, group := range groups {
		for _, resources := range group.VersionedResources {
			for _, resource := range resources {
				if !strings.Contains(resource.Name, "/") {
					s.count++
					s.length += len(resource.Name)
				}
			}
		}
	}
	s.done()
}

func main() {
	figure, kind := os.Args[1], os.Args[2]
	client := connect(kind)
	switch figure {
	case "list":
		list(client)
	case "each":
		each(client, unseen)
	case "names":
		printNames(client)
	case "flat":
		where = "flat-" + os.Args[3]
		each(client, unseen)
	case "watch":
		watchAll(client)
	case "get":
		gets(func(name string) int {
			object, err := client.get(name)
			check(err)
			return len(object.GetName())
		})
	case "get-raw":
		gets(func(name string) int {
			body, err := client.raw(name)
			check(err)
			return len(body)
		})
	case "config":
		loadConfig()
	case "discovery", "discovery-connected":
		discover(figure == "discovery-connected")
	case "first":
		var s sum
		object, err := client.get(os.Getenv("BENCH_NAME"))
		check(err)
		fmt.Println(object.GetName())
		s.add(object)
		s.done()
	default:
		log.Fatalf("no figure %q", figure)
	}
}
