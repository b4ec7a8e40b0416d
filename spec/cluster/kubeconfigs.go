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
	ca := server.pki.ca.pem
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
	return paths
}

// bindViewer gives the viewer the ClusterRole "view", and returns when that has effect: the role is
// put together by a controller, and the authorizer reads it from a cache.
func bindViewer(ctx context.Context, client kubernetes.Interface) error {
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: viewerUser},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: viewerUser}},
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
