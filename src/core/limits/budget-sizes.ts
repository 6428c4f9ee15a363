import type { BudgetSizes } from '../ports/limits/budget.ts';

/** The sizes of the budgets without a setting, in bytes or places (docs/budgets.md). */

const noTotal = Number.POSITIVE_INFINITY;

/** Memory for small bodies (bytes), and the share of one holder in each memory budget. */
export const smallBodyMemory = 16 * 1024 * 1024;
export const memoryShare = 1 / 4;

/** Concurrent uploads of an account. */
export const uploadsPerAccount = 128;

/** Concurrent decoders, in all and per address. */
export const decoderPlaces: BudgetSizes = { total: 8, share: 4 };

/** The same for bodies with a small announced length. */
export const shortDecoderPlaces: BudgetSizes = { total: 4, share: 2 };

/** Concurrent encoders of responses. */
export const encoderPlaces: BudgetSizes = { total: 2, share: 2 };

/** Memory for responses that are encoded and not sent yet (bytes). */
export const answerMemory: BudgetSizes = { total: 64 * 1024 * 1024, share: 16 * 1024 * 1024 };

const maxCalls = 32;

/** Calls to other servers that clients wait for. All anonymous callers together have a quarter of the places. */
export const remoteCallPlaces = {
  all: { total: maxCalls, share: maxCalls },
  anonymous: { total: maxCalls / 4, share: maxCalls / 4 },
  addresses: { total: noTotal, share: 2 },
  accounts: { total: noTotal, share: 2 },
} satisfies Record<string, BudgetSizes>;

/** The queues of such calls. Anonymous callers, who can have many accounts and addresses, have a separate one. */
export const remoteCallQueues = { known: 48, anonymous: 16 };
