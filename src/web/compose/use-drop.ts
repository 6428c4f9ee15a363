import { useEffect, useRef, useState } from 'preact/hooks';
import { type Dropped, itemsOf } from '../uploads/dropped-files.ts';

/**
 * Takes files that are dropped anywhere on the page, or pasted.
 *
 * @returns whether files are held over the page now
 */
export function useDrop(take: (dropped: Dropped) => void): boolean {
  const [isOver, setOver] = useState(false);
  const taker = useRef(take);
  taker.current = take;
  useEffect(() => {
    const ending = new AbortController();
    const on = <Name extends keyof WindowEventMap>(
      name: Name,
      listener: (event: WindowEventMap[Name]) => void,
    ) => addEventListener(name, listener, ending);
    const collect = (transfer: DataTransfer) => itemsOf(transfer).then((dropped) => taker.current(dropped));
    on('dragover', (event) => {
      if (!hasFiles(event.dataTransfer)) return;
      // Without this the browser would open the file in place of the page.
      event.preventDefault();
      setOver(true);
    });
    on('dragleave', (event) => {
      // It is told of every element; only the last one has none to go to.
      if (event.relatedTarget === null) setOver(false);
    });
    on('drop', (event) => {
      setOver(false);
      if (!hasFiles(event.dataTransfer) || event.dataTransfer === null) return;
      event.preventDefault();
      void collect(event.dataTransfer);
    });
    on('paste', (event) => {
      const { clipboardData, target } = event;
      if (clipboardData === null || !hasFiles(clipboardData)) return;
      // What offices copy is a picture too: whoever writes wants the text of it.
      const isWriting = target instanceof HTMLElement && target.matches('textarea, input');
      if (isWriting && clipboardData.types.includes('text/plain')) return;
      event.preventDefault();
      void collect(clipboardData);
    });
    return () => ending.abort();
  }, []);
  return isOver;
}

function hasFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes('Files') ?? false;
}
