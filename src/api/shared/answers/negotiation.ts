import type { AnswerCoding } from '../../../core/ports/coding/content-coding.ts';

/**
 * Parses a list with weights, such as `br;q=0.5, gzip` (RFC 9110 §12.4.2).
 *
 * @returns The weight of each member, in lower case; the default is 1.
 */
export function weightsIn(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const member of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = member.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    weights.set(name, weight === undefined ? 1 : Number(weight));
  }
  return weights;
}

/**
 * Chooses the coding of a response by the client's weights (RFC 9110 §12.5.3). A weight of 0 excludes a coding, `*`
 * applies to those that are not named, and among equal weights the first of `available` wins.
 *
 * @returns Undefined for no coding: none is accepted, or the client prefers `identity`.
 */
export function chooseCoding<Available extends AnswerCoding>(
  acceptEncoding: string | null,
  available: readonly Available[],
): Available | undefined {
  if (acceptEncoding === null) return undefined;
  const weights = weightsIn(acceptEncoding);
  const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0;
  let chosen: Available | undefined;
  let best = weights.get('identity') ?? 0;
  for (const coding of available) {
    const weight = weightOf(coding);
    if (weight > best || (weight === best && weight > 0 && chosen === undefined)) {
      chosen = coding;
      best = weight;
    }
  }
  return chosen;
}
