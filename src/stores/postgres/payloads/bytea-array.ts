const bytea = 17;

/**
 * A `bytea[]` in the binary format of the protocol, which the driver sends as it is. It would send an array of buffers
 * as hex digits in quotes.
 */
export function byteaArray(items: readonly (Uint8Array | null)[]): Buffer {
  let length = 20;
  for (const item of items) length += 4 + (item?.length ?? 0);
  const array = Buffer.allocUnsafe(length);
  // One dimension, which may have nulls and starts at 1.
  array.writeInt32BE(1, 0);
  array.writeInt32BE(1, 4);
  array.writeInt32BE(bytea, 8);
  array.writeInt32BE(items.length, 12);
  array.writeInt32BE(1, 16);
  let offset = 20;
  for (const item of items) {
    offset = array.writeInt32BE(item === null ? -1 : item.length, offset);
    if (item === null) continue;
    array.set(item, offset);
    offset += item.length;
  }
  return array;
}
