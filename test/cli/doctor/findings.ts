import { examineDeployment } from '../../../src/cli/operate/doctor/index.ts';
import type { Finding } from '../../../src/cli/shared/finding.ts';
import { examineFromOutside } from '../../../src/cli/use/doctor/index.ts';
import { checkPresignedUpload } from '../../../src/cli/use/doctor/presigned.ts';

const { signal } = new AbortController();

/** A secret that cannot be guessed. */
export const secret = 'mBaSj4yB1mRzL0fOQ3qXk7uWcD2nVtGh';

/** The findings by their checks, each as `state: message`. */
export async function collected(findings: AsyncIterable<Finding>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  // Of two findings of a check, the worse one counts.
  for await (const { check, state, message } of findings)
    if (found[check] === undefined || state !== 'ok') found[check] = `${state}: ${message}`;
  return found;
}

/** What is found from outside at a URL. */
export function fromOutside(url: string): Promise<Record<string, string>> {
  return collected(examineFromOutside(url, signal));
}

/** What is found on the machine of a server with these settings. */
export async function onServer(env: Record<string, string>): Promise<Record<string, string>> {
  const mask = process.umask();
  const upload = (probe: Parameters<typeof checkPresignedUpload>[0]) => checkPresignedUpload(probe, signal);
  const found = await collected(examineDeployment({ PUBLIC_URL: 'http://127.0.0.1', ...env }, upload));
  process.umask(mask);
  return found;
}
