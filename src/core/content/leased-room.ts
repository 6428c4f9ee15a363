import type { Failure } from '../failure.ts';
import { repeatIfUnknown } from '../outcome-unknown.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { RoomInUse, RoomKind, RoomLeases } from '../ports/content/room-leases.ts';
import type { Room, ServerRoom } from './room.ts';

/** A node leases at most this much more than its requests need (bytes). */
const maxSpare = 64 * 1024 * 1024;
/** And at most this part of what is left, so that little stays unused in leases near the limit. */
const spareShare = 1 / 16;
/** How long a lease lasts (ms), and when it is renewed at the latest. */
const leaseTime = 30_000;
const renewAfter = leaseTime / 3;
/** With less than this left (bytes), the other nodes should soon see what a node has stored or does not use. */
const scarce = 64 * maxSpare;
/** How often a node looks whether to renew its lease (ms). */
const checkInterval = 1000;
/** How much later the other nodes end a lease (ms), since clocks differ a little. */
const guard = 2000;
/** How long a reading of what is left may serve announcements and metrics (ms). */
const readingTtl = 1000;
/** The least time between two renewals after a refusal (ms), for which requests wait. */
const fullWait = 50;

type LeasedRoomDeps = {
  leases: RoomLeases;
  kind: RoomKind;
  /** The id of this node. */
  holder: string;
  /** The maximum of the stored bytes; 0 rejects empty content too. */
  limit: number;
  /** What content in a row takes in addition to its own bytes. */
  rowBytes: number;
  refusal: () => Failure;
  clock: Clock;
  timers: Timers;
};

/**
 * Room under a limit that all nodes of a database share. A node admits bytes within its lease, and asks the database
 * only for more. A lease covers what is in flight (`admitted`), what was settled since the last renewal and is perhaps
 * stored (`spent`), and what is free. Only a node that was stopped for longer than its lease can exceed the limit, by
 * the bytes that were in flight.
 */
export class LeasedRoom implements Room, ServerRoom {
  readonly rowBytes: number;
  readonly #deps: LeasedRoomDeps;
  readonly #stopRenewing: () => void;
  /** The size and the end of the lease. */
  #lease = 0;
  #until = Number.NEGATIVE_INFINITY;
  #admitted = 0;
  #spent = 0;
  /** Whether bytes were admitted since the last renewal. */
  #isUsed = false;
  /** What each waiting request needs. */
  #needs: number[] = [];
  /** What the last renewal left for all nodes, and its time. */
  #left = 0;
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** Whether a request was refused since the last renewal. */
  #isFull = false;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(deps: LeasedRoomDeps) {
    this.#deps = deps;
    this.rowBytes = deps.rowBytes;
    this.#stopRenewing = deps.timers.every(checkInterval, () => {
      // If this fails, the lease ends, and the next request reports why.
      if (this.#isDue()) this.#renew().catch(() => undefined);
    });
  }

  admit(bytes: number): void | Promise<void> {
    if (!this.#has(bytes)) return this.#admitLater(bytes);
    this.#take(bytes);
  }

  look(bytes: number): void | Promise<void> {
    if (!this.#has(bytes)) return this.#lookAgain(bytes);
  }

  async room(): Promise<{ byStorage: number; byDisk: number }> {
    await this.#refresh();
    return { byStorage: this.#free + this.#left, byDisk: Number.POSITIVE_INFINITY };
  }

  written(): void {
    // Nothing is on this machine's disk.
  }

  settle(admitted: number): void {
    this.#admitted -= admitted;
    this.#spent += admitted;
  }

  giveBack(admitted: number): void {
    this.#admitted -= admitted;
  }

  /** Gives the lease back. Call it when nothing is in flight. */
  async close(): Promise<void> {
    this.#stopRenewing();
    await (this.#next ?? this.#running)?.catch(() => undefined);
    if (this.#lease === 0) return;
    this.#lease = 0;
    // Without the database, the lease ends by time.
    await this.#deps.leases.end(this.#deps.kind, this.#deps.holder).catch(() => undefined);
  }

  get #free(): number {
    return this.#lease - this.#admitted - this.#spent;
  }

  #has(bytes: number): boolean {
    return bytes <= this.#free && this.#deps.clock() < this.#until && this.#deps.limit > 0;
  }

  async #admitLater(bytes: number): Promise<void> {
    if (this.#deps.limit === 0) throw this.#refusal();
    for (;;) {
      await this.#renew(bytes);
      if (this.#has(bytes)) break;
      // Otherwise other requests took what was leased for this one.
      if (bytes > this.#free + this.#left) throw this.#refusal();
    }
    this.#take(bytes);
  }

  #take(bytes: number): void {
    this.#admitted += bytes;
    this.#isUsed = true;
  }

  async #lookAgain(bytes: number): Promise<void> {
    if (this.#deps.limit === 0) throw this.#refusal();
    await this.#refresh();
    if (bytes <= this.#free + this.#left) return;
    await this.#renew();
    if (bytes > this.#free + this.#left) throw this.#refusal();
  }

  #refusal(): Failure {
    this.#isFull = true;
    return this.#deps.refusal();
  }

  async #refresh(): Promise<void> {
    if (this.#age() >= readingTtl) await this.#renew();
  }

  /** The time since the last renewal (ms). A clock that was set back says nothing about it. */
  #age(): number {
    const age = this.#deps.clock() - this.#renewedAt;
    return age >= 0 ? age : Number.POSITIVE_INFINITY;
  }

  /** Whether the lease is to be renewed without a request that needs it. */
  #isDue(): boolean {
    if (this.#age() >= renewAfter) return this.#lease > 0;
    return this.#left < scarce && this.#lease > this.#admitted;
  }

  /** Renews the lease in a transaction that begins after this call. Calls that wait for one share it. */
  #renew(needed?: number): Promise<void> {
    if (needed !== undefined) this.#needs.push(needed);
    this.#next ??= this.#renewNext();
    return this.#next;
  }

  async #renewNext(): Promise<void> {
    await this.#running?.catch(() => undefined);
    const wait = fullWait - this.#age();
    if (this.#isFull && wait > 0) await this.#deps.timers.sleep(wait);
    this.#next = undefined;
    this.#running = this.#renewNow();
    await this.#running;
  }

  async #renewNow(): Promise<void> {
    const { leases, kind, holder, clock } = this.#deps;
    const now = clock();
    const needs = this.#needs;
    this.#needs = [];
    this.#isFull = false;
    // These bytes are in the counters of the database, or gone.
    const released = this.#spent;
    const isUsed = this.#isUsed;
    this.#isUsed = false;
    // Others may have leased what was free.
    if (now >= this.#until) this.#lease = this.#admitted + this.#spent;
    let lease = 0;
    let left = 0;
    const decide = ({ stored, leased }: RoomInUse): number => {
      const free = this.#free;
      const room = this.#deps.limit - stored - leased - (this.#lease - released - free);
      const needed = sumWithin(room, needs);
      const spare = spareOf(room - needed);
      const mayKeep = isUsed ? Math.min(free, spare) : 0;
      const nextFree = needed > 0 ? needed + spare : mayKeep;
      left = Math.max(0, room - nextFree);
      // It shrinks here before it does in the database, and grows after that.
      if (nextFree < free) this.#lease -= free - nextFree;
      lease = this.#lease - released + Math.max(0, nextFree - free);
      return lease;
    };
    const until = now + leaseTime + guard;
    await repeatIfUnknown(() => leases.renew({ kind, holder, now, until }, decide));
    this.#lease = lease;
    this.#spent -= released;
    this.#until = now + leaseTime;
    this.#left = left;
    this.#renewedAt = now;
  }
}

/** What a node may hold for requests to come, if this much room is left (bytes). */
function spareOf(room: number): number {
  return Math.max(0, Math.min(maxSpare, Math.floor(room * spareShare)));
}

/** The sum of the needs that fit into the room, in their order. */
function sumWithin(room: number, needs: readonly number[]): number {
  return needs.reduce((sum, need) => (sum + need <= room ? sum + need : sum), 0);
}
