import { join } from 'node:path';
import type { Workshop } from './generator-suite.ts';

/** Compiles a program and the client that it imports as `client/generated`. */
export async function compiled(
  workshop: Workshop,
  go: string,
  program: string,
  modules: Record<string, string> = {},
): Promise<string[]> {
  workshop.addProgram(program);
  const required = Object.entries(modules).map(([path, version]) => `require ${path} ${version}`);
  workshop.write('go.mod', ['module client', 'go 1.25', ...required, ''].join('\n'));
  // Optimizing so much code would take a third of the time.
  await workshop.run([go, 'build', '-gcflags=client/...=-N -l', '-mod=mod', '-o', 'client', program]);
  return [join(workshop.folder, 'client')];
}
