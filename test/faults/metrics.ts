/**
 * The sum of a metric over those of its labels that match, or 0 where it is not there yet.
 *
 * @param labels For example `{ status: '400' }`.
 */
export async function readMetric(
  url: string,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  let sum = 0;
  for (const line of text.split('\n')) {
    const [, found, inBraces = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const matches = Object.entries(labels).every(([label, wanted]) =>
      inBraces.includes(`${label}="${wanted}"`),
    );
    if (found === name && matches) sum += Number(value);
  }
  return sum;
}
