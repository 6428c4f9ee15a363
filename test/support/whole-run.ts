// Preloaded by bunfig.toml: only there does afterAll mean the end of the run and not of one file.
import { afterAll } from 'bun:test';
import { endEverything } from './end-with-run.ts';
import { skippedSummary } from './suite-with.ts';

afterAll(() => {
  endEverything();
  const summary = skippedSummary();
  if (summary) console.error(summary);
});
