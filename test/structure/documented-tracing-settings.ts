import type { Config } from '../../src/config/index.ts';

/** A setting, as its documentation describes it. */
export type DocumentedSetting = {
  key: keyof Config;
  /** Its value if it is unset. */
  unset: unknown;
  given: string;
  read: unknown;
  bad: string[];
};

/** The settings of traces (`src/config/tracing-settings.ts`). */
export const documentedTracingSettings: Record<string, DocumentedSetting> = {
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    key: 'otlpEndpoint',
    unset: undefined,
    given: 'http://localhost:4318/',
    read: 'http://localhost:4318',
    bad: ['localhost:4318', 'grpc://localhost:4317'],
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    key: 'otlpTracesEndpoint',
    unset: undefined,
    given: 'https://collector.example/v1/traces',
    read: 'https://collector.example/v1/traces',
    bad: ['localhost:4318'],
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    key: 'otlpHeaders',
    unset: undefined,
    given: 'authorization=Basic YTpi==, x-tenant = a%2Cb',
    read: { authorization: 'Basic YTpi==', 'x-tenant': 'a,b' },
    bad: ['authorization', '=value', 'a=1,', 'a=%'],
  },
  OTEL_SERVICE_NAME: { key: 'otelServiceName', unset: undefined, given: 'paste', read: 'paste', bad: [] },
  OTEL_RESOURCE_ATTRIBUTES: {
    key: 'otelResourceAttributes',
    unset: undefined,
    given: 'deployment.environment.name=a%20test,service.namespace=x',
    read: { 'deployment.environment.name': 'a test', 'service.namespace': 'x' },
    bad: ['production'],
  },
  OTEL_TRACES_SAMPLER: {
    key: 'tracesSampler',
    unset: 'parentbased_always_on',
    given: 'traceidratio',
    read: 'traceidratio',
    bad: ['ratio', 'jaeger_remote'],
  },
  OTEL_TRACES_SAMPLER_ARG: {
    key: 'tracesSamplerArg',
    unset: 1,
    given: '0.25',
    read: 0.25,
    bad: ['1.5', '-1', '10%', '.'],
  },
  OTEL_SDK_DISABLED: {
    key: 'otelSdkDisabled',
    unset: false,
    given: 'true',
    read: true,
    bad: ['1', 'yes'],
  },
  OTEL_BSP_SCHEDULE_DELAY: {
    key: 'spanExportDelay',
    unset: 5000,
    given: '200',
    read: 200,
    bad: ['5s', '-1'],
  },
};
