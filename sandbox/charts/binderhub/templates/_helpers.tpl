{{- /* Labels of JupyterHub's objects; takes (list root component). */ -}}
{{- define "hub.selector" -}}
app: jupyterhub
component: {{ index . 1 }}
release: {{ (index . 0).Release.Name }}
{{- end }}

{{- define "hub.labels" -}}
{{ include "hub.selector" . }}
heritage: {{ (index . 0).Release.Service }}
app.kubernetes.io/name: jupyterhub
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
{{- end }}

{{- /* Labels of BinderHub's objects; takes (list root component). */ -}}
{{- define "binder.labels" -}}
app: binder
component: {{ index . 1 }}
release: {{ (index . 0).Release.Name }}
heritage: {{ (index . 0).Release.Service }}
{{- end }}

{{- /* Node affinity for a purpose, hard or soft; takes (list purpose scheduling). */ -}}
{{- define "affinity" -}}
{{- $match := (index . 1).nodeAffinity.matchNodePurpose }}
{{- $beside := "" }}
{{- if gt (len .) 2 }}{{ $beside = (index . 2).required }}{{ end }}
{{- if or $beside (has $match (list "prefer" "require")) }}
affinity:
{{- with $beside }}
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution: {{ toJson . }}
{{- end }}
{{- if has $match (list "prefer" "require") }}
  nodeAffinity:
  {{- if eq $match "require" }}
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
        - matchExpressions:
            - {key: hub.jupyter.org/node-purpose, operator: In, values: [{{ index . 0 }}]}
  {{- else }}
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        preference:
          matchExpressions:
            - {key: hub.jupyter.org/node-purpose, operator: In, values: [{{ index . 0 }}]}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* What a core pod's template says about where it runs; takes (list root own), own being its section. */ -}}
{{- define "core.placement" -}}
{{- $root := index . 0 }}
{{- $own := index . 1 }}
{{- $scheduling := $root.Values.jupyterhub.scheduling }}
{{- if $scheduling.podPriority.enabled }}
priorityClassName: {{ $root.Release.Name }}-default-priority
{{- end }}
nodeSelector: {{ $own.nodeSelector | toJson }}
tolerations: {{ concat $scheduling.corePods.tolerations $own.tolerations | toJson }}
{{- include "affinity" (list "core" $scheduling.corePods) }}
{{- include "pull.secrets" $root }}
{{- end }}

{{- define "pull.secrets" -}}
{{- with .Values.jupyterhub.imagePullSecret }}
{{- if and .create .automaticReferenceInjection }}
imagePullSecrets: [{name: image-pull-secret}]
{{- end }}
{{- end }}
{{- end }}

{{- /* The ports that every source may reach; takes a networkPolicy section. */ -}}
{{- define "ingress.ports" -}}
{{- with .allowedIngressPorts }}
- ports:
  {{- range . }}
    - port: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- /* Egress rules that flags stand for; takes a networkPolicy section. */ -}}
{{- define "egress" -}}
{{- $rules := .egressAllowRules }}
{{- $metadata := "169.254.169.254/32" }}
{{- $private := list "10.0.0.0/8" "172.16.0.0/12" "192.168.0.0/16" }}
{{- $dns := list }}
{{- if $rules.dnsPortsCloudMetadataServer }}
{{- $dns = append $dns (dict "ipBlock" (dict "cidr" $metadata)) }}
{{- end }}
{{- if $rules.dnsPortsKubeSystemNamespace }}
{{- $dns = append $dns (dict "namespaceSelector" (dict "matchLabels" (dict "kubernetes.io/metadata.name" "kube-system"))) }}
{{- end }}
{{- if $rules.dnsPortsPrivateIPs }}
{{- range $private }}
{{- $dns = append $dns (dict "ipBlock" (dict "cidr" .)) }}
{{- end }}
{{- end }}
{{- if $dns }}
- to: {{ $dns | toJson }}
  ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- end }}
{{- if $rules.nonPrivateIPs }}
- to: [{ipBlock: {cidr: 0.0.0.0/0, except: {{ append $private $metadata | toJson }}}}]
{{- end }}
{{- if $rules.privateIPs }}
{{- range $private }}
- to: [{ipBlock: {cidr: {{ . }}}}]
{{- end }}
{{- end }}
{{- if $rules.cloudMetadataServer }}
- to: [{ipBlock: {cidr: {{ $metadata }}}}]
{{- end }}
{{- with .egress }}
{{ . | toYaml }}
{{- end }}
{{- end }}

{{- /* The content of extra files by their keys: text as it is, and data in JSON, which is YAML, too. */ -}}
{{- define "files" -}}
{{- $content := dict }}
{{- range $key, $file := . }}
{{- $_ := required (printf "extraFiles entries (%s) must contain the field 'mountPath'." $key) $file.mountPath }}
{{- $_ := set $content $key ($file.stringData | default ($file.data | toJson)) }}
{{- end }}
{{- $content | toYaml }}
{{- end }}

{{- /* A Secret's key as the cluster has it, else a new value, in base64; takes (list root secret key length). */ -}}
{{- define "kept" -}}
{{- $secret := lookup "v1" "Secret" (index . 0).Release.Namespace (index . 1) | default dict }}
{{- dig "data" (index . 2) (randAlphaNum (index . 3) | lower | sha256sum | trunc (index . 3) | b64enc) $secret }}
{{- end }}

{{- /* An Ingress for all hosts of its values: (list values name labels backend). */}}
{{- define "chart.ingress" }}
{{- $values := index . 0 }}
{{- $backend := index . 3 }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ index . 1 }}
  labels: {{- index . 2 | nindent 4 }}
  annotations: {{ $values.annotations | toJson }}
spec:
  {{- with $values.ingressClassName }}
  ingressClassName: {{ . }}
  {{- end }}
  rules:
    {{- range $values.hosts }}
    - host: {{ . | quote }}
      http:
        paths:
          - path: {{ printf "/%s" $values.pathSuffix | quote }}
            pathType: {{ $values.pathType }}
            backend: {service: {{ $backend | toJson }}}
    {{- end }}
  tls: {{ $values.tls | toJson }}
{{- end }}
