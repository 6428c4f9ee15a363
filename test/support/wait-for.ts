import { setTimeout as sleep } from 'node:timers/promises';

type WaitOptions = { timeoutMs?: number; everyMs?: number };

/**
 * Polls until the condition returns a truthy value and resolves to it, because real servers do not report that they are
 * ready. A condition that throws counts as not yet true; after `timeoutMs` (30 s), the last error is thrown.
 */
export async function waitFor<Value>(
  what: string,
  condition: () => Value | Promise<Value>,
  { timeoutMs = 30_000, everyMs = 20 }: WaitOptions = {},
): Promise<Exclude<Value, false | null | undefined>> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as Exclude<Value, false | null | undefined>;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`timed out after ${timeoutMs} ms: ${what}`, { cause: lastError });
    }
    await sleep(everyMs);
  }
}
