import { Failure } from './failure.ts';

/**
 * A write whose commit was sent and not answered: it took effect, or it did not. Only a store whose database is another
 * process throws it. A caller that cannot find out what happened passes it on, and the API answers that a store is away.
 */
export class OutcomeUnknown extends Failure {
  constructor(cause?: unknown) {
    super(
      'store_away',
      'Storage did not confirm the write, which may have taken effect; look, or try again',
      {
        retryAfterSeconds: 5,
        cause,
      },
    );
    this.name = 'OutcomeUnknown';
  }
}

/** Runs a write that recognizes its own repetition, a second time if the outcome of the first is unknown. */
export async function repeatIfUnknown<T>(write: (isRepeat: boolean) => Promise<T>): Promise<T> {
  try {
    return await write(false);
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error;
    return write(true);
  }
}
