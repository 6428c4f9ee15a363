import type { Services } from '../services.ts';
import { readArguments, requireOption } from './arguments.ts';
import { table } from './table.ts';

/** `accounts list`: those that have a name, and what they hold. */
export async function listAccounts({ accounts }: Services, given: string[]): Promise<number> {
  readArguments(given, [], 0);
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
export async function setAccount({ accounts }: Services, given: string[]): Promise<number> {
  const call = readArguments(given, ['plan'], 1);
  await accounts.setPlan(call.words[0] ?? '', requireOption(call, 'plan'));
  return 0;
}
