import type { Services } from '../services.ts';
import { readArguments } from './arguments.ts';

/** `ban IP`: an address or a CIDR range; a running server refuses it within seconds. */
export async function ban({ bans }: Services, given: string[]): Promise<number> {
  console.log(await bans.ban(readArguments(given, [], 1).words[0] ?? ''));
  return 0;
}

/** `unban IP`: what was banned by the command, and not by `BANNED_IPS`. */
export async function unban({ bans }: Services, given: string[]): Promise<number> {
  const [range = ''] = readArguments(given, [], 1).words;
  if (await bans.unban(range)) return 0;
  console.error(`mayfly: ${range} is not banned by this command`);
  return 1;
}

/** `bans`: what is banned by the command, a line each. */
export async function listBans({ bans }: Services, given: string[]): Promise<number> {
  readArguments(given, [], 0);
  for (const range of await bans.list()) console.log(range);
  return 0;
}
