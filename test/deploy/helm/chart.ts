import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, readConfig } from '../../../src/config/index.ts';
import { checkout, partPath } from '../../support/parts.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { postgresSecrets, type Values } from './values.ts';

export const chart = join(checkout, 'deploy', 'helm', 'mayfly');

type Probe = { httpGet: { path: string; port: string } };

export type Container = {
  image: string;
  args: string[];
  env: { name: string; value: string }[];
  volumeMounts: { name: string; mountPath: string }[];
  securityContext: Record<string, unknown>;
  resources: { requests?: object; limits?: object };
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
};

type SecretSource = { name: string; items: { key: string; path: string }[] };

export type PodSpec = {
  automountServiceAccountToken: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext: Record<string, unknown>;
  containers: [Container];
  volumes: {
    name: string;
    projected?: { sources: { secret: SecretSource }[] };
    persistentVolumeClaim?: { claimName: string };
  }[];
};

export type Manifest = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Record<string, string>; annotations?: Record<string, string> };
  spec: Record<string, unknown> & { template?: { metadata: Manifest['metadata']; spec: PodSpec } };
  stringData?: Record<string, string>;
};

type Answer = { code: number; stdout: string; stderr: string };

/** Runs helm without a cluster and without the tester's own configuration. */
export async function helm(args: string[]): Promise<Answer> {
  const home = temporaryDirectory('helm');
  const child = Bun.spawn([await partPath('helm'), ...args], {
    env: { HOME: home, KUBECONFIG: join(home, 'none'), PATH: process.env.PATH ?? '' },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

export function valuesFile(values: Values): string {
  const file = join(temporaryDirectory('values'), 'values.json');
  writeFileSync(file, JSON.stringify(values));
  return file;
}

/** The oldest supported version of Kubernetes (`kubeVersion` in Chart.yaml), and the newest one that the validator knows. */
export const kubernetes = { oldest: '1.27.0', newest: '1.37.0' };

/** The text of each manifest of a release with the name "mayfly". @throws Error with what helm says */
export async function renderTexts(values: Values, args: string[] = [], folder = chart): Promise<string[]> {
  const version = ['--kube-version', kubernetes.newest];
  const given = ['--values', valuesFile(values), ...version, ...args];
  const { code, stdout, stderr } = await helm(['template', 'mayfly', folder, ...given]);
  if (code !== 0) throw new Error(stderr);
  return stdout.split(/^---$/m).filter((text) => text.trim() !== '');
}

export async function render(...given: Parameters<typeof renderTexts>): Promise<Manifest[]> {
  return parse(await renderTexts(...given));
}

export function parse(texts: string[]): Manifest[] {
  return texts.map((text) => Bun.YAML.parse(text) as Manifest);
}

/** What an installation prints for the operator. It is no manifest, so it is rendered as part of one. */
export async function notes(values: Values): Promise<string> {
  const copy = join(temporaryDirectory('notes-chart'), 'mayfly');
  cpSync(chart, copy, { recursive: true });
  const text = readFileSync(join(copy, 'templates', 'NOTES.txt'), 'utf8');
  const template = `{{ define "notes" }}${text}{{ end }}kind: Notes\nspec:\n  text: {{ include "notes" . | toJson }}\n`;
  writeFileSync(join(copy, 'templates', 'notes.yaml'), template);
  const { spec } = find(await render(values, [], copy), 'Notes');
  return String(spec.text);
}

/** The line with which helm refuses values. */
export function refusal(values: Values): Promise<string> {
  return renderTexts(values).then(
    () => 'not refused',
    (error: Error) => error.message,
  );
}

/** The only manifest of a kind, or the one with this name. */
export function find(manifests: Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.filter(
    (each) => each.kind === kind && (name === undefined || each.metadata.name === name),
  );
  if (found.length !== 1) throw new Error(`${found.length} manifests are ${kind} ${name ?? ''}`);
  return found[0] as Manifest;
}

/** The nodes: a StatefulSet or a Deployment. */
export function workload(manifests: Manifest[]): Manifest {
  const isSet = manifests.some(({ kind }) => kind === 'StatefulSet');
  return find(manifests, isSet ? 'StatefulSet' : 'Deployment');
}

/** Every pod: of the nodes, of the migration and of the test. */
export function pods(
  manifests: Manifest[],
): { manifest: Manifest; labels: Record<string, string>; spec: PodSpec }[] {
  return manifests.flatMap((manifest) => {
    const pod = manifest.kind === 'Pod' ? manifest : manifest.spec?.template;
    return pod ? [{ manifest, labels: pod.metadata.labels, spec: pod.spec as PodSpec }] : [];
  });
}

/** The container of the nodes. */
export function nodeContainer(manifests: Manifest[]): Container {
  return workload(manifests).spec.template?.spec.containers[0] as Container;
}

export function environmentOf({ env }: Container): Record<string, string> {
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

/** The configuration of the nodes. @throws SettingError if a start refuses their settings */
export function configOf(manifests: Manifest[]): Config {
  const folder = temporaryDirectory('secrets');
  const mounted = Object.entries(environmentOf(nodeContainer(manifests))).map(([variable, value]) => {
    if (!value.startsWith('/run/secrets/mayfly/')) return [variable, value];
    const file = join(folder, variable);
    const name = variable.replace(/_FILE$/, '');
    writeFileSync(file, { ...postgresSecrets, METRICS_TOKEN: 'a-token' }[name] ?? '');
    return [variable, file];
  });
  return readConfig(Object.fromEntries(mounted));
}
