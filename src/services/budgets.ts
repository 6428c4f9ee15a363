import type { Config } from '../config/index.ts';
import { ProcessBudget } from '../stores/budgets/process-budget.ts';

/** Of all memory for small bodies (bytes). */
const smallBodyMemory = 16 * 1024 * 1024;
/** A holder's part of a budget of memory. */
const share = 1 / 4;
/** How many uploads an account may have under way at once. */
const uploadsPerAccount = 128;

/** How many bodies are decoded at once, and how many of one address's. */
const decoders = { total: 8, share: 4 };

/** What all clients share, in this process (docs/budgets.md). */
export function createBudgets({ maxBodyMemory, maxUploadsPerClient }: Config) {
  const memory = (total: number) => new ProcessBudget({ total, share: Math.floor(total * share) });
  const places = (share: number) => new ProcessBudget({ total: Number.POSITIVE_INFINITY, share });
  return {
    largeBodies: memory(maxBodyMemory),
    smallBodies: memory(smallBodyMemory),
    uploadsOfClients: places(maxUploadsPerClient === 0 ? Number.POSITIVE_INFINITY : maxUploadsPerClient),
    uploadsOfAccounts: places(uploadsPerAccount),
    decoders: new ProcessBudget(decoders),
  };
}

export type Budgets = ReturnType<typeof createBudgets>;
