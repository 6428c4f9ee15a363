import { Configuration, PayloadsApi } from './generated';

const [basePath = '', content = '', base64 = ''] = process.argv.slice(2);
// Without Accept, the response to an upload is the URL as text.
const headers = { Accept: 'application/json' };
const payloads = new PayloadsApi(new Configuration({ basePath, headers }));

const created = await payloads.createPayload({
  createPayloadRequest: { content, mimeType: 'application/json', ttl: '10m' },
});
const payload = await payloads.readPayload({ hashId: created.hashId });

const uploaded = await payloads.upload({ body: new Blob([Buffer.from(base64, 'base64')]) });
const raw = await payloads.readRaw({ hashId: uploaded.hashId });

const bytes = Buffer.from(await raw.arrayBuffer()).toString('base64');
console.log(JSON.stringify({ content: payload.content, mime_type: payload.mimeType, bytes }));
