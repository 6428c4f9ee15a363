import type { AnswerCoding } from './content-coding.ts';

/** Encodes responses. Large ones run on a dedicated thread, which the first of them starts. */
export interface Encoder {
  /** @returns Undefined if the thread crashed. The next call starts another one. */
  encode(coding: AnswerCoding, bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer> | undefined>;

  /** Ends the thread. */
  close(): Promise<void>;
}
