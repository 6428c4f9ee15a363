// Images that stand in for those of a registry, under the same names: files of Debian packages, and one program.
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { madeOnce } from '../../scripts/made-once.mjs';
import { startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { buildImage, type Image } from './buildah.ts';

/** What Bun and SQLite's addon are linked with, a shell and its tools, and a wget. */
const packages = ['base-files', 'libc6', 'libstdc++6', 'dash', 'coreutils', 'findutils', 'busybox-static'];
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** An image with the program `bun`, its user, and the settings that Bun's own images have. */
export function bunImage(name: string): Promise<Image> {
  return imageOf(name, process.execPath, 'bun', [
    `ENV PATH=${path}:/usr/local/bun-node-fallback-bin BUN_RUNTIME_TRANSPILER_CACHE_PATH=0 BUN_INSTALL_BIN=/usr/local/bin`,
    'RUN mkdir -p /home/bun/app && chown -R bun:bun /home/bun',
    'WORKDIR /home/bun/app',
    'ENTRYPOINT ["/usr/local/bin/bun"]',
  ]);
}

/** An image with the S3 server `versitygw`, which has its arguments from the command. */
export function versitygwImage(name: string, program: string): Promise<Image> {
  return imageOf(name, program, 'versitygw', [
    `ENV PATH=${path}`,
    'RUN mkdir /s3 && ln -s busybox /bin/wget',
    'ENTRYPOINT ["/usr/local/bin/versitygw"]',
  ]);
}

async function imageOf(
  name: string,
  program: string,
  programName: string,
  instructions: string[],
): Promise<Image> {
  const folder = temporaryDirectory('base');
  copyFileSync(await systemTar(), join(folder, 'system.tar'));
  copyFileSync(program, join(folder, programName));
  writeFileSync(join(folder, 'passwd'), 'root:x:0:0::/root:/bin/sh\nbun:x:1000:1000::/home/bun:/bin/sh\n');
  writeFileSync(join(folder, 'group'), 'root:x:0:\nbun:x:1000:\n');
  // Engines mount their own over these.
  for (const file of ['hosts', 'resolv.conf']) writeFileSync(join(folder, file), '');
  const common = [
    'FROM scratch',
    'ADD system.tar /',
    'COPY passwd group hosts resolv.conf /etc/',
    `COPY ${programName} /usr/local/bin/${programName}`,
  ];
  writeFileSync(join(folder, 'Dockerfile'), `${[...common, ...instructions].join('\n')}\n`);
  return buildImage(`docker.io/${name}`, folder);
}

/** Extracts the packages without running their scripts, which takes a fraction of the time. */
function systemTar(): Promise<string> {
  return madeOnce('debian-packages.tar', async (tar) => {
    const options = ['--variant=extract', `--include=${packages.join(',')}`];
    const making = startProcess('mmdebstrap', [...options, 'bookworm', tar]);
    if ((await making.exited) !== 0) throw new Error(`mmdebstrap failed:\n${making.output()}`);
  });
}
