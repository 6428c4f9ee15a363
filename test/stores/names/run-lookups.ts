// Looks up names on the current runtime, in a private network, and writes the results as JSON.
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemNames } from '../../../src/stores/names/system-names.ts';
import { knownNames, runLookups } from '../../ports/names/lookup-scenarios.ts';
import { startNameServer } from '../../support/name-server.ts';

const ipv4 = '192.0.2.1';
const asked = await startNameServer({
  ...knownNames,
  'alias.test': { alias: 'both.test' },
  'broken.test': { error: 2 },
  'redis.corp.test': [ipv4],
  'one.two.test': ['192.0.2.2'],
  'receiver.test': ['127.0.0.1'],
});

const hostsFile = join(tmpdir(), `mayfly-hosts-${process.pid}`);
writeFileSync(hostsFile, '127.0.0.9 known.test Both.Hosts # both.test\n::1 known.test\n');
const names = new SystemNames({ hostsFile, lookupTimeout: 2500 });

type Lookup = { found: string[] | string; asked: string[] };
async function lookup(name: string, find = names.lookup): Promise<Lookup> {
  asked.length = 0;
  const found = await find(name).catch(({ code, hostname }) => `${code} ${hostname}`);
  return { found, asked: [...new Set(asked)] };
}

const results: Record<string, unknown> = {};
for (const name of [
  ...['both.test', 'BOTH.test.', 'v6.test', 'alias.test', 'nowhere.test', 'broken.test', 'bad name'],
  ...['redis', 'one.two.test', 'localhost', 'app.localhost', 'known.test', 'both.hosts', '192.0.2.9', '::1'],
])
  results[name] = await lookup(name);

for (const name of ['redis', 'nowhere.test', 'both.test', 'localhost', 'known.test', '192.0.2.9', '::1'])
  results[`${name} in a user's URL`] = await lookup(name, names.lookupAbsolute);

writeFileSync(hostsFile, '127.0.0.10 known.test\n');
results['known.test later'] = await lookup('known.test');

const startedAt = performance.now();
results['silent.test'] = await lookup('silent.test');
results['is silent for 2.5 s at most'] = performance.now() - startedAt < 3500;

asked.length = 0;
await Promise.all(Array.from({ length: 50 }, () => names.lookup('both.test')));
results['queries for 50 lookups of one name at a time'] = asked.length;

const server = createServer((socket) => socket.end('heard')).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const { port } = server.address() as { port: number };
const socket = connect({ host: 'receiver.test', port, lookup: names.lookupForSocket });
results['a socket'] = await new Promise((resolve) => {
  socket.once('data', (data) => resolve(String(data)));
  socket.once('error', ({ message }) => resolve(message));
});

results['the contract of names'] = await runLookups(names.lookup);
results["the contract of names in users' URLs"] = await runLookups(names.lookupAbsolute);

console.log(`\nresults: ${JSON.stringify(results)}`);
process.exit(0);
