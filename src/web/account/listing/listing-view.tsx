import type { ComponentChildren } from 'preact';
import { useMessages } from '../../shell/reader.ts';
import { accountMessages } from '../messages.ts';
import type { Listing } from './use-listing.ts';

type ListingProps<Entry> = {
  listing: Listing<Entry>;
  /** The label for screen readers. */
  label: string;
  /** List items before the entries. */
  before?: ComponentChildren;
  hasBefore?: boolean;
  children: (entry: Entry) => ComponentChildren;
};

/** A list that is loaded page by page, and its error. */
export function ListingView<Entry>({ listing, label, before, hasBefore, children }: ListingProps<Entry>) {
  const texts = useMessages(accountMessages);
  const { entries, isLoading, hasMore, errorMessage, more, reload } = listing;
  const isEmpty = entries?.length === 0 && !hasBefore;
  return (
    <div class="listing" aria-busy={isLoading}>
      {errorMessage && (
        <div class="problem" role="alert">
          <p>{errorMessage}</p>
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
      {hasMore && !errorMessage && (
        <button type="button" onClick={more} disabled={isLoading}>
          {isLoading ? texts.loading : texts.more}
        </button>
      )}
    </div>
  );
}
