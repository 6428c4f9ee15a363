import type { ComponentChildren } from 'preact';
import { useMessages } from '../shell/reader.ts';
import { accountMessages } from './messages.ts';
import type { Listing } from './use-listing.ts';

type ListingProps<Entry> = {
  listing: Listing<Entry>;
  /** For those who hear it. */
  label: string;
  /** What is in the list beside its entries, before them. */
  before?: ComponentChildren;
  hasBefore?: boolean;
  children: (entry: Entry) => ComponentChildren;
};

/** A list that comes page by page, and what went wrong with it. */
export function ListingView<Entry>({ listing, label, before, hasBefore, children }: ListingProps<Entry>) {
  const texts = useMessages(accountMessages);
  const { entries, isLoading, hasMore, problem, more, reload } = listing;
  const isEmpty = entries?.length === 0 && !hasBefore;
  return (
    <div class="listing" aria-busy={isLoading}>
      {problem && (
        <div class="problem" role="alert">
          <p>{problem}</p>
          <button type="button" class="small" onClick={reload}>
            {texts.reload}
          </button>
        </div>
      )}
      {entries === undefined && isLoading && <p class="quiet-text">{texts.loading}</p>}
      {isEmpty && <p class="quiet-text">{texts.nothing}</p>}
      {entries !== undefined && !isEmpty && (
        <ul class="entries" aria-label={label}>
          {before}
          {entries.map(children)}
        </ul>
      )}
      {hasMore && !problem && (
        <button type="button" onClick={more} disabled={isLoading}>
          {isLoading ? texts.loading : texts.more}
        </button>
      )}
    </div>
  );
}
