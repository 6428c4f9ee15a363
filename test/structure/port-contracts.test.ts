import { describe, expect, test } from 'bun:test';
import { sourceFiles } from './source-files.ts';

/** Ports without a contract suite, and the reason. */
const exceptions: Record<string, string> = {
  Timers: 'the runtime’s own timers behind two methods; every test that sets the time has its own',
  Decoder: 'one stream of Decoders, whose suite covers it',
};

const tests = sourceFiles('test');
const testFiles = tests.filter(({ path }) => path.endsWith('.test.ts'));
const inPorts = tests.filter(({ path }) => path.startsWith('test/ports/'));

/** The interfaces that the core needs implemented. */
const ports = sourceFiles('src/core/ports').flatMap(({ text }) =>
  Array.from(text.matchAll(/^export interface (\w+)/gm), ([, name = '']) => name),
);

/** The name of the suite of a port: `trafficStoreContract` for `TrafficStore`. */
const suiteOf = (port: string) => `${port.charAt(0).toLowerCase()}${port.slice(1)}Contract`;

/** Every suite that a file of `test/ports` exports, with that file. */
const suites = new Map(
  inPorts
    .filter(({ path }) => path.endsWith('.contract.ts'))
    .flatMap(({ path, text }) =>
      Array.from(
        text.matchAll(/^export function (\w+Contract)\(/gm),
        ([, name = '']) => [name, path] as const,
      ),
    ),
);

/** The test files that call a suite, call another suite that calls it, or import a list of suites with it. */
function runsOf(name: string): string[] {
  const file = suites.get(name) ?? '';
  const call = new RegExp(`\\b${name}\\(`);
  const callers = tests.filter(({ code, imports }) => imports.includes(file) && call.test(code));
  return callers.flatMap(({ path }) => {
    if (testFiles.some((each) => each.path === path)) return [path];
    if (!path.startsWith('test/ports/')) return testsThatImport(path);
    return [...suites].flatMap(([outer, of]) => (of === path ? runsOf(outer) : []));
  });
}

function testsThatImport(file: string): string[] {
  return testFiles.filter(({ imports }) => imports.includes(file)).map(({ path }) => path);
}

describe('ports', () => {
  test('are found', () => {
    expect(ports).toContain('PayloadStore');
    expect(ports.length).toBeGreaterThan(25);
    expect(new Set(ports).size).toBe(ports.length);
  });

  test('each have a contract suite, which a test runs', () => {
    const without = ports.filter(
      (port) => !Object.hasOwn(exceptions, port) && runsOf(suiteOf(port)).length === 0,
    );
    expect(without.map((port) => `${port} has no ${suiteOf(port)} that a test runs`)).toEqual([]);
  });

  test('are exceptions only if they exist and have no suite', () => {
    const needless = Object.keys(exceptions).filter(
      (port) => !ports.includes(port) || suites.has(suiteOf(port)),
    );
    expect(needless).toEqual([]);
  });
});

describe('contract suites', () => {
  test('are all run', () => {
    expect([...suites.keys()].filter((name) => runsOf(name).length === 0)).toEqual([]);
  });

  test('are all in test/ports', () => {
    const elsewhere = tests
      .filter(({ path }) => path.endsWith('.contract.ts') && !path.startsWith('test/ports/'))
      .map(({ path }) => path);
    expect(elsewhere).toEqual([]);
  });

  test('know no implementation, and neither do their helpers', () => {
    const naming = inPorts
      .filter(({ imports }) => imports.some((imported) => /^(?:src|test)\/stores\//.test(imported)))
      .map(({ path }) => path);
    expect(naming).toEqual([]);
  });
});
