{{/* Pods of the Pod Security Standard "restricted". The user is that of the image. */}}
{{- define "mayfly.podSecurity" -}}
automountServiceAccountToken: false
# Variables that describe other services could be mistaken for settings.
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  # A volume with many blobs is not searched at each start.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "mayfly.container" -}}
image: {{ include "mayfly.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop:
      - ALL
{{- end -}}

{{/* Settings, with the path of its file for each secret. */}}
{{- define "mayfly.env" -}}
{{- range $name, $value := include "mayfly.settings" . | fromYaml }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $_ := include "mayfly.secrets" . | fromYaml }}
- name: {{ $name }}_FILE
  value: /run/secrets/mayfly/{{ $name }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "mayfly.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- if or .Values.secrets.values .Values.secrets.existing }}
- name: secrets
  mountPath: /run/secrets/mayfly
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Secrets are files, so that Mayfly reads a changed DATABASE_URL without a restart. */}}
{{- define "mayfly.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- if or .Values.secrets.values .Values.secrets.existing }}
- name: secrets
  projected:
    defaultMode: 288 # 0440
    sources:
      {{- range $name, $secret := include "mayfly.secrets" . | fromYaml }}
      - secret:
          name: {{ $secret.name | quote }}
          items:
            - key: {{ $secret.key | quote }}
              path: {{ $name }}
      {{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The template of a node's pod. */}}
{{- define "mayfly.node" -}}
metadata:
  labels:
    {{- include "mayfly.labels" . | nindent 4 }}
    app.kubernetes.io/component: server
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # A changed secret restarts the nodes, except for the URLs, which are read again.
    checksum/secrets: {{ omit .Values.secrets.values "DATABASE_URL" "DATABASE_DIRECT_URL" | toJson | sha256sum | quote }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- include "mayfly.podSecurity" . | nindent 2 }}
  serviceAccountName: {{ include "mayfly.serviceAccount" . | quote }}
  terminationGracePeriodSeconds: {{ include "mayfly.stopSeconds" . }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- range $name := list "nodeSelector" "tolerations" "affinity" }}
  {{- with get $.Values $name }}
  {{ $name }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- else }}
  {{- if eq .Values.database "postgresql" }}
  topologySpreadConstraints:
    {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ $key }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "mayfly.selector" $ | nindent 10 }}
      matchLabelKeys:
        - pod-template-hash
    {{- end }}
  {{- end }}
  {{- end }}
  containers:
    - name: mayfly
      {{- include "mayfly.container" . | nindent 6 }}
      args:
        - serve
      env:
        {{- include "mayfly.env" . | trim | nindent 8 }}
      ports:
        - name: http
          containerPort: 8080
      # Only the process itself: a restart does not bring back a store.
      startupProbe:
        httpGet:
          path: /healthz
          port: http
        periodSeconds: 2
        timeoutSeconds: 5
        failureThreshold: {{ div (add .Values.startupSeconds 1) 2 }}
      livenessProbe:
        httpGet:
          path: /healthz
          port: http
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet:
          # The only node still serves what it can while a store is away. Of several, others can serve everything.
          path: {{ eq .Values.database "postgresql" | ternary "/readyz" "/healthz" }}
          port: http
        periodSeconds: 3
        # A migration may block a node for 2 seconds.
        timeoutSeconds: 5
        failureThreshold: 2
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        {{- if eq .Values.database "sqlite" }}
        - name: data
          mountPath: /data
        {{- end }}
        {{- include "mayfly.mounts" . | nindent 8 }}
  volumes:
    {{- if and (eq .Values.database "sqlite") .Values.persistence.existingClaim }}
    - name: data
      persistentVolumeClaim:
        claimName: {{ .Values.persistence.existingClaim | quote }}
    {{- end }}
    {{- include "mayfly.volumes" . | nindent 4 }}
{{- end -}}
