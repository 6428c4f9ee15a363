import { type Finding, findingsOf } from '../../shared/finding.ts';
import type { PresignedProbe } from '../../shared/presigned-probe.ts';
import { findAddress } from './address.ts';
import { checkCertificate } from './certificate.ts';
import { type RawResponse, rawRequest } from './raw-request.ts';

/** A store accepts a signature whose time differs by less from its own (ms; S3, RequestTimeTooSkewed). */
const maxSkew = 15 * 60_000;

const upload = findingsOf('presigned URL');
const cors = findingsOf('CORS');

/** Sends a presigned upload to S3 with the preflight that a browser sends before, as a page of `origin` does. */
export async function checkPresignedUpload(probe: PresignedProbe, signal: AbortSignal): Promise<Finding[]> {
  try {
    return await sendProbe(probe, signal);
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    return [upload.problem(`${new URL(probe.url).origin} does not answer (${code ?? message})`)];
  }
}

async function sendProbe(
  { url, mediaType, body, origin }: PresignedProbe,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { origin: place, pathname, search } = new URL(url);
  const { finding, address } = await findAddress(new URL(place), signal);
  if (address === undefined)
    return [upload.problem(`${finding.message}; set S3_PUBLIC_ENDPOINT to an address that clients reach`)];
  const target = { url: new URL(place), address, signal };
  const certificate = await checkCertificate(target);
  if (certificate.state === 'problem')
    return [upload.problem(`the certificate of ${place}: ${certificate.message}`)];
  const path = `${pathname}${search}`;
  const preflight = await rawRequest(target, {
    method: 'OPTIONS',
    path,
    headers: {
      origin,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'content-type',
    },
  });
  const headers = { origin, 'content-type': mediaType, 'content-length': Buffer.byteLength(body) };
  const response = await rawRequest(target, { method: 'PUT', path, headers, body });
  const stored =
    response.status === 200
      ? upload.ok(`${place} accepts uploads`)
      : upload.problem(`${place} answers ${response.status} to an upload: ${adviceOf(response)}`);
  const found = corsProblem(preflight, response, origin);
  return [
    stored,
    found === undefined
      ? cors.ok(`pages of ${origin} may upload`)
      : cors.problem(`${found}, so that browsers do not upload: run mayfly cors, or set the rule by hand`),
  ];
}

function adviceOf({ headers, body }: RawResponse): string {
  const code = /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? 'no code';
  const skew = Date.parse(headers.get('date') ?? '') - Date.now();
  if (Math.abs(skew) >= maxSkew || /Expired|TimeTooSkewed/.test(body))
    return `${code}: the clock of this machine is ${Math.round(Math.abs(skew) / 1000)} s ${skew < 0 ? 'ahead of' : 'behind'} the store's; synchronise it`;
  return `${code}; S3_PUBLIC_ENDPOINT must be the address that the store itself sees, and a proxy must keep Host`;
}

/** What a browser would refuse (Fetch Standard, "CORS protocol"). */
function corsProblem(preflight: RawResponse, response: RawResponse, origin: string): string | undefined {
  const allows = ({ headers }: RawResponse) =>
    ['*', origin].includes(headers.get('access-control-allow-origin') ?? '');
  if (preflight.status < 200 || preflight.status > 299 || !allows(preflight))
    return `the preflight gets ${preflight.status} without Access-Control-Allow-Origin`;
  const methods = preflight.headers.get('access-control-allow-methods') ?? '';
  if (!/\bPUT\b|\*/.test(methods)) return 'the rule does not allow PUT';
  // An error response may lack the headers.
  if (response.status !== 200) return undefined;
  if (!allows(response)) return 'the response lacks Access-Control-Allow-Origin';
  const exposed = response.headers.get('access-control-expose-headers') ?? '';
  return /\betag\b|\*/i.test(exposed)
    ? undefined
    : 'the rule does not expose ETag, which uploads in parts need';
}
