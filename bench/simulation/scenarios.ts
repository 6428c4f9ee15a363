import { day, kibibyte, type Workload } from './workload.ts';

/** Texts that people and programs share: small, most of them for a week or less, each read a few times. */
export const pastes: Omit<Workload, 'payloadsPerMonth'> = {
  medianSize: 2 * kibibyte,
  meanSize: 16 * kibibyte,
  ttls: [
    { ttl: day / 24, share: 0.2 },
    { ttl: day, share: 0.3 },
    { ttl: 7 * day, share: 0.45 },
    { ttl: 90 * day, share: 0.05 },
  ],
  readsPerPayload: 4,
  cachedShare: 0.5,
  peakFactor: 3,
};

/** Files for a week: at ten billion a month, a petabyte lives at once. */
export const petabyte: Workload = {
  payloadsPerMonth: 1e10,
  medianSize: 16 * kibibyte,
  meanSize: 428_000,
  ttls: [{ ttl: 7 * day, share: 1 }],
  readsPerPayload: 2,
  cachedShare: 0,
  peakFactor: 2,
};

export const loads = [1e6, 1e7, 1e8, 1e9, 1e10];
