/**
 * Measures contenders round by round, so that a machine that slows down affects them all. Each round starts with a
 * different contender, so that no position in the order is an advantage.
 *
 * @returns for each contender, its samples in the order measured
 */
export async function alternate<Contender, Sample>(
  contenders: Contender[],
  rounds: number,
  measure: (contender: Contender, round: number) => Promise<Sample>,
): Promise<Sample[][]> {
  const samples: Sample[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const place = (round + turn) % contenders.length;
      samples[place]?.push(await measure(contenders[place] as Contender, round));
    }
  }
  return samples;
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1];
  const high = sorted[Math.floor(middle)];
  if (low === undefined || high === undefined) throw new Error('no samples to take a median of');
  return (low + high) / 2;
}
