package main

import (
	"context"
	"fmt"

	"k8s.io/client-go/rest"
	kcm "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	"k8s.io/kubernetes/cmd/kube-controller-manager/names"
)

// controllers are those whose absence a client would notice. Not among them: whatever judges nodes
// by their heartbeat, and the collector of pods on unknown nodes, which would eat seeded ones.
var controllers = []string{
	names.CertificateSigningRequestSigningController,
	names.ClusterRoleAggregationController, // "view", "edit" and "admin" are empty without it
	names.CronJobController,
	names.DaemonSetController,
	names.DeploymentController,
	names.DisruptionController,
	names.EndpointSliceController,
	names.EndpointsController,
	names.GarbageCollectorController,
	names.JobController,
	names.NamespaceController,
	names.PersistentVolumeClaimProtectionController, // its finalizer is put on by the API server
	names.PersistentVolumeProtectionController,
	names.ReplicaSetController,
	names.ReplicationControllerController,
	names.ResourceQuotaController,
	names.RootCACertificatePublisherController,
	names.ServiceAccountController,
	names.ServiceAccountTokenController,
	names.ServiceCIDRController,
	names.StatefulSetController,
	names.TTLAfterFinishedController,
}

// startControllers runs kube-controller-manager with these controllers, in this process.
func startControllers(ctx context.Context, certs *pki, kubeconfig string) {
	o, err := options.NewKubeControllerManagerOptions()
	check(err)
	check(o.ComponentGlobalsRegistry.Set())
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	o.Generic.ClientConnection.Kubeconfig = kubeconfig
	o.Generic.ClientConnection.QPS = 500
	o.Generic.ClientConnection.Burst = 1000
	o.Generic.LeaderElection.LeaderElect = false
	o.Generic.Controllers = controllers
	o.SecureServing.BindPort = 0
	o.CSRSigningController.ClusterSigningCertFile = certs.file("client-ca.crt")
	o.CSRSigningController.ClusterSigningKeyFile = certs.file("client-ca.key")
	o.SAController.RootCAFile = certs.file("ca.crt")
	o.SAController.ServiceAccountKeyFile = certs.file("service.key")

	config, err := o.Config(ctx,
		kcm.KnownControllers(), kcm.ControllersDisabledByDefault(), kcm.ControllerAliases())
	check(err)
	go func() {
		if err := kcm.Run(ctx, config.Complete()); err != nil && ctx.Err() == nil {
			check(fmt.Errorf("the controllers ended: %w", err))
		}
	}()
}
