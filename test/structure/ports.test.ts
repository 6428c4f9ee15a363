import { describe, expect, test } from 'bun:test';
import { sourceFiles } from './source-files.ts';

/** Files of the core, outside of its ports, that stores may import. */
const importedByStores: Record<string, string> = {
  'src/core/buckets/written-object.ts': 'a store makes the object of a write in its transaction',
  'src/core/failure.ts': 'ports promise to throw a Failure; the file imports nothing and decides nothing',
  'src/core/files/file-of-upload.ts': 'a store makes the file of an upload in its transaction',
  'src/core/outcome-unknown.ts': 'the one Failure that only a store can find out about',
  'src/core/payloads/payload-id.ts': 'the id names its table: one function makes and reads the bits',
};

/** Files outside of the stores that may name the database. All others use its ports. */
const namesDatabase: Record<string, string> = {
  'src/cli/operate/commands.ts': 'the help of mayfly move says between which databases it moves',
  'src/cli/operate/init/answers.ts': 'it writes DATABASE_URL',
  'src/cli/operate/init/init-command.ts': 'it offers the kinds of databases',
  'src/cli/operate/init/questions.ts': 'it asks for the kind of database',
  'src/cli/operate/move.ts': 'its messages say between which databases it moves',
  'src/cli/operate/start-failure.ts': 'it explains the error codes of the database to the operator',
  'src/composition/backups/database-copy.ts': 'it copies and opens the database of a backup',
  'src/composition/examination.ts': 'it opens the database for mayfly doctor, and changes nothing',
  'src/composition/moving.ts': 'it opens both databases of a move',
  'src/composition/stores.ts': 'it is the part of the composition root that opens the database',
  'src/config/database-settings.ts': 'it describes the settings of the database',
  'src/config/database-url.ts': 'it parses DATABASE_URL',
  'src/config/database.ts': 'it checks what else DATABASE_URL needs',
  'src/config/index.ts': 'DATABASE_URL names the database',
  'src/config/setting.ts': 'it reads DATABASE_URL',
};

const files = sourceFiles('src');
const isPort = (path: string) => path.startsWith('src/core/ports/');

describe('ports', () => {
  test('import only other ports', () => {
    const wrong = files
      .filter(({ path }) => isPort(path))
      .flatMap(({ path, imports }) =>
        imports.filter((imported) => !isPort(imported)).map((imported) => `${path} imports ${imported}`),
      );
    expect(wrong).toEqual([]);
  });

  test('name their outcomes: a boolean is never one of several kinds of results', () => {
    const mixed = files
      .filter(({ path }) => isPort(path))
      .flatMap(({ path, text }) =>
        Array.from(
          text.matchAll(/.*(?:\b(?:boolean|true|false) \||\| (?:boolean|true|false)\b).*/g),
          ([line]) => `${path}: ${line.trim()}`,
        ),
      );
    expect(mixed).toEqual([]);
  });
});

describe('stores', () => {
  test('import no rules of the core', () => {
    const imported = files
      .filter(({ path }) => path.startsWith('src/stores/'))
      .flatMap(({ imports }) => imports)
      .filter((path) => path.startsWith('src/core/') && !isPort(path));
    expect([...new Set(imported)].toSorted()).toEqual(Object.keys(importedByStores));
  });

  test('of a database are named only by code that opens it, configures it or maps its errors', () => {
    const naming = files
      .filter(({ path }) => !/^src\/stores\/(?:sqlite|postgres)\//.test(path))
      .filter(({ code, imports }) => /sqlite|postgres/i.test([code, ...imports].join()))
      .map(({ path }) => path);
    expect(naming).toEqual(Object.keys(namesDatabase));
  });
});
