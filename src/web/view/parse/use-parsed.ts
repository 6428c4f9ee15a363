import { useEffect, useState } from 'preact/hooks';
import type { Content } from '../opening/content.ts';
import { isSvg, kindOf } from '../opening/kinds.ts';
import { TimedWorker } from '../timed-worker.ts';
import { JsonTree } from '../views/json-tree.ts';
import { workerUrl } from '../worker-urls.ts';
import type { Parsed, ParseRequest, Refusal } from './parse-worker.ts';

const worker = new TimedWorker<ParseRequest, Parsed>(() => workerUrl('parse-worker'));

/** The parsed text, or why there is none: `late` if parsing took too long. */
export type ParseState =
  | { html: string }
  | { tree: JsonTree }
  | { rows: string[][] }
  | Refusal
  | 'late'
  | 'waiting';

/**
 * Parses Markdown, JSON, a table or an SVG in a worker, so that no text can block the page.
 *
 * @param isLive Whether scripts run.
 */
export function useParsed(content: Content, isLive: boolean): ParseState {
  const { text, mediaType } = content;
  const shown = kindOf(content);
  const kind = shown === 'image' && isSvg(mediaType) ? 'svg' : shown;
  const isKnown = kind === 'markdown' || kind === 'json' || kind === 'table' || kind === 'svg';
  const isParsed = isKnown && text !== null && text !== '';
  const [parseState, setParseState] = useState<ParseState>(isParsed ? 'waiting' : 'other');
  useEffect(() => {
    if (!isLive || !isParsed) return;
    let isCurrent = true;
    worker.run({ kind, text, mediaType }).then((parsed) => {
      if (isCurrent) setParseState(parseStateOf(parsed, text));
    });
    return () => {
      isCurrent = false;
    };
  }, [isLive, isParsed, kind, text, mediaType]);
  return parseState;
}

function parseStateOf(parsed: Parsed | undefined, text: string): ParseState {
  if (parsed === undefined) return 'late';
  return typeof parsed === 'object' && 'table' in parsed
    ? { tree: new JsonTree(text, parsed.table) }
    : parsed;
}
