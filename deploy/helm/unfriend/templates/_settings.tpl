{{/*
A setting's value as text. YAML reads an unquoted off as false, and a large number as a floating point number.
Takes a list of the name and the value.
*/}}
{{- define "unfriend.text" -}}
{{- $name := index . 0 -}}
{{- $value := index . 1 -}}
{{- if kindIs "bool" $value -}}
{{- if eq $name "OTEL_SDK_DISABLED" }}{{ $value }}{{ else }}{{ ternary "on" "off" $value }}{{ end -}}
{{- else if kindIs "string" $value -}}
{{ $value }}
{{- else -}}
{{ int64 $value }}
{{- end -}}
{{- end -}}

{{/* What every process needs. Takes a list of the root context and the component. */}}
{{- define "unfriend.commonEnv" -}}
{{- $root := index . 0 -}}
{{- $temporal := $root.Values.temporal -}}
- name: NODE_ENV
  value: production
- name: TEMPORAL_ADDRESS
  value: {{ $temporal.address | quote }}
- name: TEMPORAL_NAMESPACE
  value: {{ $temporal.namespace | quote }}
{{- if $temporal.tls.enabled }}
- name: TEMPORAL_TLS
  value: 'true'
{{- end }}
{{- with $temporal.tls.serverName }}
- name: TEMPORAL_TLS_SERVER_NAME
  value: {{ . | quote }}
{{- end }}
{{- if $temporal.tls.clientSecret }}
- name: TEMPORAL_TLS_CLIENT_CERT_PATH
  value: /etc/unfriend/temporal-client/tls.crt
- name: TEMPORAL_TLS_CLIENT_KEY_PATH
  value: /etc/unfriend/temporal-client/tls.key
{{- end }}
{{- if $temporal.tls.ca }}
- name: TEMPORAL_TLS_SERVER_CA_CERT_PATH
  value: /etc/unfriend/temporal-ca/ca.crt
{{- end }}
{{- include "unfriend.secretEnv" . }}
{{- range $root.Values.extraEnv }}
- {{ toYaml . | nindent 2 | trim }}
{{- end }}
{{- end -}}

{{/* What a receiver or a worker needs besides. */}}
{{- define "unfriend.processEnv" -}}
{{- $root := index . 0 -}}
- name: HOST
  value: 0.0.0.0
- name: OPS_PORT
  value: '8081'
{{- range $name, $value := $root.Values.settings }}
- name: {{ $name }}
  value: {{ include "unfriend.text" (list $name $value) | quote }}
{{- end }}
{{- range $which, $setting := dict "search" "SEARCH_CA" "relay" "RELAY_CA" }}
{{- if index $root.Values.authorities $which }}
- name: {{ $setting }}
  value: /etc/unfriend/{{ $which }}-ca/ca.crt
{{- end }}
{{- end }}
{{- end -}}

{{/* Names that extraEnv must not have, as a JSON list: the chart sets them, or they have a place of their own. */}}
{{- define "unfriend.ownNames" -}}
{{- $fixed := list "NODE_ENV" "HOST" "PORT" "OPS_PORT" "DATA_DIR" "JOURNAL_DIR" "DRAIN_DELAY" "DEPLOYMENT_NAME" "BUILD_ID" "CODEC_ORIGIN" "TLS_CERT" "TLS_KEY" "SEARCH_CA" "RELAY_CA" "TEMPORAL_ADDRESS" "TEMPORAL_NAMESPACE" "TEMPORAL_TLS" -}}
{{- concat $fixed (keys .Values.settings) (keys .Values.secrets) | toJson -}}
{{- end -}}
