import { AccountPage } from '../account/page.tsx';
import { hydratePage } from '../shell/hydrate-page.tsx';

hydratePage(AccountPage);
