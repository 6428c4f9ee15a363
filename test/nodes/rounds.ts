/** How often each fault is made: a few times with `npm test`, many times with `npm run soak`. */
export const rounds = Number(process.env.ROUNDS ?? 2);

/** The time limit of a test (ms) whose rounds take up to 40 s each. */
export const roundsTimeout = 60_000 + 40_000 * rounds;
