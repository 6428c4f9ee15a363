/** What assets are kept in beside their plain form, the better first, and how such a file ends. */
const codings = [
  { name: 'br', extension: '.br' },
  { name: 'gzip', extension: '.gz' },
] as const;

type Coding = (typeof codings)[number];

/**
 * The best coding that a client takes (RFC 9110, section 12.5.3); undefined for none. A weight of 0 refuses one, and `*`
 * stands for those that are not named.
 */
export function chooseCoding(acceptEncoding: string | null): Coding | undefined {
  const weights = new Map<string, number>();
  for (const range of (acceptEncoding ?? '').toLowerCase().split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    weights.set(name, weight === undefined ? 1 : Number(weight));
  }
  return codings.find(({ name }) => (weights.get(name) ?? weights.get('*') ?? 0) > 0);
}
