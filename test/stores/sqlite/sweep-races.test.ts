import { reservationRacesContract } from '../../ports/reservation-races.contract.ts';
import { sweepRacesContract } from '../../ports/sweep-races.contract.ts';
import { openSqliteStores } from './sqlite-stores.ts';

reservationRacesContract('races for reservations in SQLite', openSqliteStores);
sweepRacesContract('races of sweeps in SQLite', openSqliteStores);
