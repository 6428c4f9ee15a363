import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../support/parts.ts';
import type { Workshop } from './generator-suite.ts';

const compilerOptions = {
  strict: true,
  target: 'esnext',
  module: 'preserve',
  moduleResolution: 'bundler',
  lib: ['esnext', 'dom', 'dom.iterable'],
  types: ['bun-types'],
  allowImportingTsExtensions: true,
  noEmit: true,
};

/** Checks the types of a program and of the client that it imports. */
export async function typeChecked(workshop: Workshop, program: string): Promise<string[]> {
  workshop.addProgram(program);
  symlinkSync(join(checkout, 'node_modules'), join(workshop.folder, 'node_modules'));
  workshop.write('tsconfig.json', JSON.stringify({ compilerOptions, files: [program] }));
  await workshop.run([process.execPath, '--bun', 'run', join(checkout, 'node_modules/.bin/tsc')]);
  return [process.execPath, program];
}
