import { exitCodes } from './shared/command-failure.ts';
import type { Finding } from './shared/finding.ts';
import type { PresignedProbe } from './shared/presigned-probe.ts';
import { examineFromOutside } from './use/doctor/index.ts';
import { checkPresignedUpload } from './use/doctor/presigned.ts';
import { readSettings, requireServerUrl } from './use/settings.ts';
import { printable, write } from './use/terminal.ts';

export type DoctorOptions = { server?: boolean; envFile?: string; json?: boolean };

type Environment = Record<string, string | undefined>;

/** `doctor`: prints one line for each check. Fails if there is a problem. */
export async function doctor(
  environment: Environment,
  given: string | undefined,
  options: DoctorOptions,
  signal: AbortSignal,
): Promise<number> {
  let problems = 0;
  for await (const finding of examine(environment, given, options, signal)) {
    if (finding.state === 'problem') problems += 1;
    // A server, a certificate or a name server may have sent parts of it.
    await write(process.stdout, `${printable(options.json ? JSON.stringify(finding) : lineOf(finding))}\n`);
  }
  return problems === 0 ? exitCodes.done : exitCodes.failed;
}

async function* examine(
  environment: Environment,
  given: string | undefined,
  { server, envFile }: DoctorOptions,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  if (!server && envFile === undefined) {
    const url = given === undefined ? (await readSettings(environment)).url : requireServerUrl(given);
    yield* examineFromOutside(url, signal);
    return;
  }
  // Loaded only here: users of a server do not have its dependencies.
  const { examineDeployment } = await import('./operate/doctor/index.ts');
  const upload = (probe: PresignedProbe) => checkPresignedUpload(probe, signal);
  const addresses = yield* examineDeployment(environment, upload);
  const url = given ?? addresses?.publicUrl;
  if (url === undefined) return;
  yield* examineFromOutside(requireServerUrl(url), signal, addresses?.ownUrl);
}

function lineOf({ state, check, message }: Finding): string {
  return `${state.padEnd(7)}  ${check.padEnd(14)}  ${message}`;
}
