import { measureBackground } from '../calibration/background.ts';
import { measureRemovals } from '../calibration/removals.ts';
import { measureRequests } from '../calibration/requests.ts';
import { measureRows } from '../calibration/rows.ts';
import { startScene } from '../calibration/scene.ts';
import { measureSharedStores } from '../calibration/shared-stores.ts';
import { describeMachine } from '../machine.ts';
import type { Benchmark } from '../run.ts';
import { type Constants, constantUnits, measuredFile, writeMeasured } from '../simulation/measured.ts';

/** Measures the constants of the model (bench/simulation/), and writes them unless the run is a quick one. */
export const calibration: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const scene = await startScene(run, lifetime);
    const constants: Constants = {
      ...(await measureBackground(run, lifetime, scene)),
      ...(await measureSharedStores(run, lifetime, scene)),
      ...(await measureRequests(run, lifetime, scene)),
      ...(await measureRemovals(run, lifetime, scene)),
      ...(await measureRows(run, scene)),
    };
    for (const [name, unit] of Object.entries(constantUnits))
      run.say(`${name}: ${constants[name as keyof Constants].toPrecision(4)} ${unit}`);
    if (run.scale.quick) run.say(`${measuredFile} stays as it is: a quick run proves nothing`);
    else writeMeasured({ measuredAt: new Date().toISOString(), machine: describeMachine(), constants });
    return [];
  });
