{{/* A value as text. Helm reads numbers of files as floating point, and would write 1000000 as 1e+06. */}}
{{- define "mayfly.text" -}}
{{- if kindIs "float64" . }}{{ toJson . }}{{ else }}{{ toString . }}{{ end -}}
{{- end -}}

{{/* All settings that are no secrets, by name, as YAML. */}}
{{- define "mayfly.settings" -}}
{{- $settings := dict "PORT" "8080" "DATA_DIR" "/data" -}}
{{- if eq .Values.database "postgresql" -}}
{{- $_ := set $settings "LIMIT_NODES" (include "mayfly.nodes" .) -}}
{{- /* Longer than a proxy needs to notice that a pod is being stopped. */ -}}
{{- $_ := set $settings "STOP_DELAY" "10s" -}}
{{- end -}}
{{- range $name, $value := .Values.settings -}}
{{- $_ := set $settings $name (include "mayfly.text" $value) -}}
{{- end -}}
{{- toYaml $settings -}}
{{- end -}}

{{/* The largest number of nodes. */}}
{{- define "mayfly.nodes" -}}
{{- if .Values.autoscaling.enabled }}{{ .Values.autoscaling.maxReplicas }}{{ else }}{{ include "mayfly.replicas" . | int | max 1 }}{{ end -}}
{{- end -}}

{{- define "mayfly.replicas" -}}
{{- if kindIs "invalid" .Values.replicas }}{{ eq .Values.database "sqlite" | ternary 1 2 }}{{ else }}{{ include "mayfly.text" .Values.replicas }}{{ end -}}
{{- end -}}

{{/*
Where each secret is: a Secret and a key, by the name of the setting, as YAML. The Secret of the chart has the name of the
release, or `ownSecret`.
*/}}
{{- define "mayfly.secrets" -}}
{{- $secrets := dict -}}
{{- range $name, $_ := .Values.secrets.values -}}
{{- $_ := set $secrets $name (dict "name" ($.ownSecret | default (include "mayfly.name" $)) "key" $name) -}}
{{- end -}}
{{- range $name, $existing := .Values.secrets.existing -}}
{{- $_ := set $secrets $name (dict "name" $existing.name "key" ($existing.key | default $name)) -}}
{{- end -}}
{{- toYaml $secrets -}}
{{- end -}}

{{/* A duration such as 90s or 10m, in seconds. */}}
{{- define "mayfly.seconds" -}}
{{- $units := dict "s" 1 "m" 60 "h" 3600 "d" 86400 -}}
{{- mul (regexFind "^[0-9]+" . | int64) (get $units (regexFind "[smhd]$" . | default "s")) -}}
{{- end -}}

{{/* A size such as 64KiB or 4MB, in bytes. */}}
{{- define "mayfly.bytes" -}}
{{- $units := dict "B" 1 "KB" 1000 "MB" 1000000 "GB" 1000000000 "TB" 1000000000000 "KiB" 1024 "MiB" 1048576 "GiB" 1073741824 "TiB" 1099511627776 -}}
{{- mul (regexFind "^[0-9]+" . | int64) (get $units (regexFind "[A-Za-z]+$" . | default "B")) -}}
{{- end -}}

{{/* The largest body of a request, in MiB, with one for the parts of a form around a file. */}}
{{- define "mayfly.largestBody" -}}
{{- $settings := include "mayfly.settings" . | fromYaml -}}
{{- $json := get $settings "MAX_PAYLOAD_SIZE" | default "10MiB" | include "mayfly.bytes" | int64 | mul 2 | add 65536 -}}
{{- $payload := get $settings "MAX_ANONYMOUS_SIZE" | default "512MiB" | include "mayfly.bytes" | int64 -}}
{{- $object := get $settings "MAX_OBJECT_SIZE" | default "5GiB" | include "mayfly.bytes" | int64 -}}
{{- add (div (add (max $json $payload $object) 1048575) 1048576) 1 -}}
{{- end -}}

{{/*
How long a pod may take to stop: STOP_DELAY, 30 seconds for requests in flight, with WORKERS 3 more until the parent ends
them, and some to spare.
*/}}
{{- define "mayfly.stopSeconds" -}}
{{- $settings := include "mayfly.settings" . | fromYaml -}}
{{- get $settings "STOP_DELAY" | default "0" | include "mayfly.seconds" | int64 | add 40 -}}
{{- end -}}
