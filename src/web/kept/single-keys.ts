import { useEffect, useState } from 'preact/hooks';
import { keptText } from './kept-text.ts';

const choice = keptText('mayfly.single-keys');
/** The choice where the browser keeps nothing: there it holds for this page. */
let unkept = 'on';

/**
 * Whether shortcuts of a single key are on. They can be turned off for those whose words come as keys, by voice for
 * one (WCAG 2.2, 2.1.4).
 */
export function hasSingleKeys(): boolean {
  return (choice.read() ?? unkept) === 'on';
}

export function keepSingleKeys(isOn: boolean): void {
  unkept = isOn ? 'on' : 'off';
  choice.write(unkept);
}

/** The choice as it is at any time, also by another tab. */
export function useSingleKeys(): boolean {
  const [isOn, setOn] = useState(true);
  useEffect(() => {
    const read = () => setOn(hasSingleKeys());
    read();
    return choice.watch(read);
  }, []);
  return isOn;
}
