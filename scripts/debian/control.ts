export const packageName = 'mayfly';

/** The architectures that the package is built for, by the machine in the header of an ELF file. */
const architectures = new Map([
  [0x3e, 'amd64'],
  [0xb7, 'arm64'],
]);

/**
 * Debian's name for the architecture of a program.
 *
 * @throws Error if the file is no program for one of them
 */
export function architectureOf(program: Uint8Array): string {
  const isElf = Buffer.from(program.subarray(0, 4)).toString('latin1') === '\x7fELF';
  const architecture = isElf ? architectures.get(program[18] ?? 0) : undefined;
  if (architecture === undefined)
    throw new Error(`the binary must be an ELF file for ${[...architectures.values()].join(' or ')}`);
  return architecture;
}

type Control = { version: string; architecture: string; maintainer: string; installedSize: number };

/** The control file. @param control `installedSize` in KiB, `version` in Debian's form. */
export function controlFile({ version, architecture, maintainer, installedSize }: Control): string {
  return `Package: ${packageName}
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${installedSize}
Depends: ${dependencies.join(', ')}
Section: web
Priority: optional
Description: self-hosted service for data that should not last
 Mayfly stores text and files until they expire, and then deletes them. A POST
 creates a payload, and its URL shares it.
 .
 The package has the server with its pages, its HTTP APIs and a systemd
 service, and a command line that uses or administers a server. Content can be
 encrypted before it is uploaded, and can be limited to a number of reads.
`;
}

/** `adduser` creates the user. The addon of SQLite needs these libraries; the runtime needs no later ones. */
const dependencies = ['adduser', 'libc6 (>= 2.34)', 'libstdc++6 (>= 11)'];
