import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { unlessAborted } from './unless-aborted.ts';

/** A connection that ended before the content did. */
export class BrokenOff extends CommandFailure {
  constructor(message = 'the connection broke') {
    super(message, exitCodes.away);
  }
}

/** A connection that brings nothing for so long is broken, though nobody has said so (ms). */
const stalledAfter = 60_000;

/** The body of an answer, of which a failure is told as what it is: that of its connection, or an interruption. */
export function bodyOf(
  { stream }: { stream: ReadableStream<Uint8Array> },
  signal: AbortSignal,
  stalledMs: number = stalledAfter,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const stalled = new AbortController();
        const timer = setTimeout(() => stalled.abort(), stalledMs);
        try {
          // Not every runtime ends a body that is under way by the signal of its request.
          const next = unlessAborted(unlessAborted(reader.read(), signal), stalled.signal);
          const { done, value } = await next;
          if (done) controller.close();
          else controller.enqueue(value);
        } catch {
          controller.error(signal.aborted ? signal.reason : new BrokenOff());
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

/** Refuses more than there is to be, of which there may be no end. @throws CommandFailure */
export function refuseMore(bytes: number, size: number | undefined): void {
  if (size !== undefined && bytes > size)
    throw new CommandFailure(`the content is damaged: more than its ${size} bytes came`, exitCodes.damaged);
}
