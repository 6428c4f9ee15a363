import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file that `npm run bench -- calibration` writes. */
export const measuredFile = join(import.meta.dirname, 'measured.json');

/** The constants of the model, each with its unit and meaning. The calibration measures all of them. */
export const constantUnits = {
  nodeCreate: 'µs of a node to create a payload of 1 KiB, 64 connections',
  nodeCreatePerKiB: 'µs of a node for each further KiB of inline content',
  nodeRead: 'µs of a node to read a payload of 1 KiB from PostgreSQL',
  nodeCachedRead: 'µs of a node to read a cached payload of 1 KiB',
  nodeReadPerKiB: 'µs of a node for each further KiB of inline content that it reads',
  nodeBlobCreate: 'µs of a node to create a payload of 128 KiB in S3',
  nodeBlobCreatePerMiB: 'µs of a node for each further MiB',
  nodeBlobRead: 'µs of a node to read a payload of 128 KiB from S3',
  nodeBlobReadPerMiB: 'µs of a node for each further MiB',
  postgresCreate: 'µs of PostgreSQL to create a payload of 1 KiB, 64 connections',
  postgresCreatePerKiB: 'µs of PostgreSQL for each further KiB of inline content',
  postgresRead: 'µs of PostgreSQL to read a payload of 1 KiB',
  postgresReadPerKiB: 'µs of PostgreSQL for each further KiB of inline content that it reads',
  postgresBlobCreate: 'µs of PostgreSQL to create a payload in S3',
  postgresBlobRemoval: 'µs of PostgreSQL to remove an expired payload in S3',
  postgresRowRemoval: 'µs of PostgreSQL to delete an expired row of the longest class',
  postgresIdlePerNode: 'µs of PostgreSQL a second for a node without requests',
  createsPerSecond: 'payloads of 1 KiB that one node created a second, 64 connections',
  syncsPerThousandCreates: 'syncs of the log for 1,000 of them',
  logPerCreate: 'bytes of the log for a payload without its content',
  logPerContentByte: 'bytes of the log for a byte of inline content',
  logPerBlobCreate: 'bytes of the log to create a payload in S3',
  logPerBlobRemoval: 'bytes of the log to remove one',
  logPerRowRemoval: 'bytes of the log to delete an expired row of the longest class',
  logPerEmptiedSlot: 'bytes of the log to empty a slot, whatever is in it',
  emptyingSeconds: 's to empty a slot of 100,000 payloads, with the start of the command',
  rowBytes: 'bytes of a row in its table, without its content',
  tableBytesPerContentByte: 'bytes of a table for a byte of content that is stored out of line',
  indexBytesPerRow: 'bytes of a row in the indexes of its table',
  redisCommandsPerRequest: 'Redis commands for a request of a client that sends no other',
  redisCpuPerCommand: 'µs of Redis for one of them',
  s3PutsPerBlob: 'S3 requests that write a payload of 128 KiB',
  s3GetsPerRead: 'S3 requests to read it',
  s3DeletesPerBlob: 'S3 requests to remove it',
  diskSyncsPerSecond: 'syncs of 8 KiB a second of the disk, one after the other',
} as const;

export type ConstantName = keyof typeof constantUnits;
export type Constants = Readonly<Record<ConstantName, number>>;

export type Measured = {
  /** ISO 8601. */
  measuredAt: string;
  machine: string;
  constants: Constants;
};

/** Writes constants with their units, rounded to four digits. */
export function writeMeasured({ measuredAt, machine, constants }: Measured, file = measuredFile): void {
  const entries = Object.entries(constantUnits).map(([name, unit]) => [
    name,
    { value: Number(constants[name as ConstantName].toPrecision(4)), unit },
  ]);
  const measured = { measuredAt, machine, benchmark: 'calibration', constants: Object.fromEntries(entries) };
  writeFileSync(file, `${JSON.stringify(measured, null, 2)}\n`);
}

/** The constants of this project's own machine, or those of another file. @throws if one is missing */
export function readMeasured(file = measuredFile): Measured {
  const measured = JSON.parse(readFileSync(file, 'utf8')) as {
    measuredAt: string;
    machine: string;
    constants: Record<string, { value: number }>;
  };
  const valueNamed = (name: string) => {
    const value = measured.constants[name]?.value;
    if (value === undefined || !Number.isFinite(value))
      throw new Error(`${file} has no ${name}: write it with npm run bench -- calibration`);
    return value;
  };
  const names = Object.keys(constantUnits) as ConstantName[];
  const constants = Object.fromEntries(names.map((name) => [name, valueNamed(name)])) as Record<
    ConstantName,
    number
  >;
  return { measuredAt: measured.measuredAt, machine: measured.machine, constants };
}
