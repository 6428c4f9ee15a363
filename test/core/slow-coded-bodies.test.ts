import { describe, expect, test } from 'bun:test';
import { Bodies } from '../../src/core/bodies/bodies.ts';
import { BodyMemory } from '../../src/core/bodies/body-memory.ts';
import { BodyDecoding } from '../../src/core/coding/body-decoding.ts';
import type { Failure } from '../../src/core/failure.ts';
import { decoderPlaces, shortDecoderPlaces } from '../../src/core/limits/budget-sizes.ts';
import { ProcessBudget } from '../../src/stores/budgets/process-budget.ts';
import { SettableTime } from './settable-time.ts';

const KiB = 1024;
const noLimit = { total: Number.POSITIVE_INFINITY, share: Number.POSITIVE_INFINITY };
const mayPause = { account: undefined, isUpload: true, length: undefined, mayPause: true };
const idleLimit = { suspendIdleLimit: () => undefined, resumeIdleLimit: () => undefined };

/** Pipes whose bytes the test sends. A decoder passes them on unchanged. */
class Scene {
  readonly time = new SettableTime();
  readonly places = new ProcessBudget(decoderPlaces);
  readonly shortPlaces = new ProcessBudget(shortDecoderPlaces);
  readonly #bodies: Bodies;
  readonly #decoding: BodyDecoding;

  constructor() {
    const { clock, timers } = this.time;
    const budget = new ProcessBudget(noLimit);
    const memory = new BodyMemory(budget, budget);
    this.#bodies = new Bodies({ memory, uploadsOfClients: budget, uploadsOfAccounts: budget, clock }, timers);
    const decoder = {
      write: async function* (coded: Uint8Array) {
        yield coded;
      },
      end: async () => undefined,
      close: () => undefined,
    };
    const decoders = { open: () => decoder, close: async () => undefined };
    this.#decoding = new BodyDecoding(
      decoders,
      { short: this.shortPlaces, other: this.places },
      clock,
      timers,
    );
  }

  /** @param store Stores each piece of the content. */
  pipe(client: string, store: () => Promise<void> = async () => undefined, length?: number): Pipe {
    const received = this.#bodies.open({ client, ...mayPause, ...idleLimit, length });
    let arrive: (bytes: number) => void = () => undefined;
    const chunks = async function* () {
      for (;;) {
        const bytes = await received.wait(new Promise<number>((resolve) => (arrive = resolve)));
        if (bytes === 0) return received.complete();
        received.arrived(bytes);
        yield new Uint8Array(bytes);
      }
    };
    const body = { coding: 'gzip' as const, received, chunks: chunks(), limit: 1024 * 1024 * KiB };
    const decoded = this.#decoding.open(body, client);
    const pipe: Pipe = { state: 'open', send: (bytes) => arrive(bytes), end: () => arrive(0) };
    const read = async () => {
      for await (const _ of decoded.chunks) await store();
    };
    const ended = (state: string) => {
      pipe.state = state;
      decoded.close();
      received.end();
    };
    read().then(
      () => ended('stored'),
      ({ code }: Failure) => ended(code),
    );
    return pipe;
  }

  /** Eight pipes that have all decoders, with a few bytes each, of this number of clients. */
  async full({
    clients = 2,
    store,
  }: {
    clients?: number;
    store?: () => Promise<void>;
  } = {}): Promise<Pipe[]> {
    const pipes = Array.from({ length: 8 }, (_, index) => this.pipe(`full-${index % clients}`, store));
    await this.time.advance(0);
    for (const pipe of pipes) pipe.send(100);
    await this.time.advance(0);
    expect(this.places.taken).toBe(8);
    return pipes;
  }
}

type Pipe = { state: string; send(bytes: number): void; end(): void };

const statesOf = (pipes: Pipe[]) => pipes.map(({ state }) => state);
const countOf = (pipes: Pipe[], state: string) => statesOf(pipes).filter((each) => each === state).length;

describe('a decoder that another body waits for', () => {
  test('is taken from one silent pipe for each waiting body, and from no other', async () => {
    const scene = new Scene();
    const pipes = await scene.full();
    await scene.time.advance(50_000);
    expect(countOf(pipes, 'open')).toBe(8);
    for (const client of ['c', 'd']) {
      const next = scene.pipe(client);
      await scene.time.advance(1500);
      next.send(10);
      await scene.time.advance(0);
      next.end();
      await scene.time.advance(0);
      expect(next.state).toBe('stored');
    }
    // The second took the place that the first had left.
    await scene.time.advance(50_000);
    expect([countOf(pipes, 'request_timeout'), countOf(pipes, 'open')]).toEqual([1, 7]);
  });

  test('is a different one if the body is announced as short', async () => {
    const scene = new Scene();
    const pipes = await scene.full({ clients: 8 });
    const short = Array.from({ length: 5 }, (_, index) => scene.pipe(`short ${index}`, undefined, 64 * KiB));
    await scene.time.advance(0);
    for (const pipe of short) pipe.send(100);
    await scene.time.advance(0);
    expect([scene.places.taken, scene.shortPlaces.taken]).toEqual([8, 4]);
    // One that sends nothing more is ended for the last.
    await scene.time.advance(4000);
    expect([countOf(short, 'request_timeout'), countOf(short, 'open'), countOf(pipes, 'open')]).toEqual([
      1, 4, 8,
    ]);
  });

  test('is given to all concurrently waiting bodies, one place each', async () => {
    const scene = new Scene();
    const pipes = await scene.full();
    await scene.time.advance(3000);
    const next = ['c', 'd', 'e'].map((client) => scene.pipe(client));
    await scene.time.advance(1500);
    expect([countOf(pipes, 'request_timeout'), countOf(next, 'open')]).toEqual([3, 3]);
    expect(scene.places.taken).toBe(8);
  });

  test('is taken from the slowest pipe, and a byte in each second does not help', async () => {
    const scene = new Scene();
    const pipes = await scene.full();
    const next = scene.pipe('c');
    for (let second = 0; second < 4; second += 1) {
      for (const [index, pipe] of pipes.entries()) pipe.send(index === 5 ? 1 : 20 * KiB);
      await scene.time.advance(1000);
    }
    expect(statesOf(pipes).indexOf('request_timeout')).toBe(5);
    expect([countOf(pipes, 'open'), next.state]).toEqual([7, 'open']);
  });

  test.each([
    ['16 KiB in each second, if each client has one', 8, 17],
    ['256 KiB in each second, if two clients have all', 2, 257],
  ])('stays with pipes that send %s', async (_, clients, kibibytes) => {
    const scene = new Scene();
    const pipes = await scene.full({ clients });
    const next = scene.pipe('c');
    for (let second = 0; second < 12; second += 1) {
      for (const pipe of pipes) pipe.send(kibibytes * KiB);
      await scene.time.advance(1000);
    }
    expect([countOf(pipes, 'open'), next.state]).toEqual([8, 'rate_limited']);
  });

  test('is taken after 5 s from a client with several that sends 255 KiB in each second', async () => {
    const scene = new Scene();
    const pipes = await scene.full();
    const next = scene.pipe('c');
    const openAfter = [];
    for (let second = 0; second < 7; second += 1) {
      for (const pipe of pipes) pipe.send(255 * KiB);
      await scene.time.advance(1000);
      openAfter.push(countOf(pipes, 'open'));
    }
    expect(openAfter.slice(0, 4)).toEqual([8, 8, 8, 8]);
    expect([openAfter.at(-1), next.state]).toEqual([7, 'open']);
  });

  test('stays with a body that waits for the store', async () => {
    const scene = new Scene();
    const pipes = await scene.full({ store: () => new Promise(() => undefined) });
    const next = scene.pipe('c');
    await scene.time.advance(12_000);
    expect([countOf(pipes, 'open'), next.state]).toEqual([8, 'rate_limited']);
  });

  test('comes from the same client if that has its share', async () => {
    const scene = new Scene();
    const others = [scene.pipe('b'), scene.pipe('b')];
    const own = Array.from({ length: 4 }, () => scene.pipe('a'));
    await scene.time.advance(3000);
    const next = scene.pipe('a');
    await scene.time.advance(1500);
    expect([countOf(others, 'open'), countOf(own, 'open'), next.state]).toEqual([2, 3, 'open']);
    expect(scene.places.taken).toBe(6);
  });
});
