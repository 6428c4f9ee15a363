import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { unlessAborted } from '../unless-aborted.ts';

/** The connection ended before the content did. */
export class ConnectionLost extends CommandFailure {
  constructor(message = 'the connection broke') {
    super(message, exitCodes.away);
  }
}

/** A connection without data for this long counts as lost (ms). */
const stallTimeout = 60_000;

/** The body of a response. It fails with ConnectionLost, or with the reason of the signal. */
export function bodyOf(
  { stream }: { stream: ReadableStream<Uint8Array> },
  signal: AbortSignal,
  stalledMs: number = stallTimeout,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const stalled = new AbortController();
        const timer = setTimeout(() => stalled.abort(), stalledMs);
        try {
          // Not every runtime aborts the body when the signal of its request aborts.
          const next = unlessAborted(unlessAborted(reader.read(), signal), stalled.signal);
          const { done, value } = await next;
          if (done) controller.close();
          else controller.enqueue(value);
        } catch {
          controller.error(signal.aborted ? signal.reason : new ConnectionLost());
          reader.cancel().catch(() => undefined);
        } finally {
          clearTimeout(timer);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Stops a body that is longer than announced; it may be endless. @throws CommandFailure */
export function refuseMore(bytes: number, size: number | undefined): void {
  if (size !== undefined && bytes > size)
    throw new CommandFailure(
      `the content is damaged: more than its ${size} bytes arrived`,
      exitCodes.damaged,
    );
}
