import { useEffect, useState } from 'preact/hooks';
import type { Content } from '../content.ts';
import { JsonTree } from '../json-tree.ts';
import { isSvg, kindOf } from '../kinds.ts';
import { TimedWorker } from '../timed-worker.ts';
import { workerAddress } from '../worker-addresses.ts';
import type { Parsed, ParseOrder, Refusal } from './parse-worker.ts';

const worker = new TimedWorker<ParseOrder, Parsed>(() => workerAddress('parse-worker'));

/** What is shown of a text beside its source, or why there is no such thing: `late` where reading it took too long. */
export type Reading =
  | { html: string }
  | { tree: JsonTree }
  | { rows: string[][] }
  | Refusal
  | 'late'
  | 'waiting';

/**
 * Reads Markdown, JSON or a table, in a worker, so that no text can hold up the page.
 *
 * @param isLive Whether scripts run.
 */
export function useParsed(content: Content, isLive: boolean): Reading {
  const { text, mediaType } = content;
  const shown = kindOf(content);
  const kind = shown === 'image' && isSvg(mediaType) ? 'svg' : shown;
  const isKnown = kind === 'markdown' || kind === 'json' || kind === 'table' || kind === 'svg';
  const isParsed = isKnown && text !== null && text !== '';
  const [reading, setReading] = useState<Reading>(isParsed ? 'waiting' : 'other');
  useEffect(() => {
    if (!isLive || !isParsed) return;
    let isCurrent = true;
    worker.ask({ kind, text, mediaType }).then((parsed) => {
      if (isCurrent) setReading(readingOf(parsed, text));
    });
    return () => {
      isCurrent = false;
    };
  }, [isLive, isParsed, kind, text, mediaType]);
  return reading;
}

function readingOf(parsed: Parsed | undefined, text: string): Reading {
  if (parsed === undefined) return 'late';
  return typeof parsed === 'object' && 'table' in parsed
    ? { tree: new JsonTree(text, parsed.table) }
    : parsed;
}
