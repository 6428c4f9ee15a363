import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { freemem, homedir } from 'node:os';
import { join } from 'node:path';
import { checkout } from '../support/parts.ts';
import { mountTmpfs, temporaryDirectory } from '../support/temporary-directory.ts';

/** The configuration of an image, as engines read it. */
export type ImageConfig = {
  User: string;
  Env: string[];
  Entrypoint: string[] | null;
  Cmd: string[] | null;
  WorkingDir: string;
  ExposedPorts?: Record<string, unknown>;
  Volumes?: Record<string, unknown>;
  Labels?: Record<string, string>;
  StopSignal?: string;
  Healthcheck?: { Test: string[] };
};

export type Image = { name: string; config: ImageConfig; layers: { size: number }[] };
/** An image with a copy of its root file system. */
export type UnpackedImage = Image & { root: string };

const neededMemory = 2 * 1024 ** 3;
// Each container and image is a copy of 200 MB.
const storage =
  (freemem() > 2 * neededMemory ? mountTmpfs(neededMemory)?.path : undefined) ?? temporaryDirectory('images');

/** Builds the image that a folder's Dockerfile describes. It uses no image but those that were built before. */
export async function buildImage(name: string, folder: string, volumes: string[] = []): Promise<Image> {
  // Only Docker's format has health checks.
  const options = [
    '--isolation=chroot',
    '--pull-never',
    '--format=docker',
    ...volumes.map((one) => `-v=${one}`),
  ];
  await buildah('bud', ...options, '-t', name, folder);
  const inspected = JSON.parse(await buildah('inspect', '--type=image', name)) as {
    Docker: { config: ImageConfig };
    Manifest: string;
  };
  return { name, config: inspected.Docker.config, layers: JSON.parse(inspected.Manifest).layers };
}

export async function unpackImage(image: Image): Promise<UnpackedImage> {
  const container = await buildah('from', '--pull-never', image.name);
  return { ...image, root: await buildah('mount', container) };
}

/** Removes all images, which may take longer than the end of the run has. */
export async function removeImages(): Promise<void> {
  for (const name of readdirSync(storage)) await rm(join(storage, name), { recursive: true, force: true });
}

/** Volumes with what installations in a build need of this machine: Bun's cache, the registry and its certificates. */
export function registryAccess(): string[] {
  const npm = (setting: string) => Bun.spawnSync(['npm', 'config', 'get', setting]).stdout.toString().trim();
  const cache = join(homedir(), '.bun', 'install', 'cache');
  mkdirSync(cache, { recursive: true });
  const certificates = process.env.NODE_EXTRA_CA_CERTS ?? npm('cafile');
  const inImage = '/etc/ssl/certs/machine.crt';
  const lines = [`registry=${npm('registry')}`];
  const volumes = [`${cache}:/root/.bun/install/cache`];
  if (certificates.startsWith('/')) {
    lines.push(`cafile=${inImage}`);
    volumes.push(`${certificates}:${inImage}:ro`);
  }
  const settings = join(temporaryDirectory('npmrc'), 'npmrc');
  writeFileSync(settings, `${lines.join('\n')}\n`);
  return [...volumes, `${settings}:/root/.npmrc:ro`];
}

async function buildah(...args: string[]): Promise<string> {
  // Copies instead of mounts: overlays need a kernel that allows them.
  const folders = ['--storage-driver=vfs', `--root=${storage}/root`, `--runroot=${storage}/run`];
  const child = Bun.spawn(['buildah', ...folders, ...args], {
    cwd: checkout,
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`buildah ${args[0]} failed:\n${stdout}\n${stderr}`);
  return stdout.trim();
}
