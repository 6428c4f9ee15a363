import type { AnswerCoding } from '../../core/ports/content-coding.ts';

/** How an answer may be compressed, and where its text stays in memory. */
export type Compressible = { coding: AnswerCoding; size: number; source: KeptSource | undefined };

/** A compressed answer that is kept. */
export type CompressedForm = { coding: AnswerCoding; bytes: Uint8Array<ArrayBuffer> };

/** Text that compressing does not make smaller. */
type NoGain = { coding: AnswerCoding; bytes: undefined };

/** What stays in memory, with its compressed form. One coding each: most clients agree. */
export type KeptSource = { compressed?: CompressedForm | NoGain };
