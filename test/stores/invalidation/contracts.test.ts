import { afterAll } from 'bun:test';
import { SharedChanges } from '../../../src/stores/invalidation/shared-changes.ts';
import { SystemNames } from '../../../src/stores/names/system-names.ts';
import { soonTimers } from '../../core/soon-timers.ts';
import { changesContract, foreignChangesContract } from '../../ports/changes.contract.ts';
import { sharedRedis } from '../../support/redis.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { openerOf } from '../postgres/open-postgres-stores.ts';

await suiteWith(['postgres', 'redis-server'], 'nodes on PostgreSQL and Redis', () => {
  const opened: SharedChanges[] = [];
  afterAll(() => Promise.all(opened.map((changes) => changes.close())));

  const openNode = async () => {
    const { url } = await sharedRedis();
    return openerOf((stores) => {
      const changes = new SharedChanges({
        url,
        lookup: new SystemNames().lookupForSocket,
        local: stores.changes,
        tables: ['payloads', 'credentials', 'plans'],
        channel: stores.url,
        timers: soonTimers,
        observer: { lost: () => undefined, back: () => undefined, malformed: () => undefined },
      });
      opened.push(changes);
      return { ...stores, changes };
    })();
  };

  changesContract('the changes of a node', openNode);
  foreignChangesContract('the changes of other nodes', openNode);
});
