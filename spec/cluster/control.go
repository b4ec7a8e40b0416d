package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The control port: plain HTTP on loopback, by which a spec does to the cluster what no client of it
// can. Each answer is plain text; an order that waits for something answers when it has happened.
//
//	POST /apiserver/kill|term|stop|cont|start|restart   ?arg=FLAG for start and restart, repeatable
//	POST /apiserver/ca                                  a new CA and certificate for it, and a restart;
//	                                                    answers the CA. ?old=1 for the first CA again
//	POST /compact                                       answers the revision
//	POST /seed?prefix=pods                              a JSON List, straight into etcd; answers how many
//	GET  /token?sa=NAMESPACE/NAME&ttl=60s               a ServiceAccount's token; ttl may be negative
//	GET  /cert?user=U&group=G&ttl=60s                   a client certificate, then its key, as PEM
//	GET  /oidc/token?user=U&groups=G,H&ttl=60s          the config of an auth-provider "oidc", as JSON
//	                                                    (then=TTL, rotate=false, auth=basic|form)
//	POST /oidc/fail?times=N&status=S                    its next N refreshes are refused
//	GET  /oidc/requests                                 refreshes served and refused, as JSON
func (c *cluster) serveControl(listener net.Listener) {
	mux := http.NewServeMux()
	handle := func(pattern string, answer func(r *http.Request) (string, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			text, err := answer(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			fmt.Fprintln(w, text)
		})
	}
	handle("POST /apiserver/{order}", func(r *http.Request) (string, error) {
		return "ok", c.obey(r.Context(), r.PathValue("order"), r.URL.Query()["arg"])
	})
	handle("POST /apiserver/ca", func(r *http.Request) (string, error) {
		return c.changeCA(r.Context(), r.FormValue("old") != "")
	})
	handle("POST /compact", func(r *http.Request) (string, error) {
		revision, err := c.etcd.compact(r.Context())
		return fmt.Sprint(revision), err
	})
	handle("POST /seed", func(r *http.Request) (string, error) {
		// Not FormValue, which would take the body for a form: curl says it is one.
		n, err := c.etcd.seed(r.Context(), r.URL.Query().Get("prefix"), r.Body)
		return fmt.Sprint(n), err
	})
	handle("GET /token", func(r *http.Request) (string, error) {
		return c.serviceAccountToken(r.Context(), r.FormValue("sa"), r.FormValue("ttl"))
	})
	handle("GET /cert", func(r *http.Request) (string, error) {
		ttl, err := time.ParseDuration(r.FormValue("ttl"))
		if err != nil {
			return "", err
		}
		cert, key := c.pki.client(newKey(), r.FormValue("user"), r.FormValue("group"), ttl)
		return string(cert) + string(key), nil
	})
	handle("GET /oidc/token", func(r *http.Request) (string, error) { return c.issuer.mint(r.URL.Query()) })
	handle("POST /oidc/fail", func(r *http.Request) (string, error) { return c.issuer.fail(r.URL.Query()) })
	handle("GET /oidc/requests", func(*http.Request) (string, error) { return c.issuer.requests() })
	check(http.Serve(listener, mux))
}

// obey does to the API server what its name says. stop freezes it, cont thaws it.
func (c *cluster) obey(ctx context.Context, order string, args []string) error {
	switch order {
	case "kill":
		c.api.kill()
		return nil
	case "term":
		c.api.end(syscall.SIGTERM)
		return nil
	case "stop":
		return c.api.signal(syscall.SIGSTOP)
	case "cont":
		return c.api.signal(syscall.SIGCONT)
	case "restart":
		c.api.kill()
		fallthrough
	case "start":
		if err := c.api.launch(args); err != nil {
			return err
		}
		return c.api.wait(ctx, c.client)
	}
	return errors.New("kill, term, stop, cont, start or restart")
}

// changeCA restarts the API server with a certificate of a new CA, or of the first. It would take one
// up by itself, but then those who are connected would notice nothing. Client certificates stay good.
func (c *cluster) changeCA(ctx context.Context, old bool) (string, error) {
	ca := c.pki.firstCA
	if !old {
		ca = newServingCA()
	}
	c.api.kill()
	c.pki.serveUnder(ca)
	return strings.TrimSpace(string(ca.pem)), c.obey(ctx, "start", nil)
}

// serviceAccountToken makes a token of any age; the TokenRequest API gives none under ten minutes.
func (c *cluster) serviceAccountToken(ctx context.Context, sa, life string) (string, error) {
	ttl, err := time.ParseDuration(life)
	if err != nil {
		return "", err
	}
	namespace, name, _ := strings.Cut(sa, "/")
	account, err := c.client.CoreV1().ServiceAccounts(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	now := time.Now()
	return sign(c.pki.serviceKey, map[string]any{
		"iss": serviceIssuer,
		"aud": []string{serviceIssuer},
		"sub": "system:serviceaccount:" + namespace + ":" + name,
		"iat": now.Add(min(0, ttl)).Unix(),
		"nbf": now.Add(min(0, ttl)).Unix(),
		"exp": now.Add(ttl).Unix(),
		"kubernetes.io": map[string]any{
			"namespace":      namespace,
			"serviceaccount": map[string]any{"name": name, "uid": account.UID},
		},
	})
}
