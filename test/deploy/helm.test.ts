import { expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withSettingNames } from '../../scripts/chart-settings.ts';
import { fencedBlocks } from '../documents/markdown.ts';
import { mayflyCommand } from '../support/mayfly-command.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import {
  chart,
  configOf,
  environmentOf,
  find,
  helm,
  kubernetes,
  nodeContainer,
  notes,
  type PodSpec,
  parse,
  pods,
  refusal,
  render,
  renderTexts,
  valuesFile,
  workload,
} from './helm/chart.ts';
import { testEachCombination } from './helm/each-combination.ts';
import { testOnRealStores } from './helm/real-stores.ts';
import { combinations, postgres, refused, type Values } from './helm/values.ts';

test('the schema of the values names exactly the settings of Mayfly (npm run readme)', () => {
  const schema = readFileSync(join(chart, 'values.schema.json'), 'utf8');
  expect(withSettingNames(schema)).toBe(schema);
});

const page = readFileSync(join(checkout, 'docs', 'kubernetes.md'), 'utf8');
const examples = fencedBlocks(page).filter(({ language }) => language === 'yaml');

await suiteWith(['helm', 'kubernetes-validate'], 'deploy/helm/mayfly', (paths) => {
  const rendered = new Map<string, Promise<string[]>>();
  /** Each combination is rendered once. */
  const textsOf = (name: string) => {
    const texts = rendered.get(name) ?? renderTexts(combinations[name] as Values);
    rendered.set(name, texts);
    return texts;
  };
  const manifestsOf = async (name: string) => parse(await textsOf(name));

  test('passes the strict linter with every combination of values', async () => {
    const files = Object.values(combinations).map(valuesFile);
    const version = ['--kube-version', kubernetes.newest];
    const lints = files.map((file) => helm(['lint', '--strict', '--values', file, ...version, chart]));
    for (const { code, stdout, stderr } of await Promise.all(lints))
      expect({ code, output: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, output: '' });
  }, 120_000);

  test('renders what the schemas of the oldest and the newest Kubernetes accept', async () => {
    const all = await Promise.all(Object.keys(combinations).map(textsOf));
    // The Prometheus operator defines this kind, not Kubernetes.
    const known = all.map((texts) => texts.filter((text) => !/^kind: ServiceMonitor$/m.test(text)));
    const files = known.map((texts) => {
      const file = join(temporaryDirectory('manifests'), 'manifests.yaml');
      writeFileSync(file, texts.join('---\n'));
      return file;
    });
    const validations = Object.values(kubernetes).map(async (version) => {
      const args = ['--strict', '--kubernetes-version', version, ...files];
      const validation = startProcess(paths['kubernetes-validate'], args);
      expect([await validation.exited, validation.output()]).toEqual([0, expect.any(String)]);
      expect(validation.output().match(/ passed /g)).toHaveLength(known.flat().length);
    });
    await Promise.all(validations);
  }, 120_000);

  testEachCombination(manifestsOf);

  test('runs one node on SQLite as a StatefulSet with a volume, and its secret is in that volume', async () => {
    const manifests = await manifestsOf('the default values');
    const kinds = manifests.map(({ kind }) => kind).toSorted();
    expect(kinds).toEqual(['Pod', 'Service', 'ServiceAccount', 'StatefulSet']);
    const { spec } = find(manifests, 'StatefulSet');
    expect(spec).toMatchObject({
      replicas: 1,
      volumeClaimTemplates: [{ metadata: { name: 'data' } }],
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    });
    const { volumeMounts } = nodeContainer(manifests);
    expect(volumeMounts).toContainEqual({ name: 'data', mountPath: '/data' });
    expect(configOf(manifests).secret).toBeUndefined();
  });

  test('stops the node on SQLite, for a restore, and uses an existing volume', async () => {
    expect(find(await render({ replicas: 0 }), 'StatefulSet').spec.replicas).toBe(0);
    const { spec } = find(
      await manifestsOf('SQLite with an existing volume, S3 and every kind of setting'),
      'StatefulSet',
    );
    expect(spec.volumeClaimTemplates).toBeUndefined();
    expect(spec.template?.spec.volumes).toContainEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: 'mayfly-data' },
    });
  });

  test('passes numbers on as they are written', async () => {
    const manifests = await manifestsOf('SQLite with an existing volume, S3 and every kind of setting');
    expect(environmentOf(nodeContainer(manifests))).toMatchObject({
      WEBHOOK_MAX_PENDING: '1000000',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    });
  });

  test('passes names on as text, also those that YAML would take for another type', async () => {
    const settings = { PUBLIC_URL: 'https://paste.example.com/x: y', TRUSTED_PROXIES: '10.0.0.0/8' };
    const ingress = { enabled: true, className: 'on', tlsSecret: '0x10' };
    const values = valuesFile({ priorityClassName: '1e3', settings, ingress });
    const args = ['template', 'true', chart, '--values', values, '--kube-version', kubernetes.newest];
    const manifests = parse((await helm(args)).stdout.split(/^---$/m).slice(1));
    const { spec, metadata } = workload(manifests);
    expect(metadata.labels['app.kubernetes.io/instance']).toBe('true');
    expect(spec.template?.spec).toMatchObject({ priorityClassName: '1e3' });
    const paths = [{ path: '/x: y' }];
    const shown = { ingressClassName: 'on', tls: [{ secretName: '0x10' }], rules: [{ http: { paths } }] };
    expect(find(manifests, 'Ingress').spec).toMatchObject(shown);
  });

  test('runs nodes on PostgreSQL as a Deployment without a volume, replaced one by one', async () => {
    const manifests = await manifestsOf('PostgreSQL');
    const { spec } = find(manifests, 'Deployment');
    expect(spec).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
    expect(spec.template?.spec).toMatchObject({
      topologySpreadConstraints: [
        { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
        { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
      ],
    });
    expect(JSON.stringify(manifests)).not.toContain('olumeClaim');
    expect(find(manifests, 'PodDisruptionBudget').spec.maxUnavailable).toBe(1);
    expect(configOf(manifests)).toMatchObject({ limitNodes: 2, stopDelay: 10_000 });
    expect(configOf(await render({ ...postgres, replicas: 5 })).limitNodes).toBe(5);
  });

  // docs/postgresql.md, "Upgrading several servers": a way back needs no migration.
  test('migrates PostgreSQL before an installation and an upgrade, and not before a rollback', async () => {
    const { metadata, spec } = find(await manifestsOf('PostgreSQL'), 'Job', 'mayfly-migrate');
    expect(metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' });
    expect(spec.template?.spec.containers[0].args).toEqual(['migrate']);
    const without = await render({ ...postgres, migration: { enabled: false } });
    expect(without.filter(({ kind }) => kind === 'Job')).toEqual([]);
  });

  test('leaves the number of nodes to the autoscaler, and divides rate limits by the largest one', async () => {
    const manifests = await manifestsOf('PostgreSQL with everything');
    expect(find(manifests, 'Deployment').spec).not.toHaveProperty('replicas');
    expect(find(manifests, 'HorizontalPodAutoscaler').spec).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: 'mayfly' },
      minReplicas: 3,
      maxReplicas: 12,
      metrics: [{ resource: { target: { type: 'AverageValue', averageValue: '600m' } } }],
    });
    expect(configOf(manifests).limitNodes).toBe(12);
  });

  test.each([
    ['SQLite behind an ingress', 'paste.example.com', '/', true],
    ['PostgreSQL with everything', 'example.com', '/paste', true],
  ])('has an ingress for PUBLIC_URL that passes on every body: %s', async (name, host, path) => {
    const manifests = await manifestsOf(name);
    const { metadata, spec } = find(manifests, 'Ingress');
    expect(spec).toMatchObject({
      ingressClassName: 'nginx',
      tls: [{ hosts: [host], secretName: 'mayfly-tls' }],
      rules: [{ host, http: { paths: [{ path, pathType: 'Prefix' }] } }],
    });
    const { maxPayloadSize, maxAnonymousSize, maxObjectSize } = configOf(manifests);
    // docs/contract/shared.md, "JSON bodies", for the first one.
    const largest = Math.max(2 * maxPayloadSize + 64 * 1024, maxAnonymousSize, maxObjectSize);
    const annotations = metadata.annotations ?? {};
    for (const key of ['nginx.ingress.kubernetes.io/proxy-body-size', 'nginx.org/client-max-body-size']) {
      const [, mebibytes = 0] = /^(\d+)m$/.exec(annotations[key] ?? '') ?? [];
      const allowed = Number(mebibytes) * 1024 ** 2;
      expect(allowed).toBeGreaterThan(largest);
      expect(allowed).toBeLessThanOrEqual(largest + 2 * 1024 ** 2);
    }
    expect(annotations).toMatchObject({
      'nginx.ingress.kubernetes.io/proxy-request-buffering': 'off',
      'nginx.ingress.kubernetes.io/proxy-buffering': 'off',
      'nginx.org/proxy-buffering': 'false',
    });
  });

  test('lets the operator replace annotations, and leave TLS to another proxy', async () => {
    const values = combinations['SQLite behind an ingress'] as Values;
    const key = 'nginx.ingress.kubernetes.io/proxy-read-timeout';
    const ingress = { enabled: true, tls: false, annotations: { [key]: '900', other: 'yes' } };
    const { metadata, spec } = find(await render({ ...values, ingress }), 'Ingress');
    expect(metadata.annotations).toMatchObject({ [key]: '900', other: 'yes' });
    expect(spec).not.toHaveProperty('tls');
  });

  test('lets the peers of its network policy and its own test through', async () => {
    const { spec } = find(await manifestsOf('PostgreSQL with everything'), 'NetworkPolicy');
    const test = { podSelector: { matchLabels: { 'app.kubernetes.io/component': 'test' } } };
    expect(spec).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ namespaceSelector: {} }, test], ports: [{ port: 'http' }] }],
      egress: [{ ports: [{ port: 53 }, { port: 53 }] }, { to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
    });
  });

  test.each([
    ['SQLite with an existing volume, S3 and every kind of setting', 'paste'],
    ['PostgreSQL with everything', 'mayfly-secrets'],
  ])('has a ServiceMonitor that finds the Service and the token: %s', async (name, secret) => {
    const manifests = await manifestsOf(name);
    const { spec } = find(manifests, 'ServiceMonitor');
    const { matchLabels } = spec.selector as { matchLabels: Record<string, string> };
    expect(find(manifests, 'Service').metadata.labels).toMatchObject(matchLabels);
    // The rules in deploy/monitoring name the job, which is the value of this label.
    expect(matchLabels[String(spec.jobLabel)]).toBe('mayfly');
    const credentials = { name: secret, key: 'METRICS_TOKEN' };
    expect(spec.endpoints).toMatchObject([
      { port: 'http', path: '/metrics', authorization: { credentials } },
    ]);
  });

  test.each(refused)('refuses values with a reason: %s', async (reason, values) => {
    expect(await refusal(values)).toContain(reason);
  });

  test.each(examples)('accepts the values in line $line of docs/kubernetes.md', async ({ text }) => {
    expect(configOf(await render(Bun.YAML.parse(text) as Values)).publicUrl).toBe(
      'https://paste.example.com',
    );
  });

  test('prints how to reach the server, and a command that the image has', async () => {
    const alone = await notes({});
    expect(alone).toContain('port-forward service/mayfly 8080:80');
    const [, words = ''] =
      /^ENTRYPOINT (.*)$/m.exec(readFileSync(join(checkout, 'Dockerfile'), 'utf8')) ?? [];
    const command = `${(JSON.parse(words) as string[]).join(' ')} keys create`;
    expect(alone).toContain(command);
    expect(page).toContain(`-- ${command}`);
    expect(await notes(combinations['SQLite behind an ingress'] as Values)).toStartWith(
      'Mayfly is at https://paste.example.com\n',
    );
    const warned = await notes({ ...postgres, service: { type: 'LoadBalancer' } });
    expect(warned.match(/^WARNING: .*/gm)).toEqual([
      expect.stringContaining('one rate limit'),
      expect.stringContaining('without limit on S3'),
    ]);
  });

  test('probes paths that a server answers, which the pod of "helm test" can use', async () => {
    const server = await startMayfly();
    for (const name of ['the default values', 'PostgreSQL']) {
      const { startupProbe, livenessProbe, readinessProbe } = nodeContainer(await manifestsOf(name));
      for (const probe of [startupProbe, livenessProbe, readinessProbe])
        expect((await fetch(`${server.url}${probe?.httpGet.path}`)).status).toBe(200);
    }
    const manifests = await manifestsOf('the default values');
    const container = (find(manifests, 'Pod').spec as unknown as PodSpec).containers[0];
    const args = container.args.map((word) => (word === 'http://mayfly:80' ? server.url : word));
    expect(args).toContain(server.url);
    const home = temporaryDirectory('home');
    const put = await mayflyCommand(home, args, { ...environmentOf(container), HOME: home });
    expect(put).toMatchObject({ code: 0, stdout: expect.stringContaining(`${server.url}/p/`) });
    await server.stop();
    expect(pods(await render({ settings: { ANONYMOUS_CREATE: false } }))).toHaveLength(1);
  }, 120_000);
});

await suiteWith(
  ['helm', 'postgres', 'redis-server', 'versitygw'],
  'deploy/helm/mayfly on PostgreSQL',
  testOnRealStores,
);
