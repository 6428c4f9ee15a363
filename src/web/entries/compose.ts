import { ComposePage } from '../compose/page.tsx';
import { takeOver } from '../shell/take-over.tsx';

takeOver(ComposePage);
