import createClient from 'openapi-fetch';
import type { paths } from './generated/api.ts';

const [baseUrl = '', content = '', base64 = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl });

const created = await client.POST('/api/v1/payloads', {
  body: { content, mime_type: 'application/json', ttl: '10m' },
});
if (created.error) throw new Error(created.error.error);
const payload = await client.GET('/api/v1/payloads/{hash_id}', {
  params: { path: { hash_id: created.data.hash_id } },
});
if (payload.error) throw new Error(payload.error.error);

// The generator's type of binary bodies is `string`.
const uploaded = await client.PUT('/', {
  body: base64,
  bodySerializer: (text) => Buffer.from(text, 'base64'),
  headers: { 'Content-Type': 'application/octet-stream', Accept: 'application/json' },
});
if (uploaded.error) throw new Error(uploaded.error.error);
// Without Accept, the response is the URL as text.
if (typeof uploaded.data === 'string') throw new Error('The response is not JSON');
const raw = await client.GET('/raw/{hash_id}', {
  params: { path: { hash_id: uploaded.data.hash_id } },
  parseAs: 'arrayBuffer',
});
if (raw.error) throw new Error(raw.error.error);

const { mime_type } = payload.data;
const bytes = Buffer.from(raw.data).toString('base64');
console.log(JSON.stringify({ content: payload.data.content, mime_type, bytes }));
