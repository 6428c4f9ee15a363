import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianRoot } from '../../support/debian-root.ts';
import { type RunningProcess, startProcess } from '../../support/running-process.ts';
import { parseEnvironmentFile, type Unit } from './unit.ts';

/** A minimal Debian without an init system: commands run in its file system, and in this machine's network. */
export class DebianSystem {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async create(): Promise<DebianSystem> {
    return new DebianSystem(await debianRoot());
  }

  path(path: string): string {
    return join(this.root, path);
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  /** Runs a command as root. @returns its output @throws Error with the output if it fails */
  async run(...command: string[]): Promise<string> {
    const env = {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      DEBIAN_FRONTEND: 'noninteractive',
      LC_ALL: 'C.UTF-8',
    };
    const [program = '', ...args] = this.#inside([], ['chroot', this.root, ...command]);
    const ran = startProcess(program, args, { env });
    if ((await ran.exited) !== 0) throw new Error(`${command.join(' ')} failed:\n${ran.output()}`);
    return ran.output();
  }

  /**
   * Starts the service as its unit says, as far as that is possible without systemd: its user, without privileges, its
   * environment, and write access to its folders only.
   *
   * @param before A program that runs it, such as strace.
   */
  start(unit: Unit, before: string[] = []): RunningProcess {
    const own = unit.all('StateDirectory').map((name) => `/var/lib/${name}`);
    const writable = ['/tmp', ...own].map((path) => this.path(path));
    const environment = unit
      .all('EnvironmentFile')
      .flatMap((file) => Object.entries(parseEnvironmentFile(this.read(file))));
    const settings = environment.map(([name, value]) => `${name}=${value}`);
    const command = [
      ...['setpriv', `--reuid=${unit.one('User')}`, `--regid=${unit.one('Group')}`, '--clear-groups'],
      ...['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'],
      ...['env', '-i', `--chdir=${unit.one('WorkingDirectory')}`, 'PATH=/usr/bin:/bin', ...settings],
      ...unit.one('ExecStart').split(' '),
    ];
    const [program = '', ...args] = this.#inside(writable, [...before, 'chroot', this.root, ...command]);
    return startProcess(program, args);
  }

  /** With mounts that end with the process. @param writable With any, everything else is read-only. */
  #inside(writable: string[], command: string[]): string[] {
    const root = this.root;
    const binds = [
      `mount --bind ${root} ${root}`,
      `mount -t proc -o hidepid=invisible proc ${root}/proc`,
      ...(writable.length > 0 ? [`mount -o remount,bind,ro ${root}`] : []),
      ...writable.map((path) => `mount --bind ${path} ${path} && mount -o remount,bind,rw ${path}`),
    ];
    return ['unshare', '--mount', 'sh', '-c', `${binds.join(' && ')} && exec "$@"`, 'sh', ...command];
  }
}
