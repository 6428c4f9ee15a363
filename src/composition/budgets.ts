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
import { ProcessBudget } from '../stores/budgets/process-budget.ts';

/** The budgets of this process that its clients share (docs/budgets.md). */
export function createBudgets({ maxBodyMemory, maxUploadsPerClient }: Config) {
  const memory = (total: number) => new ProcessBudget({ total, share: Math.floor(total * memoryShare) });
  const places = (share: number) => new ProcessBudget({ total: Number.POSITIVE_INFINITY, share });
  return {
    largeBodies: memory(maxBodyMemory),
    smallBodies: memory(smallBodyMemory),
    uploadsOfClients: places(maxUploadsPerClient === 0 ? Number.POSITIVE_INFINITY : maxUploadsPerClient),
    uploadsOfAccounts: places(uploadsPerAccount),
    decoders: { short: new ProcessBudget(shortDecoderPlaces), other: new ProcessBudget(decoderPlaces) },
    encoders: new ProcessBudget(encoderPlaces),
    answers: new ProcessBudget(answerMemory),
    remoteCalls: createRemoteCallBudgets(),
  };
}

/** The budgets of calls to other servers. */
export function createRemoteCallBudgets() {
  const { all, anonymous, addresses, accounts } = remoteCallPlaces;
  return {
    all: new ProcessBudget(all),
    anonymous: new ProcessBudget(anonymous),
    addresses: new ProcessBudget(addresses),
    accounts: new ProcessBudget(accounts),
  };
}
