import { ComposePage } from '../compose/page.tsx';
import { hydratePage } from '../shell/hydrate-page.tsx';

hydratePage(ComposePage);
