/**
 * The sum of a metric over its matching labels, or 0 if it does not exist yet.
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
