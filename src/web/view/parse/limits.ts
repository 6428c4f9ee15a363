/** What is nested deeper is shown as its source (levels). */
export const deepest = 100;
/** What has more elements or cells is shown as its source. */
export const mostNodes = 20_000;
/** A paragraph, a cell or a line of code that is longer cannot be laid out at once (by weight). */
export const longestRun = 100_000;
/** The cells of a table are laid out together (by weight). */
export const heaviestTable = 1_000_000;
