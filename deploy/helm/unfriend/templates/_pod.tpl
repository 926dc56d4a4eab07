{{/* What every pod has. Takes a list of the root context and the component. */}}
{{- define "unfriend.podSecurity" -}}
{{- $root := index . 0 -}}
automountServiceAccountToken: false
# Otherwise every Service of the namespace would be in the environment.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "unfriend.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{- define "unfriend.container" -}}
{{- $root := index . 0 -}}
image: {{ include "unfriend.image" $root | quote }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
{{ include "unfriend.containerSecurity" . }}
{{- end -}}

{{/* A process lives as long as /healthz answers. It gets work while /readyz answers 200. */}}
{{- define "unfriend.probes" -}}
startupProbe:
  httpGet: { path: /healthz, port: ops }
  periodSeconds: 1
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /healthz, port: ops }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: ops }
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{/* Where pods run. Takes a list of the root context, the component and the component's values. */}}
{{- define "unfriend.scheduling" -}}
{{- $labels := include "unfriend.selectorLabels" (list (index . 0) (index . 1)) -}}
{{- $of := index . 2 -}}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- $labels | nindent 8 }}
  {{- end }}
{{- range $field := list "nodeSelector" "tolerations" "affinity" "priorityClassName" }}
{{- with index $of $field }}
{{ $field }}: {{ ternary . (toYaml . | nindent 2) (kindIs "string" .) }}
{{- end }}
{{- end }}
{{- end -}}
