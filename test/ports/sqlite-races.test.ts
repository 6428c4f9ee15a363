import { reservationRacesContract } from './reservation-races.contract.ts';
import { openSqliteStores } from './sqlite-stores.ts';
import { sweepRacesContract } from './sweep-races.contract.ts';

reservationRacesContract('races for reservations in SQLite', openSqliteStores);
sweepRacesContract('races of sweeps in SQLite', openSqliteStores);
