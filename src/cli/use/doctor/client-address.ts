import { isIP } from 'node:net';
import { type Finding, findingsOf } from '../../shared/finding.ts';
import { isLoopbackHost } from '../server-description.ts';
import { portOf, rawRequest, type Target } from './raw-request.ts';

/** A read of nothing, which counts against the client address. */
const path = `/api/v1/payloads/${'0'.repeat(32)}`;

/**
 * Whether a client can choose the address that its calls count against, by an `X-Forwarded-For` of its own. The windows
 * of the rate limit show it: a call with another address leaves as many calls as a first one does.
 */
export async function checkForgedAddress(target: Target): Promise<Finding> {
  const { ok, problem, skipped } = findingsOf('forged address');
  if (isLocal(target)) return skipped('this machine may be a trusted proxy itself: check from another one');
  for (const forged of ['203.0.113.77', '198.51.100.77']) {
    const own = await remaining(target, {});
    const other = await remaining(target, { 'x-forwarded-for': forged });
    if (own === undefined || other === undefined) return skipped('the server has no rate limit');
    if (other < own) return ok('a forged X-Forwarded-For has no effect');
  }
  return problem(
    'clients can forge their address by X-Forwarded-For: narrow TRUSTED_PROXIES to the proxy, which must append the address or replace the header',
  );
}

/**
 * Whether a server on this machine counts calls through its proxy as those of the client. Only those of the proxy count
 * with the calls that reach the server directly from this machine.
 *
 * @param own Where the server itself listens on this machine.
 */
export async function checkSeenAddress(target: Target, own: Target): Promise<Finding> {
  const { ok, warning, problem, skipped } = findingsOf('client address');
  if (isDirect(target, own)) return skipped('no proxy is between this machine and the server');
  const before = await remaining(own, {});
  // A client on this machine is like the proxy, unless it has a further address.
  await remaining(target, isLocal(target) ? { 'x-forwarded-for': '203.0.113.77' } : {});
  const after = await remaining(own, {});
  if (before === undefined || after === undefined)
    return skipped('the server has no rate limit that shows it');
  if (before - after < 2) return ok('calls through the proxy count against the address of the client');
  const advice =
    'calls through the proxy count against the proxy: let it send X-Forwarded-For, and set TRUSTED_PROXIES to its address';
  return isLocal(target) ? warning(`${advice}; or check from another machine`) : problem(advice);
}

function isLocal({ address }: Target): boolean {
  return isLoopbackHost(isIP(address) === 6 ? `[${address}]` : address);
}

/** Whether the target is the server itself: it has the port, and no proxy can have the same one. */
function isDirect(target: Target, own: Target): boolean {
  return (
    target.url.protocol === 'http:' &&
    portOf(target.url) === portOf(own.url) &&
    (target.address === own.address || (isLocal(target) && isLocal(own)))
  );
}

async function remaining(target: Target, headers: Record<string, string>): Promise<number | undefined> {
  const response = await rawRequest(target, { path, headers });
  const left = response.headers.get('x-ratelimit-remaining');
  return left === undefined ? undefined : Number(left);
}
