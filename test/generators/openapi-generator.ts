import { join } from 'node:path';
import type { Workshop } from './generator-suite.ts';
import { maven } from './versions.ts';

type Paths = Record<'java' | 'mvn', string>;

const generator = 'org.openapitools:openapi-generator-cli';
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin';
const noExtras = 'apiTests=false,modelTests=false,apiDocs=false,modelDocs=false';

let jar: Promise<string> | undefined;

/** Generates a client with one of the generators of openapi-generator, into a folder of the workshop. */
export async function generate(
  workshop: Workshop,
  paths: Paths,
  name: string,
  output: string,
  properties: string[] = [],
): Promise<void> {
  jar ??= downloadJar(workshop, paths.mvn);
  const options = ['-g', name, '-i', workshop.document, '-o', output, `--global-property=${noExtras}`];
  const additional = properties.map((property) => `--additional-properties=${property}`);
  await workshop.run([paths.java, '-jar', await jar, 'generate', ...options, ...additional]);
}

/** Maven keeps it in its repository for the next run. */
async function downloadJar(workshop: Workshop, mvn: string): Promise<string> {
  const goal = `${plugin}:${maven[plugin]}:copy`;
  await workshop.run([
    mvn,
    '-q',
    '-B',
    goal,
    `-Dartifact=${generator}:${maven[generator]}`,
    '-DoutputDirectory=jar',
  ]);
  return join(workshop.folder, `jar/openapi-generator-cli-${maven[generator]}.jar`);
}
