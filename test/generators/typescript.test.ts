import { generatorSuite, serverOf, type Workshop } from './generator-suite.ts';
import { typeChecked } from './typescript-tools.ts';
import { npm } from './versions.ts';

const server = serverOf();

await generatorSuite('openapi-typescript', [], server, async (workshop) => {
  const options = [workshop.document, '--output=generated/api.ts'];
  await npmExec(workshop, 'openapi-typescript', ['openapi-typescript', ...options]);
  return typeChecked(workshop, 'openapi-typescript.ts');
});

await generatorSuite('@hey-api/openapi-ts', [], server, async (workshop) => {
  const options = [`--input=${workshop.document}`, '--output=generated', '--client=@hey-api/client-fetch'];
  await npmExec(workshop, '@hey-api/openapi-ts', ['openapi-ts', ...options, '--no-log-file']);
  return typeChecked(workshop, 'hey-api.ts');
});

async function npmExec(workshop: Workshop, name: keyof typeof npm, command: string[]): Promise<void> {
  const packages = [`--package=${name}@${npm[name]}`, `--package=typescript@${npm.typescript}`];
  await workshop.run(['npm', 'exec', '--yes', ...packages, '--', ...command]);
}
