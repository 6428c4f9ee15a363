import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './checkout.ts';
import type { Lifetime } from './lifetime.ts';
import { type Environment, runProcess } from './processes.ts';
import { mayflySettings } from './servers.ts';

/** One way to install a server: what it takes on disk, and how it starts. */
export type InstalledForm = {
  name: string;
  /** Files and folders that have to be there to run it. */
  parts: string[];
  start(dataFolder: string, port: number): { command: string[]; environment: Environment };
};

/** The Node on the PATH, which must be one that the package supports. */
const node = Bun.which('node') ?? 'node';

const mayfly =
  (command: string[]): InstalledForm['start'] =>
  (dataFolder, port) => ({ command, environment: mayflySettings(dataFolder, { PORT: String(port) }) });

/**
 * The forms of Mayfly, which are built in a folder: a checkout as `npm start` installs it, the package, the binary,
 * and the image that was unpacked to the folder that IMAGE names.
 */
export async function mayflyForms(lifetime: Lifetime, folder: string): Promise<InstalledForm[]> {
  const file = join(folder, 'mayfly');
  const build = ['scripts/build-binary.ts', '--outfile', file];
  await runProcess(lifetime, [process.execPath, ...build], 300);
  const cloned = join(folder, 'checkout');
  await runProcess(lifetime, ['git', 'clone', '--quiet', '--depth=1', `file://${checkout}`, cloned], 60);
  // Any command of a checkout installs what running needs.
  await runProcess(lifetime, ['node', join(cloned, 'bin', 'mayfly.mjs'), '--version'], 300);
  const installed = join(folder, 'package');
  // Packages come from where the caller's npm gets them, by its certificates.
  const ofCaller = { ...process.env } as Environment;
  await runProcess(lifetime, ['npm', 'pack', '--silent', '--pack-destination', folder], 300);
  const packed = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (packed === undefined) throw new Error('npm pack made no package');
  await runProcess(
    lifetime,
    ['npm', 'install', '--silent', '--no-audit', '--global', '--prefix', installed, join(folder, packed)],
    300,
    ofCaller,
  );
  const program = join(installed, 'bin', 'mayfly');
  const { IMAGE } = process.env;
  return [
    {
      name: 'checkout',
      parts: [cloned],
      start: mayfly(['node', join(cloned, 'bin', 'mayfly.mjs'), 'serve']),
    },
    { name: 'package with Node', parts: [installed, node], start: mayfly([node, program, 'serve']) },
    { name: 'binary', parts: [file], start: mayfly([file, 'serve']) },
    ...(IMAGE === undefined ? [] : [image(IMAGE)]),
  ];
}

/** What a container engine does before the first process of an image. */
const enter = `
mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
chown --reference="$0/data" "$1" && mount --bind "$1" "$0/data" &&
exec chroot --userspec=bun "$0" mayfly serve`;

/** The image, which was unpacked to a folder. Starting it takes root, and no engine. */
const image = (root: string): InstalledForm => ({
  name: 'image',
  parts: [root],
  start: (dataFolder, port) => ({
    command: ['unshare', '--mount', 'sh', '-c', enter, root, dataFolder],
    environment: mayflySettings('/data', { PORT: String(port) }),
  }),
});

/** The peers that are on the PATH, or in the folder that ENCLOSED names. Each starts as its documents say. */
export function peerForms(): InstalledForm[] {
  const { ENCLOSED } = process.env;
  const wastebin = Bun.which('wastebin');
  const rustypaste = Bun.which('rustypaste');
  const forms: (InstalledForm | undefined)[] = [
    wastebin === null
      ? undefined
      : {
          name: 'wastebin',
          parts: [wastebin],
          start: (dataFolder, port) => ({
            command: [wastebin],
            environment: {
              WASTEBIN_DATABASE_PATH: join(dataFolder, 'state.db'),
              WASTEBIN_ADDRESS_PORT: `127.0.0.1:${port}`,
            },
          }),
        },
    rustypaste === null
      ? undefined
      : {
          name: 'rustypaste',
          parts: [rustypaste],
          start: (dataFolder, port) => ({
            command: [rustypaste],
            environment: { CONFIG: rustypasteConfig(dataFolder, port) },
          }),
        },
    ENCLOSED === undefined
      ? undefined
      : {
          name: 'Enclosed',
          parts: [ENCLOSED, node],
          start: (dataFolder, port) => ({
            command: ['sh', '-c', `cd '${ENCLOSED}' && exec '${node}' index.cjs`],
            environment: {
              PORT: String(port),
              PUBLIC_IS_AUTHENTICATION_REQUIRED: 'false',
              STORAGE_DRIVER_FS_LITE_PATH: join(dataFolder, 'notes'),
            },
          }),
        },
  ];
  return forms.filter((form) => form !== undefined);
}

/** Writes the file without which rustypaste does not start. */
function rustypasteConfig(dataFolder: string, port: number): string {
  const path = join(dataFolder, 'config.toml');
  writeFileSync(
    path,
    `[server]
address = "127.0.0.1:${port}"
max_content_length = "10MB"
upload_path = "${join(dataFolder, 'upload')}"
timeout = "30s"

[paste]
default_extension = "txt"
duplicate_files = true
`,
  );
  return path;
}
