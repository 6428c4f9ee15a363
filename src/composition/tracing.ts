import { type Config, SettingError } from '../config/index.ts';
import type { Logger } from '../observe/log.ts';
import type { OpenTelemetry } from '../observe/open-telemetry.ts';
import { ownVersion } from '../program/index.ts';

/** Exports traces. */
export type Tracing = Pick<OpenTelemetry, 'record' | 'close'>;

/**
 * Opens the export of traces; undefined without a collector. The libraries are loaded only here.
 *
 * @param publicUrl Returns what links begin with. The port is known only once the server listens.
 * @throws SettingError if the libraries are not installed
 */
export async function openTracing(
  config: Config,
  publicUrl: () => string,
  log: Logger,
): Promise<Tracing | undefined> {
  const { otlpEndpoint, otlpTracesEndpoint, otelSdkDisabled, otelServiceName } = config;
  const url = otlpTracesEndpoint ?? (otlpEndpoint && `${otlpEndpoint}/v1/traces`);
  if (url === undefined || otelSdkDisabled) return undefined;
  const { OpenTelemetry } = await import('../observe/open-telemetry.ts').catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new SettingError(
      'OTEL_EXPORTER_OTLP_ENDPOINT needs the @opentelemetry packages: install the optional dependencies of Mayfly',
    );
  });
  const settings = {
    url,
    headers: config.otlpHeaders ?? {},
    sampler: { name: config.tracesSampler, fraction: config.tracesSamplerArg },
    resource: {
      'service.name': 'mayfly',
      'service.version': ownVersion(),
      ...config.otelResourceAttributes,
      ...(otelServiceName !== undefined && { 'service.name': otelServiceName }),
    },
    exportDelay: config.spanExportDelay,
  };
  return new OpenTelemetry(settings, publicUrl, log);
}
