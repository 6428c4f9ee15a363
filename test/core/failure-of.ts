import { Failure } from '../../src/core/failure.ts';

/** The failure that `work` ends with; any other end is an error. */
export async function failureOf(work: () => unknown): Promise<Failure> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
