import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** The machine of the measurements, in one line. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GiB of memory`;
  return `${model}, ${availableParallelism()} cores, ${memory}, Linux ${release()}, Bun ${Bun.version}`;
}
