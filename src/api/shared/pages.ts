import type { PageKind, PageProps } from '../../web/pages.ts';
import type { Exchange } from './exchange.ts';

/** What a page says beside its properties. */
export type PageOptions = {
  /** 200 without one. */
  status?: number;
  headers?: Record<string, string>;
};

/** Makes the pages that people see, in their language. */
export interface Pages {
  /** Answers with a page. `title` is without the name of the service. */
  reply<Kind extends PageKind>(
    exchange: Exchange,
    kind: Kind,
    title: string,
    props: PageProps[Kind],
    options?: PageOptions,
  ): Response;

  /** The texts of one part of the pages, in the language of whoever asks. */
  messages<Messages>(exchange: Exchange, messages: Record<string, Messages>): Messages;
}
