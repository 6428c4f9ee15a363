/** How long requests in flight may take to finish when the server stops (ms). */
export const gracePeriod = 30_000;

/** Resolves with the first signal that stops a server. */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}
