import { describe, expect, test } from 'bun:test';
import { Registry } from 'prom-client';
import { storeAway } from '../../src/core/failure.ts';
import { DatabaseMetrics, labelOf } from '../../src/observe/database-metrics.ts';
import { Histogram } from '../../src/observe/histogram.ts';
import { MergedMetrics } from '../../src/observe/merged-metrics.ts';
import { Metrics } from '../../src/observe/metrics.ts';

describe('a gauge', () => {
  test('whose store is away is absent, and the others are there', async () => {
    const metrics = new Metrics();
    let isAway = false;
    metrics.clusterGauge('rows', 'Rows', async () => {
      if (isAway) throw storeAway();
      return 7;
    });
    metrics.gauge('requests', 'Requests', () => 3);
    expect(await metrics.text()).toMatch(/^requests 3$.*^rows 7$/ms);
    isAway = true;
    const text = await metrics.text();
    expect(text).toMatch(/^requests 3$/m);
    expect(text).not.toMatch(/^rows /m);
  });

  test('of the cluster is read only by the worker that is asked for it', async () => {
    let reads = 0;
    const workers = [0, 1, 2].map((index) => {
      const metrics = new Metrics();
      metrics.gauge('subscribed', 'Subscribed', () => Number(index !== 1), 'min');
      metrics.gauge('requests', 'Requests', () => index + 1);
      metrics.clusterGauge('rows', 'Rows', () => {
        reads += 1;
        return 10 - reads;
      });
      return metrics;
    });
    const merged = new MergedMetrics(() => workers.length);
    const scrape = async () => {
      const reader = reads;
      for (const [index, worker] of workers.entries())
        merged.note(index, await worker.snapshots(index === reader));
      return merged.text();
    };
    for (const rows of [9, 8]) {
      const text = await scrape();
      expect(text).toMatch(new RegExp(`^rows ${rows}$`, 'm'));
      expect(text).toMatch(/^requests 6$/m);
      expect(text).toMatch(/^subscribed 0$/m);
    }
    expect(reads).toBe(2);
  });
});

describe('a histogram', () => {
  test('has cumulative buckets, a sum and a count for each series', async () => {
    const registry = new Registry();
    const histogram = new Histogram<'kind'>(registry, { name: 'times', help: 'Times', bounds: [1, 5] });
    const [one, other] = [histogram.series({ kind: 'one' }), histogram.series({ kind: 'other' })];
    for (const value of [0.5, 1, 4, 9]) one.observe(value);
    other.observe(2);
    expect((await registry.metrics()).trim().split('\n')).toEqual([
      '# HELP times Times',
      '# TYPE times histogram',
      'times_bucket{kind="one",le="1"} 2',
      'times_bucket{kind="one",le="5"} 3',
      'times_bucket{kind="one",le="+Inf"} 4',
      'times_sum{kind="one"} 14.5',
      'times_count{kind="one"} 4',
      'times_bucket{kind="other",le="1"} 0',
      'times_bucket{kind="other",le="5"} 1',
      'times_bucket{kind="other",le="+Inf"} 1',
      'times_sum{kind="other"} 2',
      'times_count{kind="other"} 1',
    ]);
  });
});

describe('the time of a statement', () => {
  test.each([
    ['SELECT 1', 'select'],
    ['BEGIN', 'begin'],
    ['BEGIN READ ONLY; SET LOCAL statement_timeout = 0', 'begin'],
    ['COMMIT', 'commit'],
    ['SELECT id FROM payloads_07 WHERE id = $1', 'select payloads'],
    ['DELETE FROM payloads_legacy WHERE id = $1', 'delete payloads_legacy'],
    ['INSERT INTO keys (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET id = $1', 'insert keys'],
    [
      'WITH due AS (SELECT id FROM uploads FOR UPDATE SKIP LOCKED)\n DELETE FROM uploads USING due',
      'delete uploads',
    ],
    ['WITH RECURSIVE all AS (SELECT id FROM webhooks) SELECT * FROM all', 'select webhooks'],
    [
      'SELECT 1 FROM webhooks WHERE id = $1 ORDER BY webhooks.id FOR NO KEY UPDATE OF webhooks',
      'select webhooks',
    ],
    ['LOCK TABLE payloads_63 IN ACCESS EXCLUSIVE MODE', 'lock payloads'],
  ])('(%s) is that of `%s`', (text, label) => {
    expect(labelOf(text)).toBe(label);
  });

  test('is one series for all tables of the ring', async () => {
    const registry = new Registry();
    const metrics = new DatabaseMetrics(registry);
    metrics.ran('SELECT id FROM payloads_00', 2);
    metrics.ran('SELECT id FROM payloads_41', 4);
    metrics.committed(3);
    metrics.waited(1);
    const text = await registry.metrics();
    expect(text).toContain('mayfly_database_statement_seconds_sum{statement="select payloads"} 0.006');
    expect(text).toContain('mayfly_database_commit_writes_bucket{le="4"} 1');
    expect(text).toContain('mayfly_database_wait_seconds_sum 0.001');
  });
});
