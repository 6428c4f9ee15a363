import { join } from 'node:path';
import { type Config, type Database, SettingError } from '../config/index.ts';
import { isRecordedSecret } from '../core/operation/deployment.ts';
import { MovedBlobs } from '../core/operation/move/moved-blobs.ts';
import { MoveRefused } from '../core/ports/moving.ts';
import { DiskBlobStore } from '../stores/blobs/disk.ts';
import { blobsPlace } from './deployment.ts';
import { openS3, prepareEmpty } from './stores.ts';

type File = Extract<Database, { kind: 'file' }>;
type Server = Extract<Database, { kind: 'server' }>;

/** How long a statement on the target may take (ms): the last ones read everything. */
const deadline = 600_000;

/** Opens the database that a move leaves, also one that it has left. Servers may use it. */
export async function openMoveSource({ file }: File) {
  const [
    { openConnection },
    { GroupCommit },
    { SqliteDeploymentStore },
    { SqliteInventory },
    { SqliteMoveSource },
  ] = await Promise.all([
    import('../stores/sqlite/database/connection.ts'),
    import('../stores/sqlite/database/group-commit.ts'),
    import('../stores/sqlite/deployment.ts'),
    import('../stores/sqlite/content/inventory.ts'),
    import('../stores/sqlite/moving/move-source.ts'),
  ]);
  const connection = openConnection(file, true);
  return {
    source: new SqliteMoveSource(connection),
    inventory: new SqliteInventory(connection),
    deployment: new SqliteDeploymentStore(connection, new GroupCommit(connection.raw)),
    close: () => connection.raw.close(),
  };
}

/** Opens the database that a move fills, and creates its schema if it is empty. @throws ServerFailure */
export async function openMoveTarget(config: Config, server: Server) {
  await prepareEmpty(config, server);
  const [{ PgSql }, { PostgresInventory }, { PostgresMoveTarget }] = await Promise.all([
    import('../stores/postgres/database/driver.ts'),
    import('../stores/postgres/content/inventory.ts'),
    import('../stores/postgres/moving/move-target.ts'),
  ]);
  const sql = new PgSql({ url: server.directUrl, pool: 2, prepare: false, deadline });
  return {
    target: new PostgresMoveTarget(sql),
    inventory: new PostgresInventory(sql),
    close: () => sql.close(),
  };
}

type OpenSource = Awaited<ReturnType<typeof openMoveSource>>;
type OpenTarget = Awaited<ReturnType<typeof openMoveTarget>>;

/**
 * Reads what the target has of the deployment of the source, and says how blobs get there: not at all if both have the
 * same store.
 *
 * @returns `deployment` reads it again, and throws the same errors if the server has other settings meanwhile.
 * @throws SettingError, MoveRefused
 */
export async function deploymentAfterMove(
  config: Config,
  { deployment }: OpenSource,
  { target }: OpenTarget,
) {
  const { s3, secret, dataDirectory } = config;
  if (s3 === undefined || secret === undefined) throw new SettingError('a move needs S3_ENDPOINT and SECRET');
  const onDisk = blobsPlace(undefined);
  const blobs = blobsPlace(s3);
  const read = async () => {
    const { blobs: place = onDisk, secret: recorded, secretChangedAt } = await deployment.read();
    if (recorded !== undefined && !(await isRecordedSecret(deployment, secret)))
      throw new SettingError(
        'SECRET must be that of the server; without the setting, it is in DATA_DIR/secret',
      );
    if (place !== onDisk && place !== blobs)
      throw new MoveRefused(
        `S3_ENDPOINT and S3_BUCKET must be those of the server (${place}): blobs stay there`,
      );
    return {
      place,
      recorded: { ...(recorded && { secret: recorded }), ...(secretChangedAt && { secretChangedAt }) },
    };
  };
  const before = await read();
  return {
    deployment: async () => {
      const { place, recorded } = await read();
      if (place !== before.place)
        throw new MoveRefused('S3_* of the server changed during the move: run the same command again');
      return { blobs, ...recorded };
    },
    blobs:
      before.place === onDisk
        ? new MovedBlobs({
            from: await DiskBlobStore.open(join(dataDirectory, 'blobs')),
            to: await openS3(s3),
            target,
          })
        : undefined,
  };
}
