import { packageName } from './control.ts';

type Release = { version: string; date: Date };

/**
 * The changelog of the package. Its entries are the releases of CHANGELOG.md, which the package contains too.
 *
 * @param changelog The text of CHANGELOG.md.
 * @param built The release of the package.
 */
export function debianChangelog(changelog: string, maintainer: string, built: Release): string {
  const earlier = [...changelog.matchAll(/^## \[(\d[^\]]*)\] - (\d{4}-\d\d-\d\d)$/gm)]
    .map(([, version = '', day]) => ({ version, date: new Date(`${day}T12:00:00Z`) }))
    .filter(({ version }) => version !== built.version);
  return [built, ...earlier].map((release) => entry(release, maintainer)).join('\n');
}

function entry({ version, date }: Release, maintainer: string): string {
  const time = date.toUTCString().replace('GMT', '+0000');
  return [
    `${packageName} (${debianVersion(version)}) unstable; urgency=medium`,
    '',
    `  * Release ${version}. /usr/share/doc/${packageName}/changelog.gz lists its changes.`,
    '',
    ` -- ${maintainer}  ${time}`,
    '',
  ].join('\n');
}

/** A version such as 1.0.0-rc.1 comes before 1.0.0: 1.0.0~rc.1-1. */
export function debianVersion(version: string): string {
  return `${version.replace('-', '~')}-1`;
}
