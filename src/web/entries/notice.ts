import { hydratePage } from '../shell/hydrate-page.tsx';
import { NoticePage } from '../shell/notice.tsx';

hydratePage(NoticePage);
