/** The codings that content may have (RFC 9110, section 8.4.1; RFC 7932; RFC 8878). */
export const contentCodings = ['gzip', 'deflate', 'br', 'zstd'] as const;
export type ContentCoding = (typeof contentCodings)[number];

/** The codings that answers are put into, the preferred first. */
export const answerCodings = ['zstd', 'br', 'gzip'] as const satisfies readonly ContentCoding[];
export type AnswerCoding = (typeof answerCodings)[number];
