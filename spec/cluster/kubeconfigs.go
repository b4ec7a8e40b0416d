package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

const (
	mastersGroup = "system:masters" // may do everything
	viewerUser   = "viewer-cert"
	viewGroup    = "view-group"
	oidcGroup    = "oidc"
)

// users are those who come with a token.
type users struct{ admin, denied string }

func newUsers() users { return users{admin: rand.Text(), denied: rand.Text()} }

func (u users) csv() []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s,admin-token,admin-token,%q\n", u.admin, mastersGroup)
	fmt.Fprintf(&text, "%s,denied-token,denied-token\n", u.denied)
	return text.Bytes()
}

// writeKubeconfigs writes one file for each way to be known, or not to be. They differ in who the
// user is, or in whom the server is taken for, and are otherwise the same.
func writeKubeconfigs(dir string, server *apiServer) map[string]string {
	ca := server.pki.firstCA.pem
	adminCert, adminKey := server.pki.client(newKey(), "admin", mastersGroup, validity)
	viewerCert, viewerKey := server.pki.client(newRSAKey(), viewerUser, "", validity)
	server.pki.write("admin.crt", adminCert)
	server.pki.write("admin.key", adminKey)

	admin := &api.AuthInfo{ClientCertificateData: adminCert, ClientKeyData: adminKey}
	real := &api.Cluster{CertificateAuthorityData: ca}
	paths := map[string]string{}
	write := func(name string, cluster *api.Cluster, user *api.AuthInfo) {
		cluster.Server = server.url
		paths[name] = filepath.Join(dir, name+".kubeconfig")
		check(clientcmd.WriteToFile(api.Config{
			Clusters:       map[string]*api.Cluster{"test": cluster},
			AuthInfos:      map[string]*api.AuthInfo{name: user},
			Contexts:       map[string]*api.Context{name: {Cluster: "test", AuthInfo: name}},
			CurrentContext: name,
		}, paths[name]))
	}
	write("admin", real, admin)
	write("token", real, &api.AuthInfo{Token: server.users.admin})
	write("denied", real, &api.AuthInfo{Token: server.users.denied})
	write("wrong-token", real, &api.AuthInfo{Token: rand.Text()})
	write("wrong-ca", &api.Cluster{CertificateAuthorityData: newAuthority("another-ca").pem}, admin)
	write("anonymous", real, &api.AuthInfo{})
	write("viewer", real, &api.AuthInfo{ClientCertificateData: viewerCert, ClientKeyData: viewerKey})
	write("cert-files", &api.Cluster{CertificateAuthority: "ca.crt"},
		&api.AuthInfo{ClientCertificate: "admin.crt", ClientKey: "admin.key"})
	write("impersonating", real, &api.AuthInfo{
		ClientCertificateData: adminCert,
		ClientKeyData:         adminKey,
		Impersonate:           "impersonated",
		ImpersonateUID:        "42-impersonated",
		ImpersonateGroups:     []string{viewGroup, "another group"},
		ImpersonateUserExtra:  map[string][]string{"scopes": {"view", "look on"}, "example.org/team": {"blue"}},
	})
	return paths
}

// writeOwnKubeconfig writes the one of this program and its controllers. It takes the server for what
// it is, so that nothing here notices when its CA changes.
func writeOwnKubeconfig(server *apiServer) string {
	cert, key := server.pki.client(newKey(), "cluster", mastersGroup, validity)
	path := server.pki.file("own.kubeconfig")
	check(clientcmd.WriteToFile(api.Config{
		Clusters:       map[string]*api.Cluster{"own": {Server: server.url, InsecureSkipTLSVerify: true}},
		AuthInfos:      map[string]*api.AuthInfo{"own": {ClientCertificateData: cert, ClientKeyData: key}},
		Contexts:       map[string]*api.Context{"own": {Cluster: "own", AuthInfo: "own"}},
		CurrentContext: "own",
	}, path))
	return path
}

// bindViewers gives the viewer and two groups the ClusterRole "view", and returns when that has effect:
// the role is put together by a controller, and the authorizer reads it from a cache.
func bindViewers(ctx context.Context, client kubernetes.Interface) error {
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: viewerUser},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects: []rbacv1.Subject{
			{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: viewerUser},
			{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: viewGroup},
			{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: oidcGroup},
		},
	}
	bindings, reviews := client.RbacV1().ClusterRoleBindings(), client.AuthorizationV1().SubjectAccessReviews()
	if _, err := bindings.Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		return err
	}
	question := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:               viewerUser,
		ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "list", Resource: "pods"},
	}}
	granted := func(ctx context.Context) (bool, error) {
		answer, err := reviews.Create(ctx, question, metav1.CreateOptions{})
		return err == nil && answer.Status.Allowed, err
	}
	return wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, time.Minute, true, granted)
}
