import { deliveryOrderContract } from '../../ports/delivery-order.contract.ts';
import { suiteWithPostgres } from '../../support/postgres.ts';
import { openerOf } from './open-postgres-stores.ts';
import { announcingStores } from './postgres-outbox.ts';

await suiteWithPostgres('PostgreSQL', () => {
  deliveryOrderContract('the order of deliveries by two processes', openerOf(announcingStores), 2);
});
