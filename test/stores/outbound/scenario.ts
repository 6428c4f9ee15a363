import { Failure } from '../../../src/core/failure.ts';
import { GuardedOutbound, type OutboundSettings } from '../../../src/stores/outbound/guarded-outbound.ts';

/** Something that is done, and what has to come of it, as JSON. */
export type Scenario = { name: string; run: () => Promise<unknown>; expected: unknown };

/** Calls that may go to loopback, by names of which every one is at 127.0.0.1. */
export function openOutbound(settings: Partial<OutboundSettings> = {}): GuardedOutbound {
  return new GuardedOutbound({ allowPrivate: true, ...settings }, async () => ['127.0.0.1']);
}

/** Reads to the end, as text. */
export async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text;
}

/** What a caller is told of a failure, or `no failure`. */
export async function toldOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return error instanceof Failure ? `${error.code}: ${error.message}` : 'another error';
  }
  return 'no failure';
}

/** Whether it ended with an error at all. */
export async function fails(work: () => Promise<unknown>): Promise<boolean> {
  return (await toldOf(work)) !== 'no failure';
}
