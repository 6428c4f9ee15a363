import type { ComponentType } from 'preact';
import { AccountPage } from './account/page.tsx';
import { ClaimPage, type ClaimProps } from './claim/page.tsx';
import { ComposePage, type ComposeProps } from './compose/page.tsx';
import { PastesPage } from './pastes/page.tsx';
import { NoticePage, type NoticeProps } from './shell/notice.tsx';
import { ViewPage } from './view/page.tsx';
import type { ViewProps } from './view/payload.ts';

/** What each page is made of. */
export type PageProps = {
  account: Record<never, never>;
  claim: ClaimProps;
  compose: ComposeProps;
  notice: NoticeProps;
  pastes: Record<never, never>;
  view: ViewProps;
};

/** The name of a page is that of its entry too, the script that takes it over in the browser, where it has one. */
export type PageKind = keyof PageProps;

type Definition<Kind extends PageKind> = {
  component: ComponentType<PageProps[Kind]>;
  /** Its path in the navigation; '' for one that is not there. */
  path: string;
};

export const pages: { [Kind in PageKind]: Definition<Kind> } = {
  account: { component: AccountPage, path: '/account' },
  claim: { component: ClaimPage, path: '' },
  compose: { component: ComposePage, path: '/' },
  notice: { component: NoticePage, path: '' },
  pastes: { component: PastesPage, path: '/pastes' },
  view: { component: ViewPage, path: '' },
};
