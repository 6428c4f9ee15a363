import { beforeEach, expect, spyOn, test } from 'bun:test';
import { OutcomeUnknown } from '../../src/core/outcome-unknown.ts';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import type { UploadStore } from '../../src/core/ports/files/upload-store.ts';
import { failureOf } from './failure-of.ts';
import { bytes, type FileCore, inlineLimit, nothingUsed, openFileCore } from './file-core.ts';

let core: FileCore;
let account: StoredAccount;
beforeEach(async () => {
  core = await openFileCore();
  account = await core.account();
});

/** The answers of the next `times` completions are lost, whether they take effect or not. */
function loseAnswers(takeEffect: boolean, times = 1) {
  const { uploads } = core.stores;
  const completeFile = uploads.completeFile.bind(uploads);
  const spy = spyOn(uploads, 'completeFile');
  for (let time = 0; time < times; time += 1)
    spy.mockImplementationOnce(async (...completion: Parameters<UploadStore['completeFile']>) => {
      if (takeEffect) await completeFile(...completion);
      throw new OutcomeUnknown();
    });
}

async function received(size: number): Promise<string> {
  const { upload, target } = await core.reserve(account, { size });
  await core.put(target, bytes(size));
  return upload.id;
}

// PutPut and UploadKit ignore Idempotency-Key (docs/contract/shared.md), so that a client cannot repeat it safely.
test.each([
  [true, 100],
  [false, 100],
  [true, inlineLimit + 1],
  [false, inlineLimit + 1],
])(
  'a confirmation whose answer is lost (took effect: %p, %d bytes) makes one file',
  async (takesEffect, size) => {
    const id = await received(size);
    loseAnswers(takesEffect);
    const file = await core.confirmations.confirm(account, id);
    expect(file.id).toBe(id);
    expect(await core.objects.find(account, id)).toEqual(file);
    expect(await core.usage(account)).toEqual({ ...nothingUsed, storedBytes: size, storedObjects: 1 });
    expect((await failureOf(() => core.confirmations.confirm(account, id))).code).toBe('upload_not_found');
  },
);

test('a confirmation whose outcome stays unknown is reported as such', async () => {
  const id = await received(100);
  loseAnswers(false, 2);
  expect(await failureOf(() => core.confirmations.confirm(account, id))).toBeInstanceOf(OutcomeUnknown);
  expect((await core.confirmations.confirm(account, id)).id).toBe(id);
});
