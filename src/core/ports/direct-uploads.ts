/** A part as the client tells of it at completion: what the blob store answered its PUT with. */
export type DirectPart = { number: number; etag: string };

/** What is known of a part's bytes, in base64. */
export type PartChecksums = { md5?: string; sha256?: string };

/** A blob, as the store describes it. `version` changes whenever its bytes do. */
export type DirectBlob = {
  size: number;
  version: string;
  /** The Content-Encoding that it was PUT with, if any. */
  contentEncoding?: string;
};

/**
 * A blob store that clients write to straight, by URLs that it checks itself. Type and length are part of the
 * signature: a request with others is refused.
 */
export interface DirectUploads {
  /** A URL that takes one PUT of exactly this type and length for `seconds` from now. */
  presignPut(key: string, mediaType: string, size: number, seconds: number): Promise<string>;

  /** What is under a key, or undefined. */
  inspect(key: string): Promise<DirectBlob | undefined>;

  /** Copies a blob within the store. @returns False where `from` is gone or has another version by now. */
  copy(from: string, version: string, to: string): Promise<boolean>;

  /** Begins an upload in parts. @returns The store's id of it. */
  startParts(key: string, mediaType: string): Promise<string>;

  /** A URL that takes one PUT of a part of exactly this length; the part's ETag is in the answer. */
  presignPart(key: string, uploadId: string, number: number, size: number, seconds: number): Promise<string>;

  /**
   * Writes a part through this server, with backpressure; the same number again replaces what was written.
   * If `chunks` fails, their own error is thrown. A lenient store then has what came of the part, under an ETag
   * that nobody was told: what was there before may have to be written again.
   *
   * @param number 1 to 10,000.
   * @param size The exact number of bytes.
   * @param checksums Told to the store too: with them a lenient one keeps no part that broke off.
   * @returns The part's ETag, without quotes.
   * @throws Failure `upload_not_found`, `no_room`, `store_away`
   */
  writePart(
    key: string,
    uploadId: string,
    number: number,
    chunks: AsyncIterable<Uint8Array>,
    size: number,
    checksums?: PartChecksums,
  ): Promise<string>;

  /**
   * Puts the parts together. Completing again what is complete is fine.
   *
   * @returns The version that the store says it made; undefined where it says that it was complete already. Some
   *   say neither right, of an upload that was: compare with what `inspect` tells.
   *
   * @param parts In any order; their ETags with or without quotes.
   * @throws Failure `invalid` where the parts are not those that the store has, `part_too_small` where one but
   *   the last has less than 5 MiB, `upload_not_found`
   */
  completeParts(key: string, uploadId: string, parts: DirectPart[]): Promise<string | undefined>;

  /**
   * Has the store let pages of any origin PUT to presigned URLs, in place of the rules it has.
   *
   * @returns False where it takes no such rules.
   */
  setCrossOriginRule(): Promise<boolean>;
}
