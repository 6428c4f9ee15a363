import { join } from 'node:path';
import type { Workshop } from './generator-suite.ts';
import { python } from './versions.ts';

/** Makes a virtual environment with all packages. Resolves to its interpreter. */
export async function virtualEnvironment(workshop: Workshop, python3: string): Promise<string> {
  await workshop.run([python3, '-m', 'venv', 'environment']);
  const interpreter = join(workshop.folder, 'environment/bin/python3');
  const packages = Object.entries(python).map(([name, version]) => `${name}==${version}`);
  await workshop.run([interpreter, '-m', 'pip', 'install', '--quiet', '--no-compile', ...packages]);
  return interpreter;
}

/** Checks the types of a program and of the client in the package `generated`. */
export async function typeChecked(
  workshop: Workshop,
  interpreter: string,
  program: string,
): Promise<string[]> {
  workshop.addProgram(program);
  await workshop.run([interpreter, '-m', 'mypy', '--no-incremental', 'generated', program]);
  return [interpreter, program];
}
