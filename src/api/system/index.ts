export { mountDocs } from './docs.ts';
export { mountHealth, type Probe } from './health.ts';
export { mountMetrics } from './metrics.ts';
