// The binary, on processors that this machine does not have.
import { expect, setDefaultTimeout, test } from 'bun:test';
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import type { Target } from '../../scripts/build-binary.ts';
import { builtBinary } from '../support/built-binary.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';
import { suiteWith } from '../support/suite-with.ts';

setDefaultTimeout(300_000);

/** An emulated program takes 10 s to start. */
const readyWithinMs = 200_000;

await suiteWith(['qemu-x86_64-static'], 'the file for x64', (paths) => {
  test('serves on the oldest processor that the runtime names, without AVX', async () => {
    const binary = await builtBinary('linux-x64');
    await servesWith([paths['qemu-x86_64-static'], '-cpu', 'Nehalem', binary]);
  });
});

await suiteWith(['qemu-aarch64-static', 'arm64-libraries'], 'the file for arm64', (paths) => {
  test('serves', async () => {
    const binary = await builtBinary('linux-arm64');
    await servesWith([paths['qemu-aarch64-static'], '-L', paths['arm64-libraries'], binary]);
  });
});

test.each([
  ['linux-x64', 62],
  ['linux-arm64', 183],
] as const)('the file for %s has code for its processor only', async (target: Target, machine) => {
  const addon = join(checkout, 'node_modules', 'better-sqlite3', 'prebuilds', `${target}.node`);
  for (const path of [await builtBinary(target), addon]) expect(machineOf(path)).toBe(machine);
});

/** Stores and reads a payload, with the version of this program. */
async function servesWith(binary: string[]): Promise<void> {
  const server = await startMayfly({ binary, readyWithinMs });
  const stored = await fetch(server.url, { method: 'POST', body: 'emulated' });
  const id = (await stored.text()).trim().split('/').at(-1);
  expect(await (await fetch(`${server.url}/raw/${id}`)).text()).toBe('emulated');
  const document = await (await fetch(`${server.url}/openapi.json`)).json();
  expect(document).toMatchObject({ info: { version: packageJson.version } });
  expect(await server.stop()).toBe(0);
}

/** `e_machine` of an ELF file. */
function machineOf(path: string): number {
  const header = Buffer.alloc(20);
  const file = openSync(path, 'r');
  readSync(file, header);
  closeSync(file);
  expect(header.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
  return header.readUInt16LE(18);
}
