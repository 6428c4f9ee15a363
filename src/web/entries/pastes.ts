import { PastesPage } from '../pastes/page.tsx';
import { takeOver } from '../shell/take-over.tsx';

takeOver(PastesPage);
