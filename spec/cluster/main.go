// The control plane that the specs run against: etcd, the real kube-apiserver and controllers, and a
// scheduler and kubelet reduced to what a client can see. One program, two processes: this one, and
// the API server as its child, which can so be killed, frozen and restarted. Neither outlives the
// other, and nothing here talks to anything but loopback.
//
//	cluster [-dir DIR] [-- API server flags]
//
// When all is up, one line of JSON on stdout says where. It ends at the end of stdin, or SIGTERM.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"
)

// ready is the line on stdout.
type ready struct {
	Dir         string            `json:"dir"`
	Server      string            `json:"server"`
	Control     string            `json:"control"`
	CA          string            `json:"ca"`
	PID         int               `json:"pid"`
	ReadyMS     int64             `json:"ready_ms"`
	Kubeconfigs map[string]string `json:"kubeconfigs"`
}

func main() {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		os.Unsetenv(name)
		os.Unsetenv(strings.ToLower(name))
	}
	if len(os.Args) > 1 && os.Args[1] == childCommand {
		check(serve(os.Args[2:]))
		return
	}
	flags := flag.NewFlagSet("cluster", flag.ExitOnError) // libraries litter the global one
	keep := flags.String("dir", "", "keep logs and state in this `directory`, not a temporary one")
	flags.Parse(os.Args[1:])
	dir := directory(*keep)

	// Not NotifyContext, after whose end a signal kills: who closes our stdin may send one too.
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	go func() {
		<-signals
		stop()
	}()
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()

	c := newCluster(dir, flags.Args())
	c.start(ctx)
	<-ctx.Done()
	c.stop()
	if *keep == "" {
		os.RemoveAll(dir)
	}
}

// cluster is all of it.
type cluster struct {
	dir    string
	pki    *pki
	etcd   *etcd
	issuer *issuer
	api    *apiServer
	client *kubernetes.Clientset // our own
	began  time.Time
}

// newCluster starts what needs nothing else: etcd, the issuer, and the API server, which takes a second or two.
func newCluster(dir string, flags []string) *cluster {
	logTo(filepath.Join(dir, "cluster.log"))
	c := &cluster{dir: dir, began: time.Now()}
	c.pki = newPKI(dir)
	c.etcd = startEtcd(filepath.Join(dir, "etcd"))
	c.issuer = startIssuer(c.pki)
	c.api = newAPIServer(dir, c.pki, c.issuer, c.etcd.address, flags)
	check(c.api.launch(nil))
	return c
}

// start brings up the rest and prints the ready line, unless ctx ends first.
func (c *cluster) start(ctx context.Context) {
	kubeconfigs := writeKubeconfigs(c.dir, c.api)
	own := writeOwnKubeconfig(c.api)
	c.client = newClient(own)

	err := c.api.wait(ctx, c.client)
	if err == nil {
		startControllers(ctx, c.pki, own)
		startKubelet(ctx, c.client)
		err = bindViewers(ctx, c.client)
	}
	if ctx.Err() != nil {
		return
	}
	check(err)

	control, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go c.serveControl(control)

	line, err := json.Marshal(ready{
		Dir:         c.dir,
		Server:      c.api.url,
		Control:     "http://" + control.Addr().String(),
		CA:          c.pki.file("ca.crt"),
		PID:         os.Getpid(),
		ReadyMS:     time.Since(c.began).Milliseconds(),
		Kubeconfigs: kubeconfigs,
	})
	check(err)
	fmt.Println(string(line))
}

func (c *cluster) stop() {
	c.api.kill()
	c.etcd.stop()
}

// directory is where everything lies; one that was asked for must be empty, so that nothing of an
// earlier cluster is taken for this one's.
func directory(keep string) string {
	if keep == "" {
		dir, err := os.MkdirTemp("", "kube-cluster-")
		check(err)
		return dir
	}
	dir, err := filepath.Abs(keep)
	check(err)
	check(os.MkdirAll(dir, 0o700))
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		check(fmt.Errorf("-dir %s: an empty directory is needed", dir))
	}
	return dir
}

// logTo sends all that this process's libraries log into a file; stderr is for our last words.
func logTo(path string) {
	file, err := os.Create(path)
	check(err)
	flags := flag.NewFlagSet("klog", flag.PanicOnError)
	klog.InitFlags(flags)
	flags.Set("logtostderr", "false")
	flags.Set("stderrthreshold", "FATAL")
	flags.Set("one_output", "true") // an error is a warning and an info too, otherwise
	klog.SetOutput(file)
	klog.OsExit = func(int) { check(fmt.Errorf("a component gave up; see %s", path)) }
	log.SetOutput(file)
}

// check ends the program with one sentence if err is not nil. The child dies with us; the directory
// stays, since the logs in it tell the rest.
func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}
