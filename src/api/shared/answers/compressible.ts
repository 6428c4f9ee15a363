import type { AnswerCoding } from '../../../core/ports/coding/content-coding.ts';

/** How a response may be compressed, and the cached source of its text. */
export type Compressible = { coding: AnswerCoding; size: number; source: KeptSource | undefined };

/** A compressed response that is cached. */
export type CompressedForm = { coding: AnswerCoding; bytes: Uint8Array<ArrayBuffer> };

/** Text that compression does not make smaller. */
type NoGain = { coding: AnswerCoding; bytes: undefined };

/** Cached text with its compressed form. One coding is enough, because most clients use the same. */
export type KeptSource = { compressed?: CompressedForm | NoGain };
