export type Sample = { name: string; labels: Record<string, string>; value: number };
type Family = { name: string; type: string; help: string; samples: Sample[] };

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const suffixes: Record<string, string[]> = {
  counter: [''],
  gauge: [''],
  untyped: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/**
 * Parses Prometheus's text format, version 0.0.4, strictly by its documentation.
 *
 * @throws Error naming the line that breaks it
 */
export function parsePrometheusText(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, Family>();
  const helps = new Map<string, string>();
  const seen = new Set<string>();
  let current: Family | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, keyword, about = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (helps.has(about)) throw new Error(`a second ${line}`);
      helps.set(about, rest);
    } else if (keyword === 'TYPE') {
      if (families.has(about) || !suffixes[rest]) throw new Error(`a second or unknown ${line}`);
      current = { name: about, type: rest, help: helps.get(about) ?? '', samples: [] };
      families.set(about, current);
    } else if (!line.startsWith('#')) {
      const sample = parseSample(line);
      const belongs = suffixes[current?.type ?? '']?.some((suffix) => current?.name + suffix === sample.name);
      if (!belongs) throw new Error(`a sample outside of its family: ${line}`);
      const identity = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (seen.has(identity)) throw new Error(`a second sample: ${line}`);
      seen.add(identity);
      current?.samples.push(sample);
    }
  }
  return families;
}

function parseSample(line: string): Sample {
  const [, name, labelText = '', valueText = ''] = sampleLine.exec(line) ?? [];
  if (name === undefined) throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  for (label.lastIndex = 0; label.lastIndex < labelText.length; ) {
    const [, key = '', value = ''] = label.exec(labelText) ?? [];
    if (key === '') throw new Error(`not labels: ${line}`);
    labels[key] = value;
  }
  const value = Number(valueText.replace('Inf', 'Infinity'));
  if (Number.isNaN(value) && valueText.toLowerCase() !== 'nan') throw new Error(`not a value: ${line}`);
  return { name, labels, value };
}
