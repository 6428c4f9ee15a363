import { sealedSize } from '../../encryption/index.ts';
import type { Item } from '../uploads/upload.ts';
import { type Draft, itemsOfDraft } from './draft.ts';

/** The first item that is larger than the limit (bytes), after encryption if that is on. */
export function oversized(draft: Draft, maxSize: number): Item | undefined {
  return itemsOfDraft(draft).find((item) => uploadSize(item, draft.isEncrypted) > maxSize);
}

function uploadSize({ content, name, type }: Item, isEncrypted: boolean): number {
  return isEncrypted ? sealedSize(content.size, { name, type: type ?? defaultType }) : content.size;
}

const defaultType = 'application/octet-stream';
