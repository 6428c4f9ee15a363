import { NoticePage } from '../shell/controls/notice.tsx';
import { hydratePage } from '../shell/hydrate-page.tsx';

hydratePage(NoticePage);
