import { NoticePage } from '../shell/notice.tsx';
import { takeOver } from '../shell/take-over.tsx';

takeOver(NoticePage);
