import { type Finding, findingsOf } from '../../shared/finding.ts';
import { descriptionPath, isLoopbackHost, publicUrlIn } from '../server-description.ts';
import { type RawResponse, rawRequest, type Target } from './raw-request.ts';

/** What a server says about itself. */
export type Described = {
  publicUrl: string;
  /** What the software that answers calls itself, such as `nginx/1.22.1`; empty if it does not. */
  software: string;
  /** When the answer was made by its clock, and by the one of this machine (ms). */
  time: { server: number; local: number } | undefined;
};

/** Checks that a Mayfly answers at the URL. */
export async function checkAnswer(target: Target): Promise<{ finding: Finding; described?: Described }> {
  const { ok, problem } = findingsOf('server');
  const { href } = target.url;
  const sentAt = Date.now();
  let response: RawResponse;
  try {
    response = await rawRequest(target, { path: descriptionPath });
  } catch (error) {
    target.signal.throwIfAborted();
    return { finding: problem(`no response at ${href} (${(error as Error).message})`) };
  }
  const local = (sentAt + Date.now()) / 2;
  const { status, headers, body } = response;
  const software = headers.get('server') ?? '';
  const publicUrl = publicUrlIn(body);
  if (publicUrl === undefined) return { finding: problem(otherAnswer(status, software)) };
  const date = Date.parse(headers.get('date') ?? '');
  return {
    finding: ok(`a Mayfly answers${software === '' ? '' : ` behind ${software}`}`),
    described: { publicUrl, software, time: Number.isNaN(date) ? undefined : { server: date, local } },
  };
}

function otherAnswer(status: number, software: string): string {
  const by = software === '' ? '' : ` from ${software}`;
  if ([502, 503, 504].includes(status))
    return `status ${status}${by}: Mayfly does not run, or the proxy does not reach it: check HOST, PORT and the proxy's target`;
  if ([301, 302, 307, 308].includes(status))
    return `status ${status}${by}, a redirect: use the address that it leads to`;
  return `status ${status}${by} is not from a Mayfly: check the address, its path, and what the proxy passes on`;
}

/** Compares the URL with `PUBLIC_URL`, which links, signed URLs and cookies are made of. */
export function checkPublicUrl({ url }: Pick<Target, 'url'>, { publicUrl }: Described): Finding {
  const { ok, warning, problem } = findingsOf('public URL');
  const used = url.href.replace(/\/+$/, '');
  if (publicUrl === used) return ok(`PUBLIC_URL is ${publicUrl}`);
  const advice = `links begin with ${publicUrl}: set PUBLIC_URL=${used}, or use that address`;
  // A server has other addresses too, for those who reach it directly.
  return new URL(publicUrl).hostname === url.hostname && !isLoopbackHost(url.hostname)
    ? problem(advice)
    : warning(advice);
}

/** The difference of the clocks that signed URLs still work with, and that of clocks that are synchronised (ms). */
const [maxDifference, goodDifference] = [60_000, 5000];

export function checkClock({ time }: Described): Finding {
  const { ok, warning, problem, skipped } = findingsOf('clock');
  if (time === undefined) return skipped('the response has no date');
  // The date has whole seconds, rounded down.
  const difference = time.server + 500 - time.local;
  if (Math.abs(difference) <= goodDifference) return ok("the server's and this machine's are the same");
  const seconds = Math.round(Math.abs(difference) / 1000);
  const found = `the server's is ${seconds} s ${difference > 0 ? 'ahead of' : 'behind'} this machine's: synchronise the one that is wrong; TTLs and signed URLs depend on it`;
  return Math.abs(difference) > maxDifference ? problem(found) : warning(found);
}

const storeAdvice: Record<string, string> = {
  away: 'it cannot be reached; the log of the server has the reason (store_failed)',
  full: 'free some space, or raise the limit: new content gets 507',
  damaged: 'restore it from a backup',
  moved: 'point the server to its new place',
  wrong: 'the log of the server has the reason (store_failed)',
  restored: 'run mayfly restored on the server',
};

/** The stores by what `/readyz` says, one finding for each. */
export async function checkReadiness(target: Target): Promise<Finding[]> {
  const { warning, problem } = findingsOf('readiness');
  const { status, body } = await rawRequest(target, { path: '/readyz' });
  let readiness: { status?: string; stores?: Record<string, string>; descriptors?: string };
  try {
    readiness = Object(JSON.parse(body));
  } catch {
    return [problem(`/readyz answers ${status} without JSON: let the proxy pass it on`)];
  }
  const found = Object.entries(readiness.stores ?? {}).map(([store, state]) => {
    const { ok, problem: broken } = findingsOf(store);
    return state === 'ok'
      ? ok('it answers the server')
      : broken(`${state}: ${storeAdvice[state] ?? 'see the log'}`);
  });
  if (readiness.descriptors) found.push(problem('file descriptors are scarce: raise the limit (ulimit -n)'));
  if (readiness.status === 'stopping') found.push(warning('the server is stopping'));
  return found;
}

/** On the server's own machine anyone may read them; through a proxy, its requests may seem to be from there. */
export async function checkMetrics(target: Target): Promise<Finding[]> {
  const { ok, problem } = findingsOf('metrics');
  if (isLoopbackHost(target.url.hostname)) return [];
  const { status } = await rawRequest(target, { path: '/metrics' });
  return status === 200
    ? [problem('anyone can read /metrics: set METRICS_TOKEN, or refuse the path in the proxy')]
    : [ok('they need a token')];
}
