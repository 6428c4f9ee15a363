import { deliveryOrderContract } from '../../ports/delivery-order.contract.ts';
import { openerOf } from './open-sqlite-stores.ts';
import { announcingStores } from './sqlite-outbox.ts';

deliveryOrderContract(
  'the order of deliveries over two connections to SQLite',
  openerOf(announcingStores),
  2,
);
