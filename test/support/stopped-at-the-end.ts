import { afterAll } from 'bun:test';

type Stoppable = { stop(): unknown };

/**
 * Starts as many as the tests of a file or of a `describe` need, and stops them all after the last test.
 *
 * @param before What is to be stopped before them.
 */
export function stoppedAtTheEnd<Options extends unknown[], Started extends Stoppable>(
  start: (...options: Options) => Promise<Started>,
  before: readonly Stoppable[] = [],
): (...options: Options) => Promise<Started> {
  const running: Started[] = [];
  const stopAll = (all: readonly Stoppable[]) => Promise.all(all.map((each) => each.stop()));
  afterAll(async () => {
    await stopAll(before);
    await stopAll(running);
  });
  return async (...options) => {
    const started = await start(...options);
    running.push(started);
    return started;
  };
}
