import { CommandFailure, exitCodes } from '../shared/command-failure.ts';

/** A connection that ended before the content did. */
export class BrokenOff extends CommandFailure {
  constructor(message = 'the connection broke') {
    super(message, exitCodes.away);
  }
}

/** The body of an answer, of which a failure is told as what it is: that of its connection, or an interruption. */
export function bodyOf(
  { stream }: { stream: ReadableStream<Uint8Array> },
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch {
          controller.error(signal.aborted ? signal.reason : new BrokenOff());
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
