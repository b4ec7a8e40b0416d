package main

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// issuer is an OpenID Connect provider as far as a client of Kubernetes sees one: discovery, keys and
// a token endpoint, over TLS with a CA of its own. Nobody logs in; the control port mints.
//
//	GET  …/.well-known/openid-configuration
//	GET  …/keys
//	POST …/token   grant_type=refresh_token and no other; the client says who it is, with its
//	               secret, by HTTP Basic or in the form (RFC 6749, 2.3.1)
type issuer struct {
	url    string
	secret string
	key    *ecdsa.PrivateKey
	ca     string // the path of it

	mu      sync.Mutex
	grants  map[string]grant // by refresh token
	failure struct{ times, status int }
	counts  struct {
		Served  int `json:"served"`
		Refused int `json:"refused"`
	}
}

// oidcClient is the client's name, and the audience of its id_tokens.
const oidcClient = "kube"

// grant is what a refresh token stands for.
type grant struct {
	user   string
	groups []string
	ttl    time.Duration // of the id_tokens to come
	keep   bool          // the refresh token stays good, else each use gives another
	auth   string        // how the client must say who it is: basic, form, or "" for either
}

func startIssuer(certs *pki) *issuer {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	ca := newAuthority("kube-test-oidc-ca")
	certs.write("oidc-ca.crt", ca.pem)
	pair, err := tls.X509KeyPair(ca.server("oidc", "localhost"))
	check(err)
	i := &issuer{
		url: "https://" + listener.Addr().String() + "/realms/test",
		// What has to be escaped, and in Basic differently than one would think, is in it.
		secret: rand.Text() + ":+/ %2B&=",
		key:    newKey(),
		ca:     certs.file("oidc-ca.crt"),
		grants: map[string]grant{},
	}
	server := &http.Server{Handler: i.handler(), TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}}}
	go func() { check(server.ServeTLS(listener, "", "")) }()
	return i
}

// flags make the API server believe it: a user is what "sub" says, as it stands.
func (i *issuer) flags() []string {
	return []string{
		"--oidc-issuer-url=" + i.url,
		"--oidc-client-id=" + oidcClient,
		"--oidc-ca-file=" + i.ca,
		"--oidc-signing-algs=ES256",
		"--oidc-username-claim=sub",
		"--oidc-username-prefix=-",
		"--oidc-groups-claim=groups",
	}
}

func (i *issuer) handler() http.Handler {
	mux := http.NewServeMux()
	const discovery = "GET /realms/test/.well-known/openid-configuration"
	mux.HandleFunc(discovery, func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, http.StatusOK, map[string]any{
			"issuer":                                i.url,
			"authorization_endpoint":                i.url + "/auth",
			"token_endpoint":                        i.url + "/token",
			"jwks_uri":                              i.url + "/keys",
			"response_types_supported":              []string{"code"},
			"subject_types_supported":               []string{"public"},
			"id_token_signing_alg_values_supported": []string{"ES256"},
		})
	})
	// A realm that would have refresh tokens in the clear.
	mux.HandleFunc("GET /realms/plain/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, http.StatusOK, map[string]any{
			"token_endpoint": strings.Replace(i.url, "https:", "http:", 1) + "/token",
		})
	})
	mux.HandleFunc("GET /realms/test/keys", func(w http.ResponseWriter, r *http.Request) {
		point, err := i.key.PublicKey.Bytes() // 4, x, y
		check(err)
		answerJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]string{
			"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig",
			"x": base64.RawURLEncoding.EncodeToString(point[1:33]),
			"y": base64.RawURLEncoding.EncodeToString(point[33:]),
		}}})
	})
	mux.HandleFunc("POST /realms/test/token", func(w http.ResponseWriter, r *http.Request) {
		status, answer := i.refresh(r)
		answerJSON(w, status, answer)
	})
	return mux
}

func answerJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(answer)
}

// refresh is the token endpoint; its answers are those of RFC 6749, 5.1 and 5.2.
func (i *issuer) refresh(r *http.Request) (status int, answer map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	refuse := func(status int, why string) (int, map[string]any) {
		i.counts.Refused++
		return status, map[string]any{"error": why}
	}
	if i.failure.times > 0 {
		i.failure.times--
		return refuse(i.failure.status, "told_to_fail")
	}
	if r.PostFormValue("grant_type") != "refresh_token" {
		return refuse(http.StatusBadRequest, "unsupported_grant_type")
	}
	old := r.PostFormValue("refresh_token")
	g, known := i.grants[old]
	if auth := i.clientAuth(r); auth == "" || g.auth != "" && g.auth != auth {
		return refuse(http.StatusUnauthorized, "invalid_client")
	}
	if !known {
		return refuse(http.StatusBadRequest, "invalid_grant")
	}
	i.counts.Served++
	answer = map[string]any{
		"access_token": rand.Text(),
		"token_type":   "Bearer",
		"expires_in":   int(g.ttl.Seconds()),
		"id_token":     i.idToken(g, g.ttl),
	}
	if !g.keep {
		delete(i.grants, old)
		answer["refresh_token"] = i.grant(g)
	}
	return http.StatusOK, answer
}

// clientAuth is how the client said who it is, "" if it did not or has another secret.
func (i *issuer) clientAuth(r *http.Request) string {
	how, id, secret := "form", r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	if name, password, given := r.BasicAuth(); given {
		how = "basic"
		id, _ = url.QueryUnescape(name) // each is a form's value before it is Basic's
		secret, _ = url.QueryUnescape(password)
	}
	if id != oidcClient || secret != i.secret {
		return ""
	}
	return how
}

// grant remembers g by a new refresh token.
func (i *issuer) grant(g grant) string {
	token := rand.Text()
	i.grants[token] = g
	return token
}

func (i *issuer) idToken(g grant, ttl time.Duration) string {
	born := time.Now().Add(min(0, 2*ttl)) // one that is over was good once
	token, err := sign(i.key, map[string]any{
		"iss":    i.url,
		"aud":    oidcClient,
		"sub":    g.user,
		"groups": g.groups,
		"iat":    born.Unix(),
		"exp":    time.Now().Add(ttl).Unix(),
	})
	check(err)
	return token
}

// mint answers with the config of a kubeconfig's auth-provider "oidc", as it stands.
func (i *issuer) mint(q url.Values) (string, error) {
	g := grant{user: q.Get("user"), groups: []string{}, keep: q.Get("rotate") == "false", auth: q.Get("auth")}
	if groups := q.Get("groups"); groups != "" {
		g.groups = strings.Split(groups, ",")
	}
	ttl, err := time.ParseDuration(q.Get("ttl"))
	if err != nil || g.user == "" {
		return "", errors.New("user=NAME&ttl=60s at least, and groups, then, rotate, auth")
	}
	g.ttl = max(ttl, -ttl)
	if then := q.Get("then"); then != "" {
		if g.ttl, err = time.ParseDuration(then); err != nil {
			return "", err
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	text, err := json.Marshal(map[string]string{
		"idp-issuer-url":            i.url,
		"idp-certificate-authority": i.ca,
		"client-id":                 oidcClient,
		"client-secret":             i.secret,
		"id-token":                  i.idToken(g, ttl),
		"refresh-token":             i.grant(g),
	})
	return string(text), err
}

// fail makes the token endpoint refuse so many requests, whatever they ask for.
func (i *issuer) fail(q url.Values) (string, error) {
	times, err := strconv.Atoi(q.Get("times"))
	if err != nil {
		return "", err
	}
	status, err := strconv.Atoi(q.Get("status"))
	if err != nil || status < 400 || status > 599 {
		return "", fmt.Errorf("a status of 400 to 599, not %q", q.Get("status"))
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.failure.times, i.failure.status = times, status
	return "ok", nil
}

// requests says how many requests the token endpoint has served, and refused.
func (i *issuer) requests() (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	text, err := json.Marshal(i.counts)
	return string(text), err
}
