import { objectPutRacesContract } from '../../ports/object-put-races.contract.ts';
import { payloadRacesContract } from '../../ports/payload-races.contract.ts';
import { startNewestPostgres } from '../../support/newest-postgres.ts';
import { findPart } from '../../support/parts.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { postgresContracts } from './contracts.ts';
import { openerOf } from './open-postgres-stores.ts';

// The other tests run on the oldest supported version. When a test times out, Bun kills what was started within tests.
const server = (await findPart('newest-postgres')) && (await startNewestPostgres());
const newest = async () => {
  if (!server) throw new Error('the suite is skipped');
  return server;
};

await suiteWith(['newest-postgres'], 'the newest PostgreSQL', () => {
  postgresContracts(newest);
  const open = openerOf((stores) => stores, newest);
  payloadRacesContract('races of payloads by two processes', open, 2);
  objectPutRacesContract('races of puts by two processes', open, 2);
});
