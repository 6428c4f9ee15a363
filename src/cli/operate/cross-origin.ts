import type { Config } from '../../config/index.ts';
import { openS3 } from '../../services.ts';

/** `cors`: pages of any origin may PUT to presigned URLs. Replaces the rules that the bucket has. */
export async function setCrossOriginRule({ s3 }: Config): Promise<number> {
  if (s3 === undefined) {
    console.error('mayfly: no S3 is configured: PUTs come to this server, which allows them');
    return 1;
  }
  const { direct } = await openS3(s3);
  if (!(await direct.setCrossOriginRule())) {
    console.error('mayfly: the store does not take CORS rules from here: set it by its own means');
    return 1;
  }
  console.log('The bucket takes PUTs from pages of any origin.');
  return 0;
}
