export { mountDocs } from './docs.ts';
export { mountHealth } from './health.ts';
export { mountMetrics } from './metrics.ts';
