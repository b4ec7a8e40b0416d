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

// pki is everything the cluster signs with. Clients hold certificates of ca; the API server's own
// keys lie as files in dir.
type pki struct {
	dir        string
	ca         *authority
	serviceKey *ecdsa.PrivateKey // signs ServiceAccount tokens
}

func newPKI(dir string) *pki {
	p := &pki{dir: dir, ca: newAuthority("kube-test-ca"), serviceKey: newKey()}
	cert, key := p.ca.issue(newKey(), &x509.Certificate{
		Subject: pkix.Name{CommonName: "kube-apiserver"},
		DNSNames: []string{
			"localhost",
			"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
		},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotAfter:    time.Now().Add(validity),
	})
	p.write("ca.crt", p.ca.pem)
	p.write("apiserver.crt", cert)
	p.write("apiserver.key", key)
	p.write("service.key", keyPEM(p.serviceKey))
	return p
}

func (p *pki) file(name string) string { return filepath.Join(p.dir, name) }

func (p *pki) write(name string, data []byte) { check(os.WriteFile(p.file(name), data, 0o600)) }

// client issues a certificate that names a user and a group, either may be "".
func (p *pki) client(key crypto.Signer, user, group string, ttl time.Duration) (certPEM, keyPEM []byte) {
	subject := pkix.Name{CommonName: user}
	if group != "" {
		subject.Organization = []string{group}
	}
	return p.ca.issue(key, &x509.Certificate{
		Subject:     subject,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotAfter:    time.Now().Add(ttl),
	})
}

// serviceToken signs claims as the API server signs ServiceAccount tokens, but for no "kid": a
// wrong one finds no key, none tries them all.
func (p *pki) serviceToken(claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, p.serviceKey, digest[:])
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
