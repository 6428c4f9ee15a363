import type { Seal } from '../../src/core/idempotency.ts';
import { newHashId } from '../../src/core/ids.ts';
import type { IdempotencyStore } from '../../src/core/ports/idempotency-store.ts';

/** An idempotent request whose key is claimed and whose answer is still missing. */
export type PendingRequest<Result> = {
  /** Seals the result for the store, as the core does it, without encryption. */
  seal: Seal<Result>;
  /** Seals the result for an attempt that lost its lease to another one: the store must refuse the write. */
  lateSeal: Seal<Result>;
  /** The answer that is kept; undefined where there is none. */
  answer: () => Promise<unknown>;
};

export async function idempotentRequest<Result>(
  store: IdempotencyStore,
  now: number,
): Promise<PendingRequest<Result>> {
  const record = {
    ...{ id: newHashId(), fingerprint: 'fingerprint', holder: newHashId(), answer: null },
    ...{ leaseUntil: now + 60_000, expiresAt: now + 86_400_000 },
  };
  await store.claim(record, now);
  const sealedFor = (holder: string) => (result: Result) => ({
    id: record.id,
    holder,
    sealed: Buffer.from(JSON.stringify(result)),
  });
  return {
    seal: sealedFor(record.holder),
    lateSeal: sealedFor('an attempt that lost its lease'),
    answer: async () => {
      const { answer } = await store.claim(record, now);
      return answer === null ? undefined : JSON.parse(Buffer.from(answer).toString());
    },
  };
}
