// npm run dev: builds what browsers load, then serves. Bun runs this file with --watch, so that a change of any file
// that the server imports does both again.
import { buildWebIfPossible } from './build-web.mjs';

await buildWebIfPossible();
await import('../src/main.ts');
