const sizes = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'];
const counts = ['', ' thousand', ' million', ' billion', ' trillion'];

/** Bytes with two digits or more: `340 B`, `1.2 TB`. */
export function showBytes(bytes: number): string {
  return scaled(
    bytes,
    sizes.map((unit) => ` ${unit}`),
  );
}

/** A count with two digits or more: `1.2 million`. */
export function showCount(count: number): string {
  return scaled(count, counts);
}

function scaled(value: number, units: string[]): string {
  const power = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log10(Math.max(value, 1)) / 3)));
  return `${short(value / 1000 ** power)}${units[power]}`;
}

/** A number with at least two digits that count. */
export function short(value: number): string {
  if (value === 0) return '0';
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(2)).toString();
}

/** A share of 1 as a percentage. */
export function showShare(share: number): string {
  return `${short(100 * share)} %`;
}
