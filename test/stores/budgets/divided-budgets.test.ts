import { expect, test } from 'bun:test';
import { createBudgets } from '../../../src/composition/budgets.ts';
import { readConfig } from '../../../src/config/index.ts';

// docs/budgets.md, "The budgets"; docs/postgresql.md, "One big machine".
const budgetsOf = (workers: number) =>
  createBudgets({ ...readConfig({ MAX_BODY_MEMORY: '1GiB', MAX_UPLOADS_PER_CLIENT: '32' }), workers });

test('one process has the whole budgets', () => {
  const { largeBodies, uploadsOfClients, decoders } = budgetsOf(1);
  expect(largeBodies.take('a', 256 * 1024 ** 2)).toBe('taken');
  expect(largeBodies.take('a', 1)).toBe('share_exceeded');
  expect(uploadsOfClients.take('a', 32)).toBe('taken');
  expect(uploadsOfClients.take('a', 1)).toBe('share_exceeded');
  expect(decoders.other.take('a', 4)).toBe('taken');
  expect(decoders.other.take('a', 1)).toBe('share_exceeded');
});

test('each of four workers has a quarter of memory and places', () => {
  const { largeBodies, smallBodies, decoders } = budgetsOf(4);
  expect(largeBodies.take('a', 64 * 1024 ** 2)).toBe('taken');
  expect(largeBodies.take('a', 1)).toBe('share_exceeded');
  expect(smallBodies.take('a', 1024 ** 2)).toBe('taken');
  expect(smallBodies.take('a', 1)).toBe('share_exceeded');
  expect(decoders.other.take('a', 1)).toBe('taken');
  expect(decoders.other.take('a', 1)).toBe('share_exceeded');
  expect(decoders.other.take('b', 1)).toBe('taken');
  expect(decoders.other.take('c', 1)).toBe('full');
});

test('each of sixteen workers lets a client make eight uploads, and never lets it have every decoder', () => {
  const { uploadsOfClients, decoders } = budgetsOf(16);
  expect(uploadsOfClients.take('a', 8)).toBe('taken');
  expect(uploadsOfClients.take('a', 1)).toBe('share_exceeded');
  expect(decoders.short.take('a', 1)).toBe('taken');
  expect(decoders.short.take('b', 1)).toBe('taken');
});
