import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { WatermarkStore } from '../../core/ports/content/watermark-store.ts';
import { isMissing, translated } from './s3-client.ts';

/** How long a call may take (ms). Servers wait for it at their start. */
const timeout = 3000;

/** The watermark of a database as an object `watermarks/{id}`, outside of the prefix of blobs. */
export class S3Watermark implements WatermarkStore {
  readonly #client: S3Client;
  readonly #target: { Bucket: string; Key: string };
  /** The version that the next write replaces, if the bucket keeps versions. */
  #version: string | undefined;

  /** @param id Names the database. */
  constructor(client: S3Client, bucket: string, id: string) {
    this.#client = client;
    this.#target = { Bucket: bucket, Key: `watermarks/${id}` };
  }

  async read(): Promise<number | undefined> {
    return translated(async () => {
      try {
        const { Body, VersionId } = await this.#client.send(new GetObjectCommand(this.#target), limits());
        const watermark = Number(await Body?.transformToString());
        this.#version = VersionId;
        return Number.isFinite(watermark) ? watermark : undefined;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  /** Also removes the replaced version: a bucket that keeps versions would collect thousands of this object a day. */
  async write(watermark: number): Promise<void> {
    await translated(async () => {
      const command = new PutObjectCommand({ ...this.#target, Body: String(watermark) });
      const { VersionId } = await this.#client.send(command, limits());
      const replaced = this.#version;
      this.#version = VersionId;
      if (replaced === undefined || VersionId === undefined || replaced === VersionId) return;
      // Not every access key may remove versions. Those that stay end with the rule of the bucket.
      await this.#client
        .send(new DeleteObjectCommand({ ...this.#target, VersionId: replaced }), limits())
        .catch(() => undefined);
    });
  }
}

function limits() {
  return { abortSignal: AbortSignal.timeout(timeout) };
}
