import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import * as buckets from '../api/buckets/client.ts';
import { signedUrl } from '../api/buckets/signed-client.ts';
import { type FileServer, startFileServer } from '../api/file-server.ts';
import * as payloads from '../api/payloads/server.ts';
import { begin } from '../api/payloads/upload-client.ts';
import * as putput from '../api/putput/client.ts';
import * as uploadkit from '../api/uploadkit/client.ts';
import { type Collector, startCollector } from '../support/otlp-collector.ts';

setDefaultTimeout(60_000);

let collector: Collector;
let server: FileServer;
beforeAll(async () => {
  collector = startCollector();
  server = await startFileServer({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
});
afterAll(async () => {
  await server.stop();
  await collector.stop();
});

/** Everything that the semantic conventions allow, without paths, queries, headers and addresses of clients. */
const attributes = [
  'error.type',
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'server.address',
  'server.port',
  'url.scheme',
];

const canary = `canary${randomBytes(8).toString('hex')}`;

const headers = {
  Baggage: `a=${canary}`,
  Cookie: `a=${canary}`,
  Forwarded: `for=${canary}`,
  'Idempotency-Key': canary,
  Referer: `https://example.org/${canary}`,
  Tracestate: `a=${canary}`,
  'User-Agent': canary,
  'X-Delete-Token': canary,
  'X-Forwarded-For': canary,
  'X-Forwarded-Host': canary,
  'X-Request-Id': canary,
};

/** Requests of the four APIs that succeed. @returns What only their clients know. */
async function useEveryApi(): Promise<string[]> {
  const { hash_id, delete_token = '' } = await payloads.create(server, { delete_token: true });
  await payloads.read(server, hash_id, headers);
  await fetch(`${server.url}/p/${hash_id}`, { headers });
  await fetch(`${server.url}/raw/${hash_id}`, { headers });
  await fetch(`${server.url}/${canary}.txt`, { method: 'PUT', headers, body: 'x' });
  const { upload_id: inParts } = await begin(server, 1000);

  const guest = await putput.newClient(server.url);
  const presigned = await putput.presign(guest, { filename: `${canary}.txt` });
  const file = await putput.uploaded(guest);
  await putput.call(guest, 'GET', `/files/${file.id}`, undefined, headers);
  await fetch(String(file.public_url), { headers });

  const uploader = await uploadkit.newClient(server);
  const { fileId, uploadUrl } = await uploadkit.request(uploader);
  await uploadkit.uploaded(uploader);

  const client = await buckets.newClient(server);
  const { name } = await buckets.newBucket(client);
  await buckets.stored(client, name, `${canary}/object`, 'x', headers);
  const signed = await signedUrl(client, name, `${canary}/object`, 'GET');
  await fetch(signed, { headers });
  await send({ Authorization: `Bearer ${client.key}` });
  await send({ Authorization: `Bearer ${guest.token}` });
  await send({ 'x-api-key': uploader.key });
  const signatures = [presigned.presigned_url, uploadUrl, signed].map((url) => url.slice(-40));
  return [
    ...[canary, hash_id, delete_token, inParts, guest.token, presigned.upload_id, file.id, file.public_name],
    ...[uploader.key, fileId, client.key, name, ...signatures],
  ];
}

/** Sends every documented operation, with text of the client wherever it may be. */
async function send(credential: Record<string, string>): Promise<void> {
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  for (const [path, methods] of Object.entries(document.paths)) {
    const url = `${server.url}${path.replaceAll(/\{[^}]+\}/g, canary)}?${canary}=1&token=${canary}`;
    const sent = [...Object.keys(methods), 'options', canary].map((method) =>
      fetch(url, { method: method.toUpperCase(), headers: { ...headers, ...credential } }),
    );
    for (const response of await Promise.all(sent)) await response.bytes();
  }
  await fetch(`${server.url}/${canary}/${canary}`, { headers: { ...headers, ...credential } });
}

// docs/operations.md, "Traces".
test('spans and metrics have no ids, names, tokens, query strings or headers of requests', async () => {
  await send({});
  const secrets = await useEveryApi();
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: object };
  const last = `-${randomBytes(8).toString('hex')}`;
  expect((await fetch(`${server.url}/healthz`, { headers: { 'X-Request-Id': last } })).status).toBe(200);
  expect(await server.stop()).toBe(0);

  const answered = server.logs().match(/"msg":"request"/g)?.length;
  expect(collector.spans.length).toBe(answered ?? 0);
  expect(collector.spans.length).toBeGreaterThan(200);
  const sent = collector.requests.map(({ body }) => Buffer.from(body).toString('latin1')).join('\n');
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(6);
    expect([secret, sent.includes(secret), metrics.includes(secret)]).toEqual([secret, false, false]);
  }
  for (const span of collector.spans) {
    const { 'http.request.method': method, 'http.route': route } = span.attributes;
    expect(attributes).toEqual(expect.arrayContaining(Object.keys(span.attributes)));
    expect(span.name).toBe([method === '_OTHER' ? 'HTTP' : method, route].filter(Boolean).join(' '));
  }
  // Keys of objects may have slashes, and match the rest of a path.
  const routes = new Set(collector.spans.map((span) => span.attributes['http.route']));
  const documented = Object.keys(document.paths).map((path) => path.replaceAll(/\{([^}]+)\}/g, ':$1'));
  expect(documented.filter((path) => !path.includes(':key') && !routes.has(path))).toEqual([]);
});
