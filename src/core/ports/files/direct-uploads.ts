/** A part as the client lists it at completion, with the ETag that the blob store returned for its PUT. */
export type DirectPart = { number: number; etag: string };

/** Checksums of a part in base64. */
export type PartChecksums = { md5?: string; sha256?: string };

/** A blob, as the store describes it. `version` changes when the bytes change. */
export type DirectBlob = {
  size: number;
  version: string;
  /** The Content-Encoding of its PUT. */
  contentEncoding?: string;
};

/**
 * A blob store that clients write to directly with presigned URLs, which it verifies itself. Type and length are
 * signed: the store rejects a request with others.
 */
export interface DirectUploads {
  /** A URL that accepts one PUT of exactly this type and length (bytes) for `seconds`. */
  presignPut(key: string, mediaType: string, size: number, seconds: number): Promise<string>;

  inspect(key: string): Promise<DirectBlob | undefined>;

  /** Copies a blob within the store. @returns False if `from` is gone or has another version. */
  copy(from: string, version: string, to: string): Promise<boolean>;

  /** Starts an upload in parts. @returns The store's id of the upload. */
  startParts(key: string, mediaType: string): Promise<string>;

  /** A URL that accepts one PUT of a part of exactly this length (bytes). The response has the ETag of the part. */
  presignPart(key: string, uploadId: string, number: number, size: number, seconds: number): Promise<string>;

  /**
   * Writes a part through this server, with backpressure. A part with the same number is replaced. Rethrows an error of
   * `chunks`; a lenient store may then have kept the incomplete part under an unknown ETag, and the earlier part may
   * have to be written again.
   *
   * @param number 1 to 10,000.
   * @param size The exact size (bytes).
   * @param checksums Sent to the store too: with them, a lenient store keeps no incomplete part.
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
   * Completes an upload from these parts. Idempotent.
   *
   * @param parts In any order; their ETags with or without quotes.
   * @returns The version that the store reports; undefined if it reports that the upload was already complete. Some
   *   stores report a repeated completion wrongly: compare with `inspect`.
   * @throws Failure `invalid` if the store does not have these parts, `part_too_small` if a part other than the last
   *   has less than 5 MiB, `upload_not_found`
   */
  completeParts(key: string, uploadId: string, parts: DirectPart[]): Promise<string | undefined>;

  /**
   * Replaces the CORS rules of the store with one that lets pages of any origin PUT to presigned URLs.
   *
   * @returns False if the store does not support CORS rules.
   */
  setCrossOriginRule(): Promise<boolean>;
}
