{{- define "traefik.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}
{{- end }}

{{- define "traefik.selector" -}}
app.kubernetes.io/name: traefik
app.kubernetes.io/instance: {{ .Release.Name }}-{{ .Release.Namespace }}
{{- end }}

{{- define "traefik.labels" -}}
{{ include "traefik.selector" . }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ . | toYaml }}
{{- end }}
{{- end }}

{{- /* Arguments of one entry point; takes (list root name port). */ -}}
{{- define "traefik.entryPoint" -}}
{{- $root := index . 0 }}
{{- $name := index . 1 }}
{{- $port := index . 2 }}
{{- $argument := print "--entryPoints." $name }}
{{- with ($port.http).middlewares }}
- {{ $argument }}.http.middlewares={{ join "," . }}
{{- end }}
{{- with ((($port.http).redirections).entryPoint) }}
{{- $target := index $root.Values.ports .to | default dict }}
{{- if not $target }}
{{- fail (printf "Port %s redirects to %s, and there is no such port." $name .to) }}
{{- end }}
- {{ $argument }}.http.redirections.entryPoint.to=:{{ $target.exposedPort }}
{{- with .scheme }}
- {{ $argument }}.http.redirections.entryPoint.scheme={{ . }}
{{- end }}
{{- with .priority }}
- {{ $argument }}.http.redirections.entryPoint.priority={{ . }}
{{- end }}
{{- if hasKey . "permanent" }}
- {{ $argument }}.http.redirections.entryPoint.permanent={{ .permanent }}
{{- end }}
{{- end }}
{{- if (($port.http).tls).enabled }}
- {{ $argument }}.http.tls=true
{{- end }}
{{- if $port.allowACMEByPass }}
- {{ $argument }}.allowACMEByPass=true
{{- end }}
{{- range $what := list "readTimeout" "writeTimeout" "idleTimeout" }}
{{- $seconds := index (($port.transport).respondingTimeouts | default dict) $what }}
{{- if not (kindIs "invalid" $seconds) }}
- {{ $argument }}.transport.respondingTimeouts.{{ $what }}={{ $seconds }}
{{- end }}
{{- end }}
{{- end }}
