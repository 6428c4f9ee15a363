import { ReferencePage } from '../reference/page.tsx';
import { hydratePage } from '../shell/hydrate-page.tsx';

hydratePage(ReferencePage);
