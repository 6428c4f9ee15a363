import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BucketClient,
  createBucket,
  deleteObject,
  getObject,
  putObject,
} from '../faults/bucket-requests.ts';
import { bytesOf, textOf } from '../faults/content.ts';
import { type Content, ObjectLedger } from '../faults/object-ledger.ts';
import { post, put, readRaw, remove, statusOf } from '../faults/requests.ts';
import type { NodesOnDatabase } from '../support/cluster.ts';
import type { MayflyProcess } from '../support/mayfly-process.ts';
import { createOnce } from './idempotent-create.ts';

/** Statuses that a client must expect while something is away: of a proxy, of a store, of a lock. */
const away = [409, 502, 503, 504];
/** A call that takes longer than this hangs (ms): more than the deadline of a statement and its repetition. */
const patience = 30_000;
const bucket = 'under-load';
const inlineSize = 1500;
const blobSize = 80 * 1024;
const readsOfCounted = 3;

/** How often a counted payload was read, and how often a read failed and may have been counted. */
type Reads = { content: string; served: number; uncertain: number };

/** What the clients need of a cluster. */
type Place = Pick<NodesOnDatabase, 'url' | 'nodes' | 'command'>;

/** Clients that write over all nodes of a cluster and record what was acknowledged, and what must never happen. */
export class Load {
  readonly #cluster: Place;
  readonly #tolerated: number[];
  readonly #key: string;
  readonly #kept = new Map<string, Content>();
  readonly #deleted = new Set<string>();
  readonly #counted = new Map<string, Reads>();
  readonly #objects = new ObjectLedger();
  /** How many of the above, in their order, `losses` has checked. */
  #checked = { kept: 0, deleted: 0, objects: 0 };
  #rounds = 0;
  #names = 0;
  /** Wrong bytes, unexpected statuses, calls that hang. */
  readonly problems: string[] = [];
  /** Failed calls by status, 0 for a broken connection. */
  readonly failures: Record<number, number> = {};
  acknowledged = 0;
  /** The longest call (ms). */
  slowest = 0;
  /** Where the clients send their calls: the proxy of the cluster. */
  url: string;

  private constructor(cluster: Place, key: string, tolerated: number[]) {
    this.#cluster = cluster;
    this.url = cluster.url;
    this.#key = key;
    this.#tolerated = [...away, ...tolerated];
  }

  /** @param tolerated Statuses that may occur in addition to those of an outage. */
  static async prepare(cluster: Place, tolerated: number[] = []): Promise<Load> {
    const key = await cluster.command('keys', 'create', '--kind', 'storage', '--account', 'acme');
    await createBucket({ url: cluster.url, key }, bucket);
    return new Load(cluster, key, tolerated);
  }

  /**
   * Writes with `writers` clients through the proxy while `fault` runs.
   *
   * @param settle How long they continue after it (ms).
   * @param pause How long each waits after a call (ms).
   */
  async during(fault: () => Promise<void>, { writers = 16, settle = 300, pause = 0 } = {}): Promise<void> {
    const round = this.#rounds++;
    let isOver = false;
    const clients = Array.from({ length: writers }, (_, writer) =>
      this.#work(`${round}/${writer}`, writer, pause, () => isOver),
    );
    try {
      await fault();
      await sleep(settle);
    } finally {
      isOver = true;
      await Promise.all(clients);
    }
  }

  /**
   * Everything acknowledged since the last call, or ever, that is not there as it was acknowledged. Each is asked for on
   * one node, in turn.
   */
  async losses(since: 'last call' | 'ever' = 'last call'): Promise<string[]> {
    const lost: string[] = [];
    const checks: (() => Promise<string | undefined>)[] = [];
    const urlOf = (turn: number) => {
      const { nodes } = this.#cluster;
      return nodes[turn % nodes.length]?.url ?? '';
    };
    const checked = since === 'ever' ? { kept: 0, deleted: 0, objects: 0 } : this.#checked;
    const [kept, deleted, { keys }] = [[...this.#kept], [...this.#deleted], this.#objects];
    for (const [turn, [id, { name, size }]] of kept.slice(checked.kept).entries())
      checks.push(async () => {
        const found = await readRaw(urlOf(turn), id);
        return found.equals(contentOf(name, size)) ? undefined : `${id} has other bytes`;
      });
    for (const [turn, id] of deleted.slice(checked.deleted).entries())
      checks.push(async () => {
        const status = await statusOf(`${urlOf(turn)}/raw/${id}`);
        return status === 404 ? undefined : `${id} was deleted, and now gets ${status}`;
      });
    for (const [turn, key] of keys.slice(checked.objects).entries())
      checks.push(async () =>
        this.#objects.settle(key, await getObject({ ...this.#client, url: urlOf(turn) }, bucket, key)),
      );
    this.#checked = { kept: kept.length, deleted: deleted.length, objects: keys.length };
    for (const [id, reads] of this.#counted) checks.push(() => this.#wrongReads(id, reads));
    this.#counted.clear();
    const work = async () => {
      for (let check = checks.pop(); check; check = checks.pop()) {
        const problem = await check().catch(String);
        if (problem !== undefined) lost.push(problem);
      }
    };
    await Promise.all(Array.from({ length: 16 }, work));
    return lost;
  }

  get #client(): BucketClient {
    return { url: this.url, key: this.#key };
  }

  async #work(name: string, writer: number, pause: number, isOver: () => boolean): Promise<void> {
    const actions = [
      () => this.#keep(`${name}/inline`, inlineSize),
      () => this.#object(`${name}/object`),
      () => this.#keepOnce(`${name}/once`),
      () => this.#keep(`${name}/blob`, blobSize),
      () => this.#delete(`${name}/deleted`),
      () => this.#count(`${name}/counted`),
    ];
    for (let count = writer; !isOver(); count += 1) {
      const began = performance.now();
      try {
        const call = actions[count % actions.length]?.();
        await Promise.race([call, sleep(patience, undefined, { ref: false }).then(hangs)]);
        this.acknowledged += 1;
        if (pause > 0) await sleep(pause);
      } catch (error) {
        this.#failed(error);
        // A client that is refused waits a little.
        await sleep(50);
      }
      this.slowest = Math.max(this.slowest, performance.now() - began);
    }
  }

  #failed(error: unknown): void {
    const { message } = error instanceof Error ? error : new Error(String(error));
    const status = Number(/^(?:\w+: )?(\d{3}) /.exec(message)?.[1] ?? 0);
    const isBroken = status === 0 && !(error instanceof Wrong);
    if (!isBroken && !this.#tolerated.includes(status)) {
      const logged = status === 500 ? this.#cluster.nodes.flatMap((node) => lastFault(node) ?? []) : [];
      this.problems.push([message, ...logged].join('\n'));
    }
    this.failures[status] = (this.failures[status] ?? 0) + 1;
  }

  /** A name that no earlier call had, also if its write failed: it may have taken effect. */
  #unique(name: string): string {
    this.#names += 1;
    return `${name} ${this.#names}`;
  }

  async #keep(name: string, size: number): Promise<void> {
    const unique = this.#unique(name);
    const content = contentOf(unique, size);
    const { url } = this;
    const id = await (size === inlineSize ? post(url, { content: String(content) }) : put(url, content));
    this.#kept.set(id, { name: unique, size });
    // What was written on one node is there on any.
    this.#expectBytes(id, await readRaw(url, id), content);
  }

  async #keepOnce(name: string): Promise<void> {
    const unique = this.#unique(name);
    const id = await createOnce(this.url, unique, String(contentOf(unique, inlineSize)));
    this.#kept.set(id, { name: unique, size: inlineSize });
  }

  async #delete(name: string): Promise<void> {
    const id = await post(this.url, {
      content: textOf(this.#unique(name), inlineSize),
    });
    // A payload whose deletion is not acknowledged may exist or not, so it is not checked.
    await remove(this.url, id);
    this.#deleted.add(id);
  }

  async #count(name: string): Promise<void> {
    const content = textOf(this.#unique(name), inlineSize);
    const id = await post(this.url, { content, max_reads: readsOfCounted });
    const reads = { content, served: 0, uncertain: 0 };
    this.#counted.set(id, reads);
    try {
      const found = await readOnce(this.url, id);
      reads.served += 1;
      this.#expectBytes(id, found, Buffer.from(content));
    } catch (error) {
      reads.uncertain += 1;
      throw error;
    }
  }

  /** Takes the reads that are left of a counted payload. */
  async #wrongReads(id: string, { content, served, uncertain }: Reads): Promise<string | undefined> {
    const { nodes } = this.#cluster;
    let left = 0;
    for (;;) {
      const response = await fetch(`${nodes[left % nodes.length]?.url}/raw/${id}`);
      const body = await response.text();
      if (response.status === 404) break;
      if (response.status !== 200 || body !== content) return `${id} was counted: ${response.status} ${body}`;
      left += 1;
    }
    const most = readsOfCounted - served;
    if (left <= most && left >= most - uncertain) return undefined;
    return `${id}: ${served} reads of ${readsOfCounted}, ${uncertain} uncertain, and then ${left}`;
  }

  async #object(key: string): Promise<void> {
    const write = async (content: Content) =>
      this.#objects.changing([key], content, () =>
        putObject(this.#client, bucket, key, bytesOf(content.name, content.size)),
      );
    await write({ name: `${key} ${this.acknowledged}`, size: inlineSize });
    await write({ name: `${key} ${this.acknowledged} again`, size: blobSize });
    const found = await getObject(this.#client, bucket, key);
    const problem = this.#objects.settle(key, found);
    if (problem !== undefined) throw new Wrong(problem);
    if (this.acknowledged % 4 === 0)
      await this.#objects.changing([key], undefined, () => deleteObject(this.#client, bucket, key));
  }

  #expectBytes(id: string, found: Buffer, content: Buffer): void {
    if (!found.equals(content)) throw new Wrong(`${id}: other bytes than its own`);
  }
}

/** What must not happen, whatever fails. */
class Wrong extends Error {}

function hangs(): never {
  throw new Wrong(`a call took more than ${patience} ms`);
}

/**
 * The bytes at /raw, over a connection of its own: on one that was used before, `fetch` repeats a request if the
 * connection closes, and each repetition counts as a read.
 */
async function readOnce(url: string, id: string): Promise<Buffer> {
  const response = await fetch(`${url}/raw/${id}`, { keepalive: false });
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`${response.status} ${body}`);
  return body;
}

function contentOf(name: string, size: number): Buffer {
  return size === inlineSize ? Buffer.from(textOf(name, size)) : bytesOf(name, size);
}

/** The last line that a node logged about a fault, which its answer does not explain. */
function lastFault(node: MayflyProcess): string | undefined {
  return node
    .logs()
    .split('\n')
    .findLast((line) => line.startsWith('{"level":50'));
}
