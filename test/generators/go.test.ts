import { generatorSuite, serverOf } from './generator-suite.ts';
import { compiled } from './go-tools.ts';
import { go as versions } from './versions.ts';

const server = serverOf();
const oapiCodegen = 'github.com/oapi-codegen/oapi-codegen/v2';
const oapiRuntime = 'github.com/oapi-codegen/runtime';
const ogen = 'github.com/ogen-go/ogen';

await generatorSuite('oapi-codegen', ['go'], server, async (workshop, { go }) => {
  const configuration = {
    package: 'generated',
    generate: { models: true, client: true },
    output: 'generated/client.go',
    // Its query has a content_encoding, and it has a header Content-Encoding: both would be ContentEncoding in Go.
    'output-options': { 'exclude-operation-ids': ['putObjectSigned'] },
  };
  workshop.write('oapi-codegen.json', JSON.stringify(configuration));
  workshop.makeFolder('generated');
  const tool = `${oapiCodegen}/cmd/oapi-codegen@${versions[oapiCodegen]}`;
  await workshop.run([go, 'run', tool, '-config=oapi-codegen.json', workshop.document]);
  return compiled(workshop, go, 'oapi-codegen.go', { [oapiRuntime]: versions[oapiRuntime] });
});

await generatorSuite('ogen', ['go'], server, async (workshop, { go }) => {
  const generator = {
    features: { enable: ['paths/client'], disable_all: true },
    // Unions of objects: the files API of PutPut and the one of UploadKit share two paths, and differ by credential.
    ignore_not_implemented: ['complex anyOf'],
  };
  workshop.write('ogen.json', JSON.stringify({ generator }));
  const tool = `${ogen}/cmd/ogen@${versions[ogen]}`;
  const options = ['-config=ogen.json', '-target=generated', '-package=generated'];
  await workshop.run([go, 'run', tool, ...options, workshop.document]);
  return compiled(workshop, go, 'ogen.go', { [ogen]: versions[ogen] });
});
