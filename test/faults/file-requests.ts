/** A program's requests to PutPut (docs/contract/putput.md), one function for each. */

import type { File, Presigned } from '../api/putput/client.ts';

/** No rate limits, because these tests make many calls from one address. */
export const withoutLimits = {
  GUEST_RATE_LIMIT: '0',
  PRESIGN_RATE_LIMIT: '0',
  KEY_RATE_LIMIT: '0',
  RATE_LIMIT: '0',
};

/** A guest's token. @throws Error for any status except 201; the other functions do the same for theirs */
export async function guestToken(url: string): Promise<string> {
  const { token } = (await jsonOf(await fetch(`${url}/api/v1/auth/guest`, { method: 'POST' }), 201)) as {
    token: string;
  };
  return token;
}

export async function presign(url: string, token: string, size: number): Promise<Presigned> {
  const request = { filename: 'photo.jpg', content_type: 'image/jpeg', size_bytes: size };
  return (await jsonOf(await send(url, token, 'POST', '/upload/presign', request), 200)) as Presigned;
}

/** PUTs to a presigned URL, of this server or of S3. */
export async function putBytes({ presigned_url }: Presigned, bytes: Uint8Array): Promise<void> {
  const headers = { 'content-type': 'image/jpeg' };
  const response = await fetch(presigned_url, { method: 'PUT', headers, body: bytes as BodyInit });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} for a PUT: ${body}`);
}

export function confirmation(url: string, token: string, { upload_id }: Presigned): Promise<Response> {
  return send(url, token, 'POST', '/upload/confirm', { upload_id });
}

export async function confirm(url: string, token: string, presigned: Presigned): Promise<File> {
  const { file } = (await jsonOf(await confirmation(url, token, presigned), 200)) as { file: File };
  return file;
}

export async function deleteFile(url: string, token: string, id: string): Promise<void> {
  await jsonOf(await send(url, token, 'DELETE', `/files/${id}`), 200);
}

/** The bytes at a file's public URL. */
export async function readFile(url: string, publicName: string): Promise<Buffer> {
  const response = await fetch(`${url}/f/${publicName}`);
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`${publicName}: ${response.status} ${body}`);
  return body;
}

function send(url: string, token: string, method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
}

async function jsonOf(response: Response, status: number): Promise<unknown> {
  const text = await response.text();
  if (response.status !== status) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text);
}
