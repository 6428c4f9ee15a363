// A round trip with the client and the sealed format on Deno. Prints the result.
import process from 'node:process';
import { createClient, NetworkError } from '../../src/client/index.ts';
import { seal, sealedMediaType, sealedSize, unseal } from '../../src/encryption/index.ts';

const url = process.argv[2] ?? '';
const client = createClient({ url, retry: { firstDelayMs: 10, tries: 2 } });
const bytes = Uint8Array.from({ length: 9 * 1024 * 1024 + 3 }, (_, at) => (at * 31 + (at >> 12)) % 251);
const isWhole = async (stream: ReadableStream<Uint8Array>) => {
  const read = await new Response(stream as BodyInit).bytes();
  return read.length === bytes.length && read.every((byte, at) => byte === bytes[at]);
};

const small = await client.payloads.create('text', { name: 'ü.txt', maxReads: 2 });
const { name, counted } = await client.payloads.info(small.id);
const { content, readsLeft } = await client.payloads.getJson(small.id);

let sent = 0;
const parts = await client.payloads.upload(new Blob([bytes]), {
  onProgress: (now) => {
    sent = now.sent;
  },
});
const streamed = await client.payloads.upload({ stream: () => new Blob([bytes]).stream() });

const metadata = { name: 'secret.bin', type: 'application/x-secret' };
const sealed = await seal(new Blob([bytes]), metadata, { password: 'pass' });
const source = { size: sealedSize(bytes.length, metadata), stream: () => sealed.stream };
const shared = await client.payloads.upload(source, { type: sealedMediaType });
const received = await client.payloads.get(shared.id);
const opened = await unseal(received.stream, sealed.secret, { password: 'pass' });

const broken = {
  stream: () => new ReadableStream({ pull: (controller) => controller.error(new Error('disk')) }),
};
const failure = await client.payloads.upload(broken).catch((error) => error.message);
const away = await createClient({ url: 'http://127.0.0.1:9', retry: { tries: 1 } })
  .payloads.create('x')
  .catch((error) => error instanceof NetworkError);
const signal = AbortSignal.timeout(50);
const silent = {
  size: 9_000_000,
  stream: () => new ReadableStream({ pull: () => new Promise(() => undefined) }),
};
const aborted = await client.payloads.upload(silent, { signal }).catch((error) => error.name);

console.log(
  JSON.stringify({
    small: { name, counted, content, readsLeft },
    sent: sent === bytes.length,
    parts: await isWhole((await client.payloads.get(parts.id)).stream),
    streamed: await isWhole((await client.payloads.get(streamed.id)).stream),
    mediaType: received.mediaType,
    metadata: opened.metadata,
    sealed: await isWhole(opened.stream),
    failure,
    away,
    aborted,
  }),
);
