import type { Services } from '../../services.ts';

/** `cors`: pages of any origin may PUT to presigned URLs. Replaces the rules that the bucket has. */
export async function setCrossOriginRule({ blobs }: Services): Promise<number> {
  const isSet = await blobs.direct?.setCrossOriginRule();
  if (isSet === undefined)
    console.error('mayfly: no S3 is configured: PUTs come to this server, which allows them');
  else if (!isSet)
    console.error('mayfly: the store does not take CORS rules from here: set it by its own means');
  else console.log('The bucket takes PUTs from pages of any origin.');
  return isSet ? 0 : 1;
}
