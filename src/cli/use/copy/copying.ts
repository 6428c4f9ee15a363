import { type Client, MayflyError } from '../../../client/index.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { failureOfOne } from '../failure-of.ts';

export type CopyOptions = { url?: string; recursive?: boolean; ttl?: string; type?: string };

/** What all copies of a call share. */
export type Copying = {
  objects: Client['objects'];
  options: CopyOptions;
  signal: AbortSignal;
  /** The maximum size of an object; undefined if the server does not report it. */
  maxObjectBytes: () => Promise<number | undefined>;
  /** What could not be copied, and why. */
  failures: CommandFailure[];
};

/**
 * Makes one of several copies. A failure of this copy alone goes to `failures`, so that the others continue.
 *
 * @throws what would make the others fail too: an interruption, an invalid call, an unavailable or refusing server
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
    if (!(failure instanceof CommandFailure) || affectsAll(error, failure)) throw failure;
    failures.push(failure);
  }
}

function affectsAll(error: unknown, { code }: CommandFailure): boolean {
  if (error instanceof CommandFailure) return code === exitCodes.wrongCall;
  if (error instanceof MayflyError && ['bucket_not_found', 'rate_limited'].includes(error.code)) return true;
  return code === exitCodes.away || code === exitCodes.refused;
}
