/**
 * Rules that the core checks, for the option `checkedByCore` of a schema. The document shows them. The compiled checks
 * of request bodies ignore them, because an error of the core has the right code and message.
 */
export const timeRule = { format: 'date-time' };
export const uriRule = { format: 'uri' };
export const ttlRule = { maxLength: 13, pattern: '^0*[1-9][0-9]*[smhd]?$' };
export const mediaTypeRule = { maxLength: 255, pattern: '^[ -~]+/[ -~]+$' };
export const fileNameRule = { maxLength: 255, pattern: '^[^/\\\\\\x00-\\x1f\\x7f]+$' };
export const fileIdRule = { pattern: '^file_[0-9A-HJKMNP-TV-Z]{26}$' };
export const uploadIdRule = { pattern: '^upload_[0-9A-HJKMNP-TV-Z]{26}$' };
/** The length is in bytes, so it is at most as many characters. */
export const objectKeyRule = { maxLength: 1024, pattern: '^[^\\x00-\\x1f\\x7f]+$' };
