import { sealedSize } from '../../encryption/index.ts';
import type { Item } from '../uploads/upload.ts';
import { type Draft, itemsOfDraft } from './draft.ts';

/** The first that is over the limit (bytes), in the form in which it would be sent. */
export function oversized(draft: Draft, maxSize: number): Item | undefined {
  return itemsOfDraft(draft).find((item) => sizeOnTheWay(item, draft.isSealed) > maxSize);
}

function sizeOnTheWay({ content, name, type }: Item, isSealed: boolean): number {
  return isSealed ? sealedSize(content.size, { name, type: type ?? defaultType }) : content.size;
}

const defaultType = 'application/octet-stream';
