{{/*
Which secrets a component gets, as JSON: those that it reads, and no others.
Takes a list of the root context and the component.
*/}}
{{- define "unfriend.secretNames" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $names := list "TEMPORAL_API_KEY" -}}
{{- $ofBoth := list "CACHE_URL" "SEARCH_URL" "NOTIFY_URL" "RELAY_URL" "NOTICE_URL" "PAYLOAD_KEYS" -}}
{{- $relays := or $root.Values.settings.RELAY_URL $root.Values.secrets.RELAY_URL -}}
{{- if eq $component "receiver" -}}
{{- $names = concat $names $ofBoth (list "CALLBACK_TOKEN") -}}
{{- if $root.Values.codec.enabled }}{{ $names = append $names "CODEC_TOKEN" }}{{ end -}}
{{- /* To ask Tencent Chat for its addresses. */ -}}
{{- if contains "tencent" (toString $root.Values.settings.CALLBACK_ALLOW) }}{{ $names = append $names "TENCENT_SECRET_KEY" }}{{ end -}}
{{- else if eq $component "worker" -}}
{{- $names = concat $names $ofBoth (list "NOTIFY_SECRET" "TENCENT_SECRET_KEY") -}}
{{- if $relays }}{{ $names = append $names "CALLBACK_TOKEN" }}{{ end -}}
{{- end -}}
{{- $given := list -}}
{{- range $names -}}
{{- if index $root.Values.secrets . }}{{ $given = append $given . }}{{ end -}}
{{- end -}}
{{- $given | sortAlpha | toJson -}}
{{- end -}}

{{- define "unfriend.secretEnv" -}}
{{- $root := index . 0 -}}
{{- range include "unfriend.secretNames" . | fromJsonArray }}
{{- $secret := index $root.Values.secrets . }}
{{- if eq $root.Values.secretsAs "files" }}
- name: {{ . }}_FILE
  value: /etc/unfriend/secrets/{{ . }}
{{- else }}
- name: {{ . }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret.name }}
      key: {{ default . $secret.key }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Volumes with what a component reads from files. Takes a list of the root context and the component. */}}
{{- define "unfriend.fileVolumes" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $names := include "unfriend.secretNames" . | fromJsonArray -}}
{{- if and $names (eq $root.Values.secretsAs "files") }}
- name: secrets
  projected:
    # 0440: for the group, which is fsGroup.
    defaultMode: 288
    sources:
      {{- range $names }}
      {{- $secret := index $root.Values.secrets . }}
      - secret:
          name: {{ $secret.name }}
          items:
            - key: {{ default . $secret.key }}
              path: {{ . }}
      {{- end }}
{{- end }}
{{- with $root.Values.temporal.tls }}
{{- if .clientSecret }}
- name: temporal-client
  secret:
    secretName: {{ .clientSecret }}
    defaultMode: 288
    items:
      - key: {{ .clientCertKey }}
        path: tls.crt
      - key: {{ .clientKeyKey }}
        path: tls.key
{{- end }}
{{- if .ca }}
{{- include "unfriend.authorityVolume" (list "temporal" .ca) }}
{{- end }}
{{- end }}
{{- if ne $component "setup" }}
{{- range $which := list "search" "relay" }}
{{- with index $root.Values.authorities $which }}
{{- include "unfriend.authorityVolume" (list $which .) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and (eq $component "receiver") $root.Values.tls.secret }}
- name: tls
  secret:
    secretName: {{ $root.Values.tls.secret }}
    defaultMode: 288
{{- end }}
{{- end -}}

{{- define "unfriend.authorityVolume" }}
{{- $from := index . 1 }}
- name: {{ index . 0 }}-ca
  {{- if $from.configMap }}
  configMap:
    name: {{ $from.configMap }}
  {{- else }}
  secret:
    secretName: {{ $from.secret }}
    defaultMode: 288
  {{- end }}
    items:
      - key: {{ $from.key }}
        path: ca.crt
{{- end -}}

{{- define "unfriend.fileMounts" -}}
{{- range include "unfriend.fileVolumes" . | fromYamlArray }}
- name: {{ .name }}
  mountPath: /etc/unfriend/{{ .name }}
  readOnly: true
{{- end }}
{{- end -}}
