// npm run check [-- lint|types|node]: the static checks.
import { ensureInstalled } from './packages.mjs';
import { exitWith, root, runBun } from './runtime.mjs';

const checks = {
  lint: { title: 'format and lint (biome)', args: ['run', '--bun', 'biome', 'check', '.'] },
  types: { title: 'types (tsc)', args: ['run', '--bun', 'tsc'] },
  node: {
    title: 'types on the oldest Node (tsc)',
    args: ['run', '--bun', 'tsc', '-p', 'tsconfig.node.json'],
  },
};

await exitWith(async () => {
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => !Object.hasOwn(checks, name));
  if (unknown)
    throw new Error(`there is no check ${unknown}; the checks are ${Object.keys(checks).join(', ')}`);
  await ensureInstalled('all');
  let failed = 0;
  for (const name of asked.length > 0 ? asked : Object.keys(checks)) {
    const { title, args } = checks[name];
    const passed = (await runBun(args, { cwd: root })) === 0;
    console.log(`${title}: ${passed ? 'passed' : 'FAILED'}`);
    if (!passed) failed += 1;
  }
  return failed > 0 ? 1 : 0;
});
