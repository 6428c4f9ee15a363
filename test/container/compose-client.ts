// A client of the services in compose.yaml, at their published ports. Runs in their network, and prints what it got.
import { waitFor } from '../support/wait-for.ts';

const url = 'http://127.0.0.1:8080';
const large = 'large '.repeat(50_000);

async function post(path: string, headers: Record<string, string>, body?: unknown): Promise<unknown> {
  return (
    await fetch(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  ).json();
}

/** A guest's upload by PutPut, from the token to the confirmed file. */
async function uploadPresigned(content: string) {
  const { token } = (await post('/auth/guest', {})) as { token: string };
  const headers = { authorization: `Bearer ${token}` };
  const described = { filename: 'a.txt', content_type: 'text/plain', size_bytes: content.length };
  const { upload_id, presigned_url } = (await post('/upload/presign', headers, described)) as {
    upload_id: string;
    presigned_url: string;
  };
  await fetch(presigned_url, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: content });
  const { file } = (await post('/upload/confirm', headers, { upload_id })) as {
    file: { public_url: string };
  };
  return { presignedUrl: presigned_url, publicUrl: file.public_url };
}

const ready = await waitFor(
  'the server',
  async () => {
    const answer = await fetch(`${url}/readyz`);
    return answer.ok && ((await answer.json()) as { stores: Record<string, string> });
  },
  { timeoutMs: 60_000 },
);
const created = await fetch(`${url}/`, { method: 'POST', body: large });
const id = (await created.text()).trim().split('/').at(-1);
const read = await (await fetch(`${url}/raw/${id}`)).text();
const { presignedUrl, publicUrl } = await uploadPresigned('directly to the store');
const results = {
  stores: ready.stores,
  read: read === large,
  presigned: new URL(presignedUrl).origin,
  file: await (await fetch(publicUrl)).text(),
};
console.log(`results: ${JSON.stringify(results)}`);
