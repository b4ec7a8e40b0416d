package main

import (
	"net/http"
	"time"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// serve is the child: kube-apiserver as its own main runs it, taken apart only so far that four
// things can be set for which it has no flag.
func serve(args []string) error {
	s := options.NewServerRunOptions()
	flags := pflag.NewFlagSet(childCommand, pflag.ContinueOnError)
	sets := s.Flags()
	for _, set := range sets.FlagSets {
		flags.AddFlagSet(set)
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := s.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return err
	}
	rest.SetDefaultWarningHandler(rest.NoWarnings{})

	s.Authentication.TokenSuccessCacheTTL = 0        // else a dead token works for 10 s more
	goaway := s.GenericServerRunOptions.GoawayChance // the flag refuses more than 0.02
	s.GenericServerRunOptions.GoawayChance = 0

	ctx := genericapiserver.SetupSignalContext()
	completed, err := s.Complete(ctx)
	if err != nil {
		return err
	}
	if errs := completed.Validate(); len(errs) > 0 {
		return utilerrors.NewAggregate(errs)
	}
	config, err := app.NewConfig(completed)
	if err != nil {
		return err
	}

	front := config.Aggregator.GenericConfig
	front.GoawayChance = goaway
	chain, faults := front.BuildHandlerChainFunc, &faults{rules: []*rule{}}
	front.BuildHandlerChainFunc = func(handler http.Handler, c *genericapiserver.Config) http.Handler {
		return faults.filter(chain(handler, c))
	}

	complete, err := config.Complete()
	if err != nil {
		return err
	}
	server, err := app.CreateServerChain(complete)
	if err != nil {
		return err
	}
	server.GenericAPIServer.ShutdownTimeout = 2 * time.Second // open watches hold it for 60 s otherwise
	prepared, err := server.PrepareRun()
	if err != nil {
		return err
	}
	return prepared.Run(ctx)
}
