#!/usr/bin/env node
// Starts the command line: that of a checkout on its pinned Bun, that of a package in the runtime which runs this.
import { existsSync } from 'node:fs';

const isCheckout = existsSync(new URL('../src/main.ts', import.meta.url));
await import(isCheckout ? '../scripts/start-checkout.mjs' : '../lib/main.js');
