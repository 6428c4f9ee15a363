import { ClaimPage } from '../claim/page.tsx';
import { takeOver } from '../shell/take-over.tsx';

takeOver(ClaimPage);
