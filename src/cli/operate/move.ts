import { realTimers } from '../../composition/dependencies.ts';
import { deploymentAfterMove, openMoveSource, openMoveTarget } from '../../composition/moving.ts';
import { readDatabase } from '../../config/database.ts';
import { parseDatabaseUrl } from '../../config/database-url.ts';
import { type Config, type Database, SettingError } from '../../config/index.ts';
import { Failure } from '../../core/failure.ts';
import { newHashId } from '../../core/ids.ts';
import { move, undoMove } from '../../core/operation/move/move.ts';
import { MoveRefused } from '../../core/ports/moving.ts';
import { reasonOf } from '../../observe/reason.ts';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { databasePlace, requireFile } from './run.ts';
import { startFailure } from './start-failure.ts';

export type MoveOptions = { to?: string; undo?: boolean; maxStop: number };

type Server = Extract<Database, { kind: 'server' }>;

/** How often the progress of a step is printed (ms). */
const progressInterval = 5000;

/** `move --to URL`: begins a move or continues it, and prints its report as JSON. `--undo` goes back. */
export async function moveDatabase(
  config: Config,
  { to, undo = false, maxStop }: MoveOptions,
): Promise<number> {
  const { database } = config;
  if (database.kind !== 'file')
    throw new SettingError('DATABASE_URL must name the SQLite file that is to be moved');
  requireFile(config);
  const server = to === undefined ? undefined : serverOf(to, config);
  const from = await openMoveSource(database);
  const target = server && (await openTarget(config, server).catch(closing(from)));
  try {
    if (undo) {
      await undoMove(from.source, target?.target);
      console.error(`mayfly: servers can use ${databasePlace(config)} again`);
      return exitCodes.done;
    }
    if (target === undefined || server === undefined)
      throw new SettingError('--to must name the target of the move');
    const current = await from.source.current();
    if (current !== undefined && current.to !== server.where)
      throw new MoveRefused(
        `a move to ${current.to} has begun: continue it, or undo it with mayfly move --undo`,
      );
    const report = await move(
      {
        source: from.source,
        target: target.target,
        sourceInventory: from.inventory,
        targetInventory: target.inventory,
        ...(await deploymentAfterMove(config, from, target)),
        maxStop,
        clock: Date.now,
        timers: realTimers,
        onProgress: printed(),
      },
      current ?? { id: newHashId(), to: server.where },
    );
    console.log(JSON.stringify(report, null, 2));
    console.error(
      `mayfly: moved to ${server.where}: start servers with this DATABASE_URL, and stop those of the file`,
    );
    return exitCodes.done;
  } catch (error) {
    throw explained(error);
  } finally {
    await target?.close();
    from.close();
  }
}

/** @throws SettingError if the URL is wrong, or settings are missing that servers on it need */
function serverOf(to: string, config: Config): Server {
  const parsed = parseDatabaseUrl(to);
  if (typeof parsed === 'string') throw new SettingError(`--to ${parsed}`);
  if (parsed?.kind !== 'server') throw new SettingError('--to must be a postgres:// URL');
  const database = readDatabase(
    { ...config, databaseUrl: parsed, databaseDirectUrl: undefined },
    () => parsed,
  );
  return database as Server;
}

async function openTarget(config: Config, database: Server) {
  try {
    return await openMoveTarget(config, database);
  } catch (error) {
    const line = startFailure(error, { ...config, database });
    throw line === undefined ? error : new CommandFailure(line);
  }
}

function closing({ close }: { close: () => void }) {
  return (error: unknown): never => {
    close();
    throw error;
  };
}

/** A store is away or full: what is copied stays, and the next call continues. */
function explained(error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  const { reason, code } = reasonOf(error);
  const exitCode = error.code === 'no_room' ? exitCodes.tooLarge : exitCodes.away;
  return new CommandFailure(`the move stopped: ${reason} (${code}); the same command continues it`, exitCode);
}

/** Prints each step, and the rows of a long one from time to time. */
function printed(): (step: string, rows?: number) => void {
  let lastStep = '';
  let printedAt = 0;
  return (step, rows = 0) => {
    if (step === lastStep && Date.now() - printedAt < progressInterval) return;
    console.error(`mayfly: ${step}${rows > 0 ? `: ${rows} rows` : ''}`);
    lastStep = step;
    printedAt = Date.now();
  };
}
