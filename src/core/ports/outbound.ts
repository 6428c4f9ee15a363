/** The answer of a remote server, its body not yet read. */
export type RemoteContent = {
  mediaType: string | undefined;
  /** The announced length in bytes. */
  size: number | undefined;
  /** The file name that it was given, by its headers or by the last segment of its path. A stranger's word. */
  name: string | undefined;
  /**
   * Read as the reader pulls; how much to take is the reader's to decide. Whoever stops early breaks the loop,
   * and a reader that never starts calls `close`.
   *
   * @throws Failure `remote_failed` where it breaks off, stands still for too long or is not as long as announced
   */
  chunks: AsyncIterable<Uint8Array>;
  /** Ends the connection where the content is not wanted. */
  close: () => void;
};

/** Calls to URLs that strangers gave. No private address is ever reached, unless the operator allows it. */
export interface Outbound {
  /**
   * Whether a URL may be called: http or https, without credentials, and no address of its host that is not globally
   * routable unicast. A name is looked up. One that is not known may be called as far as this goes, for it is looked up
   * again with every call.
   */
  mayCall(url: string): Promise<boolean>;

  /**
   * POSTs a body. Redirects are not followed.
   *
   * @returns The status of the answer. @throws Error where none came within `timeout` milliseconds.
   */
  post(url: string, headers: Record<string, string>, body: string, timeout: number): Promise<number>;

  /**
   * GETs a URL, following a few redirects, each under the same guard.
   *
   * @throws Failure `invalid` for a URL that may not be called, `remote_failed` where nothing useful came
   */
  get(url: string): Promise<RemoteContent>;
}
