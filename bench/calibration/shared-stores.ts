import type { Lifetime } from '../lifetime.ts';
import { createPayload, makeText, payloadPath } from '../payloads.ts';
import { runProcess } from '../processes.ts';
import type { Run } from '../run.ts';
import type { Constants } from '../simulation/measured.ts';
import { requestsTo } from './removals.ts';
import type { Scene } from './scene.ts';

const blobSize = 128 * 1024;
const limitSeconds = 10;

/** What a read of a client that sends no other request costs Redis, and a read of a blob S3. */
export async function measureSharedStores(
  run: Run,
  lifetime: Lifetime,
  { node, settings, accessLog }: Scene,
) {
  const read = async (id: string, client: number) => {
    const headers = { 'X-Forwarded-For': `198.51.${client >> 8}.${client & 255}` };
    const response = await fetch(`${node.url}${payloadPath(id)}`, { headers });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`${node.name} answered a read with ${response.status}`);
  };
  const requests = run.scale.ids / 5;
  const id = await createPayload(node, makeText(run.scale.contentSize));
  const before = await redisState(lifetime, settings.REDIS_URL);
  for (let client = 0; client < requests; client += 1) await read(id, client);
  const after = await redisState(lifetime, settings.REDIS_URL);
  const commands = after.commands - before.commands;

  const blob = await createPayload(node, makeText(blobSize));
  const gets = requestsTo(accessLog, /^Get/);
  const blobReads = 20;
  for (let client = 0; client < blobReads; client += 1) await read(blob, client);
  return {
    redisCommandsPerRequest: commands / requests,
    redisCpuPerCommand: (after.cpu - before.cpu) / commands,
    s3GetsPerRead: (requestsTo(accessLog, /^Get/) - gets) / blobReads,
  } satisfies Partial<Constants>;
}

/** The commands that Redis ran, those of scripts included, and its processor time (µs). */
async function redisState(lifetime: Lifetime, url = '') {
  const command = ['redis-cli', '-u', url, 'INFO', 'everything'];
  const { stdout } = await runProcess(lifetime, command, limitSeconds);
  const of = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(stdout)?.[1]);
  return {
    commands: of('total_commands_processed'),
    cpu: (of('used_cpu_user') + of('used_cpu_sys')) * 1e6,
  };
}
