import { setTimeout as sleep } from 'node:timers/promises';
import { textOf } from '../faults/content.ts';
import { post } from '../faults/requests.ts';
import type { MayflyProcess } from '../support/mayfly-process.ts';
import { waitFor } from '../support/wait-for.ts';

type Kind = 'write' | 'read' | 'readiness';

/** What a client saw: a successful response, a refusal, or a problem. Times in ms. */
type Observed = { node: number; kind: Kind; at: number; took: number; isDone: boolean; problem?: string };

const kinds: Kind[] = ['write', 'read', 'readiness'];
/** A read is repeated after more than `CACHE_SECONDS`, so that none comes from a cache. */
const readsBeforeRepeat = 60;
const pause = 50;

/** Clients that call each node all the time, and record how an outage of the database looks to them. */
export class Outage {
  readonly #nodes: MayflyProcess[];
  readonly #observed: Observed[] = [];
  readonly #clients: Promise<void>[];
  #isOver = false;

  private constructor(nodes: MayflyProcess[], ids: string[]) {
    this.#nodes = nodes;
    this.#clients = nodes.flatMap((_, node) => kinds.map((kind) => this.#call(node, kind, ids)));
  }

  static async watch(nodes: MayflyProcess[]): Promise<Outage> {
    const [first] = nodes;
    const create = (_: unknown, index: number) =>
      post(first?.url ?? '', { content: textOf(`read during an outage ${index} ${Math.random()}`, 1500) });
    return new Outage(nodes, await Promise.all(Array.from({ length: readsBeforeRepeat }, create)));
  }

  /** Waits until every node has answered a call of each kind that began from now on. */
  async untilOver(): Promise<void> {
    const now = performance.now();
    const isBack = (node: number, kind: Kind) =>
      this.#of(node, kind).some(({ isDone, at, took }) => isDone && at - took > now);
    await waitFor(
      'the end of the outage',
      () => this.#nodes.every((_, node) => kinds.every((kind) => isBack(node, kind))),
      { timeoutMs: 120_000 },
    );
  }

  /** Ends the calls. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  /** What no client may get: another status, or 503 without `Retry-After` or in another shape. */
  get problems(): string[] {
    return this.#observed.flatMap(({ node, problem }) => (problem ? [`node ${node}: ${problem}`] : []));
  }

  /** The kinds of calls that were refused on each node. */
  get refused(): Kind[][] {
    const isRefused = (node: number, kind: Kind) =>
      this.#of(node, kind).some(({ isDone, problem }) => !isDone && !problem);
    return this.#nodes.map((_, node) => kinds.filter((kind) => isRefused(node, kind)));
  }

  /** The longest call (ms). */
  get slowest(): number {
    return Math.max(...this.#observed.map(({ took }) => took));
  }

  /** The longest time without a write on each node (ms). */
  get gaps(): number[] {
    return this.#nodes.map((_, node) => {
      const times = this.#of(node, 'write').flatMap(({ isDone, at }) => (isDone ? [at] : []));
      return Math.round(Math.max(...times.map((at, index) => at - (times[index - 1] ?? at))));
    });
  }

  #of(node: number, kind: Kind): Observed[] {
    return this.#observed.filter((each) => each.node === node && each.kind === kind);
  }

  async #call(node: number, kind: Kind, ids: string[]): Promise<void> {
    const url = this.#nodes[node]?.url ?? '';
    for (let count = node * 20; !this.#isOver; count += 1) {
      const began = performance.now();
      const outcome = await send(url, kind, ids[count % ids.length] ?? '', `${node} ${count}`)
        .then((response) => outcomeOf(kind, response))
        .catch((error: unknown) => ({ isDone: false, problem: String(error) }));
      const at = performance.now();
      this.#observed.push({ node, kind, at, took: at - began, ...outcome });
      await sleep(pause);
    }
  }
}

function send(url: string, kind: Kind, id: string, name: string): Promise<Response> {
  if (kind === 'readiness') return fetch(`${url}/readyz`);
  if (kind === 'read') return fetch(`${url}/api/v1/payloads/${id}`);
  const content = textOf(`written during an outage ${name} ${Math.random()}`, 1500);
  return fetch(`${url}/api/v1/payloads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mime_type: 'text/plain', content }),
  });
}

/** The shape of a 503: docs/contract/shared.md, "Errors" and "The server itself". */
async function outcomeOf(kind: Kind, response: Response): Promise<{ isDone: boolean; problem?: string }> {
  const text = await response.text();
  if (response.status === (kind === 'write' ? 201 : 200)) return { isDone: true };
  const retryAfter = response.headers.get('retry-after') ?? '';
  if (response.status !== 503 || !/^[1-9]\d*$/.test(retryAfter))
    return { isDone: false, problem: `${kind}: ${response.status}, Retry-After ${retryAfter}: ${text}` };
  const body = JSON.parse(text) as { error?: unknown; status?: unknown };
  const isInShape = kind === 'readiness' ? body.status === 'unavailable' : typeof body.error === 'string';
  return { isDone: false, ...(!isInShape && { problem: `${kind}: ${text}` }) };
}
