import { Type } from '@sinclair/typebox';
import type { ListRequest } from '../../core/objects/objects.ts';

/** `cursor` and `limit` of a list; what is no number is left for the core to refuse. */
export function listRequestIn(query: URLSearchParams): Pick<ListRequest, 'cursor' | 'limit'> {
  const limit = given(query, 'limit');
  return {
    cursor: given(query, 'cursor'),
    limit: limit === undefined ? undefined : /^\d{1,9}$/.test(limit) ? Number(limit) : Number.NaN,
  };
}

/** A parameter of the query; an empty one is as absent. */
export function given(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined;
}

/** The query of a list by pages. @param maximum The most entries that a page may have. */
export function pageQuery(maximum: number) {
  return {
    cursor: Type.Optional(Type.String({ description: 'The cursor of the previous page.' })),
    limit: Type.Optional(
      Type.Integer({ description: 'Entries per page.', minimum: 1, maximum, default: 50 }),
    ),
  };
}
