import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../support/parts.ts';

const advisory = {
  id: 1,
  url: 'https://example.org/advisory',
  title: 'An advisory of the test',
  severity: 'high',
  vulnerable_versions: '<9999.0.0',
  cwe: [],
  cvss: { score: 8, vectorString: null },
};

/** Runs the audit with the test's own registry. */
async function audit(answer: () => Response) {
  const registry = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer });
  const address = String(registry.url);
  const child = Bun.spawn(['node', 'scripts/audit.mjs'], {
    cwd: checkout,
    env: { ...process.env, BUN_CONFIG_REGISTRY: address, npm_config_registry: address },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const code = await child.exited;
  await registry.stop(true);
  return { code, stdout, stderr };
}

test('the audit exits with 0 if the registry reports nothing', async () => {
  expect(await audit(() => Response.json({}))).toMatchObject({ code: 0, stderr: '' });
});

test('the audit names an advisory and exits with 1', async () => {
  const { code, stdout } = await audit(() => Response.json({ elysia: [advisory] }));
  expect(code).toBe(1);
  expect(stdout).toContain(advisory.title);
});

test('the audit reports in one line that the registry does not answer, and exits with 2', async () => {
  const { code, stderr } = await audit(() => new Response(null, { status: 405 }));
  expect(code).toBe(2);
  expect(stderr).toMatch(/^mayfly: the registry does not answer requests for advisories [^\n]+\n$/);
});

test('a dependency that reports its installation is configured not to', () => {
  const manifest = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as object;
  expect(manifest).toHaveProperty('scarfSettings.enabled', false);
});
