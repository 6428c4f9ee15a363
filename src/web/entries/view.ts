import { takeOver } from '../shell/take-over.tsx';
import { ViewPage } from '../view/page.tsx';

takeOver(ViewPage);
