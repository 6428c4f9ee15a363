import { parentPort } from 'node:worker_threads';
import { BrokenCoding } from '../../core/ports/coding/decoders.ts';
import { NativeDecoder } from './native-decoder.ts';
import type { DecodeReply, DecodeRequest, DecodeStep } from './worker-decoders.ts';

/** Decodes in a separate thread, so that neither the serving thread nor those that read files wait for it. */

const decoders = new Map<number, NativeDecoder>();

parentPort?.on('message', (request: DecodeRequest) => {
  const { id } = request;
  if (request.kind === 'open') {
    try {
      decoders.set(id, new NativeDecoder(request.coding));
    } catch {
      // The reply to its first step reports `lost`.
    }
    return;
  }
  if (request.kind === 'close') {
    decoders.get(id)?.close();
    decoders.delete(id);
    return;
  }
  const reply = answer(request);
  parentPort?.postMessage(reply, reply.kind === 'decoded' ? [reply.bytes.buffer] : []);
});

function answer(request: DecodeStep): DecodeReply {
  const { id } = request;
  try {
    const decoder = decoders.get(id);
    // A request that has ended may still read. Nothing would close a decoder that is opened for it here.
    if (decoder === undefined) return { kind: 'lost', id };
    if (request.kind === 'end') {
      decoder.end();
      return { kind: 'decoded', id, bytes: new Uint8Array(0), hasMore: false };
    }
    if (request.kind === 'write') decoder.give(request.bytes);
    const { bytes, hasMore } = decoder.step();
    // The whole buffer moves to the other thread, so copy the bytes that are used.
    return { kind: 'decoded', id, bytes: bytes.slice(), hasMore };
  } catch (error) {
    return { kind: error instanceof BrokenCoding ? 'broken' : 'lost', id };
  }
}
