import { type Finding, isMet } from './finding.ts';

/** The table for docs/benchmarks.md, and under it the machine. */
export function renderReport(findings: Finding[], machine: string, quick: boolean): string {
  const rows = [
    ['work', 'measured', 'ratio', 'target', 'met'],
    ['---', '---', '---', '---', '---'],
    ...findings.map((finding) => [
      finding.work,
      finding.measured,
      renderValue(finding),
      renderTarget(finding),
      renderVerdict(finding),
    ]),
  ];
  const table = rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const warning = quick ? '\nShort rounds and small sizes (`--quick`): these numbers prove nothing.\n' : '';
  return `${table}\n${warning}\nMeasured on: ${machine}\n`;
}

function renderValue(finding: Finding): string {
  return finding.target?.unit === 'MiB' ? `+${finding.value.toFixed(0)} MiB` : `${finding.value.toFixed(2)}×`;
}

function renderTarget({ target }: Finding): string {
  return target === undefined ? '' : `${target.bound} ${target.value}${target.unit === 'MiB' ? ' MiB' : '×'}`;
}

function renderVerdict(finding: Finding): string {
  const met = isMet(finding);
  return met === undefined ? '' : met ? 'yes' : '**no**';
}
