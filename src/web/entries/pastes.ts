import { PastesPage } from '../pastes/page.tsx';
import { hydratePage } from '../shell/hydrate-page.tsx';

hydratePage(PastesPage);
