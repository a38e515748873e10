package main

import (
	"context"

	config "github.com/cert-manager/cert-manager/internal/apis/config/cainjector"
	configscheme "github.com/cert-manager/cert-manager/internal/apis/config/cainjector/scheme"
	versioned "github.com/cert-manager/cert-manager/pkg/apis/config/cainjector/v1alpha1"
	cmscheme "github.com/cert-manager/cert-manager/pkg/client/clientset/versioned/scheme"
	"github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	apiext "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kscheme "k8s.io/client-go/kubernetes/scheme"
	apireg "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metrics "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// The kubeconfig comes from KUBECONFIG: controller-runtime finds it by itself.
func runCAInjector(ctx context.Context, arguments []string) error {
	options, err := cainjectorOptions(arguments)
	if err != nil {
		return err
	}
	if err := logf.ValidateAndApply(&options.Logging); err != nil {
		return err
	}
	ctrl.SetLogger(logf.Log)
	manager, err := newManager(options)
	if err != nil {
		return err
	}
	setup := cainjector.SetupOptions{
		EnableCertificatesDataSource: options.EnableDataSourceConfig.Certificates,
		EnabledReconcilersFor: map[string]bool{
			cainjector.MutatingWebhookConfigurationName:   options.EnableInjectableConfig.MutatingWebhookConfigurations,
			cainjector.ValidatingWebhookConfigurationName: options.EnableInjectableConfig.ValidatingWebhookConfigurations,
			cainjector.APIServiceName:                     options.EnableInjectableConfig.APIServices,
			cainjector.CustomResourceDefinitionName:       options.EnableInjectableConfig.CustomResourceDefinitions,
		},
	}
	if err := cainjector.RegisterAllInjectors(ctx, manager, setup); err != nil {
		return err
	}
	return manager.Start(ctx)
}

func cainjectorOptions(arguments []string) (*config.CAInjectorConfiguration, error) {
	scheme, _, err := configscheme.NewSchemeAndCodecs()
	if err != nil {
		return nil, err
	}
	defaults, options := &versioned.CAInjectorConfiguration{}, &config.CAInjectorConfiguration{}
	scheme.Default(defaults)
	if err := scheme.Convert(defaults, options, nil); err != nil {
		return nil, err
	}
	flags := pflag.NewFlagSet("cainjector", pflag.ContinueOnError)
	flags.BoolVar(&options.LeaderElectionConfig.Enabled, "leader-elect", options.LeaderElectionConfig.Enabled, "")
	flags.StringVar(&options.LeaderElectionConfig.Namespace, "leader-election-namespace", options.LeaderElectionConfig.Namespace, "")
	logf.AddFlags(&options.Logging, flags)
	return options, flags.Parse(arguments)
}

func newManager(options *config.CAInjectorConfiguration) (ctrl.Manager, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		kscheme.AddToScheme, cmscheme.AddToScheme, apiext.AddToScheme, apireg.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	restConfig, err := ctrl.GetConfig()
	if err != nil {
		return nil, err
	}
	return ctrl.NewManager(restConfig, ctrl.Options{
		Scheme: scheme,
		Cache:  cache.Options{ReaderFailOnMissingInformer: true},
		// The injectors read Secrets themselves, and only those that they need.
		Client:                  client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
		LeaderElection:          options.LeaderElectionConfig.Enabled,
		LeaderElectionNamespace: options.LeaderElectionConfig.Namespace,
		LeaderElectionID:        "cert-manager-cainjector-leader-election",
		Metrics:                 metrics.Options{BindAddress: "0"},
	})
}
