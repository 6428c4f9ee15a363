/** The shard of a payload: the first 12 random bits of its id, which follow its first two digits. */
export const shardCount = 4096;

export function shardOfId(id: string): number {
  return Number.parseInt(id.slice(2, 5), 16);
}

/** Where the payloads of a shard are. Times are seconds. */
type Entry = {
  /** The cluster of new payloads. */
  now: number;
  /** The cluster of older ones, until the last of them has expired. */
  before: { cluster: number; until: number } | undefined;
};

/**
 * The map from shards to clusters, which is a table of PostgreSQL that every node reads. Nothing is ever moved: a shard
 * that gets another cluster keeps the old one as `before` until its last payload has expired.
 */
export class ShardMap {
  readonly #entries: Entry[];
  readonly #maxTtl: number;
  #clusters = 1;

  /** @param maxTtl The longest TTL of a payload (s). */
  constructor(maxTtl: number) {
    this.#maxTtl = maxTtl;
    this.#entries = Array.from({ length: shardCount }, () => ({ now: 0, before: undefined }));
  }

  get clusters(): number {
    return this.#clusters;
  }

  /** The cluster that stores a new payload. */
  clusterOfNew(shard: number): number {
    return this.#entry(shard).now;
  }

  /** The share of new payloads that each cluster gets. */
  sharesOfNew(): number[] {
    const shares = new Array<number>(this.#clusters).fill(0);
    for (const { now } of this.#entries) shares[now] = (shares[now] ?? 0) + 1 / shardCount;
    return shares;
  }

  /** The clusters to ask for a payload, in this order: none can be in another. */
  clustersOf(shard: number, time: number): number[] {
    const { now, before } = this.#entry(shard);
    return before === undefined || before.until <= time ? [now] : [now, before.cluster];
  }

  /** Adds clusters, and assigns them shards of the others, so that each has an equal part. */
  addClusters(count: number, time: number): void {
    const first = this.#clusters;
    this.#clusters += count;
    const share = Math.floor(shardCount / this.#clusters);
    const owned = Map.groupBy(this.#entries.keys(), (shard) => this.#entry(shard).now);
    let turn = 0;
    for (const shards of owned.values())
      for (const shard of shards.slice(share)) this.assign(shard, first + (turn++ % count), time);
  }

  /** Assigns all shards of a cluster to the others, so that it is empty once its payloads have expired. */
  drain(cluster: number, time: number): void {
    const others = Array.from({ length: this.#clusters }, (_, index) => index).filter(
      (index) => index !== cluster,
    );
    let turn = 0;
    for (const [shard, { now }] of this.#entries.entries())
      if (now === cluster) this.assign(shard, others[turn++ % others.length] as number, time);
  }

  /** @throws if the shard still has payloads in a third cluster, which the map could not name */
  assign(shard: number, cluster: number, time: number): void {
    const entry = this.#entry(shard);
    if (entry.before !== undefined && entry.before.until > time)
      throw new Error(`shard ${shard} has payloads in two clusters until ${entry.before.until}`);
    this.#entries[shard] = { now: cluster, before: { cluster: entry.now, until: time + this.#maxTtl } };
  }

  #entry(shard: number): Entry {
    return this.#entries[shard] as Entry;
  }
}
