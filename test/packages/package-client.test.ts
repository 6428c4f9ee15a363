import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';
import { suiteWith } from '../support/suite-with.ts';
import { outputOf, projectWithPackageAlone } from './packed.ts';

setDefaultTimeout(240_000);

const program = (url: string, show: string) => `import { createClient } from 'mayfly/client';

const mayfly = createClient({ url: '${url}' });
const { id } = await mayfly.payloads.create('from a program', { type: 'text/plain', ttl: '10m' });
const { content } = await mayfly.payloads.getJson(id);
${show};
`;

let mayfly: MayflyProcess;
let project: string;
const write = (name: string, content: string) => writeFileSync(join(project, name), content);
beforeAll(async () => {
  mayfly = await startMayfly();
  project = await projectWithPackageAlone();
  write('package.json', JSON.stringify({ type: 'module', dependencies: { mayfly: '*' } }));
  write('main.ts', program(mayfly.url, 'console.log(content)'));
  write('main.mjs', program(mayfly.url, 'console.log(content)'));
  write('page.js', program(mayfly.url, 'document.title = content'));
});
afterAll(async () => {
  await mayfly.stop();
});

await suiteWith(['node', 'deno'], 'mayfly/client in a project without other packages', ({ node, deno }) => {
  const runtimes: Record<string, string[]> = {
    Node: [node, 'main.mjs'],
    Bun: [process.execPath, '--no-env-file', 'main.ts'],
    Deno: [deno, 'run', '--quiet', '--no-prompt', '--check', '--allow-net=127.0.0.1', 'main.ts'],
  };
  for (const [name, command] of Object.entries(runtimes))
    test(`runs on ${name}`, async () => {
      const env = { PATH: process.env.PATH, HOME: project, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' };
      expect(await outputOf(command, { cwd: project, env })).toBe('from a program\n');
    });
});

const resolutions = [
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'preserve', moduleResolution: 'bundler' },
];
for (const resolution of resolutions)
  test(`mayfly/client has types with the module resolution ${resolution.moduleResolution}`, async () => {
    const calls = ['createClient({ url: 1 })', 'createClient({ url: "" }).payloads.nothing'];
    write(
      'wrong.ts',
      `import { createClient } from 'mayfly/client';\n${calls.map((call) => `// @ts-expect-error\n${call};\n`).join('')}`,
    );
    const compilerOptions = { ...resolution, target: 'es2022', strict: true, noEmit: true, types: [] };
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['main.ts', 'wrong.ts'] }));
    const tsc = join(checkout, 'node_modules/typescript/bin/tsc');
    expect(await outputOf([process.execPath, tsc, '-p', project], { cwd: project })).toBe('');
  });

test('a bundler takes only the file of the client, which imports nothing', async () => {
  const { metafile, outputFiles } = await build({
    absWorkingDir: project,
    entryPoints: ['page.js'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
  });
  expect(Object.keys(metafile.inputs).sort()).toEqual(['node_modules/mayfly/lib/client.js', 'page.js']);
  expect(metafile.inputs['node_modules/mayfly/lib/client.js']?.imports).toEqual([]);
  // The licence of the library in it.
  expect(outputFiles[0]?.text).toContain('content-disposition');
  expect(outputFiles[0]?.contents.length).toBeLessThan(30_000);
});

await suiteWith(['chromium'], 'mayfly/client in a page', () => {
  test('runs from a module script, without a bundler', async () => {
    copyFileSync(join(project, 'node_modules/mayfly/lib/client.js'), join(project, 'client.js'));
    const files: Record<string, { type: string; text: string }> = {
      '/': {
        type: 'text/html',
        text: `<!doctype html><link rel="icon" href="data:,"><script type="module" src="page.js"></script>`,
      },
      '/page.js': {
        type: 'text/javascript',
        text: program(mayfly.url, 'document.title = content').replace('mayfly/client', './client.js'),
      },
      '/client.js': { type: 'text/javascript', text: readFileSync(join(project, 'client.js'), 'utf8') },
    };
    const site = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ url }) => {
        const file = files[new URL(url).pathname];
        return new Response(file?.text, {
          status: file ? 200 : 404,
          headers: { 'content-type': file?.type ?? 'text/plain' },
        });
      },
    });
    const { page, context, conduct } = await openPage();
    await page.goto(site.url.href);
    await page.waitForFunction(() => document.title === 'from a program', undefined, { timeout: 60_000 });
    expect(conduct.errors).toEqual([]);
    await context.close();
    await site.stop(true);
  });
});
