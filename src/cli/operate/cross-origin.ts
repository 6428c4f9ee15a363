import { openS3 } from '../../composition/stores.ts';
import type { Config } from '../../config/index.ts';

/** `cors`: lets pages of any origin PUT to presigned URLs. Replaces the existing CORS rules of the bucket. */
export async function setCrossOriginRule({ s3 }: Config): Promise<number> {
  if (s3 === undefined) {
    console.error('mayfly: S3 is not configured; uploads go to this server, which needs no CORS rule');
    return 1;
  }
  const { direct } = await openS3(s3);
  if (!(await direct.setCrossOriginRule())) {
    console.error("mayfly: the store does not support setting CORS rules over S3: use the store's own tools");
    return 1;
  }
  console.log('The bucket accepts PUTs from pages of any origin.');
  return 0;
}
