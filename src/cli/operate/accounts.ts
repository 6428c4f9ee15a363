import type { Services } from '../../composition/index.ts';
import { table } from '../shared/table.ts';

/** `accounts list`: accounts with a name, and their usage. */
export async function listAccounts({ accounts }: Services): Promise<number> {
  const rows = (await accounts.list()).map(({ name, plan, storedBytes, storedObjects, reservedBytes }) => [
    name,
    plan,
    storedBytes,
    storedObjects,
    reservedBytes,
  ]);
  console.log(table(['ACCOUNT', 'PLAN', 'BYTES', 'FILES', 'RESERVED BYTES'], rows));
  return 0;
}

/** `accounts set NAME --plan PLAN`. */
export async function setAccount(
  { accounts }: Services,
  name: string,
  { plan }: { plan: string },
): Promise<number> {
  await accounts.setPlan(name, plan);
  return 0;
}
