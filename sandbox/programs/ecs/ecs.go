// Package ecs takes the place of Traefik's provider for Amazon's containers, whose libraries take as long to
// compile as a tenth of all the rest. Our Traefik reads Ingresses of Kubernetes alone.
package ecs

import (
	"errors"

	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/safe"
)

// Provider is named by Traefik's static configuration.
type Provider struct{}

// SetDefaults sets nothing.
func (*Provider) SetDefaults() {}

// Init fails, so that nobody waits for what never comes.
func (*Provider) Init() error {
	return errors.New("this build has no provider for ECS")
}

// Provide is not called after Init failed.
func (*Provider) Provide(chan<- dynamic.Message, *safe.Pool) error {
	return nil
}
