/** The pages are for people: the document of the API does not list them. */
const hidden = { hide: true };

export const assetOperation = hidden;
export const pageOperation = hidden;
