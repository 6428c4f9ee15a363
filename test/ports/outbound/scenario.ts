import { Failure } from '../../../src/core/failure.ts';
import type { LookupName, Outbound } from '../../../src/core/ports/outbound.ts';

/** The options of an `Outbound`. Times are milliseconds. */
type OutboundOptions = {
  /** Whether calls to private addresses are allowed. */
  allowPrivate: boolean;
  /** The time for connecting to one address. */
  connectTimeout?: number;
  /** The time for looking up a name outside of a call. */
  lookupTimeout?: number;
  /** The time for the head of a response to a GET, for the next bytes of its body, and for all of it. */
  headTimeout?: number;
  idleTimeout?: number;
  maxGetTime?: number;
};

/** @param isPublic Which addresses count as public, in place of the real rule. */
export type OpenOutbound = (
  options: OutboundOptions,
  lookup: LookupName,
  isPublic?: (address: string) => boolean,
) => Outbound;

/** An action on an `Outbound`, and its expected result as JSON. */
export type Scenario = {
  name: string;
  /** @param lookup How the server looks names up */
  run: (open: OpenOutbound, lookup: LookupName) => Promise<unknown>;
  expected: unknown;
};

/** An `Outbound` that can call loopback, where every name resolves to 127.0.0.1. */
export function openLoopback(open: OpenOutbound, options: Partial<OutboundOptions> = {}): Outbound {
  return open({ allowPrivate: true, ...options }, async () => ['127.0.0.1']);
}

/** Reads to the end, as text. */
export async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text;
}

/** The failure that a caller gets, as text, or `no failure`. */
export async function failureTextOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return error instanceof Failure ? `${error.code}: ${error.message}` : 'another error';
  }
  return 'no failure';
}

export async function fails(work: () => Promise<unknown>): Promise<boolean> {
  return (await failureTextOf(work)) !== 'no failure';
}
