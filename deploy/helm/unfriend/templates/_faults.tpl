{{/* Faults that depend on several values, as a JSON list. values.schema.json finds all others. */}}
{{- define "unfriend.faults" -}}
{{- $v := .Values -}}
{{- $faults := list -}}
{{- if not $v.image.repository }}{{ $faults = append $faults "image.repository: missing; set it to where you pushed the image" }}{{ end -}}
{{- if not $v.temporal.address }}{{ $faults = append $faults "temporal.address: missing; set it to host:port of Temporal's frontend" }}{{ end -}}
{{- $notify := toString (default "" $v.settings.NOTIFY_URL) -}}
{{- $isFenced := has (toString $v.settings.FENCE) (list "on" "true") -}}
{{- if and (not $v.settings.SDK_APP_ID) (or $v.receiver.enabled $isFenced (contains "tencent:" $notify)) }}{{ $faults = append $faults "settings.SDK_APP_ID: missing; set it to the SDKAppID that the Chat console shows for your app" }}{{ end -}}
{{- range list "CACHE_URL" "SEARCH_URL" "NOTIFY_URL" -}}
{{- if not (or (hasKey $v.settings .) (hasKey $v.secrets .)) -}}
{{- $faults = append $faults (printf "settings.%s: missing; set it to an address or to off. An address with a password belongs into a Secret: name it in secrets.%s" . .) -}}
{{- end -}}
{{- end -}}
{{- range list "CACHE_URL" "SEARCH_URL" "NOTIFY_URL" -}}
{{- if eq (toString (index $v.settings .)) "embedded" -}}
{{- $faults = append $faults (printf "settings.%s: the embedded stand-in is for trying out and refused in production; set an address, or off" .) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := $v.secrets -}}
{{- if hasKey $v.settings $name }}{{ $faults = append $faults (printf "settings.%s: contradicts secrets.%s; keep one of them" $name $name) }}{{ end -}}
{{- end -}}
{{- $open := has (toString $v.settings.CALLBACK_AUTH) (list "off" "false") -}}
{{- if and $v.receiver.enabled (not $v.secrets.CALLBACK_TOKEN) (not $open) -}}
{{- $faults = append $faults "secrets.CALLBACK_TOKEN: missing; name the Secret with the authentication token of the Chat console, or set settings.CALLBACK_AUTH to off to take callbacks from anyone" -}}
{{- end -}}
{{- if and $open $v.secrets.CALLBACK_TOKEN }}{{ $faults = append $faults "settings.CALLBACK_AUTH: off contradicts secrets.CALLBACK_TOKEN; keep one of them" }}{{ end -}}
{{- range list "CACHE_URL" "SEARCH_URL" "NOTIFY_URL" "RELAY_URL" -}}
{{- if regexMatch "://[^/?#]*@" (toString (index $v.settings .)) -}}
{{- $faults = append $faults (printf "settings.%s: has a user or password in it; put the address into a Secret and name that in secrets.%s" . .) -}}
{{- end -}}
{{- end -}}
{{- range concat $v.extraEnv $v.receiver.extraEnv $v.worker.extraEnv -}}
{{- $isSecret := regexMatch "(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|PRIVATE_?KEY|CREDENTIAL|AUTH|HEADERS|_KEYS?$|_KEY_)" (upper .name) -}}
{{- if and $isSecret (hasKey . "value") }}{{ $faults = append $faults (printf "extraEnv: %s looks like a secret; use valueFrom with a secretKeyRef" .name) }}{{ end -}}
{{- if has .name (include "unfriend.ownNames" $ | fromJsonArray) }}{{ $faults = append $faults (printf "extraEnv: %s is set by the chart; see settings, secrets and the other values" .name) }}{{ end -}}
{{- end -}}
{{- if and $v.worker.enabled (contains "tencent:" $notify) (not $v.secrets.TENCENT_SECRET_KEY) -}}
{{- $faults = append $faults "secrets.TENCENT_SECRET_KEY: missing; tencent: in NOTIFY_URL needs the Secret with the app's secret key" -}}
{{- end -}}
{{- if and (contains "tencent" (toString $v.settings.CALLBACK_ALLOW)) (not $v.secrets.TENCENT_SECRET_KEY) -}}
{{- $faults = append $faults "secrets.TENCENT_SECRET_KEY: missing; tencent in CALLBACK_ALLOW asks the REST API for addresses, which needs the Secret with the app's secret key" -}}
{{- end -}}
{{- if and $v.worker.enabled $isFenced (not $v.secrets.TENCENT_SECRET_KEY) -}}
{{- $faults = append $faults "secrets.TENCENT_SECRET_KEY: missing; FENCE needs the Secret with the app's secret key" -}}
{{- end -}}
{{- if and (eq (toString $v.settings.INDEX_ACCOUNTS) "hashed") (not $v.secrets.PAYLOAD_KEYS) -}}
{{- $faults = append $faults "settings.INDEX_ACCOUNTS: hashed needs secrets.PAYLOAD_KEYS, from which the key of the hashes is derived" -}}
{{- end -}}
{{- if and $v.worker.enabled (contains "http" $notify) (not $v.secrets.NOTIFY_SECRET) -}}
{{- $faults = append $faults "secrets.NOTIFY_SECRET: missing; a webhook in NOTIFY_URL needs the Secret with the key that signs it" -}}
{{- end -}}
{{- if and $v.receiver.enabled (not $v.receiver.persistence.enabled) (ne (toString $v.settings.INTAKE) "direct") -}}
{{- $faults = append $faults "receiver.persistence.enabled: a receiver with a journal needs a volume; set settings.INTAKE to direct to do without both" -}}
{{- end -}}
{{- range $where, $ingress := dict "receiver.ingress" $v.receiver.ingress "codec.ingress" $v.codec.ingress -}}
{{- if and $ingress.enabled (not $ingress.host) }}{{ $faults = append $faults (printf "%s.host: missing; set it to the host of the address" $where) }}{{ end -}}
{{- end -}}
{{- if and $v.codec.enabled (not (and $v.codec.origin $v.secrets.CODEC_TOKEN $v.secrets.PAYLOAD_KEYS)) -}}
{{- $faults = append $faults "codec.enabled: needs codec.origin, secrets.CODEC_TOKEN and secrets.PAYLOAD_KEYS" -}}
{{- end -}}
{{- if and $v.codec.ingress.enabled (not $v.codec.enabled) }}{{ $faults = append $faults "codec.ingress.enabled: needs codec.enabled" }}{{ end -}}
{{- if and $v.codec.enabled (not $v.receiver.enabled) }}{{ $faults = append $faults "codec.enabled: needs receiver.enabled, because the codec server is on the receivers" }}{{ end -}}
{{- $tls := $v.temporal.tls -}}
{{- $isPlainTls := or $tls.ca (and $tls.enabled (not $v.secrets.TEMPORAL_API_KEY)) -}}
{{- if and (eq $v.worker.autoscaling.type "keda") $isPlainTls (not $tls.clientSecret) -}}
{{- $faults = append $faults "worker.autoscaling.type: KEDA's Temporal scaler uses TLS only with a client certificate or an API key, and a CA of your own only with a client certificate; use hpa" -}}
{{- end -}}
{{- if gt (int $v.worker.autoscaling.minReplicas) (int $v.worker.autoscaling.maxReplicas) }}{{ $faults = append $faults "worker.autoscaling.minReplicas: expected at most maxReplicas" }}{{ end -}}
{{- $faults | toJson -}}
{{- end -}}

{{/* Stops with all faults at once. */}}
{{- define "unfriend.refuseFaults" -}}
{{- with include "unfriend.faults" . | fromJsonArray -}}
{{- fail (printf "\n\nThe values have faults:\n  %s\n" (join "\n  " .)) -}}
{{- end -}}
{{- end -}}
