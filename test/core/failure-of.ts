import { Failure } from '../../src/core/failure.ts';

/** The failure of `work`. @throws Error if it does not fail with one */
export async function failureOf(work: () => unknown): Promise<Failure> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
