import { createRemoteCallBudgets } from '../../src/composition/budgets.ts';
import { RemoteCalls } from '../../src/core/limits/remote-calls.ts';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import { SettableTime } from './settable-time.ts';

/** Calls to other servers with all their places free, and a clock that the test sets. */
export function freeRemoteCalls(time = new SettableTime()): RemoteCalls {
  return new RemoteCalls(createRemoteCallBudgets(1), time.clock, time.timers);
}

/** An account that calls from a documentation address (RFC 5737). */
export const callerOf = (account: StoredAccount, address = '192.0.2.1') => ({ account, address });
