/**
 * A number that the blob store keeps for one database, beside its blobs. It outlives a restore of the database, which a
 * comparison of both then shows (`src/core/operation/restored-state.ts`).
 */
export interface WatermarkStore {
  /** The number that was written last; undefined if there is none. @throws Failure `store_away` */
  read(): Promise<number | undefined>;

  /** Replaces the number. Of concurrent writes, any may be the last. @throws Failure `store_away` */
  write(watermark: number): Promise<void>;
}
