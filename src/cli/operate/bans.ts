import type { Services } from '../../services.ts';

/** `ban IP`: an address or a CIDR range; a running server refuses it within seconds. */
export async function ban({ bans }: Services, range: string): Promise<number> {
  console.log(await bans.ban(range));
  return 0;
}

/** `unban IP`: what was banned by the command, and not by `BANNED_IPS`. */
export async function unban({ bans }: Services, range: string): Promise<number> {
  if (await bans.unban(range)) return 0;
  console.error(`mayfly: ${range} is not banned by this command`);
  return 1;
}

/** `bans`: what is banned by the command, a line each. */
export async function listBans({ bans }: Services): Promise<number> {
  for (const range of await bans.list()) console.log(range);
  return 0;
}
