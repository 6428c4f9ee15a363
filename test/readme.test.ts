import { beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsTable } from '../src/config/settings-table.ts';
import { type FencedBlock, fencedBlocks, namedFiles } from './documents/markdown.ts';
import { startMayfly } from './support/mayfly-process.ts';
import { checkout } from './support/parts.ts';
import { freePort } from './support/ports.ts';
import { startProcess } from './support/running-process.ts';
import { suiteWith } from './support/suite-with.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import { waitFor } from './support/wait-for.ts';

const readme = readFileSync(join(checkout, 'README.md'), 'utf8');
const shownAddress = 'http://localhost:8080';

type Example = { line: number; command: string; output: string };

/** The examples that talk to the server, each with the output that is shown after it. */
function findExamples(blocks: FencedBlock[]): Example[] {
  return blocks.flatMap(({ language, text, line }, index) => {
    if (language !== 'sh' || !text.includes(shownAddress)) return [];
    const next = blocks[index + 1];
    return [{ line, command: text, output: next === undefined || next.language === 'sh' ? '' : next.text }];
  });
}

/** What differs from run to run is masked: ids, tokens and times. Everything else has to be as it is shown. */
function masked(output: string): string {
  return output
    .replaceAll(/\b[0-9a-f]{32}\b/g, '<id>')
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z/g, '<time>')
    .replaceAll(/(?<=^x-delete-token: )[\w-]{27}$/gm, '<token>')
    .trim();
}

const marker = (index: number) => `=== example ${index} ===`;

/** Runs all examples in one shell, which ends at the first command that fails. @returns The output of each. */
async function runInOneShell(examples: Example[], address: string): Promise<string[]> {
  const folder = temporaryDirectory('readme');
  const parts = examples.map(
    ({ command }, index) =>
      `printf '\\n%s\\n' '${marker(index)}'\n${command.replaceAll(shownAddress, address)}`,
  );
  const script = ['set -euo pipefail', ...parts, `printf '\\n%s\\n' '${marker(examples.length)}'`].join('\n');
  const shell = startProcess('bash', ['--noprofile', '--norc', '-c', script], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, LANG: 'C.UTF-8' },
  });
  await shell.exited;
  const output = shell.output().replaceAll(address, shownAddress);
  return examples.map((_, index) => {
    const start = output.indexOf(marker(index));
    const end = output.indexOf(marker(index + 1));
    if (start === -1 || end === -1)
      return `(the shell ended in this example or before it)\n${output.slice(-1000)}`;
    return output.slice(start + marker(index).length, end);
  });
}

const examples = findExamples(fencedBlocks(readme));

await suiteWith(['curl'], 'the examples of the README', () => {
  let outputs: string[] = [];

  beforeAll(async () => {
    const mayfly = await startMayfly();
    outputs = await runInOneShell(examples, mayfly.url);
    await mayfly.stop();
  });

  for (const [index, { line, output }] of examples.entries())
    test(`the example on line ${line} prints what is shown under it`, () => {
      expect(output).not.toBe('');
      expect(masked(outputs[index] ?? '')).toBe(masked(output));
    });

  test('every form of use has an example', () => {
    const forms = [
      '"ttl"',
      '"expiry_time"',
      '--head',
      '-X DELETE',
      'X-Delete-Token',
      'base64',
      '"max_reads"',
      'Idempotency-Key',
      '-T notes.txt',
      '--data-binary',
      '-F ',
      '?ttl=10m&max_reads=1',
      '/raw/',
      '-r 0-3',
      '/p/$id',
    ];
    const commands = examples.map(({ command }) => command).join('\n');
    expect(forms.filter((form) => !commands.includes(form))).toEqual([]);
  });
});

describe('the command to start', () => {
  // What a service manager or Ctrl-C stops is npm: the signal has to arrive, or the server would live on.
  test.skipIf(Bun.which('npm') === null)(
    'npm start serves until npm is told to stop, and exits with 0',
    async () => {
      const port = String(await freePort());
      const env = {
        ...process.env,
        HOST: '127.0.0.1',
        PORT: port,
        DATA_DIR: temporaryDirectory('npm-start'),
      };
      const npm = startProcess('npm', ['start'], { cwd: checkout, env });
      const answers = async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
      await waitFor('npm start', answers);
      expect(npm.output()).toMatch(/Mayfly is at http:\S+ .*curl/);
      expect(await npm.stop()).toBe(0);
      expect(await answers().catch(() => false)).toBe(false);
    },
    60_000,
  );
});

describe('what the README says of the project', () => {
  test('the table of settings is the generated one', () => {
    const table = /(?<=<!-- settings -->\n).*?(?=<!-- \/settings -->)/s.exec(readme)?.[0].trim();
    expect(table).toBe(settingsTable());
  });

  test('every file that it names is there', () => {
    const files = namedFiles(readme);
    expect(files).toContain('docs/operations.md');
    expect(files.filter((file) => !existsSync(join(checkout, file)))).toEqual([]);
  });

  test('every npm script and Deno task that it names is there', () => {
    const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
    const { tasks } = JSON.parse(readFileSync(join(checkout, 'deno.json'), 'utf8'));
    const named = [...readme.matchAll(/\b(?:npm run|npm|bun) (start|test|(?<=npm run )[\w-]+)/g)];
    expect(named.length).toBeGreaterThan(3);
    expect(named.map((match) => match[1] ?? '').filter((name) => !(name in scripts))).toEqual([]);
    const namedTasks = [...readme.matchAll(/\bdeno task (\w+)/g)].map((match) => match[1] ?? '');
    expect(namedTasks.filter((name) => !(name in tasks))).toEqual([]);
  });

  test('every command of mayfly that it names is in its help', async () => {
    const commands = [...readme.matchAll(/\bnpx mayfly (\w+)/g)].map((match) => match[1] ?? '');
    expect(commands).not.toEqual([]);
    const help = startProcess(process.execPath, [join(checkout, 'src', 'main.ts'), 'help']);
    expect(await help.exited).toBe(0);
    const listed = [...help.output().matchAll(/^ {2}(\w+) {2,}/gm)].map((match) => match[1]);
    expect(commands.filter((command) => !listed.includes(command))).toEqual([]);
  }, 30_000);
});
