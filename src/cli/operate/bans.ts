import type { Services } from '../../composition/index.ts';

/** `ban IP`: an address or a CIDR range; a running server refuses it within seconds. */
export async function ban({ bans }: Services, range: string): Promise<number> {
  console.log(await bans.ban(range));
  return 0;
}

/** `unban IP`: lifts a ban that `ban` set. It does not affect `BANNED_IPS`. */
export async function unban({ bans }: Services, range: string): Promise<number> {
  if (await bans.unban(range)) return 0;
  console.error(`mayfly: ${range} has no ban that mayfly ban set: mayfly bans lists those`);
  return 1;
}

/** `bans`: the bans that `ban` set, one per line. */
export async function listBans({ bans }: Services): Promise<number> {
  for (const range of await bans.list()) console.log(range);
  return 0;
}
