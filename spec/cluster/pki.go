package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/util/keyutil"
)

// pki is everything the cluster signs with. Clients hold certificates of clientCA; the API server's
// own keys lie as files in dir, and so does the CA of its certificate, which can be changed.
type pki struct {
	dir        string
	clientCA   *authority
	firstCA    *authority        // of the API server's certificate, at the start
	serviceKey *ecdsa.PrivateKey // signs ServiceAccount tokens
}

func newPKI(dir string) *pki {
	p := &pki{
		dir:        dir,
		clientCA:   newAuthority("kube-test-client-ca"),
		firstCA:    newServingCA(),
		serviceKey: newKey(),
	}
	p.write("client-ca.crt", p.clientCA.pem)
	p.write("client-ca.key", keyPEM(p.clientCA.key))
	p.write("service.key", keyPEM(p.serviceKey))
	p.serveUnder(p.firstCA)
	return p
}

// newServingCA has the name of the one before it, as rotated ones have.
func newServingCA() *authority { return newAuthority("kube-test-ca") }

// serveUnder gives the API server a certificate of that CA; it reads it when it starts.
func (p *pki) serveUnder(ca *authority) {
	cert, key := ca.server("kube-apiserver", "localhost",
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
	p.write("ca.crt", ca.pem)
	p.write("apiserver.crt", cert)
	p.write("apiserver.key", key)
}

func (p *pki) file(name string) string { return filepath.Join(p.dir, name) }

// write puts a whole file in the place of the old one: who reads it meanwhile gets either.
func (p *pki) write(name string, data []byte) {
	check(os.WriteFile(p.file(name+".new"), data, 0o600))
	check(os.Rename(p.file(name+".new"), p.file(name)))
}

// client issues a certificate that names a user and a group, either may be "".
func (p *pki) client(key crypto.Signer, user, group string, ttl time.Duration) (certPEM, keyPEM []byte) {
	subject := pkix.Name{CommonName: user}
	if group != "" {
		subject.Organization = []string{group}
	}
	return p.clientCA.issue(key, &x509.Certificate{
		Subject:     subject,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotAfter:    time.Now().Add(ttl),
	})
}

// sign makes a JWT as the API server makes those of ServiceAccounts, but for no "kid": a wrong one
// finds no key, none tries them all.
func sign(key *ecdsa.PrivateKey, claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return "", err
	}
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

const validity = 10 * 365 * 24 * time.Hour

// authority is a self-signed CA.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
	pem  []byte
}

func newAuthority(name string) *authority {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		NotAfter:              time.Now().Add(validity),
	}
	a := &authority{cert: template, key: newKey()} // signs itself first
	a.pem, _ = a.issue(a.key, template)
	block, _ := pem.Decode(a.pem)
	cert, err := x509.ParseCertificate(block.Bytes)
	check(err)
	a.cert = cert
	return a
}

func (a *authority) issue(key crypto.Signer, template *x509.Certificate) (cert, keyText []byte) {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	check(err)
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour) // clocks, and certificates that are born expired
	if template.KeyUsage == 0 {
		template.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	check(err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), keyPEM(key)
}

// server issues the certificate of a server on loopback, which also has these names.
func (a *authority) server(name string, hosts ...string) (cert, keyText []byte) {
	return a.issue(newKey(), &x509.Certificate{
		Subject:     pkix.Name{CommonName: name},
		DNSNames:    hosts,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotAfter:    time.Now().Add(validity),
	})
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	return key
}

func newRSAKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	return key
}

// keyPEM writes the traditional forms, "EC PRIVATE KEY" and "RSA PRIVATE KEY", as kubeadm does.
func keyPEM(key crypto.Signer) []byte {
	text, err := keyutil.MarshalPrivateKeyToPEM(key)
	check(err)
	return text
}
