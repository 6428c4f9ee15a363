import {
  choice,
  fraction,
  keyValueList,
  optional,
  optionalSecret,
  text,
  trueOrFalse,
  url,
  wholeNumber,
} from './setting.ts';

/** How the samplers of `OTEL_TRACES_SAMPLER` are named in the specification of OpenTelemetry. */
const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** The settings of traces: standard variables of OpenTelemetry, with the meanings that its specification gives them. */
export const tracingSettings = {
  otlpEndpoint: optional(
    url('http:', 'https:'),
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'The base URL of an OpenTelemetry collector, such as `http://localhost:4318`, which gets a span of each request ([Traces](operations.md#traces)). Unset: no traces.',
  ),
  otlpTracesEndpoint: optional(
    url('http:', 'https:'),
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    'The whole URL to which spans are sent. Unset: `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/traces`.',
  ),
  otlpHeaders: optionalSecret(
    keyValueList,
    'OTEL_EXPORTER_OTLP_HEADERS',
    'Headers for the collector, such as `authorization=Bearer%20…`, separated by commas.',
  ),
  otelServiceName: optional(
    text,
    'OTEL_SERVICE_NAME',
    'The name of this server in traces. Unset: `service.name` of `OTEL_RESOURCE_ATTRIBUTES`, or else `mayfly`.',
  ),
  otelResourceAttributes: optional(
    keyValueList,
    'OTEL_RESOURCE_ATTRIBUTES',
    'Attributes of this server in traces, such as `deployment.environment.name=production`, separated by commas.',
  ),
  tracesSampler: choice(samplers)(
    'OTEL_TRACES_SAMPLER',
    'parentbased_always_on',
    `Which requests have a span: ${samplers.map((name) => `\`${name}\``).join(', ')}. With \`parentbased_…\`, a \`traceparent\` header of the request decides, if it has one.`,
  ),
  tracesSamplerArg: fraction(
    'OTEL_TRACES_SAMPLER_ARG',
    '1',
    'The fraction of requests that have a span, from 0 to 1, for the samplers with `traceidratio`.',
  ),
  otelSdkDisabled: trueOrFalse(
    'OTEL_SDK_DISABLED',
    'false',
    'Whether there are no traces, whatever the other settings are (true or false).',
  ),
  spanExportDelay: wholeNumber(
    'OTEL_BSP_SCHEDULE_DELAY',
    '5000',
    'How long a span waits at most until it is sent with others (milliseconds).',
  ),
};
