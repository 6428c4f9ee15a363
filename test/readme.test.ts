import { beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsTable } from '../scripts/settings-table.ts';
import { commandsInHelp, namedCommands } from './documents/commands.ts';
import { findExamples, runExamples } from './documents/examples.ts';
import { fencedBlocks, namedFiles } from './documents/markdown.ts';
import { startMayfly } from './support/mayfly-process.ts';
import { checkout } from './support/parts.ts';
import { freePort } from './support/ports.ts';
import { startProcess } from './support/running-process.ts';
import { suiteWith } from './support/suite-with.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import { waitFor } from './support/wait-for.ts';

const readme = readFileSync(join(checkout, 'README.md'), 'utf8');
const receiverPort = await freePort();
const lineNumberOf = (heading: string) =>
  readme.slice(0, readme.indexOf(`\n${heading}\n`)).split('\n').length;
const examples = findExamples(fencedBlocks(readme), lineNumberOf('## Use'), lineNumberOf('## Settings'));

/** What differs from run to run is masked: ids, tokens, times, and counts that lag. Everything else has to be as it is shown. */
function masked(output: string): string {
  return output
    .replaceAll(/\b[0-9a-f]{32}\b/g, '<id>')
    .replaceAll(/(?<=\/p\/<id>#)[\w-]{43}(?=\n|$)/g, '<secret>')
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z/g, '<time>')
    .replaceAll(/\b(file_|upload_|_uploads\/)[0-9A-HJKMNP-TV-Z]{26}\b/g, '$1<id>')
    .replaceAll(/(?<=^x-delete-token: |"pp_|\?claim=)[\w-]{27}(?=$|")/gm, '<token>')
    .replaceAll(/(?<=\?expires=)\d{13}&signature=[\w-]{43}(?=")/g, '<signature>')
    .replaceAll(/(?<="wh_)[0-9a-f]{32}(?=")/g, '<id>')
    .replaceAll(/(?<="whsec_)[\w+/=]{44}(?=")/g, '<secret>')
    .replaceAll(/(?<="requestId":")[\w.-]+(?=")/g, '<id>')
    .replaceAll(/(?<="period":")\d{4}-\d\d(?=")/g, '<month>')
    .replaceAll(/(?<="(?:requests|bytesIn|bytesOut)":)\d+/g, '<count>')
    .trim();
}

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
    `the examples of the README, JavaScript on ${name}`,
    ({ deno, 'python3-requests': python }) => {
      let outputs: string[] = [];

      beforeAll(async () => {
        // The receiver of the webhook is on this machine.
        const settings = { WEBHOOK_ALLOW_PRIVATE: 'true' };
        const mayfly = await startMayfly({ env: settings });
        outputs = await runExamples(examples, {
          addresses: {
            'http://localhost:8080': mayfly.url,
            'localhost:9000': `localhost:${receiverPort}`,
            'listen(9000)': `listen(${receiverPort})`,
          },
          javascript: javascript(deno),
          python,
          settings: { ...settings, DATA_DIR: mayfly.dataDir },
        });
        await mayfly.stop();
      }, 180_000);

      for (const [index, { line, output }] of examples.entries())
        test(`the example on line ${line} prints what is shown under it`, () => {
          expect(output).not.toBe('');
          expect(masked(outputs[index] ?? '')).toBe(masked(output));
        });
    },
  );

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

test('the README says how to run JavaScript, and names the setting for webhooks, before they are needed', () => {
  const tour = readme.slice(readme.indexOf('\n## Use\n'));
  const isBefore = (first: string, needed: string) => {
    expect([first, tour.indexOf(first) > 0]).toEqual([first, true]);
    expect(tour.indexOf(first)).toBeLessThan(tour.indexOf(needed));
  };
  isBefore('node scripts/bun.mjs FILE', '```js');
  isBefore('WEBHOOK_ALLOW_PRIVATE=true npm start', '--webhook http://localhost');
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
      // It may have to build the pages first.
      await waitFor('npm start', answers, { timeoutMs: 40_000 });
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

  test('it and docs/command-line.md name every command of mayfly, and none that is not there', async () => {
    const named = namedCommands(readme + readFileSync(join(checkout, 'docs/command-line.md'), 'utf8'));
    expect([...new Set(named)].toSorted()).toEqual((await commandsInHelp()).toSorted());
  }, 30_000);
});
