import type { Config } from '../config/index.ts';
import {
  answerMemory,
  decoderPlaces,
  encoderPlaces,
  memoryShare,
  remoteCallPlaces,
  shortDecoderPlaces,
  smallBodyMemory,
  uploadsPerAccount,
} from '../core/limits/budget-sizes.ts';
import type { BudgetSizes } from '../core/ports/limits/budget.ts';
import { ProcessBudget } from '../stores/budgets/process-budget.ts';

/** The places of one client in each worker: the six connections of a browser can all lead to one worker. */
const placesOfClient = 8;

/** The budgets of this process that its clients share: its part of those of the machine (docs/budgets.md). */
export function createBudgets({ maxBodyMemory, maxUploadsPerClient, workers }: Config) {
  const memory = (total: number) => {
    const part = Math.floor(total / workers);
    return new ProcessBudget({ total: part, share: Math.floor(part * memoryShare) });
  };
  const uploads = (limit: number) => {
    const share = Math.min(limit, Math.max(placesOfClient, Math.ceil(limit / workers)));
    return new ProcessBudget({ total: Number.POSITIVE_INFINITY, share });
  };
  const divided = ({ total, share }: BudgetSizes) =>
    new ProcessBudget({ total: Math.floor(total / workers), share: Math.floor(share / workers) });
  return {
    largeBodies: memory(maxBodyMemory),
    smallBodies: memory(smallBodyMemory),
    uploadsOfClients: uploads(maxUploadsPerClient === 0 ? Number.POSITIVE_INFINITY : maxUploadsPerClient),
    uploadsOfAccounts: uploads(uploadsPerAccount),
    decoders: { short: places(shortDecoderPlaces, workers), other: places(decoderPlaces, workers) },
    encoders: places(encoderPlaces, workers),
    answers: divided(answerMemory),
    remoteCalls: createRemoteCallBudgets(workers),
  };
}

/** The budgets of calls to other servers. */
export function createRemoteCallBudgets(workers: number) {
  const { all, anonymous, addresses, accounts } = remoteCallPlaces;
  return {
    all: places(all, workers),
    anonymous: places(anonymous, workers),
    addresses: places(addresses, workers),
    accounts: places(accounts, workers),
  };
}

/** Places of one worker: at least two, and one for each holder, so that a holder of all keeps no other from its turn. */
function places({ total, share }: BudgetSizes, workers: number): ProcessBudget {
  return new ProcessBudget({
    total: Math.max(Math.min(total, 2), Math.ceil(total / workers)),
    share: Math.max(1, Math.ceil(share / workers)),
  });
}
