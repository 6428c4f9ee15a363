import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningProcess, startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { UnpackedImage } from './buildah.ts';

type ContainerOptions = {
  /** The words after the entry point, in place of those of the image; or all words with `entrypoint: []`. */
  command?: string[];
  entrypoint?: string[];
  env?: Record<string, string>;
  /** Folders by the path at which the container has them. */
  volumes?: Record<string, string>;
  /** Names that lead to 127.0.0.1. */
  hosts?: string[];
  /** A process whose network it shares, instead of that of the machine. */
  network?: RunningProcess;
};

/** What engines do before the first process of a container. */
const enter = `
set -e
root=$0 user=$1 folder=$2 volumes=$3 hosts=$4
shift 4
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount --bind "$hosts" "$root/etc/hosts"
echo "$volumes" | while IFS== read -r inside outside; do
  [ -z "$inside" ] || mount --bind "$outside" "$root$inside"
done
exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid \\
  chroot --userspec="$user" "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
`;

/**
 * Runs a command of an image as its user, on a read-only root file system with a writable /tmp, without capabilities,
 * as the first process of a process namespace. It needs the dependency `namespaces`, and no container engine.
 */
export function startContainer(
  { config, root }: UnpackedImage,
  options: ContainerOptions = {},
): RunningProcess {
  const { entrypoint = config.Entrypoint ?? [], command = config.Cmd ?? [], volumes = {} } = options;
  const hosts = join(temporaryDirectory('hosts'), 'hosts');
  writeFileSync(hosts, ['localhost', ...(options.hosts ?? [])].map((name) => `127.0.0.1 ${name}\n`).join(''));
  const mounts = Object.entries(volumes).map((pair) => pair.join('='));
  const namespaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child'];
  const joined = options.network ? ['nsenter', `--net=/proc/${options.network.pid}/ns/net`] : [];
  const values = [config.User || 'root', config.WorkingDir || '/', mounts.join('\n'), hosts];
  const [program = '', ...args] = [...joined, ...namespaces, 'sh', '-c', enter, root, ...values];
  const env = { ...Object.fromEntries(config.Env.map(splitOnce)), ...options.env };
  return startProcess(program, [...args, ...entrypoint, ...command], { env });
}

/** A new volume, which takes the owner of the folder that it covers. */
export function newVolume({ root }: UnpackedImage, path: string): string {
  const folder = temporaryDirectory('volume');
  const { uid, gid } = statSync(join(root, path));
  chownSync(folder, uid, gid);
  return folder;
}

/** Sends a signal to the first process of a container. */
export function signalContainer(container: RunningProcess, signal: NodeJS.Signals): void {
  const children = readFileSync(`/proc/${container.pid}/task/${container.pid}/children`, 'utf8');
  process.kill(Number(children.trim().split(' ')[0]), signal);
}

function splitOnce(pair: string): [string, string] {
  const end = pair.indexOf('=');
  return [pair.slice(0, end), pair.slice(end + 1)];
}
