package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/cert-manager/cert-manager/internal/apis/config/webhook/validation"
	webhook "github.com/cert-manager/cert-manager/internal/webhook"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/server"
	admission "github.com/cert-manager/cert-manager/pkg/webhook/admission"
	"github.com/cert-manager/cert-manager/pkg/webhook/options"
	webhookserver "github.com/cert-manager/cert-manager/pkg/webhook/server"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
	ctrladmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// Upstream's server would listen on every address of the machine; here the same handlers listen on loopback.
func runWebhook(ctx context.Context, arguments []string) error {
	config, err := options.NewWebhookConfiguration()
	if err != nil {
		return err
	}
	flags := pflag.NewFlagSet("webhook", pflag.ContinueOnError)
	options.AddConfigFlags(flags, config)
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if errors := validation.ValidateWebhookConfiguration(config, nil); len(errors) > 0 {
		return errors.ToAggregate()
	}
	if err := logf.ValidateAndApply(&config.Logging); err != nil {
		return err
	}
	upstream, err := webhook.NewCertManagerWebhookServer(logf.FromContext(ctx), *config)
	if err != nil {
		return err
	}
	handler, err := reviews(upstream)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return upstream.CertificateSource.Start(ctx) })
	address := fmt.Sprintf("127.0.0.1:%d", config.SecurePort)
	listener, err := server.Listen(ctx, "tcp", address, server.WithCertificateSource(upstream.CertificateSource))
	if err != nil {
		return err
	}
	group.Go(func() error {
		return (&http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}).Serve(listener)
	})
	return group.Wait()
}

func reviews(upstream *webhookserver.Server) (http.Handler, error) {
	mux := http.NewServeMux()
	for path, hook := range map[string]*ctrladmission.Webhook{
		"/mutate":   admission.NewCustomMutationWebhook(upstream.MutationWebhook),
		"/validate": admission.NewCustomValidationWebhook(upstream.ResourceScheme, upstream.ValidationWebhook),
	} {
		handler, err := ctrladmission.StandaloneWebhook(hook, ctrladmission.StandaloneOptions{})
		if err != nil {
			return nil, err
		}
		mux.Handle(path, handler)
	}
	return mux, nil
}
