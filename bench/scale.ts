/** How much of everything a run does. Sizes are bytes. */
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
};

const mebibyte = 1024 ** 2;

/** What the targets are stated for. */
export const fullScale: Scale = {
  quick: false,
  connections: 64,
  contentSize: 1024,
  ids: 10_000,
  rounds: 5,
  roundSeconds: 5,
  warmUpSeconds: 3,
  uploadRounds: 3,
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
};

/** To see that everything runs; its numbers say little. */
export const quickScale: Scale = {
  ...fullScale,
  quick: true,
  rounds: 3,
  roundSeconds: 1,
  warmUpSeconds: 1,
  memoryRounds: 1,
  largeUpload: 128 * mebibyte,
  smallUpload: 5 * mebibyte,
  rows: 400_000,
  manyExpired: 200_000,
  fewExpired: 4_000,
  sweepRounds: 3,
  listedFiles: 20_000,
};
