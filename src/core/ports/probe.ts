/** A part that can be asked whether it answers. */
export type Probe = {
  name: string;
  /** Whether the service can do without it for a while. */
  dispensable: boolean;
  ping(): Promise<void>;
};
