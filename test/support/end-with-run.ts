// Processes of tests must not outlive them. `bun test` fires no exit event, so the preloaded whole-run.ts calls
// endEverything after the last file. Outside of it (a benchmark, Ctrl-C), the process's own events do.

const endings = new Set<() => void>();

/** Registers a synchronous clean-up for the end of the run; the returned function removes it. */
export function endWithRun(ending: () => void): () => void {
  endings.add(ending);
  return () => endings.delete(ending);
}

/** Runs every clean-up, the latest first; a failing one does not stop the others. */
export function endEverything(): void {
  for (const ending of [...endings].reverse()) {
    endings.delete(ending);
    try {
      ending();
    } catch (error) {
      console.error(`clean-up failed: ${error}`);
    }
  }
}

process.on('exit', endEverything);
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    endEverything();
    process.exit(code);
  });
}
