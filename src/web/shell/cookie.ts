const year = 365 * 86_400;

/** Keeps a choice of the reader's for the pages of this server, which begin at `basePath`. */
export function keepChoice(name: string, value: string, basePath: string): void {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet
  document.cookie = `${name}=${value}; Path=${basePath}/; Max-Age=${year}; SameSite=Strict${secure}`;
}
