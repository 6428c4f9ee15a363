import { newHashId } from '../../src/core/ids.ts';
import type { IdempotencyStore, Seal } from '../../src/core/ports/idempotency-store.ts';
import { leaseTime } from './claims.ts';

/** An idempotent request that holds its key and has no answer yet. */
export type PendingRequest<Result> = {
  /** Seals the result like the core does, without encryption. */
  seal: Seal<Result>;
  /** Seals the result of an attempt that lost its lease to another one. The store must reject the write. */
  lateSeal: Seal<Result>;
  /** The stored answer; undefined if there is none. */
  answer: () => Promise<unknown>;
};

export async function idempotentRequest<Result>(
  store: IdempotencyStore,
  now: number,
): Promise<PendingRequest<Result>> {
  const record = {
    ...{ id: newHashId(), fingerprint: 'fingerprint', holder: newHashId(), answer: null },
    expiresAt: now + 86_400_000,
  };
  await store.claim(record, now, leaseTime);
  const sealedFor = (holder: string) => (result: Result) => ({
    id: record.id,
    holder,
    sealed: Buffer.from(JSON.stringify(result)),
  });
  return {
    seal: sealedFor(record.holder),
    lateSeal: sealedFor('an attempt that lost its lease'),
    answer: async () => {
      const { answer } = await store.claim(record, now, leaseTime);
      return answer === null ? undefined : JSON.parse(Buffer.from(answer).toString());
    },
  };
}
