/** A presigned PUT of this content to S3, as a page of `origin` sends it. */
export type PresignedProbe = { url: string; mediaType: string; body: string; origin: string };
