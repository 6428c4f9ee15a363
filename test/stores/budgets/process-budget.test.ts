import { ProcessBudget } from '../../../src/stores/budgets/process-budget.ts';
import { budgetContract } from '../../ports/budget.contract.ts';

budgetContract('one process', async (sizes) => new ProcessBudget(sizes));
