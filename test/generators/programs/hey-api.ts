import { createClient } from './generated/client';
import { createPayload, readPayload, readRaw, upload } from './generated/sdk.gen';

const [baseUrl, content = '', base64 = ''] = process.argv.slice(2);
// Without Accept, the response to an upload is the URL as text.
const headers = { Accept: 'application/json' };
const client = createClient({ baseUrl: baseUrl as '/', headers, throwOnError: true });

const created = await createPayload({
  client,
  throwOnError: true,
  body: { content, mime_type: 'application/json', ttl: '10m' },
});
const { data: payload } = await readPayload({
  client,
  throwOnError: true,
  path: { hash_id: created.data.hash_id },
});

const uploaded = await upload({
  client,
  throwOnError: true,
  body: new Blob([Buffer.from(base64, 'base64')]),
});
if (typeof uploaded.data === 'string') throw new Error('The response is not JSON');
const { data: raw } = await readRaw({ client, throwOnError: true, path: { hash_id: uploaded.data.hash_id } });

const bytes = Buffer.from(await raw.arrayBuffer()).toString('base64');
console.log(JSON.stringify({ content: payload.content, mime_type: payload.mime_type, bytes }));
