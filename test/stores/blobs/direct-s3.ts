import { S3BlobStore } from '../../../src/stores/blobs/s3.ts';
import type { DirectStoreUnderTest } from '../../ports/direct-uploads.contract.ts';
import { sharedS3 } from '../../support/s3.ts';

/** A blob store over the shared S3 server, to which clients write by presigned URLs. */
export async function openDirectS3(): Promise<DirectStoreUnderTest> {
  const bucket = await sharedS3();
  const store = new S3BlobStore(bucket);
  return {
    store,
    direct: store.direct,
    unfinished: async (key) => {
      const uploads = await bucket.listMultipartUploads();
      return uploads.map((upload) => upload.key).filter((name) => name.includes(key));
    },
  };
}
