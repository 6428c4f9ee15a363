import {
  answered,
  bucketPath,
  type CallOptions,
  type Client,
  call,
  newBucket,
  newBucketName,
  objectPath,
  stored,
} from './client.ts';
import { signedUrl } from './signed-client.ts';
import { sent, started, uploadPath } from './upload-client.ts';

/** A request that can be repeated. `headers` exclude the Idempotency-Key. */
export type Write = {
  method: string;
  path: string;
  options?: CallOptions;
  /** The status of the first response. */
  status: number;
  /** Needs no API key: the client address owns the Idempotency-Key. */
  isAnonymous?: boolean;
};

/** Every write of the bucket API, each on its own data. */
export const writes: Record<string, (client: Client) => Promise<Write>> = {
  'creating a bucket': async () => ({
    method: 'POST',
    path: '/v1/buckets',
    options: { json: { name: newBucketName() } },
    status: 201,
  }),
  'changing a bucket': async (client) => ({
    method: 'PATCH',
    path: bucketPath((await newBucket(client)).name),
    options: { json: { public: true } },
    status: 200,
  }),
  'deleting a bucket': async (client) => ({
    method: 'DELETE',
    path: bucketPath((await newBucket(client)).name),
    status: 204,
  }),
  'putting an object': async (client) => ({
    method: 'PUT',
    path: objectPath((await newBucket(client)).name, 'a'),
    options: { body: 'content', headers: { 'Content-Type': 'text/plain', 'x-meta-a': 'b', 'x-ttl': '1h' } },
    status: 201,
  }),
  'putting a large object': async (client) => ({
    method: 'PUT',
    path: objectPath((await newBucket(client)).name, 'a'),
    options: { body: 'x'.repeat(200_000) },
    status: 201,
  }),
  'putting an object by a signed URL': async (client) => {
    const url = await signedUrl(client, (await newBucket(client)).name, 'a', 'PUT');
    return {
      method: 'PUT',
      path: url.slice(client.url.length),
      options: { body: 'content' },
      status: 201,
      isAnonymous: true,
    };
  },
  'deleting an object': async (client) => {
    const { name } = await newBucket(client);
    await stored(client, name, 'a');
    return { method: 'DELETE', path: objectPath(name, 'a'), status: 204 };
  },
  'copying an object': async (client) => {
    const { name } = await newBucket(client);
    await stored(client, name, 'a');
    return {
      method: 'POST',
      path: `${objectPath(name, 'a')}/copy`,
      options: { json: { destinationKey: 'b' } },
      status: 201,
    };
  },
  'deleting many objects': async (client) => {
    const { name } = await newBucket(client);
    await stored(client, name, 'a');
    return {
      method: 'POST',
      path: `${bucketPath(name)}/objects/batch-delete`,
      options: { json: { keys: ['a', 'none'] } },
      status: 200,
    };
  },
  'starting an upload': async (client) => ({
    method: 'POST',
    path: `${bucketPath((await newBucket(client)).name)}/uploads`,
    options: { json: { key: 'a' } },
    status: 201,
  }),
  'sending a part': async (client) => ({
    method: 'PUT',
    path: `${uploadPath(await started(client, (await newBucket(client)).name))}/parts/1`,
    options: { body: 'content' },
    status: 200,
  }),
  'completing an upload': async (client) => {
    const upload = await started(client, (await newBucket(client)).name);
    const parts = [await sent(client, upload, 1, 'content')];
    return {
      method: 'POST',
      path: `${uploadPath(upload)}/complete`,
      options: { json: { parts } },
      status: 200,
    };
  },
  'aborting an upload': async (client) => ({
    method: 'DELETE',
    path: uploadPath(await started(client, (await newBucket(client)).name)),
    status: 204,
  }),
  'signing a URL': async (client) => ({
    method: 'POST',
    path: `${bucketPath((await newBucket(client)).name)}/sign`,
    options: { json: { key: 'a', method: 'GET', expiresIn: 60 } },
    status: 200,
  }),
  'issuing a key': async () => ({
    method: 'POST',
    path: '/v1/keys',
    options: { json: { name: 'once' } },
    status: 201,
  }),
  'revoking a key': async (client) => {
    const { id } = await answered<{ id: string }>(call(client, 'POST', '/v1/keys', { json: {} }), 201);
    return { method: 'DELETE', path: `/v1/keys/${id}`, status: 204 };
  },
  'creating a webhook': async () => ({
    method: 'POST',
    path: '/v1/webhooks',
    options: { json: { url: nobody } },
    status: 201,
  }),
  'changing a webhook': async (client) => ({
    method: 'PATCH',
    path: `/v1/webhooks/${await newWebhook(client)}`,
    options: { json: { active: false } },
    status: 200,
  }),
  'deleting a webhook': async (client) => ({
    method: 'DELETE',
    path: `/v1/webhooks/${await newWebhook(client)}`,
    status: 204,
  }),
  'delivering again': async (client) => {
    const id = await newWebhook(client, ['object.created']);
    await stored(client, (await newBucket(client)).name, 'a');
    const { data } = await answered<{ data: { id: string }[] }>(
      call(client, 'GET', `/v1/webhooks/${id}/deliveries`),
    );
    return {
      method: 'POST',
      path: `/v1/webhooks/${id}/deliveries/${data[0]?.id}/redeliver`,
      status: 202,
    };
  },
};

/** Nothing listens on this port. */
const nobody = 'http://127.0.0.1:1/hook';

async function newWebhook(client: Client, events = ['object.expired']): Promise<string> {
  const { id } = await answered<{ id: string }>(
    call(client, 'POST', '/v1/webhooks', { json: { url: nobody, events } }),
    201,
  );
  return id;
}
