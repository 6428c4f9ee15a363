import { useState } from 'preact/hooks';
import { useMessages, useReader } from '../shell/reader.ts';
import { syntaxes } from '../shell/syntaxes.ts';
import { formatSpan } from '../shell/text/format.ts';
import { useLive } from '../shell/use-live.ts';
import { useSyntaxLabel } from '../shell/use-syntax-label.ts';
import { type Draft, otherReads } from './draft.ts';
import { expiries } from './expiries.ts';
import { composeMessages } from './messages.ts';

export type DraftFieldProps = { draft: Draft; change: (change: Partial<Draft>) => void };
type TermsProps = DraftFieldProps & { defaultTtl: number; maxTtl: number };

const commonReads = ['1', '2', '5', '10'];

/** TTL, reads and syntax. The server needs the fields before the content, so their order matters without scripts. */
export function TermsFields({ draft, change, defaultTtl, maxTtl }: TermsProps) {
  const texts = useMessages(composeMessages);
  const labelOf = useSyntaxLabel();
  const { language } = useReader();
  return (
    <>
      <label>
        {texts.expiry}
        <select
          name="ttl"
          value={String(draft.ttl)}
          onChange={({ currentTarget }) => change({ ttl: Number(currentTarget.value) })}
        >
          {expiries(defaultTtl, maxTtl).map((seconds) => (
            <option key={seconds} value={seconds}>
              {formatSpan(seconds, language)}
            </option>
          ))}
        </select>
      </label>
      <ReadsField draft={draft} change={change} />
      <label>
        {texts.syntax}
        <select
          name="syntax"
          value={draft.syntax}
          onChange={({ currentTarget }) => change({ syntax: currentTarget.value })}
        >
          <option value="">{texts.syntaxAuto}</option>
          {syntaxes.map((syntax) => (
            <option key={syntax.name} value={syntax.name}>
              {labelOf(syntax)}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

function ReadsField({ draft, change }: DraftFieldProps) {
  const texts = useMessages(composeMessages);
  const isLive = useLive();
  const [isOther, setOther] = useState(draft.reads !== '' && !commonReads.includes(draft.reads));
  const choose = (chosen: string) => {
    setOther(chosen === otherReads);
    change({ reads: chosen === otherReads ? '20' : chosen });
  };
  return (
    <>
      <label>
        {texts.reads}
        <select
          name="max_reads"
          value={isOther ? otherReads : draft.reads}
          onChange={({ currentTarget }) => choose(currentTarget.value)}
        >
          <option value="">{texts.anyReads}</option>
          {commonReads.map((reads) => (
            <option key={reads} value={reads}>
              {texts.readsChoice(Number(reads))}
            </option>
          ))}
          {isLive && <option value={otherReads}>{texts.otherReads}</option>}
        </select>
      </label>
      {isOther && (
        <label>
          {texts.numberOfReads}
          <input
            class="reads"
            type="number"
            min={1}
            step={1}
            inputMode="numeric"
            value={draft.reads}
            onInput={({ currentTarget }) => change({ reads: currentTarget.value || '0' })}
          />
        </label>
      )}
    </>
  );
}
