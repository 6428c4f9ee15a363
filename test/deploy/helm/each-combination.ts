import { describe, expect, test } from 'bun:test';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gracePeriod } from '../../../src/cli/operate/stopping.ts';
import { settings } from '../../../src/config/index.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import {
  chart,
  configOf,
  environmentOf,
  type Manifest,
  nodeContainer,
  pods,
  render,
  workload,
} from './chart.ts';
import { combinations } from './values.ts';

/** What must hold whatever the values are. */
export function testEachCombination(manifestsOf: (name: string) => Promise<Manifest[]>): void {
  describe.each(Object.keys(combinations))('with %s', (name) => {
    test('has only settings of Mayfly, which a start accepts', async () => {
      const manifests = await manifestsOf(name);
      const { database, dataDirectory, port } = configOf(manifests);
      expect({ dataDirectory, port }).toEqual({ dataDirectory: '/data', port: 8080 });
      expect(database.kind).toBe(workload(manifests).kind === 'Deployment' ? 'server' : 'file');
      const known = Object.values(settings).flatMap((each) => [each.name, `${each.name}_FILE`]);
      const others = Object.keys(environmentOf(nodeContainer(manifests))).filter(
        (variable) => !known.includes(variable),
      );
      const { extraEnv = [] } = combinations[name] as { extraEnv?: { name: string }[] };
      expect(others).toEqual(extraEnv.map((each) => each.name));
    });

    test('has secrets in Secrets only, and mounts those that its settings name', async () => {
      const manifests = await manifestsOf(name);
      const shown = JSON.stringify(manifests.filter(({ kind }) => kind !== 'Secret'));
      const { secrets } = combinations[name] as { secrets?: { values?: Record<string, string> } };
      for (const value of Object.values(secrets?.values ?? {})) expect(shown).not.toContain(value);
      for (const { manifest, spec } of pods(manifests)) {
        const sources = spec.volumes.flatMap(({ projected }) => projected?.sources ?? []);
        const files = sources.flatMap(({ secret }) => secret.items.map(({ path }) => `${path}_FILE`));
        const variables = Object.keys(environmentOf(spec.containers[0]));
        expect(variables.filter((variable) => variable.endsWith('_FILE'))).toEqual(files);
        for (const { secret } of sources) {
          const own = manifests.find((each) => each.kind === 'Secret' && each.metadata.name === secret.name);
          if (own === undefined) continue;
          // A hook runs before other objects exist.
          expect(isHook(own)).toBe(isHook(manifest));
          for (const { key } of secret.items) expect(own.stringData).toHaveProperty(key);
        }
      }
    });

    test('has pods of the Pod Security Standard "restricted", with a read-only root and no token', async () => {
      for (const { spec } of pods(await manifestsOf(name))) {
        expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
        expect(spec.securityContext).toMatchObject({
          runAsNonRoot: true,
          runAsUser: 1000,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        const [{ securityContext, resources }] = spec.containers;
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(Object.keys(resources).toSorted()).toEqual(['limits', 'requests']);
      }
    });

    test('sends requests, and applies its policies, to nodes only', async () => {
      const manifests = await manifestsOf(name);
      const selectors = manifests.flatMap(({ kind, spec }) => {
        if (kind === 'Service') return [spec.selector as Record<string, string>];
        const { selector, podSelector } = (spec ?? {}) as Record<string, Selector | undefined>;
        // A ServiceMonitor selects the Service.
        return kind === 'ServiceMonitor' ? [] : ((selector ?? podSelector)?.matchLabels ?? []);
      });
      expect(selectors.length).toBeGreaterThan(1);
      for (const { manifest, labels } of pods(manifests)) {
        const isNode = manifest === workload(manifests);
        for (const selector of selectors) {
          const isSelected = Object.entries(selector).every(([key, value]) => labels[key] === value);
          expect(isSelected).toBe(isNode);
        }
      }
    });

    test('gives nodes the time that they need to stop', async () => {
      const manifests = await manifestsOf(name);
      const { stopDelay = 0 } = configOf(manifests);
      // The parent of workers waits 3 seconds longer (docs/postgresql.md, "One big machine").
      const needed = (stopDelay + gracePeriod) / 1000 + 3;
      const { terminationGracePeriodSeconds } = workload(manifests).spec.template?.spec ?? {};
      expect(terminationGracePeriodSeconds).toBeGreaterThan(needed);
      expect(terminationGracePeriodSeconds).toBeLessThan(needed + 15);
    });

    test('changes at an upgrade nothing that Kubernetes refuses to change, and no secret', async () => {
      const before = await manifestsOf(name);
      const values = { ...combinations[name], podLabels: { changed: 'yes' }, startupSeconds: 60 };
      const after = await render(values, ['--is-upgrade'], laterChart());
      expect(JSON.stringify(after)).toContain('9.9.9');
      expect(unchangeable(after)).toEqual(unchangeable(before));
    });
  });
}

type Selector = { matchLabels: Record<string, string> };

function isHook({ metadata }: Manifest): boolean {
  return metadata.annotations?.['helm.sh/hook'] !== undefined;
}

/** A copy of the chart with a later version. */
function laterChart(): string {
  const later = join(temporaryDirectory('later-chart'), 'mayfly');
  cpSync(chart, later, { recursive: true });
  const file = join(later, 'Chart.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/(?<=ersion: "?)\d+\.\d+\.\d+/g, '9.9.9'));
  return later;
}

function unchangeable(manifests: Manifest[]) {
  const { kind, metadata, spec } = workload(manifests);
  const { selector, serviceName, podManagementPolicy, volumeClaimTemplates } = spec;
  const secrets = manifests.filter((each) => each.kind === 'Secret');
  return {
    workload: [kind, metadata.name],
    spec: { selector, serviceName, podManagementPolicy, volumeClaimTemplates },
    secrets: secrets.map((secret) => [secret.metadata.name, secret.stringData]),
  };
}
