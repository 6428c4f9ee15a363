import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startFileServer } from '../api/file-server.ts';
import { parsePrometheusText, type Sample } from '../api/prometheus-text.ts';
import { sectionsOf } from '../documents/markdown.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { startProcess } from '../support/running-process.ts';
import { stoppedAtTheEnd } from '../support/stopped-at-the-end.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { alertCases } from './alert-cases.ts';

setDefaultTimeout(120_000);

type Rule = {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook: string };
};
type Query = { refId: string; expr: string; legendFormat: string; datasource: { uid: string } };
type Panel = {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { uid: string };
  targets?: Query[];
};
type Dashboard = {
  panels: Panel[];
  templating: { list: { name: string; type: string; query: string | { query: string } }[] };
};

const folder = join(checkout, 'deploy', 'monitoring');
const read = (path: string) => readFileSync(join(checkout, path), 'utf8');
const { groups } = Bun.YAML.parse(read('deploy/monitoring/alerts.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read('deploy/monitoring/dashboard.json')) as Dashboard;
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets);
const variables = dashboard.templating.list;

/** A query as Grafana sends it. */
const filled = (expr: string) =>
  expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', 'mayfly').replaceAll('$instance', '.+');
const expressions = [...rules.map(({ expr }) => expr), ...queries.map(({ expr }) => filled(expr))];

describe('alerts.yml', () => {
  test('has for each rule what happened, what to do, and where docs/operations.md explains it', () => {
    for (const { alert, annotations, labels } of rules) {
      const { summary, description, runbook } = annotations;
      expect([alert, summary]).toEqual([alert, expect.stringMatching(/^\S.*\.$/)]);
      expect([alert, description]).toEqual([alert, expect.stringMatching(/^[A-Z].{40,}\.$/)]);
      const [page = '', anchor] = runbook.split('#');
      expect([alert, page, sectionsOf(read(page))]).toEqual([
        alert,
        'docs/operations.md',
        expect.arrayContaining([anchor]),
      ]);
      expect(['critical', 'warning']).toContain(labels.severity);
    }
  });

  test('has a test and a line in docs/operations.md for each rule', () => {
    const names = rules.map(({ alert }) => alert);
    expect(Object.keys(alertCases).toSorted()).toEqual(names.toSorted());
    const documented = [...read('docs/operations.md').matchAll(/^\| `(Mayfly\w+)` /gm)].map(
      ([, name = '']) => name,
    );
    expect(documented).toEqual(names);
  });
});

describe('dashboard.json', () => {
  test('has panels with ids, titles and places of their own', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos } of panels) {
      const { x, y, w, h } = gridPos;
      expect([title, x + w <= 24]).toEqual([title, true]);
      for (let row = y; row < y + h; row += 1)
        for (let column = x; column < x + w; column += 1) {
          expect([title, taken.get(`${column},${row}`)]).toEqual([title, undefined]);
          taken.set(`${column},${row}`, title);
        }
    }
    const titles = panels.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  test('reads from the Prometheus that its user chooses, and from the servers that they choose', () => {
    expect(variables.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['job', 'query'],
      ['instance', 'query'],
    ]);
    for (const { type, title, datasource, targets = [] } of dashboard.panels) {
      expect([title, targets.length > 0]).toEqual([title, type !== 'row']);
      if (type === 'row') continue;
      for (const { uid } of [datasource, ...targets.map((query) => query.datasource)].map(
        (each) => each ?? { uid: '' },
      ))
        expect([title, uid]).toEqual([title, expect.stringMatching(/^\$\{datasource\}$/)]);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
    for (const { expr } of queries)
      for (const [selector] of expr.matchAll(/\w+\{[^}]*\}/g))
        expect(selector).toContain('job=~"$job", instance=~"$instance"');
  });
});

await suiteWith(['promtool'], 'promtool', ({ promtool }) => {
  async function check(...args: string[]): Promise<void> {
    const run = startProcess(promtool, args, { cwd: folder });
    expect([await run.exited, run.output()]).toEqual([0, expect.not.stringContaining('FAILED')]);
  }

  test('accepts the rules and the configuration of Prometheus', async () => {
    await check('check', 'rules', 'alerts.yml');
    await check('check', 'config', '--syntax-only', 'prometheus.yml');
  });

  test('sees each alert fire, and not before', async () => {
    const ofServer = (series: string) => {
      const [, name, labels = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(series) ?? [];
      const server = labels.includes('job=') ? '' : 'job="mayfly", instance="a:8080"';
      return `${name}{${[labels, server].filter(Boolean).join(', ')}}`;
    };
    const tests = Object.entries(alertCases).map(([alertname, { series, ...expected }]) => {
      const { description, runbook } = rules.find(({ alert }) => alert === alertname)?.annotations ?? {};
      const { summary, severity } = expected;
      const server = expected.ofServer ? { instance: 'a:8080' } : {};
      const alert = {
        exp_labels: { severity, job: 'mayfly', ...server },
        exp_annotations: { summary, description, runbook },
      };
      return {
        name: alertname,
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: ofServer(name), values })),
        alert_rule_test: [
          { alertname, eval_time: expected.silentAt, exp_alerts: [] },
          { alertname, eval_time: expected.firesAt, exp_alerts: [alert] },
        ],
      };
    });
    const file = join(temporaryDirectory('alerts'), 'alerts.test.yml');
    const rule_files = [join(folder, 'alerts.yml')];
    writeFileSync(file, JSON.stringify({ rule_files, evaluation_interval: '1m', tests }));
    await check('test', 'rules', file);
  });

  test('can parse every query of the dashboard', async () => {
    const records = queries.map(({ expr }, index) => ({ record: `query:${index}`, expr: filled(expr) }));
    const file = join(temporaryDirectory('queries'), 'queries.yml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: records }] }));
    await check('check', 'rules', file);
  });
});

await suiteWith(['postgres', 'versitygw', 'redis-server'], 'rules and dashboard', () => {
  const startNode = stoppedAtTheEnd(async () => {
    const admin = new pg.Client({ connectionString: (await sharedPostgres()).adminUrl() });
    await admin.connect();
    await admin.query('GRANT pg_read_all_stats TO mayfly');
    await admin.end();
    const env = { ...settings, DATABASE_HA: 'true', WORKERS: '2' };
    return startFileServer({ withPostgres: true, env });
  });
  const startSingle = stoppedAtTheEnd(() => startMayfly({ env: settings }));
  const settings = { SWEEP_CRON: '* * * * * *' };
  let samples: Sample[];
  beforeAll(async () => {
    const servers = await Promise.all([startNode(), startSingle()]);
    const scraped = servers.map(async ({ url }) => {
      // A refusal and an unknown path.
      await fetch(`${url}/v1/buckets`);
      await fetch(`${url}/no/such/path`);
      const swept = async () => {
        const text = await (await fetch(`${url}/metrics`)).text();
        return text.includes('mayfly_swept_total{') && [...parsePrometheusText(text).values()];
      };
      return waitFor('a sweep', swept, { timeoutMs: 60_000 });
    });
    samples = (await Promise.all(scraped)).flat().flatMap((family) => family.samples);
  });

  test('use metrics and labels that servers have', () => {
    const labels = new Map<string, Set<string>>([['up', new Set()]]);
    for (const { name, labels: own } of samples)
      labels.set(name, new Set([...(labels.get(name) ?? []), ...Object.keys(own)]));
    const legends = queries.map(({ expr, legendFormat }) => ({ expr: filled(expr), legendFormat }));
    const parts = [
      ...expressions.map((expr) => ({ expr, legendFormat: '' })),
      ...legends,
      ...rules.map(({ expr, annotations }) => ({ expr, legendFormat: annotations.summary })),
    ];
    for (const { expr, legendFormat } of parts) {
      const names = [...expr.matchAll(/\b(?:mayfly|process|nodejs)_\w+|\bup\b/g)].map(([name]) => name);
      expect([expr, names.filter((name) => !labels.has(name))]).toEqual([expr, []]);
      // Prometheus adds two labels.
      const known = new Set(['job', 'instance', ...names.flatMap((name) => [...(labels.get(name) ?? [])])]);
      const grouped = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = '']) =>
        list.split(/,\s*/),
      );
      const matched = [...expr.matchAll(/[{,]\s*(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label);
      const shown = [...legendFormat.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)].map(
        ([, label = '']) => label,
      );
      const used = [...grouped, ...matched, ...shown];
      expect([expr, used.filter((label) => !known.has(label))]).toEqual([expr, []]);
    }
  });

  test('use reasons of refusals that docs/operations.md lists', () => {
    const reasons = expressions.flatMap((expr) =>
      [...expr.matchAll(/reason="(\w+)"/g)].map(([, reason]) => reason),
    );
    expect(reasons.length).toBeGreaterThan(1);
    for (const reason of reasons) expect(read('docs/operations.md')).toContain(`\`${reason}\``);
  });
});
