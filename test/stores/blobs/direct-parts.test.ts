import { directPartsContract } from '../../ports/direct-parts.contract.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { openDirectS3 } from './direct-s3.ts';

await suiteWith(['versitygw', 'curl'], 'straight to S3', () => {
  directPartsContract('uploads in parts', openDirectS3);
});
