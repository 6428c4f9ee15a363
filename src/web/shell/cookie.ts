const year = 365 * 86_400;

/** Stores a choice of the reader for the pages of this server, whose paths begin with `basePath`. */
export function keepChoice(name: string, value: string, basePath: string): void {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in some browsers
  document.cookie = `${name}=${value}; Path=${basePath}/; Max-Age=${year}; SameSite=Strict${secure}`;
}
