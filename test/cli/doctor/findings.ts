import type { Finding } from '../../../src/cli/shared/finding.ts';
import { examineFromOutside } from '../../../src/cli/use/doctor/index.ts';

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
  return collected(examineFromOutside(url, new AbortController().signal));
}
