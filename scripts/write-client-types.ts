// npm run client-types: generates src/client/api from the definitions of the endpoints.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientTypes } from './client-types.ts';

for (const [path, text] of await clientTypes()) writeFileSync(join(import.meta.dirname, '..', path), text);
