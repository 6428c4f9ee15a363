import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Failure } from '../../src/core/failure.ts';
import { Places } from '../../src/core/limits/places.ts';
import { ProcessBudget } from '../../src/stores/budgets/process-budget.ts';
import { failureOf } from './failure-of.ts';
import { SettableTime } from './settable-time.ts';

const settings = { maxWaiting: 8, maxWait: 10_000, purpose: 'tests' };
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Work that runs until it is ended, in four places, of which each holder may have two. */
class Scene {
  readonly time = new SettableTime();
  readonly all: ProcessBudget;
  readonly holders = new ProcessBudget({ total: Number.POSITIVE_INFINITY, share: 2 });
  readonly places = new Places(settings, this.time.clock, this.time.timers);
  /** The holders whose work has begun, in order. */
  readonly begun: string[] = [];
  readonly #waiting: string[] = [];
  readonly #ends: { holder: string; end: (error?: Error) => void }[] = [];

  constructor(total = 4) {
    this.all = new ProcessBudget({ total, share: total });
  }

  start(holder: string): Promise<void> {
    const claims = [
      { budget: this.holders, holder },
      { budget: this.all, holder: 'all' },
    ];
    this.#waiting.push(holder);
    const isOver = () => void this.#waiting.splice(this.#waiting.indexOf(holder), 1);
    const work = this.places.during(holder, claims, () => {
      isOver();
      this.begun.push(holder);
      return new Promise<void>((resolve, reject) => {
        this.#ends.push({ holder, end: (error) => (error ? reject(error) : resolve()) });
      });
    });
    return work.catch((error) => {
      if (error instanceof Failure) isOver();
      throw error;
    });
  }

  waitingOf(holder: string): number {
    return this.#waiting.filter((each) => each === holder).length;
  }

  /** Ends the work that began first, of this holder if one is given. @returns Whether any runs. */
  async end(holder?: string, error?: Error): Promise<boolean> {
    const index = this.#ends.findIndex((each) => holder === undefined || each.holder === holder);
    const [ended] = index < 0 ? [] : this.#ends.splice(index, 1);
    ended?.end(error);
    await settled();
    return ended !== undefined;
  }

  get running(): string[] {
    return this.#ends.map(({ holder }) => holder);
  }
}

describe('places', () => {
  test('are taken immediately while they are free, and given back when the work ends or fails', async () => {
    const scene = new Scene();
    const one = scene.start('a');
    const two = scene.start('a').catch(({ message }) => message);
    await settled();
    expect(scene.running).toEqual(['a', 'a']);
    await scene.end('a');
    await scene.end('a', new Error('broken off'));
    expect(await Promise.all([one, two])).toEqual([undefined, 'broken off']);
    expect([scene.all.taken, scene.holders.taken, scene.time.running]).toEqual([0, 0, 0]);
  });

  test('keep one holder to its share while another begins at once', async () => {
    const scene = new Scene();
    for (const holder of ['a', 'a', 'a', 'b']) void scene.start(holder);
    await settled();
    expect(scene.running.toSorted()).toEqual(['a', 'a', 'b']);
    await scene.end('a');
    expect(scene.running.toSorted()).toEqual(['a', 'a', 'b']);
    expect(scene.begun.at(-1)).toBe('a');
  });

  test('go round among the waiting holders, however many calls one of them has in the queue', async () => {
    const scene = new Scene(1);
    void scene.start('first');
    await settled();
    for (const holder of ['a', 'a', 'a', 'a', 'b', 'c', 'b']) void scene.start(holder);
    while (await scene.end());
    expect(scene.begun).toEqual(['first', 'a', 'b', 'c', 'a', 'b', 'a', 'a']);
  });

  test('reject the newest call of the holder with most in the queue when too many wait', async () => {
    const scene = new Scene(1);
    const refused: string[] = [];
    const start = (holder: string) =>
      scene.start(holder).catch(({ code }) => {
        refused.push(`${holder} ${code}`);
      });
    for (let count = 0; count < 9; count += 1) void start('a');
    await settled();
    expect([scene.places.waiting, refused]).toEqual([8, []]);
    void start('b');
    await settled();
    expect([scene.places.waiting, refused]).toEqual([8, ['a rate_limited']]);
    await scene.end();
    await scene.end();
    expect(scene.begun).toEqual(['a', 'a', 'b']);
  });

  test('reject the last call if each holder waits with one', async () => {
    const scene = new Scene(1);
    const refused: string[] = [];
    for (const holder of 'abcdefghijk') {
      void scene.start(holder).catch(() => refused.push(holder));
      await settled();
    }
    expect(refused).toEqual(['j', 'k']);
  });

  test('notice what others gave back to the budgets, without a notification', async () => {
    const scene = new Scene(1);
    scene.all.take('all', 1);
    void scene.start('a');
    await settled();
    scene.all.giveBack('all', 1);
    await scene.time.advance(250);
    expect(scene.begun).toEqual(['a']);
  });

  test('reject calls that have waited for ten seconds, with Retry-After', async () => {
    const scene = new Scene(1);
    void scene.start('a');
    const waiting = failureOf(() => scene.start('b'));
    await settled();
    await scene.time.advance(9_999);
    expect(scene.places.waiting).toBe(1);
    await scene.time.advance(300);
    expect(await waiting).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 10 });
    expect([scene.places.waiting, scene.time.running]).toEqual([0, 0]);
  });

  test('pass on an error of a budget, and continue with the next call', async () => {
    const scene = new Scene(1);
    const broken = { take: () => Promise.reject(new Error('away')), giveBack: () => undefined };
    const claims = [
      { budget: scene.all, holder: 'all' },
      { budget: broken, holder: 'a' },
    ];
    expect(scene.places.during('a', claims, async () => undefined)).rejects.toThrow('away');
    void scene.start('a');
    await settled();
    expect(scene.begun).toEqual(['a']);
  });

  test('are all given back at the end, never exceed their number, and are not free while calls wait', async () => {
    const holders = ['a', 'b', 'c', 'd'];
    const holder = fc.constantFrom(...holders);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('start' as const), holder }),
      fc.record({ kind: fc.constant('end' as const), holder, fails: fc.boolean() }),
      fc.record({ kind: fc.constant('wait' as const), milliseconds: fc.nat(6000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const scene = new Scene();
        const works: Promise<unknown>[] = [];
        for (const each of steps) {
          if (each.kind === 'start') works.push(scene.start(each.holder).catch(() => undefined));
          else if (each.kind === 'end') await scene.end(each.holder, each.fails ? new Error('x') : undefined);
          else await scene.time.advance(each.milliseconds);
          await settled();
          const counts = holders.map((name) => scene.running.filter((h) => h === name).length);
          expect(Math.max(...counts)).toBeLessThanOrEqual(2);
          expect(scene.all.taken).toBe(scene.running.length);
          expect(scene.running.length).toBeLessThanOrEqual(4);
          expect(scene.places.waiting).toBeLessThanOrEqual(settings.maxWaiting);
          // A waiting holder already has its share, or no place is free.
          const waiting = holders.filter((name) => scene.waitingOf(name) > 0);
          const mayBegin = waiting.filter((name) => counts[holders.indexOf(name)] !== 2);
          if (scene.running.length < 4) expect(mayBegin).toEqual([]);
        }
        while (await scene.end());
        await Promise.all(works);
        expect([scene.all.taken, scene.holders.taken]).toEqual([0, 0]);
        expect([scene.places.waiting, scene.time.running]).toEqual([0, 0]);
      }),
      { numRuns: 50 },
    );
  });
});
