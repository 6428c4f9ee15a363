import { Failure } from './failure.ts';

/**
 * The commit of a write was sent, but the answer was lost: the write may have taken effect. Only a store whose
 * database is another process throws it. A caller that cannot find out rethrows it, and the API answers `store_away`.
 */
export class OutcomeUnknown extends Failure {
  constructor(cause?: unknown) {
    super(
      'store_away',
      'Storage did not confirm the write, which may have taken effect; check before you try again',
      {
        retryAfterSeconds: 5,
        cause,
      },
    );
    this.name = 'OutcomeUnknown';
  }
}

/**
 * Runs a write that detects its own repetition; runs it again if the outcome of the first call is unknown. If storage
 * is then away, the outcome stays unknown.
 *
 * @param undo Undoes the write, if it has taken effect. Called if the outcome stays unknown.
 */
export async function repeatIfUnknown<T>(
  write: (isRepeat: boolean) => Promise<T>,
  undo: () => Promise<void> = async () => undefined,
): Promise<T> {
  try {
    return await write(false);
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error;
    return write(true).catch(async (second: unknown) => {
      await undo();
      throw second instanceof Failure && second.code === 'store_away' ? error : second;
    });
  }
}
