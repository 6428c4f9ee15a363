import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess } from '../../support/running-process.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** The response to a PUT. */
export type Answer = { status: number; etag: string };
export type Put = (url: string, body: Uint8Array<ArrayBuffer>, type?: string) => Promise<Answer>;

export const putWithFetch: Put = async (url, body, type) => {
  const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
  const response = await fetch(url, {
    method: 'PUT',
    body: body,
    headers,
  });
  await response.arrayBuffer();
  return { status: response.status, etag: response.headers.get('etag') ?? '' };
};

export const putWithCurl: Put = async (url, body, type) => {
  const file = join(temporaryDirectory('put'), 'body');
  writeFileSync(file, body);
  return curl('-T', file, ...(type === undefined ? [] : ['-H', `Content-Type: ${type}`]), url);
};

export async function curl(...args: string[]): Promise<Answer> {
  const format = '%{http_code} %header{etag}';
  const quiet = ['-q', '-sS', '--noproxy', '*', '-o', '/dev/null', '-w', format];
  const process = startProcess('curl', [...quiet, ...args]);
  await process.exited;
  const [status, etag = ''] = process.output().split(' ');
  return { status: Number(status), etag };
}
