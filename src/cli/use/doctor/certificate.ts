import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type Finding, findingsOf } from '../../shared/finding.ts';
import { isLoopbackHost } from '../server-description.ts';
import { bareHost, openTls, type Target } from './raw-request.ts';

const { ok, warning, problem, skipped } = findingsOf('certificate');

const handshakeTimeout = 10_000;
const day = 86_400_000;

/** Checks the certificate of an https URL as clients do. All problems of a certificate are in one line. */
export async function checkCertificate(target: Target): Promise<Finding> {
  const { url } = target;
  if (url.protocol !== 'https:')
    return isLoopbackHost(url.hostname)
      ? skipped('the URL is http:// of this machine')
      : warning('http:// is not encrypted: let a proxy serve https://, and set PUBLIC_URL to it');
  const socket = openTls(target);
  let certificate: X509Certificate | undefined;
  let trust = '';
  try {
    await handshake(socket, target.signal);
    certificate = socket.getPeerX509Certificate();
    // The types say an Error, and the runtimes return its code.
    trust = socket.authorized ? '' : String(socket.authorizationError);
  } catch (error) {
    target.signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    return problem(
      `the TLS handshake fails (${code ?? message}): does this port serve https://, or does http:// work?`,
    );
  } finally {
    socket.destroy();
  }
  if (certificate === undefined) return problem('the server sends no certificate');
  const problems = [
    nameProblem(certificate, bareHost(url)),
    timeProblem(certificate),
    trustProblem(certificate, trust),
  ];
  const found = problems.filter((each) => each !== undefined);
  if (found.length > 0) return problem(found.join('; '));
  const left = certificate.validToDate.getTime() - Date.now();
  const lifetime = certificate.validToDate.getTime() - certificate.validFromDate.getTime();
  const until = certificate.validToDate.toISOString().slice(0, 10);
  return left < Math.min(14 * day, lifetime / 4)
    ? warning(`it expires on ${until}: check that it is renewed`)
    : ok(`valid for ${bareHost(url)} until ${until}`);
}

function handshake(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
    socket.setTimeout(handshakeTimeout, () => reject(new Error('timed out')));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function nameProblem(certificate: X509Certificate, host: string): string | undefined {
  const isValid = isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host);
  if (isValid !== undefined) return undefined;
  const names = certificate.subjectAltName ?? certificate.subject;
  return `it is for ${names}, not for ${host}: use that name, or get a certificate for this one`;
}

function timeProblem({ validFromDate, validToDate }: X509Certificate): string | undefined {
  const now = new Date();
  if (validToDate < now) return `it expired on ${validToDate.toISOString().slice(0, 10)}: renew it`;
  if (validFromDate > now)
    return `it is valid only from ${validFromDate.toISOString()} on: check the clock of this machine`;
  return undefined;
}

/** @param trust The error code of OpenSSL's verification; empty if the certificate is trusted. */
function trustProblem({ issuer, infoAccess }: X509Certificate, trust: string): string | undefined {
  const name = issuer.replaceAll('\n', ', ');
  const ownAuthority = `set NODE_EXTRA_CA_CERTS to a file with its certificate, or use one of a public authority`;
  if (/UNABLE_TO_VERIFY_LEAF|UNABLE_TO_GET_ISSUER/.test(trust))
    // Public authorities say where their own certificate is.
    return infoAccess?.includes('CA Issuers')
      ? `the chain is incomplete, it lacks the certificate of ${name}: let the proxy send the full chain (fullchain.pem)`
      : `its authority ${name} is not known here: let the proxy send the full chain, or if it is your own, ${ownAuthority}`;
  if (/SELF_SIGNED/.test(trust)) return `its authority ${name} is not trusted here: ${ownAuthority}`;
  // The other functions report these.
  if (trust === '' || /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|ALTNAME|HOSTNAME/.test(trust)) return undefined;
  return `it is not trusted (${trust})`;
}
