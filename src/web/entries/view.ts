import { hydratePage } from '../shell/hydrate-page.tsx';
import { ViewPage } from '../view/page.tsx';

hydratePage(ViewPage);
