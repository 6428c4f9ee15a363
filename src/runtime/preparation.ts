/** The oldest Node with the decoders of `node:zlib` for zstd. */
const oldestNode = [22, 15] as const;

/**
 * Adds what Node lacks and other runtimes have. It is called before any other module is loaded: older versions of Node
 * cannot load some of them, and crash in others.
 *
 * @returns Why this program cannot run here; undefined if it can
 */
export async function prepareRuntime(): Promise<string | undefined> {
  if ('Bun' in globalThis || 'Deno' in globalThis) return undefined;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]))
    return `Node ${oldestNode.join('.')} or later is needed, and this is ${process.versions.node}`;
  if (!('Temporal' in globalThis)) await import('temporal-polyfill/global');
  // `atob` accepts the same texts.
  Uint8Array.fromBase64 ??= (text) => new Uint8Array(Buffer.from(atob(text), 'latin1'));
  // Only commands that use a server need it.
  const nodeFetch: typeof import('./node-fetch.ts').fetch = async (url, init) =>
    (await import('./node-fetch.ts')).fetch(url, init);
  globalThis.fetch = nodeFetch as typeof fetch;
  return undefined;
}
