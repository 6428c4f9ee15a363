import { Elysia } from 'elysia';
import { mountBucketApi } from '../api/buckets/index.ts';
import { mountFileContent } from '../api/files/index.ts';
import { type Assets, mountPages } from '../api/pages/index.ts';
import { mountPayloadApi } from '../api/payloads/index.ts';
import { mountLogin, mountPutput, putputFiles } from '../api/putput/index.ts';
import { httpMethods } from '../api/shared/endpoints/resource.ts';
import { exchangeOf } from '../api/shared/exchange.ts';
import { mountDocs, mountHealth, mountMetrics } from '../api/system/index.ts';
import { mountUploadkit, uploadkitErrors, uploadkitFiles } from '../api/uploadkit/index.ts';
import type { Services } from '../composition/index.ts';
import { ownVersion } from '../program/index.ts';
import { mountShared } from './shared-paths.ts';

/** The bases of PutPut, the older one last (docs/contract/putput.md, "Routes"). */
const putputBases = ['/api/v1', '/api'];

const minute = 60_000;

/** Mounts all APIs. @param publicUrl Returns what links begin with; called when a link is made. */
export function createRouter(
  services: Services,
  assets: Assets,
  publicUrl: () => string,
  isStopping: () => boolean,
) {
  const { metrics, config, probes, descriptors } = services;
  const app = new Elysia({ handler: { standardHostname: false } });
  // Handlers render their own errors. Only unknown paths and faults arrive here.
  app.onError(({ code, error, request }) => {
    const exchange = exchangeOf(request);
    const { errors } = exchange;
    if (code !== 'NOT_FOUND') return errors.failure(exchange, error);
    return httpMethods.has(request.method)
      ? errors.notFound(exchange)
      : errors.methodNotImplemented(exchange);
  });
  mountHealth(app, probes, descriptors, isStopping);
  mountMetrics(app, metrics, config.metricsToken);
  mountDocs(app, ownVersion());
  mountPages(app, assets, services.payloads.limits, config.anonymousCreate);
  const api = {
    ...services,
    requestsPerMinute:
      config.keyRateLimit === 0 ? null : Math.floor((config.keyRateLimit * minute) / config.rateLimitWindow),
    maxObjectSize: config.maxObjectSize,
    anonymousCreate: config.anonymousCreate,
    get publicUrl() {
      return publicUrl();
    },
    get contentUrl() {
      return config.cdnUrl ?? publicUrl();
    },
  };
  mountPayloadApi(app, api);
  mountBucketApi(app, api);
  mountFileContent(app, api);
  mountLogin(app, api);
  mountUploadkit(app, api);
  for (const base of putputBases) {
    mountPutput(app, base, api);
    const putput = putputFiles(base, api);
    const uploadkit = uploadkitFiles(base, api);
    const isUploadkits = ({ errors }: { errors: unknown }) => errors === uploadkitErrors;
    mountShared(app, `${base}/files`, putput.list, uploadkit.list, isUploadkits);
    mountShared(app, `${base}/files/:id`, putput.one, uploadkit.one, isUploadkits);
  }
  return app;
}
