import { randomUUID } from 'node:crypto';
import { textOf } from './content.ts';

/** What a mix of clients does and sees. */
export type Mix = {
  /** Payloads whose creation was acknowledged and that nobody removes, by id. */
  kept: Map<string, string>;
  /** Ids of payloads whose deletion was acknowledged. */
  deleted: string[];
  /** Answers by kind of call and status. */
  statuses: Map<string, number>;
  /** What must never happen. */
  wrong: string[];
  /** The longest call (ms). */
  slowest: number;
};

export type Access = { urls: string[]; payloadKey: string; storageKey: string; buckets: string[] };

const sizes = [40, 700, 5000, 80_000] as const;
const keys = ['a', 'b', 'c/d', 'c/e', 'é', 'z'];

const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item;

/** Text that contains its own name and length, so that a reader can verify it. */
function labelled(label: string): string {
  const size = pick(sizes);
  const head = `${label} ${randomUUID()} ${size} `;
  return head + textOf(head, size);
}

function isWhole(text: string): boolean {
  const [head = '', size = ''] = /^\S+ \S+ (\d+) /.exec(text) ?? [];
  return text === head + textOf(head, Number(size));
}

export function newMix(): Mix {
  return { kept: new Map(), deleted: [], statuses: new Map(), wrong: [], slowest: 0 };
}

/** One client of a node that is chosen for each call. */
export class MixClient {
  readonly #mix: Mix;
  readonly #access: Access;

  constructor(mix: Mix, access: Access) {
    this.#mix = mix;
    this.#access = access;
  }

  async run(until: number): Promise<void> {
    const calls = [
      () => this.#keep(),
      () => this.#createOnce(),
      () => this.#readCounted(),
      () => this.#createAndDelete(),
      () => this.#createShort(),
      () => this.#uploadInParts(),
      () => this.#putObject(),
      () => this.#putObject(),
      () => this.#readObject(),
      () => this.#removeObject(),
      () => this.#copyObject(),
      () => this.#uploadObject(),
      () => this.#rereadKept(),
    ];
    while (Date.now() < until) {
      try {
        await pick(calls)();
      } catch (error) {
        if (!(error instanceof Refused)) this.#mix.wrong.push(String(error));
      }
    }
  }

  async call(kind: string, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { body, key, headers = {}, accept = [] } = options;
    const start = performance.now();
    const isJson = typeof body === 'object' && !(body instanceof Uint8Array);
    const response = await fetch(`${path.startsWith('http') ? '' : pick(this.#access.urls)}${path}`, {
      method,
      headers: {
        ...(key && { authorization: `Bearer ${key}` }),
        ...(isJson && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isJson ? JSON.stringify(body) : (body as BodyInit) }),
    });
    const text = await response.text();
    this.#mix.slowest = Math.max(this.#mix.slowest, performance.now() - start);
    const { status } = response;
    const counted = `${kind} ${status}`;
    this.#mix.statuses.set(counted, (this.#mix.statuses.get(counted) ?? 0) + 1);
    if (status >= 400 && status !== 503 && !accept.includes(status))
      this.#mix.wrong.push(`${kind} ${method} ${path}: ${status} ${text.slice(0, 300)}`);
    if (status === 503 || (status >= 400 && !accept.includes(status))) throw new Refused();
    return { status, text, headers: response.headers };
  }

  async #create(
    kind: string,
    content: string,
    terms: object,
    headers?: Record<string, string>,
  ): Promise<string> {
    const key = Math.random() < 0.4 ? this.#access.payloadKey : undefined;
    const body = { content, mime_type: 'text/plain', ...terms };
    return this.#createWith(kind, body, key, headers);
  }

  async #createWith(
    kind: string,
    body: object,
    key?: string,
    headers?: Record<string, string>,
  ): Promise<string> {
    const { text } = await this.call(kind, 'POST', '/api/v1/payloads', {
      body,
      ...(key && { key }),
      ...(headers && { headers }),
      accept: headers ? [409] : [],
    });
    return (JSON.parse(text) as { hash_id: string }).hash_id;
  }

  async #keep(): Promise<void> {
    const content = labelled('kept');
    const id = await this.#create('create', content, {});
    this.#mix.kept.set(id, content);
  }

  async #rereadKept(): Promise<void> {
    const known = [...this.#mix.kept];
    if (known.length === 0) return;
    const [id, content] = pick(known);
    const { text } = await this.call('read', 'GET', `/raw/${id}`);
    if (text !== content) this.#mix.wrong.push(`${id} is ${text.slice(0, 80)}`);
  }

  /** Repeats an idempotent create until it is acknowledged, also by two at once. */
  async #createOnce(): Promise<void> {
    const content = labelled('once');
    const key = Math.random() < 0.5 ? this.#access.payloadKey : undefined;
    const headers = { 'idempotency-key': randomUUID() };
    const body = { content, mime_type: 'text/plain' };
    const attempt = async (): Promise<string> => {
      for (let tries = 0; tries < 200; tries += 1) {
        const id = await this.#createWith('create once', body, key, headers).catch((error) => {
          if (!(error instanceof Refused)) throw error;
          return undefined;
        });
        if (id !== undefined) return id;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      throw new Error('an idempotent create never succeeded');
    };
    const ids = await Promise.all(Array.from({ length: Math.random() < 0.3 ? 2 : 1 }, attempt));
    if (new Set(ids).size !== 1) this.#mix.wrong.push(`${content.slice(0, 50)} has the ids ${ids}`);
    this.#mix.kept.set(ids[0] as string, content);
  }

  async #readCounted(): Promise<void> {
    const content = labelled('counted');
    const reads = 1 + Math.floor(Math.random() * 3);
    const id = await this.#create('create counted', content, { max_reads: reads });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        this.call('read counted', 'GET', `/raw/${id}`, { accept: [404] }).catch(() => undefined),
      ),
    );
    const served = answers.filter((answer) => answer?.status === 200);
    if (served.some((answer) => answer?.text !== content)) this.#mix.wrong.push(`${id} has other content`);
    const failed = answers.filter((answer) => answer === undefined).length;
    if (served.length > reads || served.length + failed < reads)
      this.#mix.wrong.push(`${id} was read ${served.length} of ${reads} times, ${failed} failed`);
  }

  async #createAndDelete(): Promise<void> {
    const id = await this.#create('create', labelled('deleted'), {});
    const removals = Array.from({ length: 2 }, () =>
      this.call('delete', 'DELETE', `/api/v1/payloads/${id}`, { accept: [404] }),
    );
    const outcomes = await Promise.allSettled(removals);
    const statuses = outcomes.map((each) => (each.status === 'fulfilled' ? each.value.status : 503));
    if (statuses.every((status) => status === 204)) this.#mix.wrong.push(`${id} was deleted twice`);
    if (!statuses.includes(503) && !statuses.includes(204)) this.#mix.wrong.push(`${id}: nobody deleted it`);
    if (statuses.includes(204)) this.#mix.deleted.push(id);
  }

  async #createShort(): Promise<void> {
    await this.#create('create', labelled('short'), { ttl: 1 + Math.floor(Math.random() * 2) });
  }

  async #uploadInParts(): Promise<void> {
    const content = Buffer.from(labelled('parts'));
    const key = Math.random() < 0.5 ? { key: this.#access.payloadKey } : {};
    const path = '/api/v1/payloads/uploads';
    const begun = await this.call('start upload', 'POST', path, {
      body: { size: content.length, mime_type: 'text/plain' },
      ...key,
    });
    type Begun = { upload_id: string; parts: { number: number; url: string }[] };
    const { upload_id, parts } = JSON.parse(begun.text) as Begun;
    const named = [];
    for (const { number, url } of parts) {
      const { headers } = await this.call('put part', 'PUT', url, { body: content });
      named.push({ number, etag: headers.get('etag') });
    }
    const chance = Math.random();
    if (chance < 0.2) return;
    if (chance < 0.4) {
      await this.call('abort upload', 'DELETE', `${path}/${upload_id}`, key);
      return;
    }
    const done = await this.call('complete upload', 'POST', `${path}/${upload_id}/complete`, {
      body: { parts: named },
      ...key,
    });
    this.#mix.kept.set((JSON.parse(done.text) as { hash_id: string }).hash_id, content.toString());
  }

  #object(): string {
    return `/v1/buckets/${pick(this.#access.buckets)}/objects/${encodeURIComponent(pick(keys))}`;
  }

  async #putObject(): Promise<void> {
    await this.call('put object', 'PUT', this.#object(), {
      body: Buffer.from(labelled('object')),
      key: this.#access.storageKey,
      headers: Math.random() < 0.4 ? { 'idempotency-key': randomUUID() } : {},
    });
  }

  async #readObject(): Promise<void> {
    const { status, text } = await this.call('get object', 'GET', this.#object(), {
      key: this.#access.storageKey,
      accept: [404],
    });
    if (status === 200 && !(text.startsWith('object ') && isWhole(text)))
      this.#mix.wrong.push(`an object is ${text.slice(0, 80)}`);
  }

  async #removeObject(): Promise<void> {
    const { storageKey: key, buckets } = this.#access;
    if (Math.random() < 0.6)
      await this.call('delete object', 'DELETE', this.#object(), { key, accept: [404] });
    else
      await this.call('delete objects', 'POST', `/v1/buckets/${pick(buckets)}/objects/batch-delete`, {
        key,
        body: { keys: [pick(keys), pick(keys), pick(keys)] },
      });
  }

  async #copyObject(): Promise<void> {
    await this.call('copy object', 'POST', `${this.#object()}/copy`, {
      key: this.#access.storageKey,
      body: { destinationKey: pick(keys) },
      accept: [404, 400],
    });
  }

  async #uploadObject(): Promise<void> {
    const { storageKey: key, buckets } = this.#access;
    const path = `/v1/buckets/${pick(buckets)}/uploads`;
    const begun = await this.call('start object', 'POST', path, { key, body: { key: pick(keys) } });
    const { uploadId } = JSON.parse(begun.text) as { uploadId: string };
    const parts = [];
    for (let repeat = 0; repeat < 2; repeat += 1) {
      const body = Buffer.from(labelled('object'));
      const part = await this.call('put object part', 'PUT', `${path}/${uploadId}/parts/1`, { key, body });
      parts[0] = JSON.parse(part.text);
    }
    const chance = Math.random();
    if (chance < 0.2) return;
    if (chance < 0.4) await this.call('abort object', 'DELETE', `${path}/${uploadId}`, { key });
    else await this.call('complete object', 'POST', `${path}/${uploadId}/complete`, { key, body: { parts } });
  }
}

type CallOptions = {
  body?: object | Uint8Array;
  key?: string;
  headers?: Record<string, string>;
  accept?: number[];
};
type Answer = { status: number; text: string; headers: Headers };

/** A call that failed as it may. */
class Refused extends Error {}
