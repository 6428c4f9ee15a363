import { Failure, invalid } from '../../../core/failure.ts';
import type { NewPayload } from '../../../core/payloads/payloads.ts';
import { searchOf } from '../../shared/endpoints/query.ts';

const termHeaders = { ttl: 'x-ttl', max_reads: 'x-max-reads' } as const;

/**
 * The expiry and the number of reads, from the query, a header or the fields of a form. An empty field is absent; any
 * other value that cannot be read is refused.
 *
 * @throws Failure `invalid`
 */
export function readTerms(
  { url, headers }: Request,
  fields: Map<string, string> = new Map(),
): Pick<NewPayload, 'ttl' | 'maxReads'> {
  const query = searchOf(url);
  for (const name of query.keys())
    if (!Object.hasOwn(termHeaders, name))
      throw new Failure('invalid', 'Only ttl and max_reads may be in the query');
  const read = (name: keyof typeof termHeaders): string | undefined => {
    const given = [
      ...query.getAll(name),
      headers.get(termHeaders[name]) ?? [],
      fields.get(name) || [],
    ].flat();
    if (given.length > 1) throw invalid(name, 'cannot be given twice');
    return given[0];
  };
  const ttl = read('ttl');
  const maxReads = read('max_reads');
  if (maxReads !== undefined && !/^\d{1,15}$/.test(maxReads))
    throw invalid('max_reads', 'must be a whole number of 1 or more');
  return { ttl, maxReads: maxReads === undefined ? undefined : Number(maxReads) };
}
