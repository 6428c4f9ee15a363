import { beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsTable } from '../scripts/settings-table.ts';
import { commandsInHelp, namedCommands } from './documents/commands.ts';
import { runExamples } from './documents/examples.ts';
import { fencedBlocks, namedFiles } from './documents/markdown.ts';
import { masked, testedPages } from './documents/tested-pages.ts';
import { startMayfly } from './support/mayfly-process.ts';
import { checkout } from './support/parts.ts';
import { freePort } from './support/ports.ts';
import { startProcess } from './support/running-process.ts';
import { suiteWith } from './support/suite-with.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import { waitFor } from './support/wait-for.ts';

const read = (file: string) => readFileSync(join(checkout, file), 'utf8');
const readme = read('README.md');
const running = read('docs/running.md');
const receiverPort = await freePort();
const examples = testedPages.flatMap(({ examples }) => examples);

const runtimes = [
  { name: 'Bun', javascript: (_deno: string) => [process.execPath] },
  {
    name: 'Deno',
    javascript: (deno: string) => [deno, 'run', '-A', '--no-config', '--node-modules-dir=manual'],
  },
];

for (const { name, javascript } of runtimes)
  await suiteWith(
    ['curl', 'python3-requests', 'deno'],
    `the examples of the documents, JavaScript on ${name}`,
    ({ deno, 'python3-requests': python }) => {
      const outputs = new Map<string, string[]>();

      beforeAll(async () => {
        // The receiver of the webhook is on this machine.
        const settings = { WEBHOOK_ALLOW_PRIVATE: 'true' };
        const mayfly = await startMayfly({ env: settings });
        const setting = {
          addresses: {
            'http://localhost:8080': mayfly.url,
            'localhost:9000': `localhost:${receiverPort}`,
            'listen(9000)': `listen(${receiverPort})`,
          },
          javascript: javascript(deno),
          python,
          settings: { ...settings, DATA_DIR: mayfly.dataDir },
        };
        // One page after the other: each has its own shell, and the receivers share a port.
        for (const { page, examples } of testedPages) outputs.set(page, await runExamples(examples, setting));
        await mayfly.stop();
      }, 180_000);

      for (const { page, examples } of testedPages)
        for (const [index, { line, output }] of examples.entries())
          test(`the example on line ${line} of ${page} prints the output below it`, () => {
            expect(output).not.toBe('');
            expect(masked(outputs.get(page)?.[index] ?? '')).toBe(masked(output));
          });
    },
  );

test('the README has five examples, and no example is lost without notice', () => {
  expect(testedPages.find(({ page }) => page === 'README.md')?.examples).toHaveLength(5);
  expect(examples.length).toBeGreaterThanOrEqual(54);
});

test('every code block of the API pages and the client page is an example', () => {
  const pages = testedPages.filter(({ page }) => /^docs\/(?:api\/|client)/.test(page));
  expect(pages).toHaveLength(5);
  for (const { page, text, examples } of pages) {
    const blocks = fencedBlocks(text).filter(({ language }) => language !== 'text');
    expect([page, blocks.map(({ line }) => line)]).toEqual([page, examples.map(({ line }) => line)]);
  }
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
    '/auth/guest',
    '/upload/presign',
    '/upload/confirm',
    "f'{api}/files'",
    '/download',
    '/login',
    '/upload/request',
    '/upload/complete',
    '/upload/multipart/init',
    'webhook.verify',
    'keys create --kind storage',
    '/v1/buckets',
    'x-ttl',
    'x-meta-',
    '?prefix=',
    '?delimiter=',
    '/copy',
    '/batch-delete',
    '/complete',
    '/sign',
    '/v1/webhooks',
    '/v1/account',
  ];
  const commands = examples.map(({ command }) => command).join('\n');
  expect(forms.filter((form) => !commands.includes(form))).toEqual([]);
});

test('docs/api explains how to run the examples, and every page of it links there before its first example', () => {
  const guide = read('docs/api/README.md');
  for (const needed of ['npx bun FILE', 'WEBHOOK_ALLOW_PRIVATE=true npm start'])
    expect(guide).toContain(needed);
  const pages = testedPages.filter(({ page }) => page.startsWith('docs/api/'));
  for (const { page, text } of pages) {
    const link = text.indexOf('](README.md#run-the-examples)');
    expect([page, link > 0 && link < text.indexOf('```')]).toEqual([page, true]);
  }
});

test('every API has examples in curl, JavaScript and Python', () => {
  const addresses = ['/api/v1/payloads', 'PUTPUT_TOKEN', 'UPLOADKIT_KEY', 'STORAGE_KEY'];
  const missing = addresses.flatMap((address) =>
    ['sh', 'js', 'python'].filter(
      (name) => !examples.some(({ language, command }) => language === name && command.includes(address)),
    ),
  );
  expect(missing).toEqual([]);
});

describe('the command to start', () => {
  // A service manager or Ctrl-C stops npm, which must pass on the signal: otherwise the server continues to run.
  test.skipIf(Bun.which('npm') === null)(
    'npm start serves until npm is stopped, and exits with 0',
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
      // It may have to build the pages first.
      await waitFor('npm start', answers, { timeoutMs: 40_000 });
      expect(npm.output()).toMatch(/Mayfly is at http:\S+ .*curl/);
      expect(await npm.stop()).toBe(0);
      expect(await answers().catch(() => false)).toBe(false);
    },
    60_000,
  );
});

describe('the README', () => {
  test('has at most 14 KB', () => {
    expect(Buffer.byteLength(readme)).toBeLessThanOrEqual(14 * 1024);
  });

  test('and docs/running.md name only files that exist', () => {
    expect(namedFiles(readme)).toContain('docs/operations.md');
    const exists = (file: string) =>
      existsSync(join(checkout, file)) || existsSync(join(checkout, 'docs', file));
    expect(namedFiles(readme + running).filter((file) => !exists(file))).toEqual([]);
  });

  test('and docs/running.md name only npm scripts and Deno tasks that exist', () => {
    const text = readme + running;
    const { scripts } = JSON.parse(read('package.json'));
    const { tasks } = JSON.parse(read('deno.json'));
    const named = [...text.matchAll(/\b(?:npm run|npm|bun) (start|test|(?<=npm run )[\w-]+)/g)];
    expect(named.length).toBeGreaterThan(3);
    expect(named.map((match) => match[1] ?? '').filter((name) => !(name in scripts))).toEqual([]);
    const namedTasks = [...text.matchAll(/\bdeno task (\w+)/g)].map((match) => match[1] ?? '');
    expect(namedTasks.filter((name) => !(name in tasks))).toEqual([]);
  });

  test('and the pages about commands name every command of mayfly, and no other', async () => {
    const named = namedCommands(readme + running + read('docs/command-line.md'));
    expect([...new Set(named)].toSorted()).toEqual((await commandsInHelp()).toSorted());
  }, 30_000);
});

test('the table of docs/settings.md is the generated one', () => {
  const table = /(?<=<!-- settings -->\n).*?(?=<!-- \/settings -->)/s
    .exec(read('docs/settings.md'))?.[0]
    .trim();
  expect(table).toBe(settingsTable());
});
