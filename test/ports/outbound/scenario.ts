import { Failure } from '../../../src/core/failure.ts';
import type { LookupName } from '../../../src/core/ports/names.ts';
import type { Outbound } from '../../../src/core/ports/outbound.ts';

/** What an implementation of `Outbound` is opened with. Times are milliseconds. */
type OutboundOptions = {
  /** Whether private addresses may be called too. */
  allowPrivate: boolean;
  /** How long one address has to accept a connection. */
  connectTimeout?: number;
  /** How long a name has to be looked up where nothing else is done. */
  lookupTimeout?: number;
  /** How long the head of an answer to a GET may take, and the next bytes of its body, and all of it. */
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

/** Something that is done with an `Outbound`, and the result that it must have, as JSON. */
export type Scenario = {
  name: string;
  /** @param lookup How the server looks names up */
  run: (open: OpenOutbound, lookup: LookupName) => Promise<unknown>;
  expected: unknown;
};

/** An `Outbound` that may call loopback, where every name is at 127.0.0.1. */
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

/** Whether it ended with an error at all. */
export async function fails(work: () => Promise<unknown>): Promise<boolean> {
  return (await failureTextOf(work)) !== 'no failure';
}
