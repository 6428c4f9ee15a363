import type { BudgetSizes } from '../ports/budget.ts';

/** The sizes of the budgets that the settings do not set (docs/budgets.md): bytes, or places. */

const noTotal = Number.POSITIVE_INFINITY;

/** Memory for small bodies (bytes), and the part of each budget of memory that one holder may have. */
export const smallBodyMemory = 16 * 1024 * 1024;
export const memoryShare = 1 / 4;

/** How many uploads an account may have under way at once. */
export const uploadsPerAccount = 128;

/** How many bodies are decoded at once, and how many of them from one address. */
export const decoderPlaces: BudgetSizes = { total: 8, share: 4 };

/** The same for bodies that are announced as short. */
export const shortDecoderPlaces: BudgetSizes = { total: 4, share: 2 };

/** How many answers are encoded at once. */
export const encoderPlaces: BudgetSizes = { total: 2, share: 2 };

/** Memory for answers that are encoded and not sent yet (bytes). */
export const answerMemory: BudgetSizes = { total: 64 * 1024 * 1024, share: 16 * 1024 * 1024 };

const maxCalls = 32;

/** Calls to other servers that users wait for: of the places strangers together have a quarter. */
export const remoteCallPlaces = {
  all: { total: maxCalls, share: maxCalls },
  anonymous: { total: maxCalls / 4, share: maxCalls / 4 },
  addresses: { total: noTotal, share: 2 },
  accounts: { total: noTotal, share: 2 },
} satisfies Record<string, BudgetSizes>;

/** How many such calls wait; strangers, who can have any number of accounts and addresses, have a queue of their own. */
export const remoteCallQueues = { known: 48, anonymous: 16 };
