import { join } from 'node:path';
import { ensureLibBuilt } from '../../scripts/build-package.mjs';
import { checkout } from './parts.ts';

/** The program as JavaScript, which Node can run: the path of its `main.js`. Compiled once for a state of `src/`. */
export async function compiledProgram(): Promise<string> {
  await ensureLibBuilt();
  return join(checkout, 'lib', 'main.js');
}
