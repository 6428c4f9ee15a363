/** A target: a ratio, or MiB above idle. */
export type Target = { bound: 'at least' | 'at most'; value: number; unit: '×' | 'MiB' };

/** One line of the table. */
export type Finding = {
  work: string;
  /** What was measured. */
  measured: string;
  /** The value to compare with the target, in the target's unit. */
  value: number;
  /** Missing if the line only explains another. */
  target?: Target;
  /** All measurements, for the JSON file. */
  samples: Record<string, unknown>;
};

export function isMet(finding: Finding): boolean | undefined {
  if (finding.target === undefined) return undefined;
  const { bound, value } = finding.target;
  return bound === 'at least' ? finding.value >= value : finding.value <= value;
}

/** A whole number with thousands separated. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Bytes in the largest unit that gives a whole number. */
export function formatSize(bytes: number): string {
  return bytes % 1024 ** 3 === 0 ? `${bytes / 1024 ** 3} GiB` : `${Math.round(bytes / 1024 ** 2)} MiB`;
}
