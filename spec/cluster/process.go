package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// childCommand is the first argument of this program when it is to be the API server.
const childCommand = "apiserver"

// serviceIssuer is the "iss", and default audience, of ServiceAccount tokens.
const serviceIssuer = "https://kubernetes.default.svc"

// apiServer is the child process as its parent holds it. Its port is the same in every life, and
// nobody else's in between: connections are refused while it is dead.
type apiServer struct {
	url    string
	users  users
	pki    *pki
	issuer *issuer
	flags  []string
	log    *os.File
	mu     sync.Mutex // one order at a time
	cmd    *exec.Cmd  // the latest child
	exited chan struct{}
}

func newAPIServer(dir string, certs *pki, issuer *issuer, etcd string, extra []string) *apiServer {
	log, err := os.Create(filepath.Join(dir, "apiserver.log"))
	check(err)
	port := strconv.Itoa(reservePort())
	users := newUsers()
	certs.write("tokens.csv", users.csv())
	flags := []string{
		"--etcd-servers=" + etcd,
		"--etcd-compaction-interval=24h", // not 0: that also stops noticing /compact
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1", // else it wants a default route
		"--secure-port=" + port,
		"--permit-port-sharing", // with the socket that holds the port
		"--endpoint-reconciler-type=none",
		"--cert-dir=" + dir,
		"--tls-cert-file=" + certs.file("apiserver.crt"),
		"--tls-private-key-file=" + certs.file("apiserver.key"),
		"--client-ca-file=" + certs.file("client-ca.crt"),
		"--token-auth-file=" + certs.file("tokens.csv"),
		"--service-account-issuer=" + serviceIssuer,
		"--service-account-key-file=" + certs.file("service.key"),
		"--service-account-signing-key-file=" + certs.file("service.key"),
		"--service-cluster-ip-range=10.96.0.0/16",
		"--authorization-mode=Node,RBAC",
		"--allow-privileged",
		"--profiling=false",
		// Pods made right after their namespace would race with its ServiceAccount, and nobody
		// here takes the not-ready taint off a node.
		"--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
	}
	return &apiServer{
		url:    "https://127.0.0.1:" + port,
		users:  users,
		pki:    certs,
		issuer: issuer,
		flags:  slices.Concat(flags, issuer.flags(), extra),
		log:    log,
	}
}

// launch starts the process and returns at once. Of a flag given twice the last one counts.
func (a *apiServer) launch(extra []string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running() {
		return errors.New("the API server is running already")
	}
	cmd := exec.Command("/proc/self/exe", slices.Concat([]string{childCommand}, a.flags, extra)...)
	cmd.Args[0] = os.Args[0] // for ps; /proc/self/exe also runs when the file was replaced
	cmd.Stdout, cmd.Stderr = a.log, a.log
	// Setpgid: a Ctrl-C is for the parent, which ends the child when it is time.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := onLastingThread(cmd.Start); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		cmd.Wait()
		close(exited)
	}()
	a.cmd, a.exited = cmd, exited
	return nil
}

// wait returns when the API server serves everything, "default" namespace included, and has heard
// of the issuer's keys.
func (a *apiServer) wait(ctx context.Context, client kubernetes.Interface) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	a.mu.Lock()
	exited := a.exited
	a.mu.Unlock()
	question := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{
		Token: a.issuer.idToken(grant{user: "probe"}, time.Hour),
	}}
	serves := func(ctx context.Context) (bool, error) {
		select {
		case <-exited:
			return false, errors.New("it ended")
		default:
		}
		if _, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx); err != nil {
			return false, nil
		}
		if _, err := client.CoreV1().Namespaces().Get(ctx, "default", metav1.GetOptions{}); err != nil {
			return false, nil
		}
		answer, err := client.AuthenticationV1().TokenReviews().Create(ctx, question, metav1.CreateOptions{})
		return err == nil && answer.Status.Authenticated, nil
	}
	if err := wait.PollUntilContextCancel(ctx, 20*time.Millisecond, true, serves); err != nil {
		return fmt.Errorf("the API server did not become ready (%v); see %s", err, a.log.Name())
	}
	return nil
}

// signal sends sig; to a dead process it is an error.
func (a *apiServer) signal(sig syscall.Signal) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.running() {
		return errors.New("the API server is not running")
	}
	return a.cmd.Process.Signal(sig)
}

// end sends sig, if there is a process, and waits for its end.
func (a *apiServer) end(sig syscall.Signal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running() {
		a.cmd.Process.Signal(sig)
		a.cmd.Process.Signal(syscall.SIGCONT) // a frozen one would never hear of it
		<-a.exited
	}
}

func (a *apiServer) kill() { a.end(syscall.SIGKILL) }

func (a *apiServer) running() bool {
	if a.cmd == nil {
		return false
	}
	select {
	case <-a.exited:
		return false
	default:
		return true
	}
}

// reservePort picks a port and keeps it for as long as we live: the socket is bound but never
// listens, so that it takes no connection from the child, which shares the port.
func reservePort() int {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	check(err)
	check(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	check(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	address, err := unix.Getsockname(fd)
	check(err)
	return address.(*unix.SockaddrInet4).Port
}

var lastingThread = sync.OnceValue(func() chan func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

// onLastingThread runs start on a thread that never ends: Pdeathsig watches the thread that forked,
// not the process.
func onLastingThread(start func() error) error {
	result := make(chan error)
	lastingThread() <- func() { result <- start() }
	return <-result
}
