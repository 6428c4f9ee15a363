import { MayflyError } from '../../client/index.ts';
import { useMessages, useReader } from '../shell/reader.ts';
import { formatBytes, formatPercent, formatSpan } from '../shell/text/format.ts';
import { useNow } from '../shell/use-now.ts';
import type { Item, Pause, UploadStatus } from '../uploads/upload.ts';
import { composeMessages } from './messages.ts';
import { useFailureText } from './use-failure-text.ts';

type RowProps = {
  item: Item;
  status: Exclude<UploadStatus, { is: 'done' }>;
  cancel: () => void;
  retry: () => void;
};

/** One upload that is not complete. */
export function UploadRow({ item, status, cancel, retry }: RowProps) {
  const texts = useMessages(composeMessages);
  const failureText = useFailureText();
  const name = item.path || texts.theText;
  const hasEnded = status.is === 'failed' || status.is === 'cancelled';
  return (
    <div class="upload">
      <span class="name">{name}</span>
      <button type="button" onClick={hasEnded ? retry : cancel}>
        {hasEnded ? texts.retry : texts.cancel}
        <span class="hidden-visually"> {name}</span>
      </button>
      {status.is === 'running' && <Running name={name} status={status} />}
      {status.is === 'waiting' && <p class="hint">{texts.waiting}</p>}
      {status.is === 'cancelled' && <p class="hint">{texts.cancelled}</p>}
      {status.is === 'failed' && <p class="problem">{failureText(status.error)}</p>}
    </div>
  );
}

function Running({ name, status }: { name: string; status: Extract<UploadStatus, { is: 'running' }> }) {
  const texts = useMessages(composeMessages);
  const { language } = useReader();
  const { sent, total, bytesPerSecond, pause } = status;
  const isAllSent = sent >= total;
  const details = [texts.sent(formatBytes(sent, language), formatBytes(total, language))];
  if (bytesPerSecond && !isAllSent) {
    details.push(texts.perSecond(formatBytes(bytesPerSecond, language)));
    details.push(texts.timeLeft(formatSpan((total - sent) / bytesPerSecond, language, 'short')));
  }
  return (
    <>
      <progress max={total || 1} value={sent} aria-label={texts.progressOf(name)} />
      <p class="hint">
        <strong>{formatPercent(total === 0 ? 1 : sent / total, language)}</strong>
        <span class="details">{isAllSent ? texts.finishing : details.join(' · ')}</span>
      </p>
      {pause && <PauseNote pause={pause} />}
    </>
  );
}

function PauseNote({ pause }: { pause: Pause }) {
  const texts = useMessages(composeMessages);
  const now = useNow(1000);
  const seconds = Math.max(0, Math.ceil((pause.until - now) / 1000));
  const isBusy = pause.error instanceof MayflyError;
  return <p class="notice-line">{isBusy ? texts.serverBusy(seconds) : texts.noConnection(seconds)}</p>;
}
