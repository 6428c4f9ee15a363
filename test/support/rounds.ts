/** How often a test makes its fault: `few` times with `npm test`, and as often as ROUNDS says with `npm run soak`. */
export function roundsOr(few: number): number {
  return Number(process.env.ROUNDS ?? few);
}

/** The time limit of a test (ms) whose rounds take up to two minutes each. */
export function limitOf(rounds: number): number {
  return 120_000 * (1 + rounds);
}
