import { makeScratchFolder } from '../checkout.ts';
import { type Finding, formatCount, type Target } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { proveRoundTrip } from '../payloads.ts';
import { startRedis } from '../redis-server.ts';
import { alternate, median } from '../rounds.ts';
import type { Run } from '../run.ts';
import { type Server, startFloor, startMayfly } from '../servers.ts';
import { type Load, type LoadSample, putLoad } from '../wrk.ts';

/** A kind of request for comparing the servers. */
export type Requests = {
  work: string;
  /** The target ratio to the floor's rate, with in-process limits and with Redis. */
  targets: { inProcess: Target; redis?: Target };
  /** Prepares a server and the files in `folder` for the load. */
  prepare: (server: Server, folder: string) => Promise<Load>;
};

type Contender = { server: Server; load: Load };

/** Measures the floor, Mayfly, and Mayfly with Redis in turn, while all of them run. */
export function compareRequests(run: Run, requests: Requests): Promise<Finding[]> {
  const { scale, say } = run;
  return run.lifetime.during(async (lifetime) => {
    const contenders = await startContenders(run, lifetime, requests);
    const [floor, mayfly, redis] = await alternate(contenders, scale.rounds, async ({ server, load }) => {
      const sample = await putLoad(lifetime, server, load, scale.roundSeconds);
      say(`${requests.work}, ${server.name}: ${describe(sample)}`);
      return sample;
    });
    if (!floor || !mayfly || !redis) throw new Error('a contender was not measured');
    const { inProcess, redis: withRedis } = requests.targets;
    return [
      compareWithFloor(`${requests.work}, in-process limits`, mayfly, floor, inProcess),
      compareWithFloor(`${requests.work}, limits in Redis`, redis, floor, withRedis),
    ];
  });
}

async function startContenders(run: Run, lifetime: Lifetime, requests: Requests): Promise<Contender[]> {
  const { scale, say } = run;
  const servers = [
    await startFloor(lifetime),
    await startMayfly(lifetime, 'Mayfly'),
    await startMayfly(lifetime, 'Mayfly with Redis', { REDIS_URL: await startRedis(lifetime) }),
  ];
  const contenders: Contender[] = [];
  for (const server of servers) {
    say(`${requests.work}: warming up ${server.name}`);
    await proveRoundTrip(server, scale.contentSize);
    const load = await requests.prepare(server, makeScratchFolder(lifetime));
    await putLoad(lifetime, server, load, scale.warmUpSeconds);
    contenders.push({ server, load });
  }
  return contenders;
}

function compareWithFloor(
  work: string,
  samples: LoadSample[],
  floor: LoadSample[],
  target?: Target,
): Finding {
  const rate = median(samples.map((sample) => sample.requestsPerSecond));
  const floorRate = median(floor.map((sample) => sample.requestsPerSecond));
  return {
    work,
    measured: `${describeMedian(samples)}; floor ${describeMedian(floor)}`,
    value: rate / floorRate,
    ...(target && { target }),
    samples: { mayfly: samples, floor },
  };
}

function describeMedian(samples: LoadSample[]): string {
  const of = (pick: (sample: LoadSample) => number) => median(samples.map(pick));
  return describe({
    requests: of((sample) => sample.requests),
    requestsPerSecond: of((sample) => sample.requestsPerSecond),
    p50: of((sample) => sample.p50),
    p99: of((sample) => sample.p99),
  });
}

function describe(sample: LoadSample): string {
  return `${formatCount(sample.requestsPerSecond)}/s, p99 ${sample.p99.toFixed(1)} ms`;
}
