import { useEffect, useState } from 'preact/hooks';
import { keptText } from './kept-text.ts';

const choice = keptText('mayfly.single-keys');
/** The choice for this page if the storage is not available. */
let fallback = 'on';

/**
 * Whether single-key shortcuts are on. Users of speech input need to turn them off, since spoken words arrive as keys
 * (WCAG 2.2, 2.1.4).
 */
export function hasSingleKeys(): boolean {
  return (choice.read() ?? fallback) === 'on';
}

export function keepSingleKeys(isOn: boolean): void {
  fallback = isOn ? 'on' : 'off';
  choice.write(fallback);
}

/** The current choice, updated when it changes, in other tabs too. */
export function useSingleKeys(): boolean {
  const [isOn, setOn] = useState(true);
  useEffect(() => {
    const read = () => setOn(hasSingleKeys());
    read();
    return choice.watch(read);
  }, []);
  return isOn;
}
