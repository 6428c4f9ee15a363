import { WorkerDecoders } from '../../../src/stores/codings/worker-decoders.ts';
import { WorkerEncoder } from '../../../src/stores/codings/worker-encoder.ts';
import { decodersContract } from '../../ports/decoders.contract.ts';
import { encoderContract } from '../../ports/encoder.contract.ts';

encoderContract('an encoder in a worker', () => new WorkerEncoder());
decodersContract('decoders in a worker', () => new WorkerDecoders());
