/** The supported content codings (RFC 9110, section 8.4.1; RFC 7932; RFC 8878). */
export const contentCodings = ['gzip', 'deflate', 'br', 'zstd'] as const;
export type ContentCoding = (typeof contentCodings)[number];

/** The content codings of responses, the preferred one first. */
export const answerCodings = ['zstd', 'br', 'gzip'] as const satisfies readonly ContentCoding[];
export type AnswerCoding = (typeof answerCodings)[number];
