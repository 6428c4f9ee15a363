import { type Static, type TObject, Type } from '@sinclair/typebox';
import type { Exchange } from '../exchange.ts';
import { optionalText } from './schemas.ts';

/**
 * The query of a request, by the schema of its endpoint. An empty parameter counts as absent. An integer that is not
 * one becomes NaN: the core refuses it.
 */
export function queryIn<Query extends TObject>(
  { request }: Exchange,
  { properties }: Query,
): Partial<Static<Query>> {
  const query = searchOf(request.url);
  const values = Object.entries(properties).map(([name, { type }]) => {
    const text = query.get(name) || undefined;
    return [name, type === 'integer' && text !== undefined ? integerIn(text) : text];
  });
  return Object.fromEntries(values);
}

/** The query of a URL, which is not parsed as a whole: the Host of a request, which does not matter, may be invalid. */
export function searchOf(url: string): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : url.slice(start));
}

/** A number of up to nine digits. Other text becomes NaN. */
export function integerIn(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
}

/** The query of a list by pages. @param maximum The most entries that a page may have. */
export function pageQuery(maximum: number) {
  return {
    cursor: optionalText('The cursor of the previous page.'),
    limit: Type.Optional(
      Type.Integer({
        $id: `limit.${maximum}`,
        description: 'Entries per page.',
        minimum: 1,
        maximum,
        default: 50,
      }),
    ),
  };
}
