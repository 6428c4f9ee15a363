import { AccountPage } from '../account/page.tsx';
import { takeOver } from '../shell/take-over.tsx';

takeOver(AccountPage);
