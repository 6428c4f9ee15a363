import { type Client, MayflyError } from '../../client/index.ts';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { failureOfOne } from './failure-of.ts';

export type CopyOptions = { url?: string; recursive?: boolean; ttl?: string; type?: string };

/** What all copies of a call have in common. */
export type Copying = {
  objects: Client['objects'];
  options: CopyOptions;
  signal: AbortSignal;
  /** The longest object that there may be (bytes), where the server tells it. */
  longest: () => Promise<number | undefined>;
  /** What was not copied, and why. */
  failures: CommandFailure[];
};

/**
 * Makes one of many copies. A failure that concerns it alone is kept in `failures`, so that the others go on.
 *
 * @throws what would make the others fail too: an interruption, a mistake in the call, a server that is away or refuses
 */
export async function attempt(
  { failures, signal }: Copying,
  name: string,
  copy: () => Promise<void>,
): Promise<void> {
  try {
    await copy();
  } catch (error) {
    signal.throwIfAborted();
    const failure = failureOfOne(name, error);
    if (!(failure instanceof CommandFailure) || isOfAll(error, failure)) throw failure;
    failures.push(failure);
  }
}

function isOfAll(error: unknown, { code }: CommandFailure): boolean {
  if (error instanceof CommandFailure) return code === exitCodes.wrongCall;
  if (error instanceof MayflyError && ['bucket_not_found', 'rate_limited'].includes(error.code)) return true;
  return code === exitCodes.away || code === exitCodes.refused;
}
