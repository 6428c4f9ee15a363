/** Content with deeper nesting is shown as its source (levels). */
export const maxDepth = 100;
/** Content with more elements or cells is shown as its source. */
export const maxNodes = 20_000;
/** The maximum of a paragraph, a cell or a line of code, which are laid out as a whole (by weight). */
export const maxRunWeight = 100_000;
/** The maximum of a table, which is laid out as a whole (by weight). */
export const maxTableWeight = 1_000_000;
