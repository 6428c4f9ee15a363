import { ProcessBudget } from '../../../src/stores/budgets/process-budget.ts';
import { describeBudget } from './budget.contract.ts';

describeBudget('one process', (sizes) => new ProcessBudget(sizes));
