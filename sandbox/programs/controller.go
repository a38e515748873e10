package main

import (
	"context"
	"fmt"
	"slices"

	config "github.com/cert-manager/cert-manager/internal/apis/config/controller"
	configscheme "github.com/cert-manager/cert-manager/internal/apis/config/controller/scheme"
	defaults "github.com/cert-manager/cert-manager/internal/apis/config/controller/v1alpha1"
	versioned "github.com/cert-manager/cert-manager/pkg/apis/config/controller/v1alpha1"
	"github.com/cert-manager/cert-manager/pkg/controller"
	_ "github.com/cert-manager/cert-manager/pkg/controller/acmechallenges"
	_ "github.com/cert-manager/cert-manager/pkg/controller/acmeorders"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificate-shim/ingresses"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/acme"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/metrics"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/acme"
	dnsutil "github.com/cert-manager/cert-manager/pkg/issuer/acme/dns/util"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/resource"
)

func runController(ctx context.Context, arguments []string) error {
	options, err := controllerOptions(arguments)
	if err != nil {
		return err
	}
	if err := logf.ValidateAndApply(&options.Logging); err != nil {
		return err
	}
	factory, err := contextFactory(ctx, options)
	if err != nil {
		return err
	}
	base, err := factory.Build()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for name, construct := range controller.Known() {
		if !slices.Contains(defaults.DefaultEnabledControllers, name) {
			continue
		}
		one, err := construct(factory)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		group.Go(func() error { return one.Run(options.NumberOfConcurrentWorkers, ctx) })
	}
	base.SharedInformerFactory.Start(ctx.Done())
	base.KubeSharedInformerFactory.Start(ctx.Done())
	base.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	return group.Wait()
}

func controllerOptions(arguments []string) (*config.ControllerConfiguration, error) {
	scheme, _, err := configscheme.NewSchemeAndCodecs()
	if err != nil {
		return nil, err
	}
	unset, options := &versioned.ControllerConfiguration{}, &config.ControllerConfiguration{}
	scheme.Default(unset)
	if err := scheme.Convert(unset, options, nil); err != nil {
		return nil, err
	}
	flags := pflag.NewFlagSet("controller", pflag.ContinueOnError)
	flags.StringVar(&options.KubeConfig, "kubeconfig", "", "")
	flags.StringVar(&options.ClusterResourceNamespace, "cluster-resource-namespace", options.ClusterResourceNamespace, "")
	flags.StringVar(&options.LeaderElectionConfig.Namespace, "leader-election-namespace", "", "")
	flags.StringVar(&options.ACMEHTTP01Config.SolverImage, "acme-http01-solver-image", options.ACMEHTTP01Config.SolverImage, "")
	flags.DurationVar(&options.ACMEDNS01Config.CheckRetryPeriod, "dns01-check-retry-period", options.ACMEDNS01Config.CheckRetryPeriod, "")
	flags.IntVar(&options.MaxConcurrentChallenges, "max-concurrent-challenges", options.MaxConcurrentChallenges, "")
	logf.AddFlags(&options.Logging, flags)
	return options, flags.Parse(arguments)
}

func contextFactory(ctx context.Context, options *config.ControllerConfiguration) (*controller.ContextFactory, error) {
	acme, err := acmeOptions(options)
	if err != nil {
		return nil, err
	}
	return controller.NewContextFactory(ctx, controller.ContextOptions{
		Kubeconfig:         options.KubeConfig,
		KubernetesAPIQPS:   options.KubernetesAPIQPS,
		KubernetesAPIBurst: options.KubernetesAPIBurst,
		ACMEOptions:        acme,
		SchedulerOptions:   controller.SchedulerOptions{MaxConcurrentChallenges: options.MaxConcurrentChallenges},
		IssuerOptions: controller.IssuerOptions{
			ClusterIssuerAmbientCredentials: options.ClusterIssuerAmbientCredentials,
			IssuerAmbientCredentials:        options.IssuerAmbientCredentials,
			ClusterResourceNamespace:        options.ClusterResourceNamespace,
		},
		IngressShimOptions: controller.IngressShimOptions{
			DefaultIssuerKind:                 options.IngressShimConfig.DefaultIssuerKind,
			DefaultIssuerGroup:                options.IngressShimConfig.DefaultIssuerGroup,
			DefaultAutoCertificateAnnotations: options.IngressShimConfig.DefaultAutoCertificateAnnotations,
		},
		CertificateOptions: controller.CertificateOptions{
			EnableOwnerRef:                           options.EnableCertificateOwnerRef,
			CopiedAnnotationPrefixes:                 options.CopiedAnnotationPrefixes,
			CertificateRequestMinimumBackoffDuration: options.CertificateRequestMinimumBackoffDuration,
		},
	})
}

func acmeOptions(options *config.ControllerConfiguration) (controller.ACMEOptions, error) {
	http01 := options.ACMEHTTP01Config
	acme := controller.ACMEOptions{
		HTTP01SolverImage:            http01.SolverImage,
		ACMEHTTP01SolverRunAsNonRoot: http01.SolverRunAsNonRoot,
		HTTP01SolverNameservers:      http01.SolverNameservers,
		DNS01Nameservers:             dnsutil.RecursiveNameservers,
		DNS01CheckRetryPeriod:        options.ACMEDNS01Config.CheckRetryPeriod,
		DNS01CheckAuthoritative:      !options.ACMEDNS01Config.RecursiveNameserversOnly,
	}
	for _, quantity := range []struct {
		text   string
		target *resource.Quantity
	}{
		{http01.SolverResourceRequestCPU, &acme.HTTP01SolverResourceRequestCPU},
		{http01.SolverResourceRequestMemory, &acme.HTTP01SolverResourceRequestMemory},
		{http01.SolverResourceLimitsCPU, &acme.HTTP01SolverResourceLimitsCPU},
		{http01.SolverResourceLimitsMemory, &acme.HTTP01SolverResourceLimitsMemory},
	} {
		parsed, err := resource.ParseQuantity(quantity.text)
		if err != nil {
			return acme, err
		}
		*quantity.target = parsed
	}
	return acme, nil
}
