import { isAbsolute } from 'node:path';
import { type Examined, examineDatabase, examineOthers } from '../../../composition/examination.ts';
import { type Config, SettingError } from '../../../config/index.ts';
import { NoAnswer } from '../../../core/failure.ts';
import { type Probe, Unhealthy } from '../../../core/ports/probe.ts';
import { createLog } from '../../../observe/log.ts';
import { reasonOf } from '../../../observe/reason.ts';
import { type Finding, findingsOf } from '../../shared/finding.ts';
import { requireFile } from '../run.ts';
import { startFailure } from '../start-failure.ts';
import { s3Advice } from './objects.ts';

/** How long a store may take (ms). */
const patience = 10_000;

/** What to do about an error code, by the name of the probe. */
const adviceOf: Record<string, (code: string) => string> = {
  blobs: s3Advice,
  redis: () => 'check REDIS_URL, and whether Redis runs',
  database: () => 'check DATABASE_URL, and whether its server runs',
};

/** Whether a server could use the database as it is. */
export async function checkDatabase(config: Config): Promise<Finding[]> {
  try {
    requireFile(config);
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    return [findingsOf('database').problem(`${error.message}, or start the server`)];
  }
  return findingsIn(config, () => examineDatabase(config));
}

/** Probes the stores beside the database as `/readyz` does. */
export function checkOthers(config: Config): Promise<Finding[]> {
  return findingsIn(config, () => examineOthers(config, createLog('silent', 'none').log));
}

async function findingsIn(config: Config, open: () => Promise<Examined>): Promise<Finding[]> {
  const { problem, warning } = findingsOf('database');
  let opened: Examined;
  try {
    opened = await open();
  } catch (error) {
    return [problem(startFailure(error, config) ?? reasonOf(error).reason)];
  }
  try {
    const found = opened.warnings.map(warning);
    // One after the other: what loads the client of one store must not take the time of another one.
    for (const probe of opened.probes) found.push(await findingOf(probe, config));
    return found;
  } finally {
    await opened.close();
  }
}

async function findingOf({ name, where, ping }: Probe, config: Config): Promise<Finding> {
  const { ok, problem } = findingsOf(name);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer(patience)), patience);
  });
  try {
    await Promise.race([ping(), late]);
    if (where === undefined) return ok('it is well');
    const place = isAbsolute(where) ? JSON.stringify(where) : where;
    // Its pages are not read, which takes long for a large file.
    if (name === 'database' && config.database.kind === 'file')
      return ok(`${place} can be opened and has the current schema; mayfly check looks for damage`);
    return ok(`${place} can be used`);
  } catch (error) {
    const { code, reason } = reasonOf(error);
    // These say themselves what to do.
    if (error instanceof Unhealthy) return problem(reason);
    const explained = startFailure(error, config);
    const advice = adviceOf[name]?.(code);
    if (explained !== undefined || advice === undefined) return problem(explained ?? reason);
    return problem(`${where}: ${reason.replace(/\.$/, '')} (${code}); ${advice}`);
  } finally {
    clearTimeout(timer);
  }
}
