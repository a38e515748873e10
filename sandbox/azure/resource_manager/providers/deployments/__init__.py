"""Template deployments: `Microsoft.Resources/deployments` and the engine for what a template says."""
