{{- define "cert-manager.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}
{{- end }}

{{- /* What selects a part's pods; takes (list root name component). */ -}}
{{- define "cert-manager.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 2 }}
{{- end }}

{{- /* A part's labels; takes (list root name component). */ -}}
{{- define "cert-manager.labels" -}}
{{- $root := index . 0 }}
app: {{ index . 1 }}
{{ include "cert-manager.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
{{- with $root.Values.global.commonLabels }}
{{ . | toYaml }}
{{- end }}
{{- end }}

{{- /* What every pod template says; takes (list root account own), own being the part's section. */ -}}
{{- define "cert-manager.pod" -}}
{{- $root := index . 0 }}
{{- $own := index . 2 }}
serviceAccountName: {{ index . 1 }}
enableServiceLinks: false
{{- with $root.Values.global.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
nodeSelector: {{ merge dict $own.nodeSelector $root.Values.global.nodeSelector | toJson }}
affinity: {{ $own.affinity | toJson }}
tolerations: {{ $own.tolerations | toJson }}
{{- end }}

{{- /* What every container says beside its arguments; takes (list root program own). */ -}}
{{- define "cert-manager.container" -}}
{{- $root := index . 0 }}
name: cert-manager-{{ index . 1 }}
image: {{ $root.Values.imageRegistry }}/{{ $root.Values.imageNamespace }}/cert-manager-{{ index . 1 }}:{{ $root.Chart.AppVersion }}
imagePullPolicy: IfNotPresent
resources: {{ (index . 2).resources | toJson }}
securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, readOnlyRootFilesystem: true}
env:
  - name: POD_NAMESPACE
    valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
{{- end }}

{{- /* Replicas, selector and pod labels of a Deployment; takes (list root name component own). */ -}}
{{- define "cert-manager.replicas" -}}
{{- $part := list (index . 0) (index . 1) (index . 2) }}
{{- $own := index . 3 }}
replicas: {{ $own.replicaCount }}
selector:
  matchLabels: {{- include "cert-manager.selector" $part | nindent 4 }}
template:
  metadata:
    labels:
      {{- include "cert-manager.labels" $part | nindent 6 }}
      {{- with $own.podLabels }}
      {{- . | toYaml | nindent 6 }}
      {{- end }}
    {{- if (index . 0).Values.prometheus.enabled }}
    annotations: {prometheus.io/path: /metrics, prometheus.io/scrape: "true", prometheus.io/port: "9402"}
    {{- end }}
{{- end }}

{{- /* A disruption budget, where its section asks for one; takes (list root name component account own). */ -}}
{{- define "cert-manager.budget" -}}
{{- $own := index . 4 }}
{{- if $own.podDisruptionBudget.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ index . 3 }}
  labels: {{- include "cert-manager.labels" . | nindent 4 }}
spec:
  selector:
    matchLabels: {{- include "cert-manager.selector" . | nindent 6 }}
  minAvailable: {{ $own.podDisruptionBudget.minAvailable | default 1 }}
{{- end }}
{{- end }}

{{- /* A role of the cluster and its binding; takes (list root name component account role rules). */ -}}
{{- define "cert-manager.cluster-role" -}}
{{- $labels := include "cert-manager.labels" . }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ index . 4 }}
  labels: {{- $labels | nindent 4 }}
rules: {{- index . 5 | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ index . 4 }}
  labels: {{- $labels | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{ index . 4 }}}
subjects:
  - {kind: ServiceAccount, name: {{ index . 3 }}, namespace: {{ (index . 0).Release.Namespace }}}
{{- end }}

{{- /* A role of one namespace and its binding; takes (list root name component account role rules namespace). */ -}}
{{- define "cert-manager.role" -}}
{{- $labels := include "cert-manager.labels" . }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ index . 4 }}
  namespace: {{ index . 6 }}
  labels: {{- $labels | nindent 4 }}
rules: {{- index . 5 | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ index . 4 }}
  namespace: {{ index . 6 }}
  labels: {{- $labels | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ index . 4 }}}
subjects:
  - {kind: ServiceAccount, name: {{ index . 3 }}, namespace: {{ (index . 0).Release.Namespace }}}
{{- end }}

{{- /* Labels, and what keeps a definition when the release goes; takes the root. */ -}}
{{- define "cert-manager.crd-metadata" -}}
labels:
  {{- include "cert-manager.labels" (list . "cert-manager" "crds") | nindent 2 }}
{{- if .Values.crds.keep }}
annotations: {helm.sh/resource-policy: keep}
{{- end }}
{{- end }}

{{- /* Schemas that several definitions share. */ -}}
{{- define "schema.strings" -}}
{type: array, items: {type: string}, x-kubernetes-list-type: atomic}
{{- end }}
{{- define "schema.time" -}}
{type: string, format: date-time}
{{- end }}
{{- define "schema.state" -}}
{type: string, enum: [valid, ready, pending, processing, invalid, expired, errored]}
{{- end }}
{{- define "schema.secret-key" -}}
{type: object, required: [name], properties: {name: {type: string}, key: {type: string}}}
{{- end }}
{{- define "schema.issuer-ref" -}}
{type: object, required: [name], properties: {name: {type: string}, kind: {type: string}, group: {type: string}}}
{{- end }}
{{- define "schema.conditions" -}}
type: array
x-kubernetes-list-type: map
x-kubernetes-list-map-keys: [type]
items:
  type: object
  required: [status, type]
  properties:
    type: {type: string}
    status: {type: string, enum: ["True", "False", Unknown]}
    reason: {type: string}
    message: {type: string}
    observedGeneration: {type: integer, format: int64}
    lastTransitionTime: {{ include "schema.time" . }}
{{- end }}
{{- define "schema.open" -}}
{type: object, x-kubernetes-preserve-unknown-fields: true}
{{- end }}
