import { markdownTable } from '../../scripts/markdown-table.ts';
import { type Capacity, capacityOf, type Engine, shareOf } from './capacity.ts';
import { defaultHardware } from './hardware.ts';
import { type ConstantName, type Constants, constantUnits, type Measured } from './measured.ts';
import { requestsOf } from './rates.ts';
import { ringRows, shardRows, writeRows } from './report.ts';
import { loads, pastes, petabyte } from './scenarios.ts';
import { short, showBytes, showCount } from './units.ts';
import type { Workload } from './workload.ts';
import { simulateWrites } from './write-path.ts';

const seed = 1;

/** The tables of docs/scaling.md, by the name of their markers. */
export function scalingTables({ constants, machine, measuredAt }: Measured): Record<string, string> {
  const tenBillion: Workload = { ...pastes, payloadsPerMonth: 1e10 };
  const capacity = capacityOf(tenBillion, defaultHardware, constants);
  const ofPetabyte = capacityOf(petabyte, defaultHardware, constants);
  return {
    process: markdownTable(processRows(constants)),
    measured: `${markdownTable(constantRows(constants))}\n\nMeasured on ${measuredAt.slice(0, 10)} on: ${machine}`,
    loads: markdownTable(loadRows(constants)),
    petabyte: markdownTable(needRows(ofPetabyte)),
    limits: markdownTable(limitRows(constants)),
    writes: markdownTable(writeRows(capacity, defaultHardware, constants, seed)),
    calibration: markdownTable(calibrationRows(constants)),
    leaves: markdownTable(ringRows(tenBillion, capacity.clusters, constants)),
    shards: markdownTable(shardRows(tenBillion, seed)),
  };
}

/** What one process does in a second, if it does nothing else. */
function processRows(constants: Constants): string[][] {
  const { targetLoad } = defaultHardware;
  const row = (work: string, ofNode: number, ofPostgres: number) => [
    work,
    showCount((1e6 * targetLoad) / ofNode),
    `${short(ofNode)} µs`,
    ofPostgres === 0 ? '–' : `${short(ofPostgres)} µs`,
  ];
  return [
    ['work', 'a second', 'CPU of the node', 'CPU of PostgreSQL'],
    row('creates of 1 KiB', constants.nodeCreate, constants.postgresCreate),
    row('reads of 1 KiB', constants.nodeRead, constants.postgresRead),
    row('cached reads of 1 KiB', constants.nodeCachedRead, 0),
    row('creates of 128 KiB, in S3', constants.nodeBlobCreate, constants.postgresBlobCreate),
    row('reads of 128 KiB, from S3', constants.nodeBlobRead, constants.postgresRead),
  ];
}

function constantRows(constants: Constants): string[][] {
  const rows = (Object.keys(constantUnits) as ConstantName[]).map((name) => [
    `\`${name}\``,
    short(constants[name]),
    constantUnits[name],
  ]);
  return [['constant', 'value', 'unit'], ...rows];
}

function loadRows(constants: Constants): string[][] {
  const head = [
    'payloads a month',
    'requests/s at the peak',
    'processes',
    'connections',
    'cores of PostgreSQL',
    'clusters',
    'log',
    'database',
    'S3',
    'S3 requests a month',
    'Redis commands/s',
    'first limit',
  ];
  const rows = loads.map((payloadsPerMonth) => {
    const capacity = capacityOf({ ...pastes, payloadsPerMonth }, defaultHardware, constants);
    const { s3, peak } = capacity;
    return [
      showCount(payloadsPerMonth),
      short(requestsOf(peak)),
      String(capacity.processes),
      `${capacity.connections}${capacity.needsPooler ? ', pooled' : ''}`,
      short(engineOf(capacity, 'processor of PostgreSQL').use),
      String(capacity.clusters),
      `${showBytes(capacity.logBytes)}/s`,
      showBytes(capacity.databaseBytes),
      showBytes(capacity.blobBytes),
      showCount(s3.puts + s3.gets + s3.deletes),
      short(capacity.redisCommands),
      capacity.bottleneck.name,
    ];
  });
  return [head, ...rows];
}

/** All that one workload needs. */
function needRows(capacity: Capacity): string[][] {
  const { s3 } = capacity;
  const rows = [
    ['live payloads', showCount(capacity.livePayloads)],
    ['in S3', showBytes(capacity.blobBytes)],
    ['in PostgreSQL', showBytes(capacity.databaseBytes)],
    ['machines with nodes', `${capacity.machines}, with ${capacity.processes} processes`],
    ['network of the nodes', `${showBytes(engineOf(capacity, 'network of the nodes').use)}/s`],
    ['connections', `${capacity.connections}${capacity.needsPooler ? ', pooled' : ''}`],
    ['cores of PostgreSQL', short(engineOf(capacity, 'processor of PostgreSQL').use)],
    ['log', `${showBytes(capacity.logBytes)}/s`],
    ['clusters', String(capacity.clusters)],
    [
      'S3 requests a month',
      `${showCount(s3.puts)} PUT, ${showCount(s3.gets)} GET, ${showCount(s3.deletes)} DELETE`,
    ],
    ['Redis commands', `${short(capacity.redisCommands)}/s`],
    ['first limit of one cluster', capacity.bottleneck.name],
  ];
  return [['', 'needed'], ...rows];
}

/** The load at which each engine of one cluster is at its limit: all of them grow with the payloads. */
function limitRows(constants: Constants): string[][] {
  const of = (workload: Workload) => capacityOf(workload, defaultHardware, constants).engines;
  const [small, large] = [of({ ...pastes, payloadsPerMonth: 1e10 }), of(petabyte)];
  const rows = small.flatMap((engine, index) => {
    if (engine.grows === 'nodes') return [];
    const most = (one: Engine) => showCount(1e10 / shareOf(one));
    return [[engine.name, most(engine), most(large[index] as Engine), remedies[engine.grows]]];
  });
  return [['engine', 'pastes a month', 'files a month', 'then'], ...rows];
}

const remedies = { clusters: 'a larger server, then shards', never: 'limit rates in the proxy' };

/** The model against the machine of the calibration: what 64 connections get from one node. */
function calibrationRows(constants: Constants): string[][] {
  const model = simulateWrites(
    {
      nodes: 1,
      postgresCores: 1,
      logSyncs: constants.diskSyncsPerSecond,
      load: { connections: 64 },
      duration: 5,
      seed,
    },
    constants,
  );
  return [
    ['64 connections, one node', 'measured', 'simulated'],
    ['creates/s', short(constants.createsPerSecond), short(model.perSecond)],
    ['syncs per 1,000', short(constants.syncsPerThousandCreates), short(model.syncsPerThousand)],
  ];
}

function engineOf({ engines }: Capacity, name: string): Engine {
  const engine = engines.find((one) => one.name === name);
  if (engine === undefined) throw new Error(`the model has no ${name}`);
  return engine;
}
