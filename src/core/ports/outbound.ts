/** The response of a remote server, before its body is read. */
export type RemoteContent = {
  mediaType: string | undefined;
  /** The announced length in bytes. */
  size: number | undefined;
  /** The file name from the headers, or the last segment of the path. Not trustworthy. */
  name: string | undefined;
  /**
   * The body, read on demand. A reader that stops early breaks the loop; one that never starts calls `close`.
   *
   * @throws Failure `remote_failed` if the body breaks off, stalls or does not have the announced length
   */
  chunks: AsyncIterable<Uint8Array>;
  /** Closes the connection without reading the body. */
  close: () => void;
};

/** Calls to untrusted URLs. Private addresses are never reached, unless the operator allows it. */
export interface Outbound {
  /**
   * Whether a URL may be called: http or https, without credentials, and all addresses of its host are globally
   * routable unicast. A host name is resolved. A name that does not resolve is allowed, since every call resolves it
   * again.
   */
  mayCall(url: string): Promise<boolean>;

  /**
   * POSTs a body. Redirects are not followed.
   *
   * @returns The status of the response. @throws Error if none arrives within `timeout` (ms)
   */
  post(url: string, headers: Record<string, string>, body: string, timeout: number): Promise<number>;

  /**
   * GETs a URL. Follows a few redirects, each of which must be allowed too.
   *
   * @throws Failure `invalid` for a URL that may not be called, `remote_failed` if there is no usable response
   */
  get(url: string): Promise<RemoteContent>;
}

/**
 * Resolves a host name.
 *
 * @returns Its addresses, at least one, IPv4 before IPv6.
 * @throws Error with a `code` (`ENOTFOUND`, `ETIMEOUT` …) and the `hostname`.
 */
export type LookupName = (name: string) => Promise<string[]>;
