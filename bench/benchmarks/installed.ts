/** What an installation of Mayfly takes: its size on disk, its start, and its memory while it is idle. */
import { makeScratchFolder } from '../checkout.ts';
import type { Finding } from '../finding.ts';
import { type InstalledForm, mayflyForms, peerForms } from '../installed-forms.ts';
import type { Lifetime } from '../lifetime.ts';
import { freePort } from '../ports.ts';
import { runProcess, startProcess } from '../processes.ts';
import { readResidentMemory } from '../resident-memory.ts';
import { alternate, median } from '../rounds.ts';
import type { Benchmark } from '../run.ts';

/** The longest time from the start of the binary to its first answer, with an existing database (s). */
const targetSeconds = 0.6;
const idleMilliseconds = 10_000;
const startLimitSeconds = 60;
const rounds = 3;

type Sample = { empty: number; existing: number; idle: number };

export const installed: Benchmark = async ({ lifetime, say }) => {
  const forms = [...(await mayflyForms(lifetime, makeScratchFolder(lifetime))), ...peerForms()];
  const samples = await alternate(forms, rounds, (form) => {
    say(form.name);
    return lifetime.during((inner) => measure(inner, form));
  });
  const findings: Finding[] = [];
  for (const [place, form] of forms.entries())
    findings.push(find(form, samples[place] ?? [], await sizeOf(lifetime, form)));
  return findings;
};

async function measure(lifetime: Lifetime, form: InstalledForm): Promise<Sample> {
  const dataFolder = makeScratchFolder(lifetime);
  const first = await lifetime.during((inner) => start(inner, form, dataFolder));
  return lifetime.during(async (inner) => {
    const second = await start(inner, form, dataFolder);
    await Bun.sleep(idleMilliseconds);
    return { empty: first.seconds, existing: second.seconds, idle: memoryOf(second.pid) };
  });
}

/** The time until the first HTTP answer, whatever it is. */
async function start(
  lifetime: Lifetime,
  form: InstalledForm,
  dataFolder: string,
): Promise<{ pid: number; seconds: number }> {
  const port = await freePort();
  const { command, environment } = form.start(dataFolder, port);
  const startedAt = performance.now();
  const running = startProcess(lifetime, command, `${dataFolder}/output.log`, environment);
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' }).catch(() => undefined);
    const seconds = (performance.now() - startedAt) / 1000;
    if (response !== undefined) return { pid: running.pid, seconds };
    if (running.exitCode() !== null || seconds > startLimitSeconds)
      throw new Error(`${form.name} does not answer after ${seconds.toFixed(0)} s\n${running.output()}`);
    await Bun.sleep(2);
  }
}

/** The memory of a process and its children, in MiB. */
function memoryOf(pid: number): number {
  const children = Bun.spawnSync(['pgrep', '-P', String(pid)])
    .stdout.toString()
    .split('\n')
    .filter(Boolean);
  return children.reduce((sum, child) => sum + memoryOf(Number(child)), readResidentMemory(pid, 'now'));
}

/** What the parts of a form take on disk, in MiB. */
async function sizeOf(lifetime: Lifetime, { parts }: InstalledForm): Promise<number> {
  const { stdout } = await runProcess(lifetime, ['du', '-smDc', ...parts], 60);
  return Number(/^(\d+)\s+total$/m.exec(stdout)?.[1]);
}

function find({ name }: InstalledForm, samples: Sample[], size: number): Finding {
  const middle = (key: keyof Sample) => median(samples.map((sample) => sample[key]));
  const seconds = middle('existing');
  return {
    work: `${name}: start with an existing database, to ${targetSeconds} s`,
    measured: `${seconds.toFixed(2)} s; without one ${middle('empty').toFixed(2)} s; idle ${middle('idle').toFixed(0)} MiB; on disk ${size} MiB`,
    value: seconds / targetSeconds,
    ...(name === 'binary' && { target: { bound: 'at most', value: 1, unit: '×' } }),
    samples: { samples, size },
  };
}
