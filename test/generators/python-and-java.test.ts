import { generatorSuite, serverOf, type Workshop } from './generator-suite.ts';
import { compiled } from './go-tools.ts';
import { generate } from './openapi-generator.ts';
import * as python from './python-tools.ts';
import * as typescript from './typescript-tools.ts';

const server = serverOf();

let environment: Promise<string> | undefined;

/** Both Python clients use one environment, since it takes longer to make than they do. */
function pythonOf(workshop: Workshop, python3: string): Promise<string> {
  environment ??= python.virtualEnvironment(workshop, python3);
  return environment;
}

await generatorSuite('openapi-python-client', ['python3-venv'], server, async (workshop, paths) => {
  const interpreter = await pythonOf(workshop, paths['python3-venv']);
  // The default hooks format the client with a linter that is not installed.
  workshop.write('config.yml', 'post_hooks: []\n');
  const options = ['--meta=none', '--config=config.yml', `--path=${workshop.document}`];
  const generator = [interpreter, '-m', 'openapi_python_client', 'generate'];
  await workshop.run([...generator, ...options, '--output-path=generated']);
  return python.typeChecked(workshop, interpreter, 'openapi-python-client.py');
});

const java = ['java', 'mvn'] as const;

await generatorSuite('openapi-generator (typescript-fetch)', java, server, async (workshop, paths) => {
  await generate(workshop, paths, 'typescript-fetch', 'generated');
  return typescript.typeChecked(workshop, 'openapi-generator.ts');
});

await generatorSuite('openapi-generator (go)', [...java, 'go'], server, async (workshop, paths) => {
  await generate(workshop, paths, 'go', 'generated', ['packageName=generated', 'withGoMod=false']);
  return compiled(workshop, paths.go, 'openapi-generator.go');
});

await generatorSuite(
  'openapi-generator (python)',
  [...java, 'python3-venv'],
  server,
  async (workshop, paths) => {
    await generate(workshop, paths, 'python', '.', ['packageName=generated']);
    const interpreter = await pythonOf(workshop, paths['python3-venv']);
    return python.typeChecked(workshop, interpreter, 'openapi-generator.py');
  },
);
