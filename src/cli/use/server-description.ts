/** The path of a small file in which a server names itself and its `PUBLIC_URL`: the configuration for ShareX. */
export const descriptionPath = '/sharex.sxcu';

/** The `PUBLIC_URL` of a server by its file at `descriptionPath`; undefined if the text is not from a Mayfly. */
export function publicUrlIn(text: string): string | undefined {
  try {
    const { Name: name, RequestURL: url } = JSON.parse(text) as { Name?: unknown; RequestURL?: unknown };
    const isMayflys = typeof name === 'string' && name.startsWith('Mayfly (');
    return isMayflys && typeof url === 'string' && URL.canParse(url) ? url.replace(/\/+$/, '') : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the host of a URL is this machine by its name or number. */
export function isLoopbackHost(host: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(host);
}
