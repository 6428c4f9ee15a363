import { type Finding, findingsOf } from '../../shared/finding.ts';
import { findAddress } from './address.ts';
import { checkCertificate } from './certificate.ts';
import { rawRequest, type Target } from './raw-request.ts';

/** Checks that this machine reaches the S3 store to which pages upload; they name it in their policy. */
export async function checkStorage(target: Target): Promise<Finding[]> {
  const { ok, problem } = findingsOf('S3');
  const { headers } = await rawRequest(target, { path: '/', headers: { accept: 'text/html' } });
  const policy = headers.get('content-security-policy') ?? '';
  const origin = /connect-src 'self' (https?:[^\s;]+)/.exec(policy)?.[1];
  if (origin === undefined) return [];
  const url = new URL(origin);
  if (target.url.protocol === 'https:' && url.protocol === 'http:')
    return [
      problem(`pages of https:// may not upload to ${origin}: set S3_PUBLIC_ENDPOINT to an https:// URL`),
    ];
  const { finding, address } = await findAddress(url, target.signal);
  if (address === undefined || finding.state !== 'ok')
    return [
      { ...finding, check: 'S3', message: `${finding.message}; clients upload there (S3_PUBLIC_ENDPOINT)` },
    ];
  const certificate = await checkCertificate({ ...target, url, address });
  if (certificate.state === 'problem') return [{ ...certificate, check: 'S3' }];
  return [ok(`${finding.message}; mayfly doctor --server checks uploads and CORS`)];
}
