// What the contract suites of the ports use of `bun:test`, for Node: its own test runner, and the `expect` of Jest.
import * as runner from 'node:test';
import { format } from 'node:util';
import { expect } from 'expect';

expect.extend({
  toBeOneOf: (received: unknown, options: readonly unknown[]) => ({
    pass: options.includes(received),
    message: () => format('expected one of %o, received %o', options, received),
  }),
  toStartWith: (received: string, start: string) => ({
    pass: received.startsWith(start),
    message: () => format('expected %o to start with %o', received, start),
  }),
  toBeWithin: (received: number, start: number, end: number) => ({
    pass: received >= start && received < end,
    message: () => `expected at least ${start} and less than ${end}, received ${received}`,
  }),
});

export { expect };
export const beforeAll = runner.before;
export const afterAll = runner.after;
export const { beforeEach, afterEach } = runner;
export const setDefaultTimeout = () => undefined;

type Body = (...args: unknown[]) => unknown;

/** The second parameter of the runner's callback is its context, which the suites do not expect. */
const withEach =
  (run: (name: string, body: Body) => unknown) =>
  (rows: unknown[]) =>
  (name: string, body: Body): void => {
    for (const row of rows) {
      const args = Array.isArray(row) ? row : [row];
      run(nameOf(name, args), () => body(...args));
    }
  };

/** Fills in `%s`, and `$name` of the first argument. */
function nameOf(name: string, args: unknown[]): string {
  const [first] = args;
  const fields = typeof first === 'object' && first !== null ? (first as Record<string, unknown>) : {};
  const places = name.match(/%[a-z]/g)?.length ?? 0;
  return format(name.replaceAll('%p', '%j'), ...args.slice(0, places)).replaceAll(/\$(\w+)/g, (_, key) =>
    String(fields[key]),
  );
}

const runTest = (name: string, body: Body) => {
  runner.test(name, async () => {
    await body();
  });
};
const runDescribe = (name: string, body: Body) => {
  runner.describe(name, () => {
    body();
  });
};
export const test = Object.assign(runTest, { each: withEach(runTest) });
export const describe = Object.assign(runDescribe, { each: withEach(runDescribe) });
