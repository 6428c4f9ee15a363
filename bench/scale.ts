/** The amount of work in a run. Sizes are in bytes. */
export type Scale = {
  quick: boolean;
  connections: number;
  contentSize: number;
  ids: number;
  rounds: number;
  roundSeconds: number;
  warmUpSeconds: number;
  uploadRounds: number;
  memoryRounds: number;
  /** For comparing two checkouts: each of a pair is measured in turn, so many times. */
  pairTurns: number;
  pairSeconds: number;
  pairUpload: number;
  largeUpload: number;
  smallUpload: number;
  smallUploads: number;
  rows: number;
  manyExpired: number;
  fewExpired: number;
  sweepRounds: number;
  fileSize: number;
  fileConnections: number;
  listedFiles: number;
  wholeObject: number;
  wholeObjects: number;
  smallBucket: number;
  largeBucket: number;
  pageSeconds: number;
  hugeObject: number;
  slowObject: number;
  slowReaders: number;
  /** Bytes per second. */
  slowRate: number;
  /** For loads with pauses. */
  pacedRounds: number;
  pacedSeconds: number;
  /** Payloads of slots that are emptied, and of slots that are read. */
  fewEmptied: number;
  manyEmptied: number;
  smallSlot: number;
  largeSlot: number;
  /** Rows and payloads for the constants of the model. */
  calibratedRows: number;
  calibratedBlobs: number;
};

const mebibyte = 1024 ** 2;

/** The scale that the targets are for. */
export const fullScale: Scale = {
  quick: false,
  connections: 64,
  contentSize: 1024,
  ids: 10_000,
  rounds: 5,
  roundSeconds: 5,
  warmUpSeconds: 3,
  uploadRounds: 3,
  pairTurns: 4,
  pairSeconds: 1,
  pairUpload: 512 * mebibyte,
  memoryRounds: 3,
  largeUpload: 1024 * mebibyte,
  smallUpload: 50 * mebibyte,
  smallUploads: 20,
  rows: 2_000_000,
  manyExpired: 1_000_000,
  fewExpired: 10_000,
  sweepRounds: 5,
  fileSize: 10 * 1024,
  fileConnections: 32,
  listedFiles: 100_000,
  wholeObject: 100 * mebibyte,
  wholeObjects: 8,
  smallBucket: 1_000,
  largeBucket: 1_000_000,
  pageSeconds: 2,
  hugeObject: 5 * 1024 * mebibyte,
  slowObject: 500 * mebibyte,
  slowReaders: 10,
  slowRate: 20 * mebibyte,
  pacedRounds: 6,
  pacedSeconds: 15,
  fewEmptied: 1_000,
  manyEmptied: 1_000_000,
  smallSlot: 10_000,
  largeSlot: 10_000_000,
  calibratedRows: 200_000,
  calibratedBlobs: 400,
};

/** A quick check that everything runs. Its numbers mean little. */
export const quickScale: Scale = {
  ...fullScale,
  quick: true,
  rounds: 3,
  roundSeconds: 1,
  warmUpSeconds: 1,
  memoryRounds: 1,
  pairTurns: 1,
  pairUpload: 64 * mebibyte,
  largeUpload: 128 * mebibyte,
  smallUpload: 5 * mebibyte,
  rows: 400_000,
  manyExpired: 200_000,
  fewExpired: 4_000,
  sweepRounds: 3,
  listedFiles: 20_000,
  wholeObjects: 4,
  largeBucket: 100_000,
  pageSeconds: 1,
  pacedRounds: 2,
  pacedSeconds: 6,
  hugeObject: 512 * mebibyte,
  slowObject: 100 * mebibyte,
  manyEmptied: 100_000,
  largeSlot: 500_000,
  calibratedRows: 20_000,
  calibratedBlobs: 50,
};
