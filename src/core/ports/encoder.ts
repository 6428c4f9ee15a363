import type { AnswerCoding } from './content-coding.ts';

/** Encodes answers: large ones on a thread that nothing else needs and that starts with the first of them. */
export interface Encoder {
  /** @returns Undefined where the thread was lost: the next call starts another one. */
  encode(coding: AnswerCoding, bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer> | undefined>;

  /** Ends the thread. */
  close(): Promise<void>;
}
