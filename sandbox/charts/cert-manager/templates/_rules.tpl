{{- /* What each of cert-manager's programs may do. */ -}}
{{- define "rules.leases" -}}
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create, get, update, patch]}
{{- end }}

{{- define "rules.issuers" -}}
- {apiGroups: [cert-manager.io], resources: [issuers, issuers/status], verbs: [get, list, watch, update, patch]}
- {apiGroups: [""], resources: [secrets], verbs: [get, list, watch, create, update, delete]}
- {apiGroups: [""], resources: [events], verbs: [create, patch]}
{{- end }}

{{- define "rules.clusterissuers" -}}
- {apiGroups: [cert-manager.io], resources: [clusterissuers, clusterissuers/status], verbs: [get, list, watch, update, patch]}
- {apiGroups: [""], resources: [secrets], verbs: [get, list, watch, create, update, delete]}
- {apiGroups: [""], resources: [events], verbs: [create, patch]}
{{- end }}

{{- define "rules.certificates" -}}
- apiGroups: [cert-manager.io]
  resources: [certificates, certificates/status, certificaterequests, certificaterequests/status]
  verbs: [get, list, watch, update, patch]
- {apiGroups: [cert-manager.io], resources: [clusterissuers, issuers], verbs: [get, list, watch]}
- {apiGroups: [cert-manager.io], resources: [certificates/finalizers, certificaterequests/finalizers], verbs: [update]}
- {apiGroups: [acme.cert-manager.io], resources: [orders], verbs: [create, delete, get, list, watch]}
- {apiGroups: [""], resources: [secrets], verbs: [get, list, watch, create, update, delete, patch]}
- {apiGroups: [""], resources: [events], verbs: [create, patch]}
{{- end }}

{{- define "rules.orders" -}}
- {apiGroups: [acme.cert-manager.io], resources: [orders, orders/status, orders/finalizers], verbs: [get, list, watch, update, patch]}
- {apiGroups: [acme.cert-manager.io], resources: [challenges], verbs: [get, list, watch, create, delete]}
- {apiGroups: [cert-manager.io], resources: [clusterissuers, issuers], verbs: [get, list, watch]}
- {apiGroups: [""], resources: [secrets], verbs: [get, list, watch]}
- {apiGroups: [""], resources: [events], verbs: [create, patch]}
{{- end }}

{{- define "rules.challenges" -}}
- {apiGroups: [acme.cert-manager.io], resources: [challenges, challenges/status, challenges/finalizers], verbs: [get, list, watch, update, patch]}
- {apiGroups: [cert-manager.io], resources: [clusterissuers, issuers], verbs: [get, list, watch]}
- {apiGroups: [""], resources: [secrets], verbs: [get, list, watch]}
- {apiGroups: [""], resources: [events], verbs: [create, patch]}
- {apiGroups: [""], resources: [pods, services], verbs: [get, list, watch, create, delete]}
- {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [get, list, watch, create, delete, update]}
{{- end }}

{{- define "rules.approve" -}}
- apiGroups: [cert-manager.io]
  resources: [signers]
  verbs: [approve]
  resourceNames: [issuers.cert-manager.io/*, clusterissuers.cert-manager.io/*]
{{- end }}

{{- define "rules.subjectaccessreviews" -}}
- {apiGroups: [authorization.k8s.io], resources: [subjectaccessreviews], verbs: [create]}
{{- end }}

{{- define "rules.serving" -}}
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [{{ include "cert-manager.fullname" . }}-webhook-ca]
  verbs: [get, list, watch, update]
- {apiGroups: [""], resources: [secrets], verbs: [create]}
{{- end }}

{{- define "rules.cainjector" -}}
- {apiGroups: [cert-manager.io], resources: [certificates], verbs: [get, list, watch]}
- {apiGroups: [""], resources: [secrets], verbs: [get, list, watch]}
- {apiGroups: [""], resources: [events], verbs: [get, create, update, patch]}
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingwebhookconfigurations, mutatingwebhookconfigurations]
  verbs: [get, list, watch, update, patch]
- {apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions], verbs: [get, list, watch, update, patch]}
{{- end }}
