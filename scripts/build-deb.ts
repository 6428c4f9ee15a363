// npm run build:deb [-- --binary FILE --output FOLDER]: builds the Debian package of the program that `npm run
// build:binary` makes, for the architecture of that program.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureWebBuilt } from './build-web.mjs';
import { buildDebianPackage } from './debian/package.ts';
import { programContents } from './release/contents.ts';
import { thirdPartyLicenses } from './release/third-party.ts';
import { readManifest, root } from './runtime.mjs';

/**
 * Packages a program that this checkout has built. The time and the maintainer are those of the environment, if it has them.
 *
 * @returns the path of the package
 */
export function packageBinary(
  binary: string,
  output: string,
  licenses: string,
  isCompressed?: boolean,
): string {
  // The variables that Debian's own tools read.
  const { DEBFULLNAME = 'Mayfly contributors', DEBEMAIL = 'maintainers@mayfly.invalid' } = process.env;
  return buildDebianPackage({
    checkout: root,
    binary,
    output,
    licenses,
    isCompressed,
    version: readManifest('.').version,
    sourceDate: sourceDate(),
    maintainer: `${DEBFULLNAME} <${DEBEMAIL}>`,
  });
}

/** `SOURCE_DATE_EPOCH`, or the time of the last commit (s since 1970). */
function sourceDate(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given) return Number(given);
  return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      binary: { type: 'string', default: join(root, 'dist', 'mayfly') },
      output: { type: 'string', default: join(root, 'dist') },
    },
  });
  if (existsSync(values.binary)) {
    // For the licences of what browsers load.
    await ensureWebBuilt();
    console.log(packageBinary(values.binary, values.output, thirdPartyLicenses(programContents(root))));
  } else {
    console.error(`mayfly: ${values.binary} does not exist: run npm run build:binary, or set --binary`);
    process.exitCode = 1;
  }
}
