import type { ComponentType } from 'preact';
import { AccountPage } from './account/page.tsx';
import { ClaimPage, type ClaimProps } from './claim/page.tsx';
import { ComposePage, type ComposeProps } from './compose/page.tsx';
import { PastesPage } from './pastes/page.tsx';
import { ReferencePage } from './reference/page.tsx';
import { NoticePage, type NoticeProps } from './shell/controls/notice.tsx';
import type { ViewProps } from './view/opening/payload.ts';
import { ViewPage } from './view/page.tsx';

/** The properties of each page. */
export type PageProps = {
  account: Record<never, never>;
  claim: ClaimProps;
  compose: ComposeProps;
  notice: NoticeProps;
  pastes: Record<never, never>;
  reference: { html: string };
  view: ViewProps;
};

/** Also the name of the script in `entries/` that hydrates the page, if the page has one. */
export type PageKind = keyof PageProps;

type Definition<Kind extends PageKind> = {
  component: ComponentType<PageProps[Kind]>;
  /** Its path in the navigation; '' if it is not in the navigation. */
  path: string;
  /** The properties that the script gets, if these are not all of them. */
  scriptProps?: Partial<PageProps[Kind]>;
};

export const pages: { [Kind in PageKind]: Definition<Kind> } = {
  account: { component: AccountPage, path: '/account' },
  claim: { component: ClaimPage, path: '' },
  compose: { component: ComposePage, path: '/' },
  notice: { component: NoticePage, path: '' },
  pastes: { component: PastesPage, path: '/pastes' },
  // Hydration keeps the HTML that is there.
  reference: { component: ReferencePage, path: '', scriptProps: { html: '' } },
  view: { component: ViewPage, path: '' },
};
