{{/* One name for all objects of a release; 40 characters leave room for what is appended. */}}
{{- define "unfriend.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Takes a list of the root context and the component. */}}
{{- define "unfriend.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride | trunc 40 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "unfriend.labels" -}}
{{- $root := index . 0 -}}
{{ include "unfriend.selectorLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "unfriend.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "unfriend.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{- define "unfriend.tag" -}}
{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}

{{- define "unfriend.image" -}}
{{- $tagged := printf "%s:%s" .Values.image.repository (include "unfriend.tag" .) -}}
{{- with .Values.image.digest }}{{ printf "%s@%s" $tagged . }}{{ else }}{{ $tagged }}{{ end -}}
{{- end -}}

{{- define "unfriend.deploymentName" -}}
{{ default (include "unfriend.fullname" .) .Values.worker.versioning.deploymentName }}
{{- end -}}

{{- define "unfriend.buildId" -}}
{{ default (include "unfriend.tag" .) .Values.worker.versioning.buildId }}
{{- end -}}

{{- define "unfriend.taskQueue" -}}
{{ default "unfriend" .Values.settings.TASK_QUEUE }}
{{- end -}}
